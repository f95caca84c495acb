//! What a report is asked: period and filters.

use facteur_model::amount::Amount;
use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use facteur_model::lifecycle::State;
use facteur_store::report::{Entry, Selection};
use facteur_texts::{Language, printable, say};
use rust_decimal::Decimal;

use super::collect::signed;
use super::{Group, Name, ReportError};
use crate::configuration::{Budget, Configuration, budget_of};
use crate::document::{Cell, Column, Kind, Report};
use crate::payment_period::{Payer, Zone};
use crate::wording::{day, sum};

/// A question.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which report.
    pub name: Name,
    /// The invoice, for an audit.
    pub subject: Option<String>,
    /// First day of reception, where the structure is.
    pub from: Option<Date>,
    /// Last day of reception.
    pub to: Option<Date>,
    /// In one of these states; any when empty.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// Part of the recipient's name, or its SIRET.
    pub recipient: Option<String>,
    /// The exact service code.
    pub service: Option<String>,
    /// The exact name of a budget of `budgets`.
    pub budget: Option<String>,
    /// At least so much; a credit note counts as negative.
    pub min: Option<Decimal>,
    /// At most so much.
    pub max: Option<Decimal>,
    /// In its state for at least so many days.
    pub older_than: Option<i64>,
    /// By what to put together.
    pub group_by: Option<Group>,
    /// Who pays: decides on the length of payment periods.
    pub payer: Payer,
    /// Where the structure is.
    pub zone: Zone,
    /// Which recipient or service belongs to which budget.
    pub budgets: Vec<Budget>,
    /// Sheets of paper that an invoice would have taken; by `schemas/savings.toml` where not given.
    pub sheets_per_invoice: Option<Decimal>,
    /// Postage that an invoice would have cost, in euros; by `schemas/savings.toml` where not given.
    pub postage: Option<Decimal>,
    /// The reader's language.
    pub language: Language,
    /// Now.
    pub now: Timestamp,
}

impl Query {
    /// A question without filters.
    #[must_use]
    pub const fn new(name: Name, language: Language, now: Timestamp) -> Self {
        Self {
            name,
            subject: None,
            from: None,
            to: None,
            states: Vec::new(),
            supplier: None,
            recipient: None,
            service: None,
            budget: None,
            min: None,
            max: None,
            older_than: None,
            group_by: None,
            payer: Payer::LocalAuthority,
            zone: Zone::Paris,
            budgets: Vec::new(),
            sheets_per_invoice: None,
            postage: None,
            language,
            now,
        }
    }

    /// The same question, as it is configured here.
    #[must_use]
    pub fn configured(mut self, configuration: &Configuration) -> Self {
        self.zone = configuration.time_zone;
        self.payer = configuration.payer;
        self.budgets.clone_from(&configuration.budget);
        self.sheets_per_invoice = configuration.sheets_per_invoice.map(Amount::decimal);
        self.postage = configuration.postage.map(Amount::decimal);
        self
    }

    /// Today, where the structure is.
    pub(super) fn today(&self) -> Date {
        self.day(self.now)
    }

    /// The legal day of an instant.
    pub(super) fn day(&self, at: Timestamp) -> Date {
        self.zone.day(at)
    }

