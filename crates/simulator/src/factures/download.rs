//! `telecharger/groupe`: the deposited files of several invoices, as a ZIP in base64.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use crate::archive;
use crate::envelope::{Call, FACTURES_OK, Refusal, malformed, success};
use crate::journal::Record;
use crate::world::App;

/// Largest download (120 Mo).
const DOWNLOAD_MAX: usize = 120 * 1024 * 1024;

/// TelechargerGroupeFactureParam.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DownloadRequest {
    liste_facture: Option<Vec<WantedInvoice>>,
    format: Option<String>,
}

#[derive(Deserialize)]
struct WantedInvoice {
    #[serde(rename = "idFacture")]
    id: Option<i64>,
}

/// Gives the files and marks the invoices as downloaded.
pub async fn group(State(app): State<Arc<App>>, Call(request): Call<DownloadRequest>) -> Result<Response, Refusal> {
    let format = request.format.unwrap_or_else(|| "ZIP".to_owned());
    if !matches!(format.as_str(), "PDF" | "PIVOT" | "ZIP" | "XML") {
        return Ok(malformed(format_args!("format '{format}' inconnu")));
    }
    let (mut world, now) = app.present();
    let mut files = BTreeMap::new();
    let mut invoices = Vec::new();
    for wanted in request.liste_facture.iter().flatten() {
        let invoice = wanted.id.and_then(|id| world.state.invoice(id)).ok_or_else(Refusal::unknown_invoice)?;
        let record = &world.state.deposit_of(invoice).record;
        files.insert(format!("{}_{}", record.flow, record.file_name), record.payload.clone());
        invoices.push(invoice.id);
    }
    if invoices.is_empty() {
        return Ok(malformed("listeFacture est vide"));
    }
    let contents: Vec<(String, Vec<u8>)> =
        files.into_iter().map(|(name, payload)| (name, STANDARD.decode(payload).unwrap_or_default())).collect();
    if contents.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > DOWNLOAD_MAX {
        return Ok(StatusCode::PAYLOAD_TOO_LARGE.into_response());
    }
    let archive = archive::zip(&contents).map_err(|error| Refusal::new(20_005, format!("SIM-ZIP {error}")))?;
    world.commit(Record::Downloaded { at: now, invoices }, None)?;
    Ok(success(FACTURES_OK, json!({ "fichierResultat": STANDARD.encode(archive) })))
}
