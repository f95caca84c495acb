//! Taking values of each type into the fields of the model.

use std::fmt::Display;

use facteur_model::amount::{AMOUNT_DIGITS_MAX, Amount, AmountError};
use facteur_model::date::{Date, DateError};
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{InvoicePeriod, Quantity};
use facteur_xml::Node;

use super::{Reader, excerpt, excerpt_of, text_of};
use crate::checks;

impl<'a> Reader<'a> {
    /// Fills a field once; a second value that differs is a warning.
    fn fill<T: PartialEq + Display>(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<T>, value: T) {
        match field {
            None => *field = Some(value),
            Some(first) if *first == value => {}
            Some(first) => self.warn(node, "READ-REPEATED", |finding| {
                finding.term(term).found(excerpt_of(&value)).arg("kept", excerpt_of(first))
            }),
        }
    }

    /// Takes a text.
    pub(crate) fn text(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<String>) {
        if let Some(value) = self.value(node, term, &[]) {
            self.fill(node, term, field, value.into_owned());
        }
    }

    /// Takes a code: the scheme that some write beside it only names the code list.
    pub(crate) fn code(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<String>) {
        if let Some(value) = self.value(node, term, &["schemeID", "schemeVersionID"]) {
            self.fill(node, term, field, value.into_owned());
        }
    }

    /// Takes an amount of money; its currency should be that of the invoice (BT-5).
    pub(crate) fn amount(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Amount>) {
        if let Some(stated) = node.attribute("currencyID").map(str::trim)
            && self.currency.as_deref().is_some_and(|currency| currency != stated)
        {
            let expected = self.currency.as_deref().map(excerpt).unwrap_or_default();
            self.warn(node, "READ-CURRENCY", |finding| finding.term(term).found(excerpt(stated)).expected(expected));
        }
        self.number(node, term, &["currencyID"], field);
    }

    /// Takes an amount in whatever currency; the caller looked at it.
    pub(crate) fn amount_in_its_currency(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Amount>) {
        self.number(node, term, &["currencyID"], field);
    }

    /// Takes a percentage.
    pub(crate) fn percentage(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Amount>) {
        self.number(node, term, &["format"], field);
    }

    /// Takes a quantity with its unit.
    pub(crate) fn quantity(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Quantity>) {
        let mut value = None;
        self.number(node, term, &["unitCode"], &mut value);
        let unit = node.attribute("unitCode").map(|unit| unit.trim().to_owned()).filter(|unit| !unit.is_empty());
        let quantity = Quantity { value, unit };
        match field {
            None => *field = Some(quantity),
            Some(first) if *first == quantity => {}
            Some(first) => self.warn(node, "READ-REPEATED", |finding| {
                let kept = first.value.map(|value| value.to_string()).unwrap_or_default();
                finding.term(term).found(excerpt(&text_of(node))).arg("kept", kept)
            }),
        }
    }

    fn number(&mut self, node: Node<'a>, term: &'static str, handled: &[&str], field: &mut Option<Amount>) {
        let Some(text) = self.value(node, term, handled) else { return };
        match Amount::parse(&text) {
            Ok(value) => self.fill(node, term, field, value),
            Err(AmountError::TooLong) => self.warn(node, "READ-AMOUNT-LONG", |finding| {
                finding.term(term).found(excerpt(&text)).arg("max", AMOUNT_DIGITS_MAX.to_string())
            }),
            Err(_) => self.warn(node, "READ-AMOUNT", |finding| finding.term(term).found(excerpt(&text))),
        }
    }

    /// Takes a date in the form of XML Schema (UBL).
    pub(crate) fn date(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Date>) {
        if let Some(text) = self.value(node, term, &[]) {
            self.fill_date(node, term, field, &text, Date::parse(&text));
        }
    }

    /// Takes a date of CII: a `DateTimeString`, `DateString` or `DateTime` inside, or text as ZUGFeRD 1 has it.
    pub(crate) fn formatted_date(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Date>) {
        let inner = self
            .elements(node)
            .find(|child| matches!(child.name(), "DateTimeString" | "DateString" | "DateTime" | "Date"));
        let holder = inner.unwrap_or(node);
        let Some(text) = self.value(holder, term, &["format"]) else { return };
        let result = match holder.attribute("format") {
            Some(format) => Date::parse_formatted(&text, Some(format)),
            None => Date::parse_formatted(day_of(&text), None),
        };
        self.fill_date(holder, term, field, &text, result);
    }

