//! By month: what came in, what reached the recipient, what is settled, what did not get through; and what paper it saved.

use std::collections::BTreeMap;

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::Entry;
use rust_decimal::Decimal;

use super::collect::{counted_currency, each, signed};
use super::savings::Savings;
use super::{Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};

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
    let mut savings = Savings::default();
    each(store, query, |entry| {
        let month = months.entry((month_of(query, entry), counted_currency(entry))).or_default();
        if month.count(entry) {
            savings.count(query, query.day(entry.received_at));
        }
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
    section.rows = months.iter().map(|((name, code), month)| month.row(name, code)).collect();
    let mut report = query.report();
    report.sections.push(section);
    report.notes.extend(savings.told(query));
    Ok(report)
}

/// The month in which it came in, `2026-11`.
pub(super) fn month_of(query: &Query, entry: &Entry) -> String {
    let day = query.day(entry.received_at);
    format!("{:04}-{:02}", day.year(), day.month())
}

impl Month {
    /// Whether it reached the recipient.
    fn count(&mut self, entry: &Entry) -> bool {
        let reached = matches!(entry.state, State::Settled | State::Integrated | State::Suspended);
        let not_through = matches!(entry.state, State::Quarantined | State::Invalid | State::Rejected | State::Refused);
        self.received += 1;
        self.integrated += i64::from(reached);
        self.settled += i64::from(entry.state == State::Settled);
        self.not_through += i64::from(not_through);
        // A sum that is too large to be exact stays as it was; no invoice reaches that size.
        self.total = self.total.checked_add(signed(entry).unwrap_or_default()).unwrap_or(self.total);
        reached
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
