//! The simulator's own doors, without a token and on loopback only: ledger, faults, clock, statuses, structures.

use std::fmt::Write;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::args;
use crate::clock::{self, Millis};
use crate::directory::Structure;
use crate::faults::{Fault, FaultRate, FaultTable};
use crate::journal::{JournalError, Record, StatusRecord};
use crate::state::{Deposit, FlowMember, Outcome, State as Gateway};
use crate::world::App;

/// `GET /simulator/ledger`: one JSON object a line for every invoice of every accepted deposit.
pub async fn ledger(State(app): State<Arc<App>>) -> Response {
    let (world, now) = app.present();
    let mut lines = String::new();
    for deposit in world.state.deposits() {
        for member in &deposit.members {
            let _ = writeln!(lines, "{}", ledger_line(&world.state, deposit, member, now));
        }
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], lines).into_response()
}

fn ledger_line(state: &Gateway, deposit: &Deposit, member: &FlowMember, now: Millis) -> Value {
    let document = member.document.as_ref().ok();
    let key = document.and_then(|document| document.key());
    let supplier = document.and_then(|document| document.supplier.identifier()).map(|(identifier, _)| identifier);
    let waiting = deposit.record.plan.states.first();
    let flow_state = deposit.state_at(now).or(waiting).map(|step| step.code.as_str());
    let errors = match (&member.outcome, &member.document) {
        (_, Err(error)) => vec![error.text.clone()],
        (Outcome::Rejected(messages), _) => messages.clone(),
        _ => Vec::new(),
    };
    json!({
        "flow": deposit.record.flow,
        "at": clock::timestamp(deposit.record.at),
        "file_name": deposit.record.file_name,
        "sha256": deposit.record.sha256,
        "supplier": supplier,
        "number": document.map(|document| document.number.as_str()),
        "year": key.map(|key| key.year),
        "flow_state": flow_state,
        "invoice_state": state.invoice(member.invoice).map(|invoice| invoice.status()),
        "duplicate_of": member.duplicate_of,
        "member": member.name,
        "syntax": deposit.record.syntax,
        "fault": deposit.record.fault,
        "errors": errors,
    })
}

/// `GET /simulator/faults`: current rates, the queue, and how often each fault was committed since the start.
pub async fn faults(State(app): State<Arc<App>>) -> Response {
    let world = app.world();
    show_faults(&world.faults)
}

/// `POST /simulator/faults`: `{"lose-answer":0.5}` replaces every rate, `{"next":["lose-answer"]}` appends exact
/// faults for the next deposits.
pub async fn set_faults(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let request: Map<String, Value> = match read(&body) {
        Ok(request) => request,
        Err(what) => return refuse(&what),
    };
    let (next, rates) = match parse_faults(&request) {
        Ok(parsed) => parsed,
        Err(what) => return refuse(&what),
    };
    let mut world = app.world();
    let only_queue = rates.is_empty() && request.contains_key("next");
    if !only_queue {
        world.faults.replace(rates);
    }
    world.faults.queue(next);
    show_faults(&world.faults)
}

fn parse_faults(request: &Map<String, Value>) -> Result<(Vec<Fault>, Vec<FaultRate>), String> {
    let mut next = Vec::new();
    let mut rates = Vec::new();
    for (name, value) in request {
        if name == "next" {
            for fault in value.as_array().ok_or("next is not an array of fault names")? {
                let fault: Fault = fault.as_str().ok_or("a fault in next is not a name")?.parse()?;
                if !FaultTable::may_be_queued(fault) {
                    return Err(format!("{} does not concern deposits", fault.name()));
                }
                next.push(fault);
            }
        } else {
            rates.push(FaultRate::parse(name, &value.to_string())?);
        }
    }
    Ok((next, rates))
}

fn show_faults(table: &FaultTable) -> Response {
    let rates: Map<String, Value> =
        table.rates().map(|(name, rate)| (name, json!(f64::from(rate) / 1_000_000.0))).collect();
    let committed: Map<String, Value> =
        table.committed().map(|(name, count)| (name.to_owned(), json!(count))).collect();
    Json(json!({ "rates": rates, "next": table.queued(), "committed": committed })).into_response()
}

/// `GET /simulator/clock`.
pub async fn clock(State(app): State<Arc<App>>) -> Response {
    let now = app.world().now();
    show_clock(now)
}

#[derive(Deserialize)]
struct Advance {
    advance: String,
}

/// `POST /simulator/clock`: `{"advance":"1h"}`.
pub async fn advance_clock(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let request: Advance = match read(&body) {
        Ok(request) => request,
        Err(what) => return refuse(&what),
    };
    let advance = match args::duration(&request.advance) {
        Ok(duration) => Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX),
        Err(what) => return refuse(&what),
    };
    let (mut world, now) = app.present();
    if let Err(error) = world.commit(Record::Clock { at: now, advance }, None) {
        return failed(&error);
    }
    show_clock(world.now())
}

fn show_clock(now: Millis) -> Response {
    Json(json!({ "now": clock::timestamp(now) })).into_response()
}

#[derive(Deserialize)]
struct StatusRequest {
    number: String,
    supplier: String,
    status: String,
    comment: Option<String>,
    mandate: Option<String>,
}

/// `POST /simulator/status`: sets a status as the recipient would; any status, in any order. The robot leaves the
/// invoice alone afterwards.
pub async fn set_status(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let request: StatusRequest = match read(&body) {
        Ok(request) => request,
        Err(what) => return refuse(&what),
    };
    let (mut world, now) = app.present();
    let wanted = |invoice: &&crate::state::Invoice| {
        let supplier = invoice.document.supplier.identifier().map(|(identifier, _)| identifier);
        invoice.document.number == request.number && supplier == Some(request.supplier.as_str())
    };
    let Some(invoice) = world.state.invoices().rev().find(wanted).map(|invoice| invoice.id) else {
        let body = json!({ "error": "no integrated invoice has this supplier and number" });
        return (StatusCode::NOT_FOUND, Json(body)).into_response();
    };
    let record = StatusRecord {
        at: now,
        invoice,
        status: request.status,
        comment: request.comment,
        mandate: request.mandate,
        by: "Destinataire".to_owned(),
    };
    match world.commit(Record::Status(record), None) {
        Ok(()) => Json(json!({ "idFacture": invoice })).into_response(),
        Err(error) => failed(&error),
    }
}

/// `POST /simulator/structure`: declares a supplier unknown or a recipient's requirements.
pub async fn declare_structure(State(app): State<Arc<App>>, body: Bytes) -> Response {
    let mut structure: Structure = match read(&body) {
        Ok(structure) => structure,
        Err(what) => return refuse(&what),
    };
    if structure.siret.len() != 14 || !structure.siret.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse("siret is not 14 digits");
    }
    if structure.name.is_empty() {
        structure.name = format!("Structure {}", structure.siret);
    }
    let (mut world, now) = app.present();
    match world.commit(Record::Structure { at: now, structure: structure.clone() }, None) {
        Ok(()) => Json(structure).into_response(),
        Err(error) => failed(&error),
    }
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| error.to_string())
}

fn refuse(what: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": what }))).into_response()
}

fn failed(error: &JournalError) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": error.to_string() }))).into_response()
}
