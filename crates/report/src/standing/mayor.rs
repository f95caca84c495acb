//! One page for the mayor: how long payment takes, what is late, what it costs, who is slowest.

use std::collections::{BTreeMap, BTreeSet};

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::Entry;
use rust_decimal::Decimal;

use super::collect::{each_with_events, signed};
use super::interest::MissingRates;
use super::payments::{Payment, payment};
use super::savings::Savings;
use super::{Query, ReportError, Tables};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::Period;
use crate::wording::{measure, sum};

/// Recipients named.
const TOP: usize = 10;
const DECIMALS: u32 = 1;
const EURO: &str = "EUR";

#[derive(Default)]
struct Page {
    invoices: i64,
    paid: i64,
    days: i64,
    paid_late: i64,
    late_now: i64,
    late_sum: Decimal,
    interest: Decimal,
    waiting: i64,
    legal_days: BTreeSet<i64>,
    recipients: BTreeMap<String, (i64, i64)>,
    services: BTreeMap<String, (i64, i64)>,
    months: BTreeMap<String, (i64, i64)>,
    missing_rates: MissingRates,
    other_currencies: i64,
    savings: Savings,
}

pub(super) async fn build(store: &Store, tables: Tables<'_>, query: &Query) -> Result<Report, ReportError> {
    let mut page = Page::default();
    each_with_events(store, query, |entry, events| {
        page.invoices += 1;
        page.waiting += i64::from(entry.state.waits_for_person());
        if matches!(entry.state, State::Settled | State::Integrated | State::Suspended) {
            page.savings.count(query, query.day(entry.received_at));
        }
        if let Ok(payment) = payment(tables, query, entry, events) {
            page.count(entry, &payment);
        }
    })
    .await?;
    let mut report = query.report();
    report.attention = page.late_now > 0;
    report.about.extend(page.headline(query));
    report.sections = vec![
        page.figures(query),
        averages(query, "delay_by_month", "month", page.months.iter().map(|(name, all)| (name, *all)).collect()),
        averages(query, "slowest", "recipient", slowest(&page.recipients)),
    ];
    if !page.services.is_empty() {
        report.sections.push(averages(query, "slowest_services", "service", slowest(&page.services)));
    }
    report.notes.push(query.sentence("average_rule", &[]));
    report.notes.extend(page.missing_rates.told(query));
    if page.other_currencies > 0 {
        report.notes.push(query.sentence("other_currencies", &[("count", &page.other_currencies.to_string())]));
    }
    report.notes.extend(page.savings.told(query));
    Ok(report)
}

impl Page {
    fn count(&mut self, entry: &Entry, payment: &Payment) {
        let Some(period) = payment.period() else { return };
        self.legal_days.insert(period.legal_days);
        if let Some(days) = payment_days(period) {
            self.paid += 1;
            self.days += days;
            self.paid_late += i64::from(period.late_days > 0);
            let recipient = entry.buyer.as_deref().or(entry.buyer_siret.as_deref()).unwrap_or("—");
            add(&mut self.recipients, facteur_texts::printable(recipient), days);
            if let Some(code) = &entry.service {
                add(&mut self.services, facteur_texts::printable(code), days);
            }
            let month = period.paid.map(|paid| format!("{:04}-{:02}", paid.year(), paid.month()));
            add(&mut self.months, month.unwrap_or_default(), days);
        } else if period.late_days > 0 {
            self.late_now += 1;
        }
        self.sums(entry, period, payment);
    }

    fn sums(&mut self, entry: &Entry, period: &Period, payment: &Payment) {
        if period.late_days == 0 {
            return;
        }
        if entry.currency.as_deref() != Some(EURO) {
            self.other_currencies += 1;
            return;
        }
        if period.paid.is_none() {
            self.late_sum = self.late_sum.saturating_add(signed(entry).unwrap_or_default());
        }
        match &payment.interest {
            Ok(due) => {
                self.interest = self.interest.saturating_add(due.as_ref().map_or(Decimal::ZERO, |due| due.total));
            }
            Err(error) => self.missing_rates.add(error),
        }
    }

