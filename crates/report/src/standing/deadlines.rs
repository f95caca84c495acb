//! Payment periods that run: what is due when, whose turn it is, what is late.

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::record::GatewayEvent;
use facteur_store::report::Entry;
use facteur_texts::{printable, say};

use super::collect::{currency, each_with_events, signed};
use super::payments::{Payment, payment};
use super::{Query, ReportError, Tables};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::{Assessment, Period};
use crate::rows::Rows;
use crate::vocabulary::vocabulary;

/// Days before the end from which a payment is soon due.
const SOON: i64 = 7;
const END: usize = 8;

#[derive(Default)]
struct Figures {
    running: i64,
    soon: i64,
    late: i64,
    interrupted: i64,
    paid: i64,
    not_started: i64,
    exempt: i64,
}

pub(super) async fn build(store: &Store, tables: Tables<'_>, query: &Query) -> Result<Report, ReportError> {
    let mut section = section(query);
    let (mut figures, mut wrong, mut shares) = (Figures::default(), 0_i64, None);
    let take = |entry: &Entry, events: &[GatewayEvent]| {
        let Ok(payment) = payment(tables, query, entry, events) else {
            wrong += 1;
            return;
        };
        figures.count(&payment);
        if let Some(period) = payment.period().filter(|period| period.paid.is_none()) {
            let accountant = period.accountant.map(|accountant| accountant.allowed);
            shares = shares.or(accountant.map(|days| (period.authorising_officer.allowed, days)));
            section.rows.push(row(query, entry, period));
        }
    };
    if let Some(asked) = query.within(State::may_be_at_gateway) {
        each_with_events(store, &asked, take).await?;
    }
    let mut report = query.report();
    report.attention = figures.late > 0;
    report.sections = vec![figures.section(query), section];
    let payer = say(query.language, &format!("report_payer.{}", query.payer.as_str()), &[]);
    report.notes.push(query.sentence("payer", &[("payer", &payer)]));
    if let Some((officer, accountant)) = shares {
        let (officer, accountant) = (officer.to_string(), accountant.to_string());
        report.notes.push(query.sentence("shares", &[("officer", &officer), ("accountant", &accountant)]));
    }
    report.notes.push(query.sentence("calendar_days", &[("zone", query.zone.as_str())]));
    if wrong > 0 {
        report.notes.push(query.sentence("not_assessed", &[("count", &wrong.to_string())]));
    }
    Ok(report)
}

impl Figures {
    fn count(&mut self, payment: &Payment) {
        let period = match &payment.assessment {
            Assessment::Exempt { .. } | Assessment::NotDue { .. } => return self.exempt += 1,
            Assessment::NotStarted => return self.not_started += 1,
            Assessment::Period(period) => period,
        };
        match (period.paid, period.days_left) {
            (Some(_), _) => self.paid += 1,
            (None, None) => self.interrupted += 1,
            (None, Some(days)) if days < 0 => self.late += 1,
            (None, Some(days)) if days <= SOON => self.soon += 1,
            (None, Some(_)) => self.running += 1,
        }
    }

    fn section(&self, query: &Query) -> Section {
        let columns = vec![query.column("figure", Kind::Text), query.column("count", Kind::Count)];
        let mut section = Section::new("figures", query.section_title("deadline_figures"), columns);
        let rows = [
            ("late", self.late),
            ("soon", self.soon),
            ("running", self.running),
            ("interrupted", self.interrupted),
            ("paid", self.paid),
            ("not_started", self.not_started),
            ("exempt", self.exempt),
        ];
        section.rows = rows.into_iter().map(|(key, count)| query.figure(key, Cell::Count(count))).collect();
        (section.totals, section.bars) = (vec![1], Some((0, 1)));
        section
    }
}

fn section(query: &Query) -> Section {
    let columns = vec![
        query.column("id", Kind::Identity),
        query.column("number", Kind::Text),
        query.column("supplier", Kind::Text),
        query.column("recipient", Kind::Text),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("start", Kind::Day),
        query.column("start_event", Kind::Text),
        query.column("end", Kind::Day),
        query.column("days_left", Kind::Count),
        query.column("status", Kind::Text),
        query.column("legal_days", Kind::Count),
        query.column("running_days", Kind::Count),
        query.column("interrupted_on", Kind::Day),
        query.column("completed_on", Kind::Day),
        query.column("order_by", Kind::Day),
        query.column("officer_days", Kind::Count),
        query.column("accountant_days", Kind::Count),
        query.column("remark", Kind::Text),
    ];
    let mut section = Section::new("deadlines", query.section_title("deadlines"), columns);
    (section.currency, section.totals) = (Some(5), vec![4]);
    section.rows = Rows::ordered_by(first_end_first);
    section
}

/// Periods that are interrupted have no end: they come last.
fn first_end_first(row: &[Cell]) -> i64 {
    row.get(END).map_or(i64::MAX, Cell::day_number)
}

fn row(query: &Query, entry: &Entry, period: &Period) -> Vec<Cell> {
    let language = query.language;
    let status = vocabulary().of(entry.state, entry.invoice_state.as_deref());
    vec![
        Cell::text(&entry.id),
        Cell::maybe(entry.number.as_deref()),
        Cell::maybe(entry.supplier.as_deref()),
        Cell::maybe(entry.buyer.as_deref().or(entry.buyer_siret.as_deref())),
        Cell::amount(signed(entry)),
        Cell::text(&currency(entry)),
        Cell::Day(period.start),
        Cell::Text(say(language, &format!("period_event.{}", period.event.as_str()), &[])),
        Cell::day(period.end),
        Cell::count(period.days_left),
        Cell::maybe(status.map(|status| status.word(language, None)).as_deref()),
        Cell::Count(period.legal_days),
        Cell::count(period.running_days),
        Cell::day(period.interruption.map(|one| one.notified)),
        Cell::day(period.interruption.and_then(|one| one.completed)),
        Cell::day(period.order_by),
        Cell::count(period.authorising_officer.used),
        Cell::count(period.accountant.and_then(|accountant| accountant.used)),
        Cell::text(&remark(query, entry, period)),
    ]
}

/// What a person should know of the period: an interruption without effect, an end on a day off, a refused ancestor.
fn remark(query: &Query, entry: &Entry, period: &Period) -> String {
    let replaces = entry.ancestor_number.as_deref().map(printable);
    let replaces = replaces.map(|number| query.sentence("replaces", &[("number", &number)]));
    let ineffective = period.ineffective.iter().map(|(one, why)| {
        let date = crate::wording::day(query.language, one.notified);
        say(query.language, &format!("period_ineffective.{}", why.as_str()), &[("date", &date)])
    });
    let day_off = period.pay_by.filter(|pay_by| period.end != Some(*pay_by));
    let day_off =
        day_off.map(|pay_by| query.sentence("pay_by", &[("date", &crate::wording::day(query.language, pay_by))]));
    ineffective.chain(day_off).chain(replaces).collect::<Vec<_>>().join(" ")
}
