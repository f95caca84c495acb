//! Every value of an invoice, one after the other, each with its term: what a view prints, and what a writer is held
//! against, so that nothing it leaves out is lost without a word.

use std::fmt;

use super::terms::{self, AddressTerms, AllowanceTerms, PartyTerms};
use super::{
    Address, AllowanceCharge, Delivery, Invoice, InvoicePeriod, Item, Line, LineAllowanceCharge, LineReference, Note,
    Party, Payment, PrecedingInvoice, Price, Quantity, SupportingDocument, Term, Totals, VatBreakdown,
};
use crate::amount::Amount;
use crate::date::Date;
use crate::identifiers::Identifier;

/// What the French profile adds under a number that we do not know.
const EXTENSION: &str = "EXT-FR-FE";

/// A value where it stands in the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, code or identifier.
    Text(&'a String),
    /// A day.
    Date(&'a Date),
    /// An amount, quantity, rate or price.
    Amount(&'a Amount),
}

/// A field of the model that holds one value.
pub trait Leaf {
    /// The value.
    fn value(&self) -> Value<'_>;
}

/// A value with the term that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The business term.
    pub term: Term,
    /// The line (BG-25) that it belongs to, counted from 0.
    pub line: Option<usize>,
    /// The value.
    pub value: Value<'a>,
}

impl Leaf for String {
    fn value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl Leaf for Date {
    fn value(&self) -> Value<'_> {
        Value::Date(self)
    }
}

impl Leaf for Amount {
    fn value(&self) -> Value<'_> {
        Value::Amount(self)
    }
}

impl Value<'_> {
    /// Where the value lies in memory: tells it from an equal one elsewhere in the same invoice.
    #[must_use]
    pub fn address(&self) -> usize {
        match self {
            Self::Text(text) => std::ptr::from_ref(*text).addr(),
            Self::Date(date) => std::ptr::from_ref(*date).addr(),
            Self::Amount(amount) => std::ptr::from_ref(*amount).addr(),
        }
    }

    /// Whether it is a text of blanks only, which no document can tell from none.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Date(date) => fmt::Display::fmt(date, f),
            Self::Amount(amount) => fmt::Display::fmt(amount, f),
        }
    }
}

impl Invoice {
    /// Every value that it holds, in the order of the fields of the model, lines last.
    #[must_use]
    pub fn values(&self) -> Vec<Entry<'_>> {
        let mut walk = Walk { line: None, entries: Vec::with_capacity(64 + 16 * self.lines.len()) };
        walk.header(self);
        walk.references(self);
        walk.parties(self);
        walk.settlement(self);
        for (index, line) in self.lines.iter().enumerate() {
            walk.line = Some(index);
            walk.line(line);
        }
        walk.entries
    }
}

struct Walk<'a> {
    line: Option<usize>,
    entries: Vec<Entry<'a>>,
}

impl<'a> Walk<'a> {
    fn one(&mut self, term: &'static str, leaf: &'a impl Leaf) {
        self.entries.push(Entry { term: Term(term), line: self.line, value: leaf.value() });
    }

    fn any<L: Leaf>(&mut self, term: &'static str, field: &'a Option<L>) {
        if let Some(leaf) = field {
            self.one(term, leaf);
        }
    }

    fn identifier(&mut self, term: &'static str, identifier: &'a Identifier) {
        self.one(term, &identifier.value);
        self.any(term, &identifier.scheme);
        self.any(term, &identifier.scheme_version);
    }