    fn fill_date(
        &mut self,
        node: Node<'a>,
        term: &'static str,
        field: &mut Option<Date>,
        text: &str,
        result: Result<Date, DateError>,
    ) {
        let rule = match result {
            Ok(date) => return self.fill(node, term, field, date),
            Err(DateError::NoSuchDay) => "READ-DATE-DAY",
            Err(DateError::Form(_)) => "READ-DATE",
            Err(DateError::Format) => "READ-DATE-FORMAT",
        };
        let format = node.attribute("format").map(excerpt);
        self.warn(node, rule, |finding| {
            let finding = finding.term(term).found(excerpt(text));
            match (result, format) {
                (Err(DateError::Form(form)), _) => finding.expected(form),
                (_, Some(format)) => finding.arg("format", format),
                (_, None) => finding,
            }
        });
    }

    /// Takes an identifier with its scheme, and checks it.
    pub(crate) fn identifier(&mut self, node: Node<'a>, term: &'static str) -> Option<Identifier> {
        self.identifier_by(node, term, ["schemeID", "schemeVersionID"])
    }

    /// Takes an identifier whose scheme and version stand in those attributes, and checks it.
    pub(crate) fn identifier_by(
        &mut self,
        node: Node<'a>,
        term: &'static str,
        [scheme, version]: [&str; 2],
    ) -> Option<Identifier> {
        let value = self.value(node, term, &[scheme, version])?.into_owned();
        let attribute = |name| node.attribute(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let identifier = Identifier { value, scheme: attribute(scheme), scheme_version: attribute(version) };
        self.check(node, term, &identifier.value, checks::identifier(&identifier));
        Some(identifier)
    }

    /// Takes an identifier into a field that holds one.
    pub(crate) fn one_identifier(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<Identifier>) {
        let Some(identifier) = self.identifier(node, term) else { return };
        match field {
            None => *field = Some(identifier),
            Some(first) if *first == identifier => {}
            Some(first) => self.warn(node, "READ-REPEATED", |finding| {
                finding.term(term).found(excerpt(&identifier.value)).arg("kept", excerpt(&first.value))
            }),
        }
    }

    /// Takes a VAT number, and checks it where it is French.
    pub(crate) fn vat_number(&mut self, node: Node<'a>, term: &'static str, field: &mut Option<String>) {
        if let Some(value) = self.value(node, term, &["schemeID"]) {
            self.check(node, term, &value, checks::vat_number(&value));
            self.fill(node, term, field, value.into_owned());
        }
    }

    /// Takes a bank account, and checks it where it is an IBAN.
    pub(crate) fn account(
        &mut self,
        node: Node<'a>,
        term: &'static str,
        declared_iban: bool,
        field: &mut Option<String>,
    ) {
        if let Some(value) = self.value(node, term, &["schemeID"]) {
            self.check(node, term, &value, checks::account(&value, declared_iban));
            self.fill(node, term, field, value.into_owned());
        }
    }

    /// Keeps the first of a group that should stand once; a second one that says something else is a warning.
    pub(crate) fn one_group<T: PartialEq>(
        &mut self,
        node: Node<'a>,
        term: &'static str,
        field: &mut Option<T>,
        group: T,
    ) {
        match field {
            None => *field = Some(group),
            Some(first) if *first == group => {}
            Some(_) => self.warn(node, "READ-REPEATED-GROUP", |finding| finding.term(term).found(node.name())),
        }
    }

    /// Reads a truth value, without taking it.
    pub(crate) fn truth(&self, node: Node<'a>) -> Option<bool> {
        let holder = self.child(node, "Indicator").unwrap_or(node);
        match text_of(holder).as_ref() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }

    /// Takes a truth value that was read before.
    pub(crate) fn take_truth(&mut self, node: Node<'a>) {
        let holder = self.child(node, "Indicator").unwrap_or(node);
        self.syntax(holder);
    }
}

/// Whether the period says anything.
pub(crate) fn period_or_none(period: InvoicePeriod) -> Option<InvoicePeriod> {
    (period != InvoicePeriod::default()).then_some(period)
}

/// The day of an `xs:dateTime`, which ZUGFeRD 1 uses for references.
fn day_of(text: &str) -> &str {
    text.split_once('T').map_or(text, |(day, _)| day)
}
