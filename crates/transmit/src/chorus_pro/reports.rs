//! The report on a flow: `consulterCRDetaille`. Its simpler sister `consulterCR` is unreliable for Factur-X.

use facteur_model::gateway::{FlowClass, FlowRefusal, FlowReport, GatewayError};
use serde::Deserialize;
use serde_json::json;

use super::{ChorusPro, envelope, lenient};
use crate::reason::Reason;

/// Operation `consulterCRDetaille`.
const PATH: &str = "/cpro/transverses/v1/consulterCRDetaille";
/// "Flux introuvable": unknown, or not visible yet.
const NOT_FOUND: (i64, &str) = (20001, "POQ_MSG_01.003");

#[derive(Deserialize)]
struct Reply {
    #[serde(default, rename = "etatCourantDepotFlux", deserialize_with = "lenient::text")]
    state: Option<String>,
    #[serde(default, rename = "etatCourantFlux", deserialize_with = "lenient::text")]
    other_state: Option<String>,
    #[serde(default, rename = "listeErreurDP", deserialize_with = "lenient::list")]
    refused: Vec<Refused>,
    #[serde(default, rename = "listeErreurTechnique", deserialize_with = "lenient::list")]
    technical: Vec<Technical>,
}

#[derive(Deserialize)]
struct Refused {
    #[serde(default, rename = "numeroDP", deserialize_with = "lenient::text")]
    number: Option<String>,
    #[serde(default, rename = "identifiantFournisseur", deserialize_with = "lenient::text")]
    supplier: Option<String>,
    #[serde(default, rename = "libelleErreurDP", deserialize_with = "lenient::text")]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Technical {
    #[serde(default, rename = "codeErreur", deserialize_with = "lenient::text")]
    code: Option<String>,
    #[serde(default, rename = "libelleErreur", deserialize_with = "lenient::text")]
    text: Option<String>,
    #[serde(default, rename = "natureErreur", deserialize_with = "lenient::text")]
    nature: Option<String>,
}

impl ChorusPro {
    pub(super) async fn report_on(&self, flow: &str) -> Result<Option<FlowReport>, GatewayError> {
        let answer = self.ask(PATH, &json!({ "numeroFluxDepot": flow })).await?;
        let reply: Reply = match envelope::read(&answer) {
            Err(GatewayError::Refused { code, label }) if is_not_found(code, &label) => return Ok(None),
            other => other?,
        };
        let state = reply.state.or(reply.other_state);
        let code =
            state.ok_or_else(|| GatewayError::Protocol(Reason::UnreadableAnswer.with("etatCourantDepotFlux")))?;
        Ok(Some(FlowReport {
            class: FlowClass::of(&code),
            code,
            refused: reply.refused.into_iter().map(FlowRefusal::from).collect(),
            technical: reply.technical.into_iter().filter_map(Technical::into_text).collect(),
            raw: answer.text(),
        }))
    }
}

impl From<Refused> for FlowRefusal {
    fn from(refused: Refused) -> Self {
        Self { number: refused.number, supplier: refused.supplier, text: refused.text.unwrap_or_default() }
    }
}

impl Technical {
    fn into_text(self) -> Option<String> {
        let parts: Vec<String> = [self.code, self.nature, self.text].into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(": "))
    }
}

fn is_not_found(code: i64, label: &str) -> bool {
    code == NOT_FOUND.0 && (label.contains(NOT_FOUND.1) || label.to_lowercase().contains("introuvable"))
}
