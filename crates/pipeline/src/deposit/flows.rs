//! Deposited invoices: where does their flow stand, and what became of each invoice in it? A flow is asked about once
//! for all the invoices that it carries.

use facteur_model::gateway::{FlowClass, FlowReport, GatewayInvoice, Search};
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Field, GatewayEventRow, Reason, Step, Value};
use facteur_store::record::{Delivery, Invoice};

use super::matching::find;
use super::outcome::alone;
use super::{Dispatcher, adopt, heard, lot, payload, policy};
use crate::error::PipelineError;

/// What the gateway says of one flow, asked once.
pub(super) struct Flow<'a> {
    dispatcher: &'a Dispatcher,
    number: Option<String>,
    report: Option<Option<FlowReport>>,
    rows: Option<Vec<GatewayInvoice>>,
}

impl<'a> Flow<'a> {
    /// The flow of that number; `None` for an invoice that was adopted from a row which named no flow.
    pub(super) fn new(dispatcher: &'a Dispatcher, number: Option<String>) -> Self {
        Self { dispatcher, number, report: None, rows: None }
    }

    /// Moves one invoice of the flow on.
    pub(super) async fn follow(&mut self, invoice: &Invoice) -> Result<State, PipelineError> {
        let Some(report) = self.report().await? else {
            // Without a number the row itself was the proof of integration; else the gateway does not show it yet.
            return match self.number {
                None => self.integrated(invoice, None).await,
                Some(_) => wait(self.dispatcher, invoice, None).await,
            };
        };
        match report.class {
            FlowClass::Pending | FlowClass::Blocked | FlowClass::Unknown => {
                wait(self.dispatcher, invoice, Some(&report)).await
            }
            FlowClass::Integrated => self.integrated(invoice, Some(&report)).await,
            FlowClass::Partial if is_refused(invoice, &report) => rejected(self.dispatcher, invoice, &report).await,
            FlowClass::Partial => self.integrated(invoice, Some(&report)).await,
            FlowClass::Rejected => rejected(self.dispatcher, invoice, &report).await,
            FlowClass::Incident => incident(self.dispatcher, invoice, &report).await,
        }
    }

    async fn report(&mut self) -> Result<Option<FlowReport>, PipelineError> {
        let Some(number) = &self.number else { return Ok(None) };
        if self.report.is_none() {
            self.report = Some(self.dispatcher.gateway.flow_report(number).await?);
        }
        Ok(self.report.clone().flatten())
    }

    /// The flow is integrated; the invoice's own identity at the gateway comes from the flow's list.
    async fn integrated(&mut self, invoice: &Invoice, report: Option<&FlowReport>) -> Result<State, PipelineError> {
        let row = if invoice.gateway_id.is_some() { None } else { self.row(invoice).await? };
        if row.is_none() && invoice.gateway_id.is_none() {
            // Integrated, and not listed yet: ask again rather than guess.
            return not_listed(self.dispatcher, invoice, report).await;
        }
        let now = self.dispatcher.now();
        let mut step = about_flow(self.dispatcher, invoice, &[Event::Integrated], report)
            .set(Field::Attempts, Value::Int(0))
            .set(Field::NextAt, Value::Int(now.0))
            .set(Field::UncertainSince, Value::Null)
            .reason_gone();
        if let Some(row) = row {
            step = step
                .set(Field::GatewayId, Value::Text(row.id.clone()))
                .set(Field::InvoiceState, Value::Text(row.status.clone()));
        }
        self.dispatcher.store.step(step).await?;
        Ok(State::Integrated)
    }

