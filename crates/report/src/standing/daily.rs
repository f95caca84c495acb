//! What came in, where it stands, what moved: today, or the period given.

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::Selection;

use super::collect::tally;
use super::tally::{Order, Tally};
use super::{Query, ReportError};
use crate::document::Report;

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let today = query.today();
    let (from, to) = match (query.from, query.to) {
        (None, None) => (today, today),
        (from, to) => (from.unwrap_or_else(|| to.unwrap_or(today)), to.unwrap_or(today)),
    };
    let asked = Query { from: Some(from), to: Some(to), ..query.clone() };
    asked.check()?;
    let mut report = asked.report();
    let received = tally(store, query, &asked.selection()).await?;
    let anything = Selection { from: None, until: None, ..query.selection() };
    let period = (query.zone.start(from), query.zone.start(to.plus_days(1)));
    let moved = tally(store, query, &Selection { moved: Some(period), ..anything.clone() }).await?;
    let waiting = match query.within(State::waits_for_person) {
        Some(asked) => tally(store, query, &Selection { states: asked.states, ..anything }).await?,
        None => Tally::default(),
    };
    report.attention = !waiting.is_empty();
    report.sections.push(received.section(query, "received", "state", Order::Count, usize::MAX));
    report.sections.push(moved.section(query, "moved", "state", Order::Count, usize::MAX));
    report.sections.push(waiting.section(query, "waiting_now", "state", Order::Count, usize::MAX));
    report.notes.push(query.sentence("head", &[("head", &store.head().await?.to_string())]));
    Ok(report)
}
