//! `deposer/flux`: checks, durable commit, answer, and every way in which the exchange can go wrong.

use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::args::DuplicateCheck;
use crate::clock;
use crate::envelope::{Call, FACTURES_OK, Refusal, malformed, success};
use crate::faults::{DepositFaults, Fault};
use crate::flow::Plan;
use crate::gateway::{Bearer, Connection, refusal_before_commit};
use crate::journal::{DepositRecord, Record};
use crate::reader::{self, FILE_MAX, LOT_MAX, Syntax};
use crate::world::App;

/// How long the sent half of `half-body` gets to reach the client before the connection is cut.
const HALF_BODY_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// DeposerFluxFactureParam.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositRequest {
    #[serde(rename = "idUtilisateurCourant")]
    _user: Option<i64>,
    fichier_flux: Option<String>,
    nom_fichier: Option<String>,
    syntaxe_flux: Option<String>,
    avec_signature: Option<bool>,
}

/// Accepts a flow. The body has been read to its end when this runs.
pub async fn deposit(
    State(app): State<Arc<App>>,
    Extension(connection): Extension<Connection>,
    Extension(bearer): Extension<Bearer>,
    Call(request): Call<DepositRequest>,
) -> Response {
    let faults = app.world().draw_deposit();
    if faults.wire == Some(Fault::Reset) {
        return connection.close().await;
    }
    if let Some(answer) = faults.wire.and_then(|fault| refusal_before_commit(&app, fault, &bearer)) {
        return answer;
    }
    let worker = Arc::clone(&app);
    let accepted = tokio::task::spawn_blocking(move || accept(&worker, request, faults)).await;
    let answer = accepted.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response());
    deliver(&app, &connection, faults.wire, answer).await
}

/// Sends the answer, unless a fault has other plans for it.
async fn deliver(app: &App, connection: &Connection, fault: Option<Fault>, answer: Response) -> Response {
    match fault {
        Some(Fault::LoseAnswer) => connection.close().await,
        Some(Fault::LateAnswer) => {
            tokio::time::sleep(app.options.late).await;
            answer
        }
        Some(Fault::Slow) => {
            tokio::time::sleep(app.options.slow).await;
            answer
        }
        Some(Fault::HalfBody) => half(answer).await,
        Some(Fault::SlowLoris) => dripping(answer, app.options.drip).await,
        _ => answer,
    }
}

/// Announces the whole body, sends half of it and cuts the connection.
async fn half(answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(whole) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let first = whole.slice(..whole.len() / 2);
    let pieces = futures_util::stream::unfold(Some(first), |piece| async move {
        match piece {
            Some(first) if !first.is_empty() => Some((Ok::<Bytes, std::io::Error>(first), Some(Bytes::new()))),
            _ => {
                tokio::time::sleep(HALF_BODY_PAUSE).await;
                Some((Err(std::io::Error::other("cut on purpose")), None))
            }
        }
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}

/// Announces the whole body and sends it byte by byte.
async fn dripping(answer: Response, pause: std::time::Duration) -> Response {
    let (mut parts, body) = answer.into_parts();
    let Ok(whole) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    parts.headers.insert(header::CONTENT_LENGTH, whole.len().into());
    let bytes = futures_util::stream::unfold(whole, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        Some((Ok::<Bytes, std::io::Error>(rest.split_to(1)), rest))
    });
    Response::from_parts(parts, Body::from_stream(bytes))
}

fn accept(app: &App, request: DepositRequest, faults: DepositFaults) -> Response {
    let code = request.syntaxe_flux.unwrap_or_default();
    let Some(syntax) = Syntax::from_code(&code) else {
        return malformed(format_args!("syntaxeFlux '{code}' inconnue ou retiree de l'offre"));
    };
    let payload = request.fichier_flux.unwrap_or_default();
    let Ok(bytes) = STANDARD.decode(payload.as_bytes()) else {
        return malformed("fichierFlux n'est pas du base64");
    };
    let file_name = request.nom_fichier.unwrap_or_default();
    if bytes.is_empty() || file_name.is_empty() {
        return malformed("fichierFlux et nomFichier sont obligatoires");
    }
    let limit = if reader::is_lot(&bytes) { LOT_MAX } else { FILE_MAX };
    if bytes.len() > limit {
        return Refusal::new(20001, "GDP_MSG_11.022 - La taille du fichier depasse la limite autorisee.")
            .into_response();
    }
    let record = DepositRecord {
        at: 0,
        flow: String::new(),
        file_name,
        syntax: code,
        signed: request.avec_signature.unwrap_or(false),
        sha256: hex(&Sha256::digest(&bytes)),
        fault: faults.wire.map(|fault| fault.name().to_owned()),
        plan: Plan::new(0, &app.options, faults.fate),
        payload,
    };
    commit(app, record, syntax, &bytes, faults).unwrap_or_else(IntoResponse::into_response)
}

/// Numbers the flow and makes it durable, then gives the answer.
fn commit(
    app: &App,
    mut record: DepositRecord,
    syntax: Syntax,
    bytes: &[u8],
    faults: DepositFaults,
) -> Result<Response, Refusal> {
    let members = reader::read(syntax, &record.file_name, bytes);
    let (mut world, now) = app.present();
    if app.options.duplicate_check == DuplicateCheck::Deposit
        && let Some(copy) = world.state.integrated_copy(&record.sha256)
    {
        let text = format!("SIM-DOUBLON Ce fichier est deja integre (flux {})", copy.record.flow);
        return Err(Refusal::new(20010, text));
    }
    let flow = flow_number(syntax, world.state.deposits().len() + 1);
    record.at = now;
    record.flow.clone_from(&flow);
    record.plan = Plan::new(now, &app.options, faults.fate);
    let syntax_code = record.syntax.clone();
    world.commit(Record::Deposit(Box::new(record)), Some(members))?;
    let shown = if faults.wire == Some(Fault::EmptyFlowNumber) { String::new() } else { flow };
    let content = json!({ "numeroFluxDepot": shown, "dateDepot": clock::date(now), "syntaxeFlux": syntax_code });
    Ok(success(FACTURES_OK, content))
}

/// `CPP001`, the 4 digits of the interface, a sequence of 15 digits.
fn flow_number(syntax: Syntax, sequence: usize) -> String {
    let interface: String = syntax.interface().chars().filter(char::is_ascii_digit).collect();
    format!("CPP001{interface}{sequence:015}")
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_number_has_25_characters() {
        let number = flow_number(Syntax::FacturX, 425_903);
        assert_eq!(number, "CPP0011117000000000425903");
        assert_eq!(number.len(), 25);
    }
}
