//! Following: unanswered deposits are settled, flows are asked for their end, invoices for their status.

use std::collections::BTreeMap;

use facteur_model::gateway::{FlowClass, FlowReport, GatewayError, GatewayInvoice, Search};
use facteur_model::lifecycle::{Event, State};
use facteur_store::StoreError;
use facteur_store::change::{Field, GatewayEventRow, Reason, Step, Value};
use facteur_store::record::{Filter, Invoice};

use super::matching::find;
use super::{Dispatcher, adopt, heard, patience, payload, send, settle, statuses};
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
    let mut summary = FollowSummary { rescued: send::rescue(dispatcher).await?, ..FollowSummary::default() };
    for invoice in followed(dispatcher, only, force).await? {
        match one(dispatcher, &invoice).await {
            Ok(after) => summary.count(&invoice, after),
            Err(PipelineError::Store(StoreError::Moved { .. })) => {}
            Err(PipelineError::Gateway(error)) if error.is_transient() => {
                summary.asked_about(invoice.id.clone(), false);
                summary.unanswered += 1;
            }
            Err(PipelineError::Gateway(GatewayError::Protocol(_) | GatewayError::Refused { .. })) => {
                summary.asked_about(invoice.id.clone(), false);
                summary.unanswered += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(summary)
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

async fn one(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<State, PipelineError> {
    match invoice.state {
        State::Uncertain => settle::settle(dispatcher, invoice).await,
        State::Deposited => flow(dispatcher, invoice).await,
        _ => status(dispatcher, invoice).await,
    }
}

/// A deposited invoice: where does its flow stand?
async fn flow(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<State, PipelineError> {
    let Some(number) = &invoice.flow else {
        // Adopted from a row that named no flow: the row itself was the proof of integration.
        return integrated(dispatcher, invoice, None).await;
    };
    match dispatcher.gateway.flow_report(number).await? {
        None => wait(dispatcher, invoice, None).await,
        Some(report) => match report.class {
            FlowClass::Pending | FlowClass::Blocked | FlowClass::Unknown => {
                wait(dispatcher, invoice, Some(&report)).await
            }
            FlowClass::Integrated => integrated(dispatcher, invoice, Some(&report)).await,
            FlowClass::Partial => partly(dispatcher, invoice, &report).await,
            FlowClass::Rejected => rejected(dispatcher, invoice, &report).await,
            FlowClass::Incident => incident(dispatcher, invoice, &report).await,
        },
    }
}

fn flow_event(invoice: &Invoice, report: &FlowReport) -> GatewayEventRow {
    let flow = invoice.flow.as_deref().unwrap_or_default();
    let technical = (!report.technical.is_empty()).then(|| report.technical.join("\n"));
    heard("flow", format!("{flow}:{}", report.code), &report.code, technical.as_deref(), Some(flow))
}

fn about_flow(dispatcher: &Dispatcher, invoice: &Invoice, events: &[Event], report: Option<&FlowReport>) -> Step {
    let step = Step::new(&invoice.id, State::Deposited, events, dispatcher.now(), &dispatcher.actor);
    match report {
        Some(report) if invoice.flow_state.as_deref() != Some(&report.code) => step
            .set(Field::FlowState, Value::Text(report.code.clone()))
            .heard(flow_event(invoice, report))
            .payload(payload(&report.raw)),
        _ => step,
    }
}

async fn wait(dispatcher: &Dispatcher, invoice: &Invoice, report: Option<&FlowReport>) -> Result<State, PipelineError> {
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let (first, ceiling) = (patience.poll_first_seconds, patience.poll_max_seconds);
    let next = patience::next_at(now, invoice.attempts, first, ceiling, &invoice.id);
    let step = about_flow(dispatcher, invoice, &[], report)
        .set(Field::NextAt, Value::Int(next.0))
        .set(Field::Attempts, Value::Int(invoice.attempts + 1));
    dispatcher.store.step(step).await?;
    Ok(State::Deposited)
}

/// The flow is integrated; the invoice's own identity at the gateway comes from the flow's list.
async fn integrated(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    report: Option<&FlowReport>,
) -> Result<State, PipelineError> {
    let row = match (&invoice.gateway_id, &invoice.flow) {
        (Some(_), _) => None,
        (None, Some(flow)) => of_flow(invoice, dispatcher.gateway.search_flow(flow).await?),
        (None, None) => by_number(dispatcher, invoice).await?,
    };
    if row.is_none() && invoice.gateway_id.is_none() {
        // Integrated, and not listed yet: ask again rather than guess.
        return wait(dispatcher, invoice, report).await;
    }
    let now = dispatcher.now();
    let mut step = about_flow(dispatcher, invoice, &[Event::Integrated], report)
        .set(Field::Attempts, Value::Int(0))
        .set(Field::NextAt, Value::Int(now.0))
        .set(Field::UncertainSince, Value::Null)
        .reason_gone();
    if let Some(row) = row {
        step = step
            .set(Field::GatewayId, Value::Text(row.id.clone()))
            .set(Field::InvoiceState, Value::Text(row.status.clone()));
    }
    dispatcher.store.step(step).await?;
    Ok(State::Integrated)
}

/// Our row in the list of our own flow: the number tells it; the flow number has already proved whose it is.
fn of_flow(invoice: &Invoice, rows: Vec<GatewayInvoice>) -> Option<GatewayInvoice> {
    rows.into_iter().find(|row| invoice.number.as_deref() == Some(row.number.as_str()))
}

async fn by_number(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Option<GatewayInvoice>, PipelineError> {
    let (Some(number), Some(issued)) = (&invoice.number, &invoice.issued) else { return Ok(None) };
    let rows = dispatcher.gateway.search(Search { number, issued }).await?;
    Ok(find(invoice, &rows).cloned())
}

/// Part of the flow was integrated: ours is among the refused, or it is listed.
async fn partly(dispatcher: &Dispatcher, invoice: &Invoice, report: &FlowReport) -> Result<State, PipelineError> {
    let refused = report.refused.iter().any(|refusal| {
        refusal.number.as_deref() == invoice.number.as_deref()
            && (refusal.supplier.is_none() || refusal.supplier.as_deref() == invoice.supplier_siret.as_deref())
    });
    if refused {
        rejected(dispatcher, invoice, report).await
    } else {
        integrated(dispatcher, invoice, Some(report)).await
    }
}

/// Not integrated. If an own earlier deposit had no answer, the gateway may have refused this one as its double:
/// then the earlier one is there, and it is ours.
async fn rejected(dispatcher: &Dispatcher, invoice: &Invoice, report: &FlowReport) -> Result<State, PipelineError> {
    let deliveries = dispatcher.store.deliveries(&invoice.id).await?;
    if deliveries.iter().any(|delivery| delivery.outcome == "unknown") {
        if let Some(found) = by_number(dispatcher, invoice).await? {
            let note = about_flow(dispatcher, invoice, &[], Some(report));
            dispatcher.store.step(note).await?;
            return adopt::adopt(dispatcher, invoice, State::Deposited, &found, &[Event::Integrated]).await;
        }
        let settle = i64::try_from(dispatcher.patience.settle_after_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
        let last = deliveries.last().map_or(invoice.since, |delivery| delivery.began_at);
        if dispatcher.now() < last.plus_millis(settle) {
            // The earlier one may be there and not listed yet.
            return wait(dispatcher, invoice, Some(report)).await;
        }
    }
    let text = refusal_text(invoice, report);
    let step = about_flow(dispatcher, invoice, &[Event::NotIntegrated], Some(report))
        .because(Reason::new("NOT-INTEGRATED").arg("text", text));
    dispatcher.store.step(step).await?;
    Ok(State::Rejected)
}

/// The gateway joins messages with `|` and cuts them at 255 characters: one a line for people.
fn refusal_text(invoice: &Invoice, report: &FlowReport) -> String {
    let own = report
        .refused
        .iter()
        .filter(|refusal| refusal.number.is_none() || refusal.number.as_deref() == invoice.number.as_deref());
    let texts: Vec<String> = own
        .flat_map(|refusal| refusal.text.split('|'))
        .chain(report.technical.iter().map(String::as_str))
        .map(|text| text.trim().to_owned())
        .collect();
    if texts.is_empty() { report.code.clone() } else { texts.join("\n") }
}

/// The gateway could not handle the flow and asks for the whole of it again.
async fn incident(dispatcher: &Dispatcher, invoice: &Invoice, report: &FlowReport) -> Result<State, PipelineError> {
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let (first, ceiling) = (patience.retry_first_seconds, patience.retry_max_seconds);
    let next = patience::next_at(now, 0, first, ceiling, &invoice.id);
    let step = about_flow(dispatcher, invoice, &[Event::Incident], Some(report))
        .set(Field::NextAt, Value::Int(next.0))
        .because(Reason::new("GATEWAY-INCIDENT").arg("text", &report.code));
    dispatcher.store.step(step).await?;
    Ok(State::Deferred)
}

/// An integrated invoice: what did the recipient do with it?
async fn status(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<State, PipelineError> {
    let Some(id) = &invoice.gateway_id else { return Ok(invoice.state) };
    let history = dispatcher.gateway.history(id).await?;
    let now = dispatcher.now();
    let event = statuses::step(invoice.state, &history.current);
    let next = now.plus_millis(i64::try_from(dispatcher.patience.status_seconds * 1000).unwrap_or(i64::MAX));
    let mut step = Step::new(&invoice.id, invoice.state, event.as_slice(), now, &dispatcher.actor)
        .set(Field::InvoiceState, Value::Text(history.current.clone()))
        .set(Field::NextAt, Value::Int(next.0));
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
