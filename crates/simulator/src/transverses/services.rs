//! Health, attachments, the recipients' directory and its searches.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::archive;
use crate::directory::Structure;
use crate::envelope::{Call, Refusal, TRANSVERSES_OK, malformed, success};
use crate::journal::Record;
use crate::paging::PageRequest;
use crate::world::App;

/// Largest attachment (10 Mo).
const ATTACHMENT_MAX: usize = 10 * 1024 * 1024;
/// Longest attachment name.
const ATTACHMENT_NAME_MAX: usize = 50;

/// `GET health-check`: no envelope.
pub async fn health_check() -> Response {
    Json(json!({ "body": "OK", "statusCode": "OK", "statusCodeValue": 200 })).into_response()
}

/// Request of `ajouter/fichier`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddFileRequest {
    piece_jointe_fichier: Option<String>,
    piece_jointe_nom: Option<String>,
}

/// `ajouter/fichier`.
pub async fn add_file(State(app): State<Arc<App>>, Call(request): Call<AddFileRequest>) -> Result<Response, Refusal> {
    let Ok(bytes) = STANDARD.decode(request.piece_jointe_fichier.unwrap_or_default()) else {
        return Ok(malformed("pieceJointeFichier n'est pas du base64"));
    };
    let name = request.piece_jointe_nom.unwrap_or_default();
    if bytes.is_empty() || name.is_empty() || name.chars().count() > ATTACHMENT_NAME_MAX {
        return Ok(malformed("pieceJointeFichier et pieceJointeNom (50 caracteres au plus) sont obligatoires"));
    }
    if bytes.len() > ATTACHMENT_MAX {
        return Err(Refusal::new(20_003, "SIM-PJ La piece jointe depasse 10 Mo"));
    }
    let (mut world, now) = app.present();
    world.commit(Record::Attachment { at: now, name, bytes: bytes.len() as u64 }, None)?;
    Ok(success(TRANSVERSES_OK, json!({ "pieceJointeId": world.state.attachments() })))
}

/// `telecharger/annuaire/destinataire`: a ZIP that holds an XML directory.
pub async fn directory_archive(State(app): State<Arc<App>>, _: Call<Value>) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let entries: String = world.state.directory.known().filter(|one| one.public).map(directory_entry).collect();
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AnnuaireDestinataire>\n{entries}</AnnuaireDestinataire>\n"
    );
    let files = [("annuaire_destinataires.xml".to_owned(), xml.into_bytes())];
    let archive = archive::zip(&files).map_err(|error| Refusal::new(20_005, format!("SIM-ZIP {error}")))?;
    Ok(success(TRANSVERSES_OK, json!({ "fichierResultat": STANDARD.encode(archive) })))
}

fn directory_entry(structure: &Structure) -> String {
    let services: String = structure
        .services
        .iter()
        .map(|service| {
            let (code, name) = (escape(&service.code), escape(&service.name));
            format!("    <Service code=\"{code}\" actif=\"{}\">{name}</Service>\n", service.active)
        })
        .collect();
    format!(
        "  <Structure siret=\"{}\" serviceObligatoire=\"{}\" engagementObligatoire=\"{}\" \
         engagementOuService=\"{}\">\n    <Nom>{}</Nom>\n{services}  </Structure>\n",
        structure.siret,
        structure.service_required,
        structure.commitment_required,
        structure.service_or_commitment,
        escape(&structure.name),
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

/// Request of `rechercher/destinataire`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecipientRequest {
    identifiant: Option<String>,
    parametres_recherche: Option<PageRequest>,
}

/// `rechercher/destinataire`.
pub async fn search_recipients(
    State(app): State<Arc<App>>,
    Call(request): Call<RecipientRequest>,
) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let directory = &world.state.directory;
    let found: Vec<Structure> = match request.identifiant.filter(|siret| !siret.is_empty()) {
        Some(siret) => directory.find(&siret).into_iter().collect(),
        None => directory.known().filter(|structure| structure.public).cloned().collect(),
    };
    let page = request.parametres_recherche.unwrap_or_default().page(found.len(), app.options.page_size);
    let rows: Vec<Value> = page
        .of(&found)
        .iter()
        .map(|one| json!({ "idStructureCPP": one.id(), "siret": one.siret, "nomDestinataire": one.name }))
        .collect();
    Ok(success(TRANSVERSES_OK, json!({ "listeDestinataires": rows, "parametresRetour": page })))
}

/// Request of `rechercher/serviceexecutant`.
#[derive(Deserialize)]
pub struct ServiceRequest {
    #[serde(rename = "idDestinataireCPP")]
    recipient: Option<i64>,
    #[serde(rename = "codeServiceExecutant")]
    code: Option<String>,
    actif: Option<bool>,
}

/// `rechercher/serviceexecutant`.
pub async fn search_services(
    State(app): State<Arc<App>>,
    Call(request): Call<ServiceRequest>,
) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let structure = request.recipient.and_then(|id| world.state.directory.find_by_id(id));
    let structure = structure.ok_or_else(|| Refusal::new(20_006, "SIM-STRUCTURE La structure est inconnue"))?;
    let rows: Vec<Value> = structure
        .services
        .iter()
        .filter(|service| request.code.as_ref().is_none_or(|code| *code == service.code))
        .filter(|service| request.actif.is_none_or(|active| active == service.active))
        .map(|service| json!({ "codeServiceExecutant": service.code, "nomServiceExecutant": service.name }))
        .collect();
    Ok(success(TRANSVERSES_OK, json!({ "listeServicesExecutants": rows })))
}

/// `consulter/information/siret`: not available in qualification, nor here.
pub async fn siret_information(_: Call<Value>) -> Refusal {
    Refusal::new(20_007, "SIM-INSEE Service indisponible en qualification")
}
