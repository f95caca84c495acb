//! A structure as the gateway knows it: `structures/v1/rechercher`.

use facteur_model::gateway::GatewayError;
use serde::Deserialize;
use serde_json::json;

use super::{ChorusPro, envelope, lenient};
use crate::reason::Reason;

/// Operation `rechercherStructure`.
const PATH: &str = "/cpro/structures/v1/rechercher";

#[derive(Deserialize)]
struct Reply {
    #[serde(default, rename = "listeStructures", deserialize_with = "lenient::list")]
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default, rename = "idStructureCPP", deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, rename = "identifiantStructure", deserialize_with = "lenient::text")]
    siret: Option<String>,
}

impl ChorusPro {
    /// The gateway's own identifier of a structure (`idStructureCPP`), by SIRET.
    pub(super) async fn structure_of(&self, siret: &str) -> Result<String, GatewayError> {
        let question = json!({
            "structure": { "identifiantStructure": siret, "typeIdentifiantStructure": "SIRET" },
            "parametres": { "pageResultatDemandee": 1, "nbResultatsParPage": self.configuration.limits.page_size },
            "restreindreStructuresPrivees": false,
        });
        let answer = self.ask(PATH, &question).await?;
        let reply: Reply = envelope::read(&answer)?;
        let found = reply.rows.into_iter().find(|row| row.siret.as_deref().is_none_or(|found| found == siret));
        found.and_then(|row| row.id).ok_or_else(|| GatewayError::Credentials(Reason::UnknownSupplier.with(siret)))
    }
}
