//! What did not get through, by whom and why: not valid here, rejected by the platform, refused by the recipient are
//! three things.

use facteur_model::lifecycle::State;
use facteur_store::Store;
use facteur_store::report::Entry;
use facteur_texts::printable;

use super::collect::{counted_currency, each, signed};
use super::tally::{Order, Tally};
use super::{Query, ReportError};
use crate::document::Report;
use crate::status::reason_title;
use crate::vocabulary::vocabulary;

/// How many reasons and suppliers are named.
const TOP: usize = 20;
const STATES: [State; 4] = [State::Quarantined, State::Invalid, State::Rejected, State::Refused];

pub(super) async fn build(store: &Store, query: &Query) -> Result<Report, ReportError> {
    let (mut by_status, mut reasons, mut suppliers) = (Tally::default(), Tally::default(), Tally::default());
    let unknown = query.sentence("unknown", &[]);
    let take = |entry: &Entry| {
        let (code, amount) = (counted_currency(entry), signed(entry));
        let status = vocabulary().of(entry.state, entry.invoice_state.as_deref());
        let told = status.map_or_else(|| entry.state.to_string(), |status| status.told(query.language));
        by_status.add(&told, code.clone(), amount);
        let reason =
            entry.reason.as_ref().map_or_else(|| unknown.clone(), |reason| reason_title(query.language, reason));
        reasons.add(&reason, code.clone(), amount);
        suppliers.add(&entry.supplier.as_deref().map_or_else(|| unknown.clone(), printable), code, amount);
    };
    if let Some(asked) = query.within(|state| STATES.contains(&state)) {
        each(store, &asked, take).await?;
    }
    let mut report = query.report();
    report.sections.push(by_status.section(query, "refused_by", "status", Order::Count, usize::MAX));
    report.sections.push(reasons.section(query, "reasons", "reason", Order::Count, TOP));
    report.sections.push(suppliers.section(query, "suppliers", "supplier", Order::Count, TOP));
    report.attention = report.sections.iter().any(|section| !section.rows.is_empty());
    Ok(report)
}