    /// Our row in the list of our own flow: the number tells it; the flow number has already proved whose it is.
    async fn row(&mut self, invoice: &Invoice) -> Result<Option<GatewayInvoice>, PipelineError> {
        let Some(flow) = &self.number else { return by_number(self.dispatcher, invoice).await };
        if self.rows.is_none() {
            self.rows = Some(self.dispatcher.gateway.search_flow(flow).await?);
        }
        let rows = self.rows.iter().flatten();
        Ok(rows.clone().find(|row| invoice.number.as_deref() == Some(row.number.as_str())).cloned())
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
    let next = policy::next_at(now, invoice.attempts, first, ceiling, &invoice.id);
    let step = about_flow(dispatcher, invoice, &[], report)
        .set(Field::NextAt, Value::Int(next.0))
        .set(Field::Attempts, Value::Int(invoice.attempts + 1));
    dispatcher.store.step(step).await?;
    Ok(State::Deposited)
}

/// The flow has its last word, and the invoice is neither refused nor listed: after the end of patience a person
/// looks.
async fn not_listed(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    report: Option<&FlowReport>,
) -> Result<State, PipelineError> {
    let end = i64::try_from(dispatcher.patience.give_up_after_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    // Asked several times: one look after months of silence proves nothing.
    let long = invoice.attempts > 1 && end > 0 && dispatcher.now() >= invoice.since.plus_millis(end);
    let Some(report) = report.filter(|_| long) else { return wait(dispatcher, invoice, report).await };
    let step = about_flow(dispatcher, invoice, &[Event::Hold], Some(report))
        .because(Reason::new("NOT-LISTED").arg("text", &report.code));
    dispatcher.store.step(step).await?;
    Ok(State::Held)
}

async fn by_number(dispatcher: &Dispatcher, invoice: &Invoice) -> Result<Option<GatewayInvoice>, PipelineError> {
    let (Some(number), Some(issued)) = (&invoice.number, &invoice.issued) else { return Ok(None) };
    let rows = dispatcher.gateway.search(Search { number, issued }).await?;
    Ok(find(invoice, &rows).cloned())
}

/// Whether the report names this invoice among those that were not integrated.
fn is_refused(invoice: &Invoice, report: &FlowReport) -> bool {
    report.refused.iter().any(|refusal| {
        refusal.number.is_some()
            && refusal.number.as_deref() == invoice.number.as_deref()
            && (refusal.supplier.is_none() || refusal.supplier.as_deref() == invoice.supplier_siret.as_deref())
    })
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
    let (state, step) = if refused_as_lot(invoice, report, deliveries.last()) {
        let step = about_flow(dispatcher, invoice, &[Event::Split], Some(report));
        (State::Deferred, alone(step, dispatcher.now(), &file_text(report)))
    } else {
        let step = about_flow(dispatcher, invoice, &[Event::NotIntegrated], Some(report))
            .because(Reason::new("NOT-INTEGRATED").arg("text", refusal_text(invoice, report)));
        (State::Rejected, step)
    };
    dispatcher.store.step(step).await?;
    Ok(state)
}

/// A lot that was refused as a file says nothing about the invoices that it does not name: one unreadable member is
/// enough. These go alone.
fn refused_as_lot(invoice: &Invoice, report: &FlowReport, last: Option<&Delivery>) -> bool {
    last.is_some_and(|delivery| lot::was_lot(&delivery.file_name)) && !is_refused(invoice, report)
}

fn file_text(report: &FlowReport) -> String {
    if report.technical.is_empty() { report.code.clone() } else { report.technical.join("\n") }
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

/// The gateway could not handle the flow and asks for the whole of it again; each time later, and not for ever.
async fn incident(dispatcher: &Dispatcher, invoice: &Invoice, report: &FlowReport) -> Result<State, PipelineError> {
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let deliveries = dispatcher.store.deliveries(&invoice.id).await?;
    // Every one that was accepted before came back in the same way: else it would not be here.
    let accepted: Vec<&Delivery> = deliveries.iter().filter(|delivery| delivery.outcome == "accepted").collect();
    let times = i64::try_from(accepted.len()).unwrap_or(i64::MAX);
    let first = accepted.first().map_or(invoice.since, |delivery| delivery.began_at);
    if patience.end().is_reached(times, first, now) {
        let step = about_flow(dispatcher, invoice, &[Event::Hold], Some(report))
            .because(Reason::new("INCIDENT-AGAIN").arg("text", &report.code).arg("attempts", times.to_string()));
        dispatcher.store.step(step).await?;
        return Ok(State::Held);
    }
    let (first, ceiling) = (patience.retry_first_seconds, patience.retry_max_seconds);
    let next = policy::next_at(now, times - 1, first, ceiling, &invoice.id);
    let step = about_flow(dispatcher, invoice, &[Event::Incident], Some(report))
        .set(Field::NextAt, Value::Int(next.0))
        .because(Reason::new("GATEWAY-INCIDENT").arg("text", &report.code));
    dispatcher.store.step(step).await?;
    Ok(State::Deferred)
}
