//! Unanswered deposits: search, wait, and at the end either once more or a person. Each invoice of a lot is settled
//! for itself: what the search found is never sent again.

use facteur_model::clock::Timestamp;
use facteur_model::gateway::GatewayError;
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Field, Reason, Step, Value};
use facteur_store::record::Invoice;

use super::adopt::{adopt, hold, look};
use super::{Dispatcher, policy};
use crate::error::PipelineError;

/// How often an unanswered deposit is sent again, each time after the whole waiting time, before a person must look.
const RESENDS_MAX: usize = 5;

/// What can be done with an unanswered deposit now.
pub(super) enum Settled {
    /// It is in this state now.
    State(State),
    /// It was not found until the end of the waiting time: the same bytes and number once more.
    Ripe,
}

/// Settles one `uncertain` invoice as far as can be now.
pub(super) async fn settle(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Settled, PipelineError> {
    let state = match look(dispatcher, invoice).await {
        Ok(Some(found)) => adopt(dispatcher, invoice, State::Uncertain, &found, &[Event::Accepted]).await,
        Ok(None) => return not_found(dispatcher, invoice).await,
        Err(error) if error.is_transient() => ask_again(dispatcher, invoice, None).await,
        Err(GatewayError::Refused { code, label }) => {
            let reason = Reason::new("SEARCH-REFUSED").arg("text", format!("{code} {label}"));
            hold(dispatcher, invoice, State::Uncertain, reason).await
        }
        Err(error) => Err(error.into()),
    };
    state.map(Settled::State)
}

/// Absent proves nothing yet: the search lists integrated invoices only.
async fn not_found(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Settled, PipelineError> {
    let now = dispatcher.now();
    let since = invoice.uncertain_since.unwrap_or(invoice.since);
    let wait = i64::try_from(dispatcher.patience.settle_after_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    let end = since.plus_millis(wait);
    if now < end {
        return ask_again(dispatcher, invoice, Some(end)).await.map(Settled::State);
    }
    let held = |reason: &str| hold(dispatcher, invoice, State::Uncertain, Reason::new(reason));
    if invoice.key_exempt {
        // S3 and A9 are exempt from the gateway's duplicate rule: nothing would stop a second one.
        return held("UNCERTAIN-EXEMPT").await.map(Settled::State);
    }
    if invoice.number.is_none() || invoice.issued.is_none() || invoice.supplier_siren.is_none() {
        return held("UNCERTAIN-NO-KEY").await.map(Settled::State);
    }
    let deliveries = dispatcher.store.deliveries(&invoice.id).await?;
    if deliveries.iter().filter(|delivery| delivery.outcome == "unknown").count() > RESENDS_MAX {
        return held("UNCERTAIN-AGAIN").await.map(Settled::State);
    }
    Ok(Settled::Ripe)
}

/// The next question, at the latest when the waiting time ends.
async fn ask_again(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    latest: Option<Timestamp>,
) -> Result<State, PipelineError> {
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let (first, ceiling) = (patience.poll_first_seconds, patience.poll_max_seconds);
    let next = policy::next_at(now, invoice.attempts, first, ceiling, &invoice.id);
    let next = latest.map_or(next, |latest| next.min(latest));
    let step = Step::new(&invoice.id, State::Uncertain, &[], now, &dispatcher.actor)
        .set(Field::NextAt, Value::Int(next.0))
        .set(Field::Attempts, Value::Int(invoice.attempts + 1));
    dispatcher.store.step(step).await?;
    Ok(State::Uncertain)
}
