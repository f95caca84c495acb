//! Following: unanswered deposits are settled, flows are asked for their end, invoices for their status.

use std::collections::BTreeMap;
use std::sync::Arc;

use facteur_model::gateway::{GatewayError, GatewayInvoice};
use facteur_model::lifecycle::{Event, State};
use facteur_store::StoreError;
use facteur_store::change::{Field, GatewayEventRow, Reason, Step, Value};
use facteur_store::record::{Filter, Invoice};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::adopt::look;
use super::dispatch::dispatch;
use super::flows::Flow;
use super::settle::{Settled, settle};
use super::{Dispatcher, heard, payload, send, statuses};
use crate::error::PipelineError;

/// What one `follow` did.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct FollowSummary {
    /// Invoices asked about.
    pub asked: u64,
    /// Invoices whose state changed.
    pub moved: u64,
    /// Integrated in this run.
    pub integrated: u64,
    /// Settled in this run.
    pub settled: u64,
    /// Rejected, refused, suspended or held in this run: a person is needed.
    pub need_person: u64,
    /// Deposits whose sender had died.
    pub rescued: u64,
    /// Questions that got no answer; asked again next time.
    pub unanswered: u64,
    /// The invoices asked about, and whether their state changed: one that is asked about in several rounds counts
    /// once.
    #[serde(skip)]
    invoices: BTreeMap<String, bool>,
}

impl FollowSummary {
    /// Adds another round.
    pub fn add(&mut self, round: Self) {
        self.integrated += round.integrated;
        self.settled += round.settled;
        self.need_person += round.need_person;
        self.rescued += round.rescued;
        self.unanswered += round.unanswered;
        round.invoices.into_iter().for_each(|(id, moved)| self.asked_about(id, moved));
    }

    fn asked_about(&mut self, id: String, moved: bool) {
        let known = self.invoices.entry(id).or_default();
        self.moved += u64::from(moved && !*known);
        *known |= moved;
        self.asked = self.invoices.len() as u64;
    }

    fn count(&mut self, invoice: &Invoice, after: State) {
        self.asked_about(invoice.id.clone(), invoice.state != after);
        if invoice.state == after {
            return;
        }
        match after {
            State::Integrated => self.integrated += 1,
            State::Settled => self.settled += 1,
            state if state.waits_for_person() => self.need_person += 1,
            _ => {}
        }
    }
}

/// States that `follow` looks at.
pub const FOLLOWED: [State; 5] =
    [State::Uncertain, State::Deposited, State::Integrated, State::Suspended, State::Refused];

/// One round over everything that is due, or only over the invoices named.
///
/// # Errors
/// The store cannot be used, or the gateway refuses our credentials.
pub async fn follow(dispatcher: &Dispatcher, only: &[String], force: bool) -> Result<FollowSummary, PipelineError> {
    let followed = follow_due(dispatcher, only, force).await;
    dispatcher.tell_exchanges().await?;
    followed
}

async fn follow_due(dispatcher: &Dispatcher, only: &[String], force: bool) -> Result<FollowSummary, PipelineError> {
    let rescued = send::rescue(dispatcher).await?;
    let due = followed(dispatcher, only, force).await?;
    let summary = these(dispatcher, due, || false).await?;
    Ok(FollowSummary { rescued, ..summary })
}

/// One round over these, until `stop` says so. What was not found until the end of its waiting time is sent once
/// more.
///
/// # Errors
/// As [`follow`].
pub async fn these(
    dispatcher: &Dispatcher,
    due: Vec<Invoice>,
    stop: impl Fn() -> bool,
) -> Result<FollowSummary, PipelineError> {
    let places = Arc::new(Semaphore::new(dispatcher.patience.concurrency.max(1)));
    let mut summary = FollowSummary::default();
    let (mut running, mut ripe) = (JoinSet::new(), Vec::new());
    for unit in units(due) {
        let place = places.clone().acquire_owned().await.map_err(|_| StoreError::Closed)?;
        if stop() {
            break;
        }
        while let Some(ended) = running.try_join_next() {
            collect(dispatcher, &mut summary, &mut ripe, ended)?;
        }
        let dispatcher = dispatcher.clone();
        running.spawn(async move {
            let _place = place;
            together(&dispatcher, unit).await
        });
    }
    while let Some(ended) = running.join_next().await {
        collect(dispatcher, &mut summary, &mut ripe, ended)?;
    }
    resend(dispatcher, &mut summary, ripe, stop).await?;
    Ok(summary)
}

/// The invoices of one flow are followed together; every other invoice for itself.
fn units(due: Vec<Invoice>) -> Vec<Vec<Invoice>> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut units: Vec<Vec<Invoice>> = Vec::new();
    for invoice in due {
        let flow = invoice.flow.clone().filter(|_| invoice.state == State::Deposited);
        match flow.as_ref().and_then(|flow| places.get(flow)) {
            Some(place) => units[*place].push(invoice),
            None => {
                flow.map(|flow| places.insert(flow, units.len()));
                units.push(vec![invoice]);
            }
        }
    }
    units
}

type Followed = Vec<(Invoice, Result<Settled, PipelineError>)>;

async fn together(dispatcher: &Dispatcher, unit: Vec<Invoice>) -> Followed {
    let number = unit.first().and_then(|invoice| invoice.flow.clone());
    let mut flow = Flow::new(dispatcher, number);
    let mut followed = Vec::with_capacity(unit.len());
    for invoice in unit {
        let span = tracing::info_span!("follow", invoice = %invoice.id, flow = invoice.flow.as_deref());
        let after = one(dispatcher, &mut flow, &invoice).instrument(span).await;
        followed.push((invoice, after));
    }
    followed
}

