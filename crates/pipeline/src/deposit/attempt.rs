//! One attempt at a deposit: the intent committed, the bytes sent, the outcome written down.

use std::sync::atomic::{AtomicU32, Ordering};

use facteur_model::gateway::{Deposit, DepositOutcome, FlowSyntax};
use facteur_model::kind::DocumentKind;
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Field, Intent, Reason, Step, Value};
use facteur_store::record::{Invoice, Version};
use facteur_store::{StoreError, killpoint};
use facteur_transmit::chorus_pro::{flow_file_name, flow_syntax};

use super::adopt::{adopt, hold, look};
use super::{Dispatcher, ended, heard, patience, payload};
use crate::error::PipelineError;
use crate::lease;

/// What is deposited of an invoice.
pub(super) struct Parcel {
    bytes: Vec<u8>,
    sha256: String,
    file_name: String,
    syntax: FlowSyntax,
    signed: bool,
}

async fn parcel(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Result<Parcel, Reason>, PipelineError> {
    let versions = dispatcher.store.versions(&invoice.id).await?;
    let Some(version) = versions.last() else { return Err(StoreError::Missing(invoice.id.clone()).into()) };
    let kind = DocumentKind::from_name(&invoice.kind).unwrap_or(DocumentKind::Unknown);
    let Some(syntax) = flow_syntax(kind, invoice.profile.as_deref()) else {
        return Ok(Err(Reason::new("NO-FLOW-FORMAT")));
    };
    let sha256 = sent_document(version).to_owned();
    let bytes = dispatcher.store.document(&invoice.siren, &sha256).await?;
    let limits = dispatcher.gateway.limits();
    if bytes.len() as u64 > limits.max_flow_bytes {
        let reason = Reason::new("FLOW-TOO-LARGE")
            .arg("found", bytes.len().to_string())
            .arg("expected", limits.max_flow_bytes.to_string());
        return Ok(Err(reason));
    }
    let signed = version.transmitted.as_ref().is_some_and(|sent| *sent != version.original);
    let file_name = flow_file_name(invoice.number.as_deref().unwrap_or(&invoice.id), syntax);
    Ok(Ok(Parcel { bytes, sha256, file_name, syntax, signed }))
}

fn sent_document(version: &Version) -> &str {
    version.transmitted.as_deref().unwrap_or(&version.original)
}

/// Deposits one invoice. `from` is `queued` for a first try, `uncertain` for the one resend after the waiting time.
/// Answers the state reached; `None` when another sender was first, or this run may begin no more.
pub(super) async fn deposit(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    from: State,
    failures: &AtomicU32,
) -> Result<Option<State>, PipelineError> {
    let parcel = match parcel(dispatcher, invoice).await? {
        Ok(parcel) => parcel,
        Err(reason) => return hold(dispatcher, invoice, invoice.state, reason).await.map(Some),
    };
    if dispatcher.allowance.take(dispatcher.now(), dispatcher.lease_millis).is_err() {
        return Ok(None);
    }
    let resend = from == State::Uncertain;
    let intent = intent(dispatcher, invoice, &parcel, resend);
    let flow = intent.flow.clone();
    killpoint::reach("send.before_intent");
    match dispatcher.store.intend(intent).await {
        Ok(()) => {}
        Err(StoreError::Moved { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    killpoint::reach("send.after_intent");
    let deposit =
        Deposit { file_name: &parcel.file_name, bytes: &parcel.bytes, syntax: parcel.syntax, signed: parcel.signed };
    let outcome = dispatcher.gateway.deposit(deposit).await;
    killpoint::reach("send.after_answer");
    let state = record(dispatcher, invoice, &flow, outcome, failures).await?;
    killpoint::reach("send.after_outcome");
    Ok(Some(state))
}

fn intent(dispatcher: &Dispatcher, invoice: &Invoice, parcel: &Parcel, resend: bool) -> Intent {
    let now = dispatcher.now();
    Intent {
        id: invoice.id.clone(),
        expect: invoice.state,
        event: if resend { Event::Resend } else { Event::Claim },
        flow: Dispatcher::new_flow(),
        gateway: dispatcher.gateway.name().to_owned(),
        file_name: parcel.file_name.clone(),
        sha256: parcel.sha256.clone(),
        syntax: parcel.syntax.as_str().to_owned(),
        signed: parcel.signed,
        holder: lease::holder(),
        lease_until: now.plus_millis(dispatcher.lease_millis),
        at: now,
        actor: dispatcher.actor.clone(),
    }
}

/// Writes down what became of a deposit.
async fn record(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    flow: &str,
    outcome: DepositOutcome,
    failures: &AtomicU32,
) -> Result<State, PipelineError> {
    let now = dispatcher.now();
    let step = |event: Event| Step::new(&invoice.id, State::Depositing, &[event], now, &dispatcher.actor);
    let answer = |code: &str, comment: Option<&str>| heard("deposit", flow.to_owned(), code, comment, Some(flow));
    let patience = &dispatcher.patience;
    let (state, step) = match outcome {
        DepositOutcome::Accepted { flow: number, raw } => {
            failures.store(0, Ordering::SeqCst);
            let next = patience::next_at(now, 0, patience.poll_first_seconds, patience.poll_max_seconds, &invoice.id);
            let step = step(Event::Accepted)
                .set(Field::Flow, Value::Text(number.clone()))
                .set(Field::Attempts, Value::Int(0))
                .set(Field::NextAt, Value::Int(next.0))
                .reason_gone()
                .heard(answer("ACCEPTED", None))
                .ends(ended(flow, "accepted", None, Some(&number)))
                .payload(payload(&raw));
            (State::Deposited, step)
        }
        DepositOutcome::Rejected { reasons, raw } => {
            failures.store(0, Ordering::SeqCst);
            let text = reasons.join("\n");
            let step = step(Event::DepositRefused)
                .because(Reason::new("DEPOSIT-REFUSED").arg("text", &text))
                .heard(answer("REFUSED", Some(&text)))
                .ends(ended(flow, "rejected", Some(&text), None))
                .payload(payload(&raw));
            (State::Rejected, step)
        }
        DepositOutcome::Deferred { after, needs_person, reason } => {
            failures.fetch_add(if needs_person { patience.stop_after_failures } else { 1 }, Ordering::SeqCst);
            let (first, ceiling) = (patience.retry_first_seconds, patience.retry_max_seconds);
            let own = patience::next_at(now, invoice.attempts, first, ceiling, &invoice.id);
            let asked = after.map_or(now, |wait| now.plus_millis(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)));
            let step = step(Event::NotAccepted)
                .set(Field::NextAt, Value::Int(own.max(asked).0))
                .because(Reason::new("NOT-ACCEPTED").arg("text", &reason))
                .ends(ended(flow, "deferred", Some(&reason), None));
            (State::Deferred, step)
        }
        DepositOutcome::Unknown { reason, raw } => {
            failures.fetch_add(1, Ordering::SeqCst);
            let next = patience::next_at(now, 0, patience.poll_first_seconds, patience.poll_max_seconds, &invoice.id);
            let mut step = step(Event::AnswerLost)
                .set(Field::NextAt, Value::Int(next.0))
                .set(Field::Attempts, Value::Int(0))
                .set(Field::UncertainSince, Value::Int(now.0))
                .because(Reason::new("NO-ANSWER").arg("text", &reason))
                .heard(answer("NO_ANSWER", Some(&reason)))
                .ends(ended(flow, "unknown", Some(&reason), None));
            if let Some(raw) = raw {
                step = step.payload(payload(&raw));
            }
            (State::Uncertain, step)
        }
        DepositOutcome::Duplicate { reason, raw } => {
            return duplicate_answer(dispatcher, invoice, flow, &reason, &raw).await;
        }
    };
    match dispatcher.store.step(step).await {
        Ok(()) => Ok(state),
        // The lease ran out while we waited, and somebody made it uncertain: the search will tell.
        Err(StoreError::Moved { .. }) => Ok(State::Uncertain),
        Err(error) => Err(error.into()),
    }
}

/// The gateway says that it has the invoice already. A hint: it confirms only when an own earlier delivery has no
/// answer and the search finds number, supplier, date and total equal. Otherwise a person looks.
async fn duplicate_answer(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    flow: &str,
    reason: &str,
    raw: &str,
) -> Result<State, PipelineError> {
    let earlier = dispatcher.store.deliveries(&invoice.id).await?;
    let own_unknown = earlier.iter().any(|delivery| delivery.flow != flow && delivery.outcome == "unknown");
    let found = if own_unknown { look(dispatcher, invoice).await.ok().flatten() } else { None };
    let now = dispatcher.now();
    let said = heard("deposit", flow.to_owned(), "DUPLICATE", Some(reason), Some(flow));
    if let Some(found) = found {
        let note = Step::new(&invoice.id, State::Depositing, &[], now, &dispatcher.actor)
            .heard(said)
            .ends(ended(flow, "duplicate", Some(reason), None))
            .payload(payload(raw));
        dispatcher.store.step(note).await?;
        return adopt(dispatcher, invoice, State::Depositing, &found, &[Event::Accepted]).await;
    }
    let step = Step::new(&invoice.id, State::Depositing, &[Event::Hold], now, &dispatcher.actor)
        .because(Reason::new("ALREADY-AT-GATEWAY").arg("text", reason))
        .heard(said)
        .ends(ended(flow, "duplicate", Some(reason), None))
        .payload(payload(raw));
    dispatcher.store.step(step).await?;
    Ok(State::Held)
}