    fn quantity(&mut self, [value, unit]: [&'static str; 2], quantity: &'a Option<Quantity>) {
        if let Some(quantity) = quantity {
            self.any(value, &quantity.value);
            self.any(unit, &quantity.unit);
        }
    }

    fn header(&mut self, invoice: &'a Invoice) {
        self.any("BT-1", &invoice.number);
        self.any("BT-2", &invoice.issued);
        self.any("BT-3", &invoice.type_code);
        self.any("BT-5", &invoice.currency);
        self.any("BT-6", &invoice.vat_currency);
        self.any("BT-7", &invoice.vat_point);
        self.any("BT-8", &invoice.vat_point_code);
        self.any("BT-9", &invoice.due);
        self.any("BT-10", &invoice.buyer_reference);
        self.any("BT-19", &invoice.accounting_reference);
        invoice.notes.iter().for_each(|note| self.note(["BT-21", "BT-22"], note));
        self.any("BT-23", &invoice.framework);
        self.any("BT-24", &invoice.profile);
    }

    fn references(&mut self, invoice: &'a Invoice) {
        self.any("BT-11", &invoice.project);
        self.any("BT-12", &invoice.contract);
        self.any("EXT-FR-FE-01", &invoice.contract_type);
        self.any(EXTENSION, &invoice.contract_date);
        self.any("BT-13", &invoice.purchase_order);
        self.any(EXTENSION, &invoice.purchase_order_date);
        self.any("BT-14", &invoice.sales_order);
        self.any("BT-15", &invoice.receiving_advice);
        self.any("BT-16", &invoice.despatch_advice);
        self.any(EXTENSION, &invoice.despatch_advice_date);
        self.any("BT-17", &invoice.tender);
        invoice.invoiced_objects.iter().for_each(|object| self.identifier("BT-18", object));
        let terms = ["BT-25", "BT-26", "EXT-FR-FE-02", "BG-3"];
        invoice.preceding.iter().for_each(|preceding| self.preceding(terms, preceding));
        invoice.supporting_documents.iter().for_each(|document| self.supporting_document(document));
    }

    fn parties(&mut self, invoice: &'a Invoice) {
        self.party(&invoice.seller, &terms::SELLER);
        self.party(&invoice.buyer, &terms::BUYER);
        let others = &invoice.other_parties;
        for (party, terms) in [
            (&invoice.payee, &terms::PAYEE),
            (&invoice.tax_representative, &terms::TAX_REPRESENTATIVE),
            (&others.buyer_agent, &terms::BUYER_AGENT),
            (&others.payer, &terms::PAYER),
            (&others.seller_agent, &terms::SELLER_AGENT),
            (&others.invoicee, &terms::INVOICEE),
            (&others.invoicer, &terms::INVOICER),
        ] {
            if let Some(party) = party {
                self.party(party, terms);
            }
        }
    }

    fn settlement(&mut self, invoice: &'a Invoice) {
        self.delivery(["BT-70", "BT-71", "BT-72"], &terms::DELIVERY_ADDRESS, &invoice.delivery);
        if let Some(terms) = &invoice.delivery_terms {
            self.any(EXTENSION, &terms.code);
            self.any(EXTENSION, &terms.location);
            self.any(EXTENSION, &terms.country);
        }
        self.period(["BT-73", "BT-74", "BG-14"], &invoice.period);
        self.payment(&invoice.payment);
        invoice.allowances.iter().for_each(|allowance| self.allowance(allowance, &terms::ALLOWANCE));
        invoice.charges.iter().for_each(|charge| self.allowance(charge, &terms::CHARGE));
        if let Some(exchange) = &invoice.vat_exchange {
            self.any(EXTENSION, &exchange.source);
            self.any(EXTENSION, &exchange.target);
            self.any(EXTENSION, &exchange.rate);
            self.any(EXTENSION, &exchange.date);
        }
        invoice.vat_breakdown.iter().for_each(|breakdown| self.breakdown(breakdown));
        self.totals(&invoice.totals);
    }

    fn note(&mut self, [subject, text]: [&'static str; 2], note: &'a Note) {
        self.any(subject, &note.subject);
        self.any(text, &note.text);
    }

    fn preceding(&mut self, [number, issued, type_code, line]: [&'static str; 4], preceding: &'a PrecedingInvoice) {
        self.any(number, &preceding.number);
        self.any(issued, &preceding.issued);
        self.any(type_code, &preceding.type_code);
        self.any(line, &preceding.line);
    }

    fn supporting_document(&mut self, document: &'a SupportingDocument) {
        self.any("BT-122", &document.reference);
        self.any("BT-123", &document.description);
        self.any("BT-124", &document.location);
        if let Some(attachment) = &document.attachment {
            self.any("BT-125", &attachment.mime_code);
            self.any("BT-125", &attachment.file_name);
            self.one("BT-125", &attachment.content);
        }
        self.any("BG-24", &document.reference_type);
        self.any("BG-24", &document.issued);
    }

    fn party(&mut self, party: &'a Party, terms: &PartyTerms) {
        self.any(terms.name, &party.name);
        self.any(terms.trading_name, &party.trading_name);
        party.identifiers.iter().for_each(|identifier| self.identifier(terms.identifier, identifier));
        if let Some(identifier) = &party.legal_identifier {
            self.identifier(terms.legal_identifier, identifier);
        }
        self.any(terms.vat_number, &party.vat_number);
        self.any(terms.tax_registration, &party.tax_registration);
        self.any(terms.legal_information, &party.legal_information);
        if let Some(endpoint) = &party.endpoint {
            self.identifier(terms.endpoint, endpoint);
        }
        self.address(&party.address, terms.address);
        for contact in &party.contacts {
            self.any("CPP-SERVICE-CODE", &contact.identifier);
            self.any(terms.contact.name, &contact.name);
            self.any(terms.contact.name, &contact.department);
            self.any(terms.contact.telephone, &contact.telephone);
            self.any(terms.contact.mail, &contact.mail);
        }
        self.any(terms.group, &party.role);
        self.any("CPP-VAT-REGIME", &party.vat_regime);
    }

    fn address(&mut self, address: &'a Option<Address>, terms: &AddressTerms) {
        let Some(address) = address else { return };
        self.any(terms.line_1, &address.line_1);
        self.any(terms.line_2, &address.line_2);
        self.any(terms.line_3, &address.line_3);
        self.any(terms.city, &address.city);
        self.any(terms.post_code, &address.post_code);
        self.any(terms.subdivision, &address.subdivision);
        self.any(terms.country, &address.country);
    }

    fn delivery(
        &mut self,
        [name, location, date]: [&'static str; 3],
        address: &AddressTerms,
        delivery: &'a Option<Delivery>,
    ) {
        let Some(delivery) = delivery else { return };
        self.any(name, &delivery.name);
        delivery.locations.iter().for_each(|identifier| self.identifier(location, identifier));
        self.any(date, &delivery.date);
        self.address(&delivery.address, address);
    }

    fn period(&mut self, [start, end, description]: [&'static str; 3], period: &'a Option<InvoicePeriod>) {
        let Some(period) = period else { return };
        self.any(start, &period.start);
        self.any(end, &period.end);
        self.any(description, &period.description);
    }

    fn payment(&mut self, payment: &'a Payment) {
        self.any("BT-20", &payment.terms);
        self.any("BT-83", &payment.remittance);
        for means in &payment.means {
            self.any("BT-81", &means.code);
            self.any("BT-82", &means.text);
            if let Some(transfer) = &means.credit_transfer {
                self.any("BT-84", &transfer.account);
                self.any("BT-85", &transfer.name);
                self.any("BT-86", &transfer.provider);
            }
            if let Some(card) = &means.card {
                self.any("BT-87", &card.number);
                self.any("BT-88", &card.holder);
            }
            self.any("BT-91", &means.debited_account);
        }
        self.any("BT-89", &payment.mandate);
        self.any("BT-90", &payment.creditor);
    }

    fn allowance(&mut self, allowance: &'a AllowanceCharge, terms: &AllowanceTerms) {
        self.any(terms.amount, &allowance.amount);
        self.any(terms.base, &allowance.base);
        self.any(terms.percentage, &allowance.percentage);
        self.any(terms.vat_category, &allowance.vat_category);
        self.any(terms.vat_rate, &allowance.vat_rate);
        self.any(EXTENSION, &allowance.vat_exemption);
        self.any(EXTENSION, &allowance.vat_exemption_code);
        self.any(terms.reason, &allowance.reason);
        self.any(terms.reason_code, &allowance.reason_code);
    }

    fn line_allowance(&mut self, allowance: &'a LineAllowanceCharge, terms: &AllowanceTerms) {
        self.any(terms.amount, &allowance.amount);
        self.any(terms.base, &allowance.base);
        self.any(terms.percentage, &allowance.percentage);
        self.any(terms.reason, &allowance.reason);
        self.any(terms.reason_code, &allowance.reason_code);
    }

    fn breakdown(&mut self, breakdown: &'a VatBreakdown) {
        self.any("BT-116", &breakdown.taxable);
        self.any("BT-117", &breakdown.tax);
        self.any("BT-118", &breakdown.category);
        self.any("BT-119", &breakdown.rate);
        self.any("BT-120", &breakdown.exemption);
        self.any("BT-121", &breakdown.exemption_code);
    }

    fn totals(&mut self, totals: &'a Totals) {
        self.any("BT-106", &totals.lines);
        self.any("BT-107", &totals.allowances);
        self.any("BT-108", &totals.charges);
        self.any("BT-109", &totals.without_vat);
        self.any("BT-110", &totals.vat);
        self.any("BT-111", &totals.vat_in_accounting_currency);
        self.any("BT-112", &totals.with_vat);
        self.any("BT-113", &totals.paid);
        self.any("BT-114", &totals.rounding);
        self.any("BT-115", &totals.due);
    }

    fn line(&mut self, line: &'a Line) {
        self.any("BT-126", &line.id);
        self.any("EXT-FR-FE-162", &line.parent);
        self.any("EXT-FR-FE-163", &line.subtype);
        line.notes.iter().for_each(|note| self.note(["EXT-FR-FE-183", "BT-127"], note));
        line.objects.iter().for_each(|object| self.identifier("BT-128", object));
        self.quantity(["BT-129", "BT-130"], &line.quantity);
        self.quantity([EXTENSION, EXTENSION], &line.per_package);
        self.any("BT-131", &line.net_amount);
        self.line_reference(["BT-132", "EXT-FR-FE-BG-09"], &line.order);
        self.line_reference([EXTENSION, EXTENSION], &line.sales_order);
        self.line_reference([EXTENSION, EXTENSION], &line.despatch_advice);
        self.line_reference([EXTENSION, EXTENSION], &line.receiving_advice);
        self.any("BT-133", &line.accounting_reference);
        self.period(["BT-134", "BT-135", "BG-26"], &line.period);
        let terms = ["EXT-FR-FE-136", "EXT-FR-FE-138", "EXT-FR-FE-137", "EXT-FR-FE-BG-06"];
        line.preceding.iter().for_each(|preceding| self.preceding(terms, preceding));
        let delivery = ["EXT-FR-FE-BG-10", "EXT-FR-FE-146", "EXT-FR-FE-158"];
        self.delivery(delivery, &terms::LINE_DELIVERY_ADDRESS, &line.delivery);
        line.allowances.iter().for_each(|allowance| self.line_allowance(allowance, &terms::LINE_ALLOWANCE));
        line.charges.iter().for_each(|charge| self.line_allowance(charge, &terms::LINE_CHARGE));
        self.price(&line.price);
        self.line_vat(line);
        if let Some(seller) = &line.seller {
            self.party(seller, &terms::LINE_SELLER);
        }
        self.item(&line.item);
    }

    fn line_vat(&mut self, line: &'a Line) {
        self.any("BT-151", &line.vat_category);
        self.any("BT-152", &line.vat_rate);
        self.any(EXTENSION, &line.vat_exemption);
        self.any(EXTENSION, &line.vat_exemption_code);
        self.any(EXTENSION, &line.vat_point_code);
        self.any("EXT-FR-FE-181", &line.vat_amount);
        self.any("EXT-FR-FE-182", &line.vat_amount_in_accounting_currency);
        self.any("EXT-FR-FE-184", &line.amount_with_vat);
    }

    fn line_reference(&mut self, [line, document]: [&'static str; 2], reference: &'a Option<LineReference>) {
        let Some(reference) = reference else { return };
        self.any(line, &reference.line);
        self.any(document, &reference.document);
        self.any(EXTENSION, &reference.issued);
    }

    fn price(&mut self, price: &'a Price) {
        self.any("BT-146", &price.net);
        self.any("BT-147", &price.discount);
        self.any(EXTENSION, &price.discount_reason);
        self.any(EXTENSION, &price.discount_reason_code);
        self.any("BT-148", &price.gross);
        self.quantity(["BT-149", "BT-150"], &price.base);
    }

    fn item(&mut self, item: &'a Item) {
        self.any("BT-153", &item.name);
        self.any("BT-154", &item.description);
        self.any("BT-155", &item.seller_identifier);
        self.any("BT-156", &item.buyer_identifier);
        if let Some(identifier) = &item.standard_identifier {
            self.identifier("BT-157", identifier);
        }
        item.classifications.iter().for_each(|classification| self.identifier("BT-158", classification));
        self.any("BT-159", &item.origin);
        for attribute in &item.attributes {
            self.any("BT-160", &attribute.name);
            self.any("BT-161", &attribute.value);
            self.any("EXT-FR-FE-159", &attribute.code);
            self.quantity(["EXT-FR-FE-160", "EXT-FR-FE-161"], &attribute.measure);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invoice::Contact;

    #[test]
    fn every_value_comes_with_its_term_and_its_line() {
        let invoice = Invoice {
            number: Some("FA-1".into()),
            buyer: Party {
                contacts: vec![Contact { mail: Some("a@b.example".into()), ..Contact::default() }],
                ..Party::default()
            },
            lines: vec![Line::default(), Line { id: Some("2".into()), ..Line::default() }],
            ..Invoice::default()
        };
        let listed: Vec<_> =
            invoice.values().iter().map(|entry| (entry.term.0, entry.line, entry.value.to_string())).collect();
        let expected = [("BT-1", None, "FA-1"), ("BT-58", None, "a@b.example"), ("BT-126", Some(1), "2")];
        assert_eq!(listed, expected.map(|(term, line, value)| (term, line, value.to_owned())));
    }

    #[test]
    fn equal_values_are_told_apart_by_their_place() {
        let same = Some("X".to_owned());
        let invoice = Invoice { number: same.clone(), contract: same, ..Invoice::default() };
        let values = invoice.values();
        assert_eq!(values[0].value, values[1].value);
        assert_ne!(values[0].value.address(), values[1].value.address());
    }
}