    /// Refuses what no invoice can answer.
    pub(super) fn check(&self) -> Result<(), ReportError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => return Err(ReportError::Period { from, to }),
            _ => {}
        }
        let known = |name: &String| self.budgets.iter().any(|budget| budget.name == *name);
        if let Some(name) = self.budget.as_ref().filter(|name| !known(name)) {
            let mut names: Vec<String> = self.budgets.iter().map(|budget| budget.name.clone()).collect();
            names.dedup();
            return Err(ReportError::Budget { name: name.clone(), known: names });
        }
        match (self.min, self.max) {
            (Some(min), Some(max)) if min > max => Err(ReportError::Amounts { min, max }),
            _ => Ok(()),
        }
    }

    /// The same question, about the states that fit only; none where it takes no such state.
    pub(super) fn within(&self, fits: impl Fn(State) -> bool) -> Option<Self> {
        let all = if self.states.is_empty() { State::ALL } else { self.states.as_slice() };
        let states: Vec<State> = all.iter().copied().filter(|state| fits(*state)).collect();
        (!states.is_empty()).then(|| Self { states, ..self.clone() })
    }

    /// Whether the store can decide every condition of the question.
    pub(super) const fn is_decided_by_store(&self) -> bool {
        self.min.is_none() && self.max.is_none() && self.older_than.is_none() && self.budget.is_none()
    }

    /// What the store is asked.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            states: self.states.clone(),
            supplier: self.supplier.clone(),
            exact_supplier: None,
            recipient: self.recipient.clone(),
            service: self.service.clone(),
            moved: None,
            from: self.from.map(|from| self.zone.start(from)),
            until: self.to.map(|to| self.zone.start(to.plus_days(1))),
        }
    }

    /// What the store cannot decide: exact amounts, and age.
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let amount = signed(entry);
        let enough = self.min.is_none_or(|min| amount.is_some_and(|amount| amount >= min));
        let not_too_much = self.max.is_none_or(|max| amount.is_some_and(|amount| amount <= max));
        let old = self.older_than.is_none_or(|days| self.age(entry) >= days);
        let budget = self.budget.is_none() || self.budget_of(entry) == self.budget.as_deref();
        enough && not_too_much && old && budget
    }

    /// The budget that pays an invoice, where the configuration says so.
    pub(super) fn budget_of(&self, entry: &Entry) -> Option<&str> {
        let (siret, service) = (entry.buyer_siret.as_deref(), entry.service.as_deref());
        budget_of(&self.budgets, siret, service).map(|budget| budget.name.as_str())
    }

    /// Days in its state.
    pub(super) fn age(&self, entry: &Entry) -> i64 {
        self.today().days_since(self.day(entry.since))
    }

    /// An empty report with its title, and what it is about.
    pub(super) fn report(&self) -> Report {
        let title = say(self.language, &format!("report_name.{}", self.name.as_str()), &[]);
        Report {
            name: self.name.as_str(),
            title,
            about: self.about(),
            sections: vec![],
            notes: vec![],
            attention: false,
        }
    }

    /// A column with its heading.
    pub(super) fn column(&self, key: &'static str, kind: Kind) -> Column {
        Column { key, heading: say(self.language, &format!("report_column.{key}"), &[]), kind }
    }

    /// The title of a section.
    pub(super) fn section_title(&self, key: &str) -> String {
        say(self.language, &format!("report_section.{key}"), &[])
    }

    /// A sentence of the reports.
    pub(super) fn sentence(&self, key: &str, args: &[(&str, &str)]) -> String {
        say(self.language, &format!("report.{key}"), args)
    }

    /// A figure with its name.
    pub(super) fn figure(&self, key: &str, value: Cell) -> Vec<Cell> {
        vec![Cell::Text(say(self.language, &format!("report_figure.{key}"), &[])), value]
    }

    fn about(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let written = |date: Date| day(self.language, date);
        match (self.from.map(written), self.to.map(written)) {
            (Some(from), Some(to)) => lines.push(self.sentence("period", &[("from", &from), ("to", &to)])),
            (Some(from), None) => lines.push(self.sentence("period_from", &[("from", &from)])),
            (None, Some(to)) => lines.push(self.sentence("period_to", &[("to", &to)])),
            (None, None) => {}
        }
        let filters = self.filters();
        if !filters.is_empty() {
            lines.push(self.sentence("filters", &[("filters", &filters.join(" ; "))]));
        }
        lines.push(self.sentence("made", &[("date", &day(self.language, self.today()))]));
        lines
    }

    fn filters(&self) -> Vec<String> {
        let mut filters: Vec<String> =
            self.states.iter().map(|state| facteur_texts::state(self.language, *state)).collect();
        let named = |key: &'static str, value: &Option<String>| {
            value.as_ref().map(|value| format!("{} : {}", self.column(key, Kind::Text).heading, printable(value)))
        };
        filters.extend(named("supplier", &self.supplier));
        filters.extend(named("recipient", &self.recipient));
        filters.extend(named("service", &self.service));
        filters.extend(named("budget", &self.budget));
        filters.extend(self.min.map(|min| format!("≥ {}", sum(self.language, min))));
        filters.extend(self.max.map(|max| format!("≤ {}", sum(self.language, max))));
        filters.extend(self.older_than.map(|days| self.sentence("older", &[("days", &days.to_string())])));
        filters
    }
}
