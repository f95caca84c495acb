//! Depositing what is due: prove that search works, claim, commit the intent, send, record the outcome.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use facteur_model::gateway::{Deposit, DepositOutcome, FlowSyntax, GatewayError};
use facteur_model::kind::DocumentKind;
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Field, Intent, Reason, Step, Value};
use facteur_store::record::{Filter, Invoice, Version};
use facteur_store::{StoreError, killpoint};
use facteur_transmit::chorus_pro::{flow_file_name, flow_syntax};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::{Dispatcher, ended, heard, patience, payload};
use crate::error::PipelineError;
use crate::lease;

/// What one `send` did, by outcome. `due` is the sum of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct SendSummary {
    /// Invoices that were to be deposited.
    pub due: u64,
    /// The gateway gave a flow number.
    pub deposited: u64,
    /// The gateway refused them for good.
    pub rejected: u64,
    /// Not accepted; later.
    pub deferred: u64,
    /// No answer.
    pub uncertain: u64,
    /// A person must decide.
    pub held: u64,
    /// Taken by another sender, or left because the run was stopped.
    pub left: u64,
    /// Why the run was stopped, where it was.
    pub stopped: Option<String>,
}

impl SendSummary {
    fn count(&mut self, state: Option<State>) {
        match state {
            Some(State::Deposited) => self.deposited += 1,
            Some(State::Rejected) => self.rejected += 1,
            Some(State::Deferred) => self.deferred += 1,
            Some(State::Uncertain) => self.uncertain += 1,
            Some(State::Held) => self.held += 1,
            _ => self.left += 1,
        }
    }

    /// Whether everything that was touched went through.
    #[must_use]
    pub const fn all_good(&self) -> bool {
        self.deposited == self.due
    }
}

/// Deposits everything that is due, or only the invoices named.
///
/// # Errors
/// The store cannot be used, or the gateway refuses our credentials or does not answer the proof of search.
pub async fn send(dispatcher: &Dispatcher, only: &[String]) -> Result<SendSummary, PipelineError> {
    rescue(dispatcher).await?;
    let due = due(dispatcher, only).await?;
    let mut summary = SendSummary { due: due.len() as u64, ..SendSummary::default() };
    if due.is_empty() {
        return Ok(summary);
    }
    prove_search(dispatcher, &due).await?;
    let failures = Arc::new(AtomicU32::new(0));
    let places = Arc::new(Semaphore::new(dispatcher.patience.concurrency.max(1)));
    let mut running = JoinSet::new();
    for invoice in due {
        let place = places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        collect(&mut summary, &mut running).await?;
        if failures.load(Ordering::SeqCst) >= dispatcher.patience.stop_after_failures {
            summary.left += 1;
            summary.stopped = Some("GATEWAY-PAUSE".to_owned());
            continue;
        }
        let (dispatcher, failures) = (dispatcher.clone(), failures.clone());
        running.spawn(async move {
            let _place = place;
            deposit(&dispatcher, &invoice, State::Queued, &failures).await
        });
    }
    while let Some(ended) = running.join_next().await {
        summary.count(joined(ended)?);
    }
    Ok(summary)
}

type Outcome = Result<Result<Option<State>, PipelineError>, tokio::task::JoinError>;

fn joined(ended: Outcome) -> Result<Option<State>, PipelineError> {
    match ended {
        Ok(result) => result,
        Err(error) => Err(StoreError::Damaged(error.to_string()).into()),
    }
}

async fn collect(
    summary: &mut SendSummary,
    running: &mut JoinSet<Result<Option<State>, PipelineError>>,
) -> Result<(), PipelineError> {
    while let Some(ended) = running.try_join_next() {
        summary.count(joined(ended)?);
    }
    Ok(())
}

/// Deposits whose sender is dead have no answer: they are `uncertain`, never queued again by themselves.
pub(super) async fn rescue(dispatcher: &Dispatcher) -> Result<u64, PipelineError> {
    let now = dispatcher.now();
    let mut rescued = 0;
    for invoice in dispatcher.store.leases().await? {
        let over = invoice.lease_until.is_none_or(|until| until <= now);
        let dead = invoice.lease_holder.as_deref().is_none_or(lease::is_dead);
        if !(over || dead) {
            continue;
        }
        let mut step = Step::new(&invoice.id, State::Depositing, &[Event::LeaseExpired], now, &dispatcher.actor)
            .set(Field::NextAt, Value::Int(now.0))
            .set(Field::UncertainSince, Value::Int(invoice.uncertain_since.unwrap_or(now).0))
            .because(Reason::new("SENDER-DIED"));
        if let Some(delivery) = dispatcher.store.deliveries(&invoice.id).await?.last() {
            step = step.ends(ended(&delivery.flow, "unknown", Some("sender died"), None));
        }
        match dispatcher.store.step(step).await {
            Ok(()) => rescued += 1,
            Err(StoreError::Moved { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(rescued)
}

async fn due(dispatcher: &Dispatcher, only: &[String]) -> Result<Vec<Invoice>, PipelineError> {
    if !only.is_empty() {
        let mut named = Vec::new();
        for name in only {
            let invoice = dispatcher.store.invoice(name).await?;
            if !matches!(invoice.state, State::Queued | State::Deferred) {
                let state = invoice.state.to_string();
                return Err(PipelineError::WrongState { id: invoice.id, state, verb: "send" });
            }
            named.push(invoice);
        }
        return Ok(named);
    }
    let states = vec![State::Queued, State::Deferred];
    let filter = Filter { states, due: Some(dispatcher.now()), ..Filter::default() };
    Ok(dispatcher.store.invoices(&filter).await?)
}

/// An unanswered deposit can only be settled by a search: prove that it works before anything leaves.
async fn prove_search(dispatcher: &Dispatcher, due: &[Invoice]) -> Result<(), GatewayError> {
    let suppliers: BTreeSet<Option<&str>> = due.iter().map(|invoice| invoice.supplier_siret.as_deref()).collect();
    for supplier in suppliers {
        dispatcher.gateway.probe(supplier).await?;
    }
    Ok(())
}

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
/// Answers the state reached; `None` when another sender was first.
pub(super) async fn deposit(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    from: State,
    failures: &AtomicU32,
) -> Result<Option<State>, PipelineError> {
    let parcel = match parcel(dispatcher, invoice).await? {
        Ok(parcel) => parcel,
        Err(reason) => return hold(dispatcher, invoice, invoice.state, reason).await,
    };
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

async fn hold(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    state: State,
    reason: Reason,
) -> Result<Option<State>, PipelineError> {
    let step = Step::new(&invoice.id, state, &[Event::Hold], dispatcher.now(), &dispatcher.actor).because(reason);
    match dispatcher.store.step(step).await {
        Ok(()) => Ok(Some(State::Held)),
        Err(StoreError::Moved { .. }) => Ok(None),
        Err(error) => Err(error.into()),
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
            return super::settle::duplicate_answer(dispatcher, invoice, flow, &reason, &raw).await;
        }
    };
    dispatcher.store.step(step).await?;
    Ok(state)
}
