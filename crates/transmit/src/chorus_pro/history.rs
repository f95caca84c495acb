//! The history of an invoice: `consulter/historique`, whose list of statuses has a paging of its own.

use facteur_model::gateway::{GatewayError, GatewayHistory, GatewayStatus};
use serde::Deserialize;
use serde_json::json;

use super::pages::{Collector, Paging};
use super::{ChorusPro, envelope, lenient};
use crate::reason::Reason;

/// Operation `consulterHistoriqueFacture`.
const PATH: &str = "/cpro/factures/v1/consulter/historique";

#[derive(Deserialize)]
struct Reply {
    #[serde(default, rename = "statutCourantCode", deserialize_with = "lenient::text")]
    current: Option<String>,
    #[serde(default, rename = "historiquesDesStatuts")]
    statuses: Option<Statuses>,
}

#[derive(Deserialize, Default)]
struct Statuses {
    #[serde(default, rename = "histoStatut", deserialize_with = "lenient::list")]
    rows: Vec<Row>,
    #[serde(default, rename = "pagesHistoStatut", deserialize_with = "lenient::integer")]
    pages: Option<i64>,
    #[serde(default, rename = "totalHistoStatut", deserialize_with = "lenient::integer")]
    total: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default, rename = "histoStatutId", deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, rename = "histoStatutCode", deserialize_with = "lenient::text")]
    code: Option<String>,
    #[serde(default, rename = "histoStatutDatePassage", deserialize_with = "lenient::text")]
    at: Option<String>,
    #[serde(default, rename = "histoStatutCommentaire", deserialize_with = "lenient::text")]
    comment: Option<String>,
}

impl ChorusPro {
    pub(super) async fn history_of(&self, id: &str) -> Result<GatewayHistory, GatewayError> {
        let mut list = Collector::new(self.configuration.limits.max_pages);
        let mut current = None;
        let mut raw = Vec::new();
        loop {
            let answer = self.ask(PATH, &self.question(id, list.page())).await?;
            let reply: Reply = envelope::read(&answer)?;
            raw.push(answer.text());
            current = reply.current.or(current);
            let statuses = reply.statuses.unwrap_or_default();
            let paging = Paging { pages: statuses.pages, total: statuses.total };
            if !list.take(statuses.rows, paging, Row::key)? {
                break;
            }
        }
        let current =
            current.ok_or_else(|| GatewayError::Protocol(Reason::UnreadableAnswer.with("statutCourantCode")))?;
        let statuses = list.into_rows().into_iter().map(GatewayStatus::from).collect();
        Ok(GatewayHistory { current, statuses, raw: raw.join("\n") })
    }

    /// The invoice's identifier is called `idFacture` here, `identifiantFactureCPP` in a search: the same number.
    fn question(&self, id: &str, page: u32) -> serde_json::Value {
        json!({
            "idFacture": lenient::identifier(id),
            "paramRechercheHistoStatuts": {
                "pageResultatDemandeeListeHistoStatut": page,
                "nbResultatsParPageListeHistoStatut": self.configuration.limits.page_size,
                "triColonneListeHistoStatut": "HistoStatutDatePassage",
                "triSensListeHistoStatut": "Ascendant",
            },
        })
    }
}

impl Row {
    /// Its identifier, or what makes two rows the same where there is none.
    fn key(&self) -> Option<String> {
        let told = || Some(format!("{} {}", self.code.as_deref()?, self.at.as_deref()?));
        self.id.clone().or_else(told)
    }
}

impl From<Row> for GatewayStatus {
    fn from(row: Row) -> Self {
        Self { id: row.id, code: row.code.unwrap_or_default(), at: row.at, comment: row.comment }
    }
}
