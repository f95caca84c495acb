//! What became of a deposit, written down for every invoice of the flow at once.

use facteur_model::clock::Timestamp;
use facteur_model::gateway::DepositOutcome;
use facteur_model::lifecycle::{Event, State};
use facteur_store::StoreError;
use facteur_store::change::{Change, Field, GatewayEventRow, Reason, Step, Value};
use facteur_store::record::{Delivery, Invoice};

use super::adopt::{adopt, look};
use super::attempt::Reached;
use super::parcel::Parcel;
use super::policy::{self, End, backoff};
use super::{Dispatcher, ended, heard, lot, payload};
use crate::error::PipelineError;

/// The name of an outcome, in the store and in metrics.
pub(super) const fn name(outcome: &DepositOutcome) -> &'static str {
    match outcome {
        DepositOutcome::Accepted { .. } => "accepted",
        DepositOutcome::Rejected { .. } => "rejected",
        DepositOutcome::Deferred { .. } => "deferred",
        DepositOutcome::Unknown { .. } => "unknown",
        DepositOutcome::Duplicate { .. } => "duplicate",
    }
}

/// Writes the outcome for every invoice of the flow, in one transaction.
pub(super) async fn record(
    dispatcher: &Dispatcher,
    parcels: Vec<Parcel>,
    flow: &str,
    outcome: DepositOutcome,
) -> Result<Vec<Reached>, PipelineError> {
    let in_lot = parcels.len() > 1;
    let invoices: Vec<Invoice> = parcels.into_iter().map(|parcel| parcel.invoice).collect();
    if let DepositOutcome::Duplicate { reason, raw } = &outcome {
        let mut reached = Vec::with_capacity(invoices.len());
        for invoice in invoices {
            let state = duplicate_answer(dispatcher, &invoice, flow, (reason, raw), in_lot).await?;
            reached.push((invoice, Some(state)));
        }
        return Ok(reached);
    }
    let mut steps = Vec::with_capacity(invoices.len());
    for invoice in invoices {
        let (state, step) = step(dispatcher, &invoice, flow, &outcome, in_lot).await?;
        steps.push((invoice, state, step));
    }
    write(dispatcher, steps).await
}

