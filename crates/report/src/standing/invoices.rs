//! Every invoice that the question takes, or groups of them; and those already paid, to be regularised.

use facteur_model::date::Date;
use facteur_store::Store;
use facteur_store::report::{After, Entry};

use super::collect::{counted_currency, currency, each, nature, page, signed};
use super::group::group_of;
use super::linked;
use super::tally::{Order, Tally};
use super::{Group, Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::Nature;
use crate::rows::Rows;
use crate::status::short;
use crate::vocabulary::vocabulary;

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    match query.group_by {
        Some(group) => grouped(store, query, group).await,
        None => listed(store, query, |_| true).await,
    }
}

/// Already paid: nothing to pay, but to be entered in the accounts.
pub(super) async fn already_paid(store: &Store, query: &Query) -> Result<Report, ReportError> {
    listed(store, query, |entry| nature(entry) == Nature::AlreadyPaid).await
}

async fn listed(store: &Store, query: &Query, fits: impl Fn(&Entry) -> bool) -> Result<Report, ReportError> {
    let mut section = section(query);
    let mut linked = linked::section(query);
    for strand in store.report_strands(&query.selection()).await? {
        let mut after = After::beginning();
        while let Some(mut page) = page(store, &strand, &mut after).await? {
            page.retain(|entry| query.takes(entry) && fits(entry));
            page.iter().for_each(|entry| section.rows.push(row(query, entry)));
            linked::add(store, query, &page, &mut linked).await?;
        }
    }
    let mut report = query.report();
    report.sections.push(section);
    if !linked.rows.is_empty() {
        report.sections.push(linked);
    }
    Ok(report)
}

fn section(query: &Query) -> Section {
    let columns = vec![
        query.column("id", Kind::Identity),
        query.column("received_on", Kind::Day),
        query.column("number", Kind::Text),
        query.column("issued", Kind::Day),
        query.column("supplier", Kind::Text),
        query.column("recipient", Kind::Text),
        query.column("service", Kind::Text),
        query.column("commitment", Kind::Text),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("state", Kind::Text),
        query.column("status", Kind::Text),
        query.column("days", Kind::Count),
        query.column("follows", Kind::Text),
        query.column("file", Kind::Text),
    ];
    let mut section = Section::new("invoices", query.section_title("invoices"), columns);
    (section.currency, section.totals) = (Some(9), vec![8]);
    section.rows = Rows::ordered_by(first_received_first);
    section
}

fn first_received_first(row: &[Cell]) -> i64 {
    row.get(1).map_or(0, Cell::day_number)
}

fn row(query: &Query, entry: &Entry) -> Vec<Cell> {
    let status = vocabulary().of(entry.state, entry.invoice_state.as_deref());
    vec![
        Cell::text(&entry.id),
        Cell::Day(query.day(entry.received_at)),
        Cell::maybe(entry.number.as_deref()),
        issued(entry),
        Cell::maybe(entry.supplier.as_deref()),
        Cell::maybe(entry.buyer.as_deref().or(entry.buyer_siret.as_deref())),
        Cell::maybe(entry.service.as_deref()),
        Cell::maybe(entry.commitment.as_deref()),
        Cell::amount(signed(entry)),
        Cell::text(&currency(entry)),
        Cell::Text(facteur_texts::state(query.language, entry.state)),
        Cell::maybe(status.map(|status| status.word(query.language, None)).as_deref()),
        Cell::Count(query.age(entry)),
        Cell::maybe(entry.ancestor_number.as_deref().or(entry.ancestor.as_deref().map(short))),
        Cell::text(&entry.file),
    ]
}

/// BT-2 as a day; as it is written where it is none.
pub(super) fn issued(entry: &Entry) -> Cell {
    let text = entry.issued.as_deref();
    text.and_then(|text| Date::parse(text).ok()).map_or_else(|| Cell::maybe(text), Cell::Day)
}

async fn grouped(store: &Store, query: &Query, group: Group) -> Result<Report, ReportError> {
    let mut tally = Tally::default();
    let unknown = query.sentence("unknown", &[]);
    each(store, query, |entry| {
        let group = group_of(query, group, entry).unwrap_or_else(|| (usize::MAX, unknown.clone()));
        tally.add_many(group, counted_currency(entry), 1, signed(entry));
    })
    .await?;
    let order = if matches!(group, Group::Month | Group::Amount | Group::Age) { Order::Name } else { Order::Count };
    let mut report = query.report();
    report.sections.push(tally.section(query, "groups", group.column(), order, usize::MAX));
    if group == Group::Budget {
        report.notes.push(query.sentence(if query.budgets.is_empty() { "no_budget" } else { "budget_rule" }, &[]));
    }
    Ok(report)
}