async fn one(dispatcher: &Dispatcher, flow: &mut Flow<'_>, invoice: &Invoice) -> Result<Settled, PipelineError> {
    let state = match invoice.state {
        State::Uncertain => return settle(dispatcher, invoice).await,
        State::Deposited => flow.follow(invoice).await?,
        _ => status(dispatcher, invoice).await?,
    };
    if state != invoice.state {
        tracing::info!(state = state.as_str(), "moved on");
    }
    Ok(Settled::State(state))
}

fn collect(
    dispatcher: &Dispatcher,
    summary: &mut FollowSummary,
    ripe: &mut Vec<Invoice>,
    ended: Result<Followed, tokio::task::JoinError>,
) -> Result<(), PipelineError> {
    for (invoice, after) in ended.map_err(|error| StoreError::Damaged(error.to_string()))? {
        match after {
            Ok(Settled::State(after)) => {
                summary.count(&invoice, after);
                if after != invoice.state {
                    dispatcher.control.counters.reached(after);
                }
            }
            Ok(Settled::Ripe) => ripe.push(invoice),
            Err(PipelineError::Store(StoreError::Moved { .. })) => {}
            Err(PipelineError::Gateway(error)) if !matches!(error, GatewayError::Credentials(_)) => {
                summary.asked_about(invoice.id.clone(), false);
                summary.unanswered += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

async fn resend(
    dispatcher: &Dispatcher,
    summary: &mut FollowSummary,
    ripe: Vec<Invoice>,
    stop: impl Fn() -> bool,
) -> Result<(), PipelineError> {
    if ripe.is_empty() {
        return Ok(());
    }
    dispatcher.learn_budget().await?;
    // They ended in any order; they leave in that of their coming.
    let mut ripe = ripe;
    ripe.sort_by(|one, other| (one.received_at, &one.id).cmp(&(other.received_at, &other.id)));
    for (invoice, state) in dispatch(dispatcher, ripe, stop).await?.reached {
        summary.count(&invoice, state.unwrap_or(State::Uncertain));
    }
    Ok(())
}

async fn followed(dispatcher: &Dispatcher, only: &[String], force: bool) -> Result<Vec<Invoice>, PipelineError> {
    if only.is_empty() {
        let due = (!force).then(|| dispatcher.now());
        let filter = Filter { states: FOLLOWED.to_vec(), due, ..Filter::default() };
        return Ok(dispatcher.store.invoices(&filter).await?);
    }
    let mut named = Vec::new();
    for name in only {
        named.push(dispatcher.store.invoice(name).await?);
    }
    named.retain(|invoice| FOLLOWED.contains(&invoice.state));
    Ok(named)
}

/// What a person found on the portal (`resolve`) came without the gateway's own identity of the invoice: from now on it
/// is known by the one that the search gave.
fn known_as(step: Step, invoice: &Invoice, row: &GatewayInvoice) -> Step {
    let step = step.set(Field::GatewayId, Value::Text(row.id.clone())).heard(heard(
        "search",
        format!("found:{}", row.id),
        "FOUND",
        None,
        row.flow.as_deref(),
    ));
    match (&invoice.flow, &row.flow) {
        (None, Some(flow)) => step.set(Field::Flow, Value::Text(flow.clone())),
        _ => step,
    }
}

/// An integrated invoice: what did the recipient do with it? One whose identity at the gateway is not known is looked
/// for by its number, date, supplier and total, as an unanswered deposit is.
async fn status(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<State, PipelineError> {
    let now = dispatcher.now();
    let next = now.plus_millis(i64::try_from(dispatcher.patience.status_seconds * 1000).unwrap_or(i64::MAX));
    let found = if invoice.gateway_id.is_none() { look(dispatcher, invoice).await? } else { None };
    let Some(id) = invoice.gateway_id.as_ref().or(found.as_ref().map(|row| &row.id)) else {
        let step = Step::new(&invoice.id, invoice.state, &[], now, &dispatcher.actor);
        dispatcher.store.step(step.set(Field::NextAt, Value::Int(next.0))).await?;
        return Ok(invoice.state);
    };
    let history = dispatcher.gateway.history(id).await?;
    let event = statuses::step(invoice.state, &history.current);
    let mut step = Step::new(&invoice.id, invoice.state, event.as_slice(), now, &dispatcher.actor)
        .set(Field::InvoiceState, Value::Text(history.current.clone()))
        .set(Field::NextAt, Value::Int(next.0));
    if let Some(row) = &found {
        step = known_as(step, invoice, row);
    }
    for (index, past) in history.statuses.iter().enumerate() {
        let own =
            past.id.clone().unwrap_or_else(|| format!("{index}:{}:{}", past.code, past.at.as_deref().unwrap_or("")));
        step.gateway_events.push(GatewayEventRow {
            subject: "invoice",
            external: format!("{id}:{own}"),
            code: past.code.clone(),
            happened: past.at.clone(),
            comment: past.comment.clone(),
            flow: invoice.flow.clone(),
        });
    }
    if event.is_some() || invoice.invoice_state.as_deref() != Some(&history.current) {
        step = step.payload(payload(&history.raw));
    }
    let comment =
        history.statuses.iter().rev().find(|past| past.code == history.current).and_then(|past| past.comment.clone());
    step = match event {
        Some(Event::Refused) => step.because(Reason::new("RECIPIENT-REFUSED").arg("text", comment.unwrap_or_default())),
        Some(Event::Suspended) => {
            step.because(Reason::new("RECIPIENT-SUSPENDED").arg("text", comment.unwrap_or_default()))
        }
        Some(_) => step.reason_gone(),
        None => step,
    };
    let after = event.and_then(|event| facteur_model::lifecycle::next(invoice.state, event).ok());
    dispatcher.store.step(step).await?;
    Ok(after.unwrap_or(invoice.state))
}
