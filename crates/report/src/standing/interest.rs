//! The statement of interest for late payment (*état liquidatif*): one line a late payment, with its rate and sources.

use std::collections::{BTreeMap, BTreeSet};

use facteur_model::date::Date;
use facteur_store::Store;
use facteur_store::report::Entry;

use super::collect::{currency, each_with_events};
use super::payments::payment;
use super::{Query, ReportError, Tables};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::{LateInterest, Period, PeriodError};

pub(super) async fn build(store: &Store, tables: Tables<'_>, query: &Query) -> Result<Report, ReportError> {
    let mut section = section(query);
    let (mut sources, mut missing, mut wrong) = (BTreeSet::new(), MissingRates::default(), 0_i64);
    each_with_events(store, query, |entry, events| {
        let Ok(payment) = payment(tables, query, entry, events) else {
            wrong += 1;
            return;
        };
        let Some(period) = payment.period().filter(|period| period.late_days > 0) else { return };
        match &payment.interest {
            Ok(Some(due)) => {
                sources.extend(due.sources.iter().cloned());
                section.rows.push(row(entry, period, Some(due)));
            }
            Ok(None) => {}
            Err(error) => {
                missing.add(error);
                section.rows.push(row(entry, period, None));
            }
        }
    })
    .await?;
    let mut report = query.report();
    report.attention = !section.rows.is_empty();
    report.sections.push(section);
    report.notes.push(query.sentence("interest_rule", &[]));
    report.notes.push(query.sentence("interest_delay", &[]));
    report.notes.extend(missing.told(query));
    if !sources.is_empty() {
        let list = sources.into_iter().collect::<Vec<_>>().join(" ; ");
        report.notes.push(query.sentence("sources", &[("sources", &list)]));
    }
    if wrong > 0 {
        report.notes.push(query.sentence("not_assessed", &[("count", &wrong.to_string())]));
    }
    Ok(report)
}

/// The half-years whose rate is not known, and how many statements wait for each.
#[derive(Debug, Default)]
pub(super) struct MissingRates {
    half_years: BTreeMap<Date, i64>,
    others: BTreeSet<String>,
}

impl MissingRates {
    /// Counts a statement that cannot be made.
    pub(super) fn add(&mut self, error: &PeriodError) {
        match error {
            PeriodError::NoRate(half_year) => *self.half_years.entry(*half_year).or_default() += 1,
            other => drop(self.others.insert(other.to_string())),
        }
    }

    /// Each half-year, and what to do.
    pub(super) fn told(&self, query: &Query) -> Vec<String> {
        let told = |(first, count): (&Date, &i64)| {
            let key = if first.month() < 7 { "first_half" } else { "second_half" };
            let (year, count) = (first.year().to_string(), count.to_string());
            let half = query.sentence(key, &[("year", &year)]);
            query.sentence("no_rate", &[("half", &half), ("count", &count), ("first", &first.to_string())])
        };
        let others = self.others.iter().map(|what| query.sentence("not_computed", &[("what", what)]));
        self.half_years.iter().map(told).chain(others).collect()
    }
}

fn section(query: &Query) -> Section {
    let columns = vec![
        query.column("id", Kind::Identity),
        query.column("number", Kind::Text),
        query.column("supplier", Kind::Text),
        query.column("recipient", Kind::Text),
        query.column("currency", Kind::Text),
        query.column("principal", Kind::Amount),
        query.column("start", Kind::Day),
        query.column("end", Kind::Day),
        query.column("paid_on", Kind::Day),
        query.column("late_days", Kind::Count),
        query.column("rate", Kind::Amount),
        query.column("interest", Kind::Amount),
        query.column("fee", Kind::Amount),
        query.column("due", Kind::Amount),
        query.column("due_by", Kind::Day),
    ];
    let mut section = Section::new("interest", query.section_title("interest"), columns);
    (section.currency, section.totals) = (Some(4), vec![5, 11, 12, 13]);
    section
}

fn row(entry: &Entry, period: &Period, due: Option<&LateInterest>) -> Vec<Cell> {
    vec![
        Cell::text(&entry.id),
        Cell::maybe(entry.number.as_deref()),
        Cell::maybe(entry.supplier.as_deref()),
        Cell::maybe(entry.buyer.as_deref().or(entry.buyer_siret.as_deref())),
        Cell::text(&currency(entry)),
        Cell::amount(super::collect::signed(entry)),
        Cell::Day(period.start),
        Cell::day(period.end),
        Cell::day(period.paid),
        Cell::Count(period.late_days),
        Cell::amount(due.map(|due| due.rate)),
        Cell::amount(due.map(|due| due.interest)),
        Cell::amount(due.map(|due| due.fee)),
        Cell::amount(due.map(|due| due.total)),
        Cell::day(due.and_then(|due| due.pay_by)),
    ]
}
