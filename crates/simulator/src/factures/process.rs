//! What recipient and supplier do with an integrated invoice: `traiter/recue`, `completer`, `traiterRejet`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::clock;
use crate::envelope::{Call, FACTURES_OK, Refusal, malformed, success};
use crate::journal::{Record, StatusRecord};
use crate::world::App;

/// Statuses that a recipient may set in production.
pub const RECIPIENT_STATUSES: [&str; 9] = [
    "MISE_A_DISPOSITION",
    "A_RECYCLER",
    "REJETEE",
    "SUSPENDUE",
    "SERVICE_FAIT",
    "MANDATEE",
    "MISE_A_DISPOSITION_COMPTABLE",
    "COMPTABILISEE",
    "MISE_EN_PAIEMENT",
];
/// Longest reason.
const REASON_MAX: usize = 255;

/// TraiterUneFactureRecueParam.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TreatRequest {
    id_facture: Option<i64>,
    nouveau_statut: Option<String>,
    motif: Option<String>,
    #[serde(rename = "numeroDPMandat")]
    mandate: Option<String>,
}

/// `traiter/recue`: any order of statuses is accepted, except after a rejection.
pub async fn treat(State(app): State<Arc<App>>, Call(request): Call<TreatRequest>) -> Result<Response, Refusal> {
    let status = request.nouveau_statut.unwrap_or_default();
    let recycling = status == "A_RECYCLER" && !app.options.legacy_recycling;
    if !RECIPIENT_STATUSES.contains(&status.as_str()) || recycling {
        return Ok(malformed(format_args!("nouveauStatut '{status}' n'est pas permis")));
    }
    let reason = request.motif.unwrap_or_default();
    if matches!(status.as_str(), "REJETEE" | "SUSPENDUE") && reason.is_empty() {
        return Err(Refusal::new(20_002, "SIM-MOTIF Le motif est obligatoire pour un rejet ou une suspension"));
    }
    if reason.chars().count() > REASON_MAX {
        return Err(Refusal::new(20_002, "SIM-MOTIF Le motif ne doit pas depasser 255 caracteres"));
    }
    let (mut world, now) = app.present();
    let invoice = request.id_facture.and_then(|id| world.state.invoice(id)).ok_or_else(Refusal::unknown_invoice)?;
    if invoice.status() == status || invoice.status() == "REJETEE" {
        let text = "GDP_MSG_11.001 - L'action est impossible dans l'etat courant de la demande de paiement.";
        return Err(Refusal::new(20_003, text));
    }
    let (id, number) = (invoice.id, invoice.document.number.clone());
    let record = StatusRecord {
        at: now,
        invoice: id,
        status: status.clone(),
        comment: Some(reason).filter(|reason| !reason.is_empty()),
        mandate: request.mandate.filter(|mandate| status == "MANDATEE" && !mandate.is_empty()),
        by: "Destinataire".to_owned(),
    };
    world.commit(Record::Status(record), None)?;
    let content = json!({
        "idFacture": id,
        "numeroFacture": number,
        "dateTraitement": clock::timestamp(now),
        "nouveauStatut": status,
    });
    Ok(success(FACTURES_OK, content))
}

/// CompleterFactureParam.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteRequest {
    #[serde(rename = "identifiantFactureCPP")]
    identifiant: Option<i64>,
    piece_jointe_complementaire: Option<Vec<CompletedAttachment>>,
    commentaire: Option<String>,
}

#[derive(Deserialize)]
struct CompletedAttachment {
    #[serde(rename = "pieceJointeComplementaireId")]
    id: Option<i64>,
}

/// `completer`: the supplier answers a suspension.
pub async fn complete(State(app): State<Arc<App>>, Call(request): Call<CompleteRequest>) -> Result<Response, Refusal> {
    let (mut world, now) = app.present();
    let invoice = request.identifiant.and_then(|id| world.state.invoice(id)).ok_or_else(Refusal::unknown_invoice)?;
    if invoice.status() != "SUSPENDUE" {
        return Err(Refusal::new(20_002, "GDP_MSG_11.033 - La demande de paiement n'est pas a l'etat Suspendue."));
    }
    let known = 1..=world.state.attachments();
    let mut attachments = request.piece_jointe_complementaire.iter().flatten();
    if attachments.any(|attachment| attachment.id.is_none_or(|id| !known.contains(&id))) {
        return Err(Refusal::new(20_004, "SIM-PJ La piece jointe n'existe pas"));
    }
    let (id, number) = (invoice.id, invoice.document.number.clone());
    let record = StatusRecord {
        at: now,
        invoice: id,
        status: "COMPLETEE".to_owned(),
        comment: request.commentaire.filter(|comment| !comment.is_empty()),
        mandate: None,
        by: "Fournisseur".to_owned(),
    };
    world.commit(Record::Status(record), None)?;
    let content = json!({
        "identifiantFactureCPP": id,
        "numeroFacture": number,
        "dateTraitement": clock::timestamp(now),
    });
    Ok(success(FACTURES_OK, content))
}

/// TraiterFacturesRejeteesParam.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AcknowledgeRequest {
    liste_demande_paiement: Option<Vec<AcknowledgedInvoice>>,
}

#[derive(Deserialize)]
struct AcknowledgedInvoice {
    #[serde(rename = "idDemandePaiement")]
    id: Option<i64>,
}

/// `traiterRejet`: the supplier acknowledges rejected invoices, all of them or none.
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    Call(request): Call<AcknowledgeRequest>,
) -> Result<Response, Refusal> {
    let (mut world, now) = app.present();
    let mut invoices = Vec::new();
    for one in request.liste_demande_paiement.iter().flatten() {
        let invoice = one.id.and_then(|id| world.state.invoice(id)).ok_or_else(Refusal::unknown_invoice)?;
        if invoice.status() != "REJETEE" {
            return Err(Refusal::new(20_003, "GDP_MSG_11.001 - La demande de paiement n'est pas a l'etat Rejetee."));
        }
        invoices.push(invoice.id);
    }
    if invoices.is_empty() {
        return Ok(malformed("listeDemandePaiement est vide"));
    }
    for invoice in invoices {
        world.commit(Record::Acknowledged { at: now, invoice, action: "TRAITEMENT_REJET".to_owned() }, None)?;
    }
    Ok(success(FACTURES_OK, json!({})))
}
