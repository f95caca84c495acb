//! What a report is asked: period, filters, grouping.

use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use facteur_model::lifecycle::State;
use facteur_store::report::{Entry, Selection};
use facteur_texts::{Language, say};
use rust_decimal::Decimal;

use super::collect::signed;
use super::{Name, ReportError};
use crate::document::{Cell, Column, Kind, Report};
use crate::payment_period::{Payer, day_in_paris, start_in_paris};
use crate::wording::{day, sum};

/// By what invoices are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Our state.
    State,
    /// The supplier.
    Supplier,
    /// The recipient.
    Recipient,
    /// The month in which they came in.
    Month,
    /// The reason of their state.
    Reason,
}

impl Group {
    /// Every grouping.
    pub const ALL: [Self; 5] = [Self::State, Self::Supplier, Self::Recipient, Self::Month, Self::Reason];

    /// Its name on the command line and in data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Supplier => "supplier",
            Self::Recipient => "recipient",
            Self::Month => "month",
            Self::Reason => "reason",
        }
    }

    /// The grouping of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.as_str() == name)
    }
}

/// A question.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which report.
    pub name: Name,
    /// The invoice, for an audit.
    pub subject: Option<String>,
    /// First day of reception, in Paris.
    pub from: Option<Date>,
    /// Last day of reception, in Paris.
    pub to: Option<Date>,
    /// In one of these states; any when empty.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// Part of the recipient's name, or its SIRET.
    pub recipient: Option<String>,
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
    /// Sheets of paper that an invoice would have taken.
    pub sheets_per_invoice: Option<Decimal>,
    /// Postage that an invoice would have cost, in euros.
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
            min: None,
            max: None,
            older_than: None,
            group_by: None,
            payer: Payer::LocalAuthority,
            sheets_per_invoice: None,
            postage: None,
            language,
            now,
        }
    }

    /// Today in Paris.
    pub(super) fn today(&self) -> Date {
        day_in_paris(self.now)
    }

    /// Refuses what no invoice can answer.
    pub(super) fn check(&self) -> Result<(), ReportError> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from > to => return Err(ReportError::Period { from, to }),
            _ => {}
        }
        match (self.min, self.max) {
            (Some(min), Some(max)) if min > max => Err(ReportError::Amounts { min, max }),
            _ => Ok(()),
        }
    }

    /// What the store is asked.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            states: self.states.clone(),
            supplier: self.supplier.clone(),
            recipient: self.recipient.clone(),
            from: self.from.map(start_in_paris),
            until: self.to.map(|to| start_in_paris(to.plus_days(1))),
        }
    }

    /// What the store cannot decide: exact amounts, and age.
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        let amount = signed(entry);
        let enough = self.min.is_none_or(|min| amount.is_some_and(|amount| amount >= min));
        let not_too_much = self.max.is_none_or(|max| amount.is_some_and(|amount| amount <= max));
        let old = self.older_than.is_none_or(|days| self.age(entry) >= days);
        enough && not_too_much && old
    }

    /// Days in its state.
    pub(super) fn age(&self, entry: &Entry) -> i64 {
        self.today().days_since(day_in_paris(entry.since))
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
        let written = |date: Option<Date>| date.map_or_else(|| "…".to_owned(), |date| day(self.language, date));
        if self.from.is_some() || self.to.is_some() {
            let (from, to) = (written(self.from), written(self.to));
            lines.push(self.sentence("period", &[("from", &from), ("to", &to)]));
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
        filters.extend(self.supplier.clone());
        filters.extend(self.recipient.clone());
        filters.extend(self.min.map(|min| format!("≥ {}", sum(self.language, min))));
        filters.extend(self.max.map(|max| format!("≤ {}", sum(self.language, max))));
        filters.extend(self.older_than.map(|days| self.sentence("older", &[("days", &days.to_string())])));
        filters
    }
}
