//! Reading invoices page by page: what a report keeps is its own matter, what it read is gone with the page.

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use facteur_store::Store;
use facteur_store::record::GatewayEvent;
use facteur_store::report::{After, Entry, Selection};
use rust_decimal::Decimal;

use super::tally::Tally;
use super::{Query, ReportError};
use crate::payment_period::Nature;

/// Invoices read at once.
const PAGE: i64 = 500;
const CENTS: u32 = 2;

/// Gives every invoice that the question takes to `take`.
pub(super) async fn each(store: &Store, query: &Query, take: impl FnMut(&Entry)) -> Result<(), ReportError> {
    each_of(store, query, &query.selection(), take).await
}

/// The same, with what the gateway said of each.
pub(super) async fn each_with_events(
    store: &Store,
    query: &Query,
    mut take: impl FnMut(&Entry, &[GatewayEvent]),
) -> Result<(), ReportError> {
    for strand in store.report_strands(&query.selection()).await? {
        let mut after = After::beginning();
        while let Some(mut page) = page(store, &strand, &mut after).await? {
            page.retain(|entry| query.takes(entry));
            let ids: Vec<String> = page.iter().map(|entry| entry.id.clone()).collect();
            let mut events: BTreeMap<String, Vec<GatewayEvent>> = BTreeMap::new();
            for (id, event) in store.report_events(&ids).await? {
                events.entry(id).or_default().push(event);
            }
            for entry in &page {
                take(entry, events.get(&entry.id).map_or(&[], Vec::as_slice));
            }
        }
    }
    Ok(())
}

/// The next page, and where the one after it begins; none at the end.
pub(super) async fn page(
    store: &Store,
    strand: &Selection,
    after: &mut After,
) -> Result<Option<Vec<Entry>>, ReportError> {
    let page = store.report_page(strand, after, PAGE).await?;
    let Some(last) = page.last() else { return Ok(None) };
    *after = last.after();
    Ok(Some(page))
}

/// Counts the selection by status: by the database where it can decide everything, else invoice by invoice.
pub(super) async fn tally(store: &Store, query: &Query, selection: &Selection) -> Result<Tally, ReportError> {
    let mut tally = Tally::default();
    let status = |state| (0, facteur_texts::state(query.language, state));
    if !query.is_decided_by_store() {
        each_of(store, query, selection, |entry| {
            tally.add_many(status(entry.state), counted_currency(entry), 1, signed(entry));
        })
        .await?;
        return Ok(tally);
    }
    for group in store.report_tally(selection).await? {
        let currency = match group.cents {
            Some(_) => group.currency.as_deref().map(facteur_texts::printable).unwrap_or_default(),
            None => "EUR".to_owned(),
        };
        let amount = group.cents.map(|cents| Decimal::new(cents, CENTS));
        tally.add_many(status(group.state), currency, group.count, amount);
    }
    // Those with an amount that the database cannot add up were counted as if they had none.
    for entry in store.report_odd(selection).await? {
        tally.add_many(status(entry.state), "EUR".to_owned(), -1, None);
        tally.add_many(status(entry.state), counted_currency(&entry), 1, signed(&entry));
    }
    Ok(tally)
}

async fn each_of(
    store: &Store,
    query: &Query,
    selection: &Selection,
    mut take: impl FnMut(&Entry),
) -> Result<(), ReportError> {
    for strand in store.report_strands(selection).await? {
        let mut after = After::beginning();
        while let Some(page) = page(store, &strand, &mut after).await? {
            page.iter().filter(|entry| query.takes(entry)).for_each(&mut take);
        }
    }
    Ok(())
}

/// What kind of payment an invoice asks for.
pub(super) fn nature(entry: &Entry) -> Nature {
    Nature::of(&entry.kind, entry.type_code.as_deref(), entry.framework.as_deref())
}

/// The total with VAT; that of a credit note is negative, whichever sign it was written with.
pub(super) fn signed(entry: &Entry) -> Option<Decimal> {
    let total = Amount::parse(entry.total.as_deref()?).ok()?.decimal();
    Some(if nature(entry) == Nature::CreditNote { -total.abs() } else { total })
}

/// The currency under which an invoice is counted: one without an amount changes no sum, and is counted with the euros.
pub(super) fn counted_currency(entry: &Entry) -> String {
    if entry.total.is_none() { "EUR".to_owned() } else { currency(entry) }
}

/// The currency, empty where it is not known.
pub(super) fn currency(entry: &Entry) -> String {
    entry.currency.as_deref().map(facteur_texts::printable).unwrap_or_default()
}
