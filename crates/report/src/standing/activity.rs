//! By month: what came in, what reached the recipient, what is settled, what did not get through; and what paper it saved.

use std::collections::BTreeMap;

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::Entry;
use rust_decimal::Decimal;

use super::collect::{counted_currency, each, signed};
use super::{Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::day_in_paris;
use crate::wording::sum;

#[derive(Default)]
struct Month {
    received: i64,
    integrated: i64,
    settled: i64,
    not_through: i64,
    total: Decimal,
}

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let mut months: BTreeMap<(String, String), Month> = BTreeMap::new();
    each(store, query, |entry| {
        let month = months.entry((month_of(entry), counted_currency(entry))).or_default();
        month.count(entry);
    })
    .await?;
    let columns = vec![
        query.column("month", Kind::Text),
        query.column("received", Kind::Count),
        query.column("reached", Kind::Count),
        query.column("settled", Kind::Count),
        query.column("not_through", Kind::Count),
        query.column("currency", Kind::Text),
        query.column("total", Kind::Amount),
    ];
    let mut section = Section::new("months", query.section_title("months"), columns);
    (section.currency, section.totals, section.bars) = (Some(5), vec![1, 2, 3, 4, 6], Some((0, 1)));
    let reached: i64 = months.values().map(|month| month.integrated).sum();
    section.rows = months.iter().map(|((name, code), month)| month.row(name, code)).collect();
    let mut report = query.report();
    report.sections.push(section);
    report.notes.extend(savings(query, reached));
    Ok(report)
}

/// The month in which it came in, `2026-11`.
pub(super) fn month_of(entry: &Entry) -> String {
    let day = day_in_paris(entry.received_at);
    format!("{:04}-{:02}", day.year(), day.month())
}

impl Month {
    fn count(&mut self, entry: &Entry) {
        self.received += 1;
        match entry.state {
            State::Settled => {
                self.settled += 1;
                self.integrated += 1;
            }
            State::Integrated | State::Suspended => self.integrated += 1,
            State::Quarantined | State::Invalid | State::Rejected | State::Refused => self.not_through += 1,
            _ => {}
        }
        // A sum that is too large to be exact stays as it was; no invoice reaches that size.
        self.total = self.total.checked_add(signed(entry).unwrap_or_default()).unwrap_or(self.total);
    }

    fn row(&self, name: &str, code: &str) -> Vec<Cell> {
        vec![
            Cell::text(name),
            Cell::Count(self.received),
            Cell::Count(self.integrated),
            Cell::Count(self.settled),
            Cell::Count(self.not_through),
            Cell::text(code),
            Cell::Amount(self.total),
        ]
    }
}

/// What paper and post were not used, by the factors given; nothing is said without factors.
pub(super) fn savings(query: &Query, invoices: i64) -> Vec<String> {
    let mut lines = Vec::new();
    let product = |factor: Decimal| factor.checked_mul(Decimal::from(invoices)).map(|all| sum(query.language, all));
    let count = invoices.to_string();
    if let Some((factor, sheets)) = query.sheets_per_invoice.and_then(|factor| Some((factor, product(factor)?))) {
        let factor = factor.normalize().to_string();
        lines.push(query.sentence("sheets", &[("sheets", &sheets), ("count", &count), ("factor", &factor)]));
    }
    if let Some((factor, postage)) = query.postage.and_then(|factor| Some((factor, product(factor)?))) {
        let factor = sum(query.language, factor);
        lines.push(query.sentence("postage", &[("postage", &postage), ("count", &count), ("factor", &factor)]));
    }
    lines
}
