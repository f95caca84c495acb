//! What came in, where it stands, what moved: today, or the period given.

use facteur_store::Store;

use super::collect::{counted_currency, each, signed};
use super::tally::{Order, Tally};
use super::{Query, ReportError};
use crate::document::Report;
use crate::payment_period::day_in_paris;

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let today = query.today();
    let (from, to) = match (query.from, query.to) {
        (None, None) => (today, today),
        (from, to) => (from.unwrap_or_else(|| to.unwrap_or(today)), to.unwrap_or(today)),
    };
    let asked = Query { from: Some(from), to: Some(to), ..query.clone() };
    asked.check()?;
    let mut report = asked.report();
    let mut received = Tally::default();
    each(store, &asked, |entry| {
        let status = facteur_texts::state(query.language, entry.state);
        received.add(&status, counted_currency(entry), signed(entry));
    })
    .await?;
    let (mut moved, mut waiting) = (Tally::default(), Tally::default());
    each(store, &Query { from: None, to: None, ..query.clone() }, |entry| {
        let status = facteur_texts::state(query.language, entry.state);
        if (from..=to).contains(&day_in_paris(entry.since)) && !(from..=to).contains(&day_in_paris(entry.received_at)) {
            moved.add(&status, counted_currency(entry), signed(entry));
        }
        if entry.state.waits_for_person() {
            report.attention = true;
            waiting.add(&status, counted_currency(entry), signed(entry));
        }
    })
    .await?;
    report.sections.push(received.section(query, "received", "state", Order::Count, usize::MAX));
    report.sections.push(moved.section(query, "moved", "state", Order::Count, usize::MAX));
    report.sections.push(waiting.section(query, "waiting_now", "state", Order::Count, usize::MAX));
    report.notes.push(query.sentence("head", &[("head", &store.head().await?.to_string())]));
    Ok(report)
}