async fn write(dispatcher: &Dispatcher, steps: Vec<(Invoice, State, Step)>) -> Result<Vec<Reached>, PipelineError> {
    let all = steps.iter().map(|(_, _, step)| Change::Step(Box::new(step.clone()))).collect();
    match dispatcher.store.together(all).await {
        Ok(()) => return Ok(steps.into_iter().map(|(invoice, state, _)| (invoice, Some(state))).collect()),
        Err(StoreError::Moved { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    // The lease of at least one ran out while we waited, and somebody made it uncertain: the search will tell. The
    // others are as the gateway says.
    let mut reached = Vec::with_capacity(steps.len());
    for (invoice, state, step) in steps {
        let state = match dispatcher.store.step(step).await {
            Ok(()) => state,
            Err(StoreError::Moved { .. }) => State::Uncertain,
            Err(error) => return Err(error.into()),
        };
        reached.push((invoice, Some(state)));
    }
    Ok(reached)
}

async fn step(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    flow: &str,
    outcome: &DepositOutcome,
    in_lot: bool,
) -> Result<(State, Step), PipelineError> {
    let now = dispatcher.now();
    let step = |event: Event| Step::new(&invoice.id, State::Depositing, &[event], now, &dispatcher.actor);
    let answer = |code: &str, comment: Option<&str>| said(flow, code, comment);
    let patience = &dispatcher.patience;
    let poll = policy::next_at(now, 0, patience.poll_first_seconds, patience.poll_max_seconds, &invoice.id);
    Ok(match outcome {
        DepositOutcome::Accepted { flow: number, raw } => {
            let step = step(Event::Accepted)
                .set(Field::Flow, Value::Text(number.clone()))
                .set(Field::Attempts, Value::Int(0))
                .set(Field::NextAt, Value::Int(poll.0))
                .reason_gone()
                .heard(answer("ACCEPTED", None))
                .ends(ended(flow, "accepted", None, Some(number)))
                .payload(payload(raw));
            (State::Deposited, step)
        }
        DepositOutcome::Rejected { reasons, raw } if in_lot => {
            let text = reasons.join("\n");
            let step = alone(step(Event::NotAccepted), now, &text)
                .heard(answer("REFUSED", Some(&text)))
                .ends(ended(flow, "rejected", Some(&text), None))
                .payload(payload(raw));
            (State::Deferred, step)
        }
        DepositOutcome::Rejected { reasons, raw } => {
            let text = reasons.join("\n");
            let step = step(Event::DepositRefused)
                .because(Reason::new("DEPOSIT-REFUSED").arg("text", &text))
                .heard(answer("REFUSED", Some(&text)))
                .ends(ended(flow, "rejected", Some(&text), None))
                .payload(payload(raw));
            (State::Rejected, step)
        }
        DepositOutcome::Unknown { reason, raw } => {
            let step = step(Event::AnswerLost)
                .set(Field::NextAt, Value::Int(poll.0))
                .set(Field::Attempts, Value::Int(0))
                .set(Field::UncertainSince, Value::Int(now.0))
                .because(Reason::new("NO-ANSWER").arg("text", reason))
                .heard(answer("NO_ANSWER", Some(reason)))
                .ends(ended(flow, "unknown", Some(reason), None));
            (State::Uncertain, raw.iter().fold(step, |step, raw| step.payload(payload(raw))))
        }
        DepositOutcome::Deferred { .. } | DepositOutcome::Duplicate { .. } => {
            deferred(dispatcher, invoice, flow, outcome).await?
        }
    })
}

/// Not accepted, and another try can help: later, or, at the end of patience, a person.
async fn deferred(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    flow: &str,
    outcome: &DepositOutcome,
) -> Result<(State, Step), PipelineError> {
    let DepositOutcome::Deferred { after, reason, .. } = outcome else { return Err(StoreError::Closed.into()) };
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let end = ended(flow, "deferred", Some(reason), None);
    let deliveries = dispatcher.store.deliveries(&invoice.id).await?;
    let first = first_of_these(&deliveries).unwrap_or(now);
    let tries = invoice.attempts + 1;
    if patience.end().is_reached(tries, first, now) {
        let why = Reason::new("NOT-ACCEPTED-END")
            .arg("text", reason)
            .arg("attempts", tries.to_string())
            .arg("since", first.rfc3339());
        let step = Step::new(&invoice.id, State::Depositing, &[Event::Hold], now, &dispatcher.actor);
        return Ok((State::Held, step.because(why).ends(end)));
    }
    let own =
        policy::next_at(now, invoice.attempts, patience.retry_first_seconds, patience.retry_max_seconds, &invoice.id);
    let keep = invoice.reason.as_ref().filter(|known| known.code == lot::REFUSED).cloned();
    let step = Step::new(&invoice.id, State::Depositing, &[Event::NotAccepted], now, &dispatcher.actor)
        .set(Field::NextAt, Value::Int(backoff::not_before(own, now, *after).0))
        .because(keep.unwrap_or_else(|| Reason::new("NOT-ACCEPTED").arg("text", reason)))
        .ends(end);
    Ok((State::Deferred, step))
}

/// When the present row of deliveries that were not accepted began.
fn first_of_these(deliveries: &[Delivery]) -> Option<Timestamp> {
    let recent =
        deliveries.iter().rev().take_while(|delivery| matches!(delivery.outcome.as_str(), "pending" | "deferred"));
    recent.last().map(|delivery| delivery.began_at)
}

/// A lot was refused as a file: that says nothing about the single invoice, which goes alone at once.
pub(super) fn alone(step: Step, now: Timestamp, text: &str) -> Step {
    step.set(Field::NextAt, Value::Int(now.0))
        .set(Field::Attempts, Value::Int(0))
        .because(Reason::new(lot::REFUSED).arg("text", text))
}

fn said(flow: &str, code: &str, comment: Option<&str>) -> GatewayEventRow {
    heard("deposit", flow.to_owned(), code, comment, Some(flow))
}

/// The gateway says that it has the invoice already. A hint: it confirms only when an own earlier delivery has no
/// answer and the search finds number, supplier, date and total equal. Otherwise a person looks; and of a lot, each
/// invoice goes alone, to be told for itself.
async fn duplicate_answer(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    flow: &str,
    (reason, raw): (&str, &str),
    in_lot: bool,
) -> Result<State, PipelineError> {
    let earlier = dispatcher.store.deliveries(&invoice.id).await?;
    let own_unknown = earlier.iter().any(|delivery| delivery.flow != flow && delivery.outcome == "unknown");
    let found = if own_unknown { look(dispatcher, invoice).await.ok().flatten() } else { None };
    let now = dispatcher.now();
    let step = |events: &[Event]| {
        Step::new(&invoice.id, State::Depositing, events, now, &dispatcher.actor)
            .heard(said(flow, "DUPLICATE", Some(reason)))
            .ends(ended(flow, "duplicate", Some(reason), None))
            .payload(payload(raw))
    };
    if let Some(found) = found {
        dispatcher.store.step(step(&[])).await?;
        return adopt(dispatcher, invoice, State::Depositing, &found, &[Event::Accepted]).await;
    }
    let (state, step) = if in_lot {
        (State::Deferred, alone(step(&[Event::NotAccepted]), now, reason))
    } else {
        let why = Reason::new("ALREADY-AT-GATEWAY").arg("text", reason);
        (State::Held, step(&[Event::Hold]).because(why))
    };
    dispatcher.store.step(step).await?;
    Ok(state)
}

impl crate::config::Deposit {
    /// When patience with one invoice ends.
    #[must_use]
    pub fn end(&self) -> End {
        let age_millis = i64::try_from(self.give_up_after_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        End { attempts: i64::from(self.give_up_attempts), age_millis }
    }
}
