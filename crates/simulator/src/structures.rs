//! API Structures (`/cpro/structures/v1`): search, parameters, services.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock;
use crate::directory::{Service, Structure};
use crate::envelope::{Call, Refusal, TRANSVERSES_OK, success};
use crate::paging::PageRequest;
use crate::world::App;

/// How long the technical account's password is still valid, in milliseconds.
const PASSWORD_VALIDITY: clock::Millis = 300 * 86_400_000;
/// Service identifiers: the structure's own number, then the rank.
const SERVICES_PER_STRUCTURE: i64 = 10;

/// The routes of the service.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/rechercher", post(search))
        .route("/consulter", post(consult))
        .route("/rechercher/services", post(services))
        .route("/consulter/service", post(service))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SearchRequest {
    structure: Option<StructureCriteria>,
    parametres: Option<PageRequest>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StructureCriteria {
    identifiant_structure: Option<String>,
    type_identifiant_structure: Option<String>,
}

async fn search(State(app): State<Arc<App>>, Call(request): Call<SearchRequest>) -> Result<Response, Refusal> {
    let criteria = request.structure.unwrap_or_default();
    let Some(siret) = criteria.identifiant_structure.filter(|siret| !siret.is_empty()) else {
        let text = "Au moins un des attributs critères de structure doit être renseigné";
        return Err(Refusal::new(20_001, text));
    };
    let by_siret = criteria.type_identifiant_structure.is_none_or(|kind| kind == "SIRET");
    let (world, _) = app.present();
    let found: Vec<Structure> = world.state.directory.find(&siret).filter(|_| by_siret).into_iter().collect();
    let page = request.parametres.unwrap_or_default().page(found.len(), app.options.page_size);
    let rows: Vec<Value> = page.of(&found).iter().map(row).collect();
    Ok(success(TRANSVERSES_OK, json!({ "listeStructures": rows, "parametresRetour": page })))
}

fn row(structure: &Structure) -> Value {
    json!({
        "idStructureCPP": structure.id(),
        "identifiantStructure": structure.siret,
        "designationStructure": structure.name,
        "typeIdentifiantStructure": "SIRET",
        "statut": if structure.active { "ACTIF" } else { "INACTIF" },
    })
}

#[derive(Deserialize)]
struct ConsultRequest {
    #[serde(rename = "idStructureCPP")]
    id: Option<i64>,
}

async fn consult(State(app): State<Arc<App>>, Call(request): Call<ConsultRequest>) -> Result<Response, Refusal> {
    let (world, now) = app.present();
    let structure = known(&world.state.directory, request.id)?;
    let content = json!({
        "informationGenerales": {
            "idStructureCPP": structure.id(),
            "identifiantStructure": structure.siret,
            "typeIdentifiantStructure": "SIRET",
            "libelleStructure": structure.name,
            "raisonSocialeStructure": structure.name,
            "structurePriveePublique": if structure.public { "PUBLIQUE" } else { "PRIVEE" },
            "dateExpirationMotPasseCompteTech": clock::date(now + PASSWORD_VALIDITY),
        },
        "adressePostaleDuSiege": {
            "adresse": "1 place de la Mairie",
            "codePostal": "41000",
            "ville": "Blois",
            "pays": "FR",
        },
        "parametres": {
            "codeServiceDoitEtreRenseigne": structure.service_required,
            "numeroEJDoitEtreRenseigne": structure.commitment_required,
            "gestionNumeroEJOuCodeService": structure.service_or_commitment,
            "statutMiseEnPaiementNestPasRemonte": structure.payment_not_reported,
            "recevoirDonneesViaEDI": false,
            "connexionEDI": false,
            "aMoa": false,
            "estMoaUniquement": false,
            "estValideurDelegue": false,
            "nonDiffusibleInsee": false,
        },
    });
    Ok(success(TRANSVERSES_OK, content))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServicesRequest {
    id_structure: Option<i64>,
    parametres_rechercher_services_structure: Option<PageRequest>,
}

async fn services(State(app): State<Arc<App>>, Call(request): Call<ServicesRequest>) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let structure = known(&world.state.directory, request.id_structure)?;
    let asked = request.parametres_rechercher_services_structure.unwrap_or_default();
    let numbered: Vec<(i64, &Service)> = (service_base(&structure)..).zip(&structure.services).collect();
    let page = asked.page(numbered.len(), app.options.page_size);
    let rows: Vec<Value> = page.of(&numbered).iter().map(|(id, service)| service_row(*id, service)).collect();
    Ok(success(TRANSVERSES_OK, json!({ "listeServices": rows, "parametresRetour": page })))
}

fn service_row(id: i64, service: &Service) -> Value {
    json!({
        "idService": id,
        "codeService": service.code,
        "libelleService": service.name,
        "dateDbtService": "2016-10-25 17:42",
        "estActif": service.active,
        "statutService": if service.active { "ACTIF" } else { "INACTIF" },
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceRequest {
    id_structure: Option<i64>,
    id_service: Option<i64>,
}

async fn service(State(app): State<Arc<App>>, Call(request): Call<ServiceRequest>) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let structure = known(&world.state.directory, request.id_structure)?;
    let rank = request.id_service.and_then(|id| id.checked_sub(service_base(&structure)));
    let service = rank.and_then(|rank| structure.services.get(usize::try_from(rank).ok()?));
    let service = service.ok_or_else(|| Refusal::new(20_002, "SIM-SERVICE Le service est inconnu"))?;
    let content = json!({
        "informationsGenerales": {
            "codeService": service.code,
            "nomService": service.name,
            "descriptionService": service.name,
        },
        "parametres": {
            "numeroEngagement": service.commitment_required,
            "miseEnPaiement": !structure.payment_not_reported,
            "dateDebutValidite": "2016-12-28T08:31:19+01:00",
        },
    });
    Ok(success(TRANSVERSES_OK, content))
}

fn known(directory: &crate::directory::Directory, id: Option<i64>) -> Result<Structure, Refusal> {
    let structure = id.and_then(|id| directory.find_by_id(id));
    structure.ok_or_else(|| Refusal::new(20_002, "SIM-STRUCTURE La structure est inconnue"))
}

fn service_base(structure: &Structure) -> i64 {
    structure.id().saturating_mul(SERVICES_PER_STRUCTURE)
}
