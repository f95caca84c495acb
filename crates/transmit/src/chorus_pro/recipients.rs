//! A recipient as the gateway's directory knows it: the structure, its parameters, its services.
//!
//! `structures/v1/rechercher`, `consulter`, `rechercher/services` (all pages) and `consulter/service`.

use facteur_model::directory::{Recipient, RecipientService};
use facteur_model::gateway::GatewayError;
use serde::Deserialize;
use serde_json::{Value, json};

use super::pages::{Collector, Paging};
use super::{ChorusPro, envelope, lenient};

const SEARCH: &str = "/cpro/structures/v1/rechercher";
const CONSULT: &str = "/cpro/structures/v1/consulter";
const SERVICES: &str = "/cpro/structures/v1/rechercher/services";
const SERVICE: &str = "/cpro/structures/v1/consulter/service";

#[derive(Deserialize)]
struct Found {
    #[serde(default, rename = "listeStructures", deserialize_with = "lenient::list")]
    rows: Vec<StructureRow>,
}

#[derive(Deserialize)]
struct StructureRow {
    #[serde(default, rename = "idStructureCPP", deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, rename = "identifiantStructure", deserialize_with = "lenient::text")]
    siret: Option<String>,
    #[serde(default, rename = "designationStructure", deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, rename = "statut", deserialize_with = "lenient::text")]
    status: Option<String>,
}

#[derive(Deserialize)]
struct Consulted {
    #[serde(default)]
    parametres: Option<Parameters>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    #[serde(default)]
    code_service_doit_etre_renseigne: Option<bool>,
    #[serde(default, rename = "numeroEJDoitEtreRenseigne")]
    commitment: Option<bool>,
    #[serde(default, rename = "gestionNumeroEJOuCodeService")]
    either: Option<bool>,
    #[serde(default, rename = "numeroEngagement")]
    service_commitment: Option<bool>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default, rename = "listeServices", deserialize_with = "lenient::list")]
    rows: Vec<ServiceRow>,
    #[serde(default, rename = "parametresRetour")]
    paging: Option<Pages>,
}

#[derive(Deserialize)]
struct Pages {
    pages: Option<i64>,
    total: Option<i64>,
}

#[derive(Deserialize)]
struct ServiceRow {
    #[serde(default, rename = "idService", deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, rename = "codeService", deserialize_with = "lenient::text")]
    code: Option<String>,
    #[serde(default, rename = "libelleService", deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(default, rename = "estActif")]
    active: Option<bool>,
}

impl ChorusPro {
    /// The directory's entry of a SIRET; `None` where it has none.
    pub(super) async fn recipient_of(&self, siret: &str) -> Result<Option<Recipient>, GatewayError> {
        let question = json!({
            "structure": { "identifiantStructure": siret, "typeIdentifiantStructure": "SIRET" },
            "parametres": { "pageResultatDemandee": 1, "nbResultatsParPage": self.configuration.limits.page_size },
            "restreindreStructuresPrivees": false,
        });
        let found: Found = envelope::read(&self.ask(SEARCH, &question).await?)?;
        let row = found.rows.into_iter().find(|row| row.siret.as_deref() == Some(siret));
        let Some((id, row)) = row.and_then(|row| row.id.clone().map(|id| (id, row))) else { return Ok(None) };
        let consulted: Consulted =
            self.read(CONSULT, json!({ "codeLangue": "fr", "idStructureCPP": number(&id) })).await?;
        let demands = consulted.parametres.unwrap_or_default();
        let either = demands.either.unwrap_or(false);
        Ok(Some(Recipient {
            siret: siret.to_owned(),
            name: row.name,
            // Both spellings are seen: ACTIVE and ACTIF.
            active: row.status.as_deref().is_none_or(|status| status.starts_with("ACTI")),
            service_required: demands.code_service_doit_etre_renseigne.unwrap_or(false) && !either,
            commitment_required: demands.commitment.unwrap_or(false) && !either,
            either_required: either,
            services: self.services_of(&id).await?,
        }))
    }

    async fn services_of(&self, id: &str) -> Result<Vec<RecipientService>, GatewayError> {
        let mut list = Collector::new(self.configuration.limits.max_pages);
        loop {
            let question = json!({
                "idStructure": number(id),
                "parametresRechercherServicesStructure": {
                    "pageResultatDemandee": list.page(),
                    "nbResultatsParPage": self.configuration.limits.page_size,
                },
            });
            let listed: Listed = self.read(SERVICES, question).await?;
            let paging = listed.paging.as_ref();
            let paging = Paging { pages: paging.and_then(|p| p.pages), total: paging.and_then(|p| p.total) };
            if !list.take(listed.rows, paging, |row: &ServiceRow| row.id.clone())? {
                break;
            }
        }
        let mut services = Vec::new();
        for row in list.into_rows() {
            let Some(code) = row.code.clone().filter(|code| !code.is_empty()) else { continue };
            let commitment_required = self.service_demands_commitment(id, row.id.as_deref()).await?;
            services.push(RecipientService {
                code,
                name: row.name,
                active: row.active.unwrap_or(true),
                commitment_required,
            });
        }
        Ok(services)
    }

    /// A service may demand a commitment number where its structure does not.
    async fn service_demands_commitment(&self, structure: &str, service: Option<&str>) -> Result<bool, GatewayError> {
        let Some(service) = service else { return Ok(false) };
        let question = json!({ "idStructure": number(structure), "idService": number(service) });
        let consulted: Consulted = self.read(SERVICE, question).await?;
        Ok(consulted.parametres.and_then(|parameters| parameters.service_commitment).unwrap_or(false))
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, path: &str, question: Value) -> Result<T, GatewayError> {
        envelope::read(&self.ask(path, &question).await?)
    }
}

/// Identifiers are numbers on the wire.
fn number(id: &str) -> Value {
    lenient::identifier(id)
}
