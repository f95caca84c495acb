//! Every invoice that the question takes, or groups of them; and those already paid, to be regularised.

use facteur_store::Store;
use facteur_store::report::Entry;
use facteur_texts::printable;

use super::activity::month_of;
use super::collect::{counted_currency, currency, each, nature, signed};
use super::tally::{Order, Tally};
use super::{Group, Query, ReportError};
use crate::document::{Cell, Kind, Report, Section};
use crate::payment_period::{Nature, day_in_paris};
use crate::status::reason_title;
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
    let columns = vec![
        query.column("id", Kind::Identity),
        query.column("received_on", Kind::Day),
        query.column("number", Kind::Text),
        query.column("issued", Kind::Text),
        query.column("supplier", Kind::Text),
        query.column("recipient", Kind::Text),
        query.column("total", Kind::Amount),
        query.column("currency", Kind::Text),
        query.column("state", Kind::Text),
        query.column("status", Kind::Text),
        query.column("days", Kind::Count),
        query.column("follows", Kind::Identity),
        query.column("file", Kind::Text),
    ];
    let mut section = Section::new("invoices", query.section_title("invoices"), columns);
    (section.currency, section.totals) = (Some(7), vec![6]);
    each(store, query, |entry| {
        if fits(entry) {
            section.rows.push(row(query, entry));
        }
    })
    .await?;
    let mut report = query.report();
    report.sections.push(section);
    Ok(report)
}

fn row(query: &Query, entry: &Entry) -> Vec<Cell> {
    let status = vocabulary().of(entry.state, entry.invoice_state.as_deref());
    vec![
        Cell::text(&entry.id),
        Cell::Day(day_in_paris(entry.received_at)),
        Cell::maybe(entry.number.as_deref()),
        Cell::maybe(entry.issued.as_deref()),
        Cell::maybe(entry.supplier.as_deref()),
        Cell::maybe(entry.buyer.as_deref().or(entry.buyer_siret.as_deref())),
        Cell::amount(signed(entry)),
        Cell::text(&currency(entry)),
        Cell::Text(facteur_texts::state(query.language, entry.state)),
        Cell::maybe(status.map(|status| status.word(query.language, None)).as_deref()),
        Cell::Count(query.age(entry)),
        Cell::maybe(entry.ancestor.as_deref()),
        Cell::text(&entry.file),
    ]
}

async fn grouped(store: &Store, query: &Query, group: Group) -> Result<Report, ReportError> {
    let mut tally = Tally::default();
    let unknown = query.sentence("unknown", &[]);
    each(store, query, |entry| {
        let name = group_of(query, group, entry).unwrap_or_else(|| unknown.clone());
        tally.add(&name, counted_currency(entry), signed(entry));
    })
    .await?;
    let order = if group == Group::Month { Order::Name } else { Order::Count };
    let mut report = query.report();
    report.sections.push(tally.section(query, "groups", group.as_str(), order, usize::MAX));
    Ok(report)
}

fn group_of(query: &Query, group: Group, entry: &Entry) -> Option<String> {
    match group {
        Group::State => Some(facteur_texts::state(query.language, entry.state)),
        Group::Supplier => entry.supplier.as_deref().map(printable),
        Group::Recipient => entry.buyer.as_deref().or(entry.buyer_siret.as_deref()).map(printable),
        Group::Month => Some(month_of(entry)),
        Group::Reason => entry.reason.as_ref().map(|reason| reason_title(query.language, reason)),
    }
}