    /// What the page says in a sentence or two.
    fn headline(&self, query: &Query) -> Vec<String> {
        let Some(average) = average(self.days, self.paid) else { return Vec::new() };
        let legal: Vec<String> = self.legal_days.iter().map(i64::to_string).collect();
        let (average, legal) = (measure(query.language, average), legal.join(", "));
        let share = measure(query.language, self.share_in_time().unwrap_or_default());
        let late = self.late_now.to_string();
        let sum = sum(query.language, self.late_sum);
        vec![
            query.sentence("mayor_average", &[("days", &average), ("legal", &legal), ("share", &share)]),
            query.sentence("mayor_late", &[("count", &late), ("sum", &sum)]),
        ]
    }

    /// Of the invoices that are paid, how many were in time, in per cent.
    fn share_in_time(&self) -> Option<Decimal> {
        let in_time = Decimal::from(self.paid - self.paid_late).checked_mul(Decimal::ONE_HUNDRED)?;
        Some(in_time.checked_div(Decimal::from(self.paid))?.round_dp(DECIMALS))
    }

    fn figures(&self, query: &Query) -> Section {
        let columns = vec![query.column("figure", Kind::Text), query.column("value", Kind::Amount)];
        let mut section = Section::new("figures", query.section_title("mayor_figures"), columns);
        section.rows = vec![
            query.figure("invoices", Cell::Count(self.invoices)),
            query.figure("paid", Cell::Count(self.paid)),
            query.figure("average_days", Cell::measure(average(self.days, self.paid))),
            query.figure("share_in_time", Cell::measure(self.share_in_time())),
            query.figure("paid_late", Cell::Count(self.paid_late)),
            query.figure("late", Cell::Count(self.late_now)),
            query.figure("late_sum", Cell::Amount(self.late_sum)),
            query.figure("interest_due", Cell::Amount(self.interest)),
            query.figure("waiting", Cell::Count(self.waiting)),
        ]
        .into();
        section
    }
}

/// Days from the start of the period until payment, an interruption left out.
fn payment_days(period: &Period) -> Option<i64> {
    let paid = period.paid?;
    let suspended = period
        .interruption
        .map_or(0, |one| one.completed.map_or(0, |completed| completed.min(paid).days_since(one.notified).max(0)));
    Some((paid.days_since(period.start) - suspended).max(0))
}

fn add(all: &mut BTreeMap<String, (i64, i64)>, name: String, days: i64) {
    let (count, sum) = all.entry(name).or_default();
    *count += 1;
    *sum += days;
}

fn average(days: i64, count: i64) -> Option<Decimal> {
    Some(Decimal::from(days).checked_div(Decimal::from(count))?.round_dp(DECIMALS))
}

fn slowest(recipients: &BTreeMap<String, (i64, i64)>) -> Vec<(&String, (i64, i64))> {
    let mut all: Vec<_> = recipients.iter().map(|(name, counted)| (name, *counted)).collect();
    all.sort_by_key(|(_, (count, days))| std::cmp::Reverse(average(*days, *count)));
    all.truncate(TOP);
    all
}

fn averages(query: &Query, key: &'static str, group: &'static str, all: Vec<(&String, (i64, i64))>) -> Section {
    let columns = vec![
        query.column(group, Kind::Text),
        query.column("paid", Kind::Count),
        query.column("average_days", Kind::Amount),
    ];
    let mut section = Section::new(key, query.section_title(key), columns);
    let row = |(name, (count, days)): (&String, (i64, i64))| {
        vec![Cell::text(name), Cell::Count(count), Cell::measure(average(days, count))]
    };
    section.rows = all.into_iter().map(row).collect();
    section.bars = Some((0, 2));
    section
}
