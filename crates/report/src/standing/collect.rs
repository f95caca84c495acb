//! Reading invoices page by page: what a report keeps is its own matter, what it read is gone with the page.

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use facteur_store::Store;
use facteur_store::record::GatewayEvent;
use facteur_store::report::Entry;
use rust_decimal::Decimal;

use super::{Query, ReportError};
use crate::payment_period::Nature;

/// Invoices read at once.
const PAGE: i64 = 500;

/// Gives every invoice that the question takes to `take`.
pub(super) async fn each(store: &Store, query: &Query, mut take: impl FnMut(&Entry)) -> Result<(), ReportError> {
    let selection = query.selection();
    let mut after = String::new();
    loop {
        let page = store.report_page(&selection, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.id);
        page.iter().filter(|entry| query.takes(entry)).for_each(&mut take);
    }
}

/// The same, with what the gateway said of each.
pub(super) async fn each_with_events(
    store: &Store,
    query: &Query,
    mut take: impl FnMut(&Entry, &[GatewayEvent]),
) -> Result<(), ReportError> {
    let selection = query.selection();
    let mut after = String::new();
    loop {
        let mut page = store.report_page(&selection, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.id);
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
