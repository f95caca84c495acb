//! Invoices as the gateway lists them: `rechercher/fournisseur`, always to the last page.

use facteur_model::gateway::{GatewayError, GatewayInvoice, Search};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};
use time::format_description::well_known::Iso8601;
use time::{Date, Duration};

use super::pages::{Collector, Paging};
use super::{ChorusPro, envelope, lenient};
use crate::reason::Reason;

/// Operation `rechercherFactureParFournisseur`.
const PATH: &str = "/cpro/factures/v1/rechercher/fournisseur";
/// An invoice number that nobody uses: the answer to a probe should be an empty list.
const PROBE_NUMBER: &str = "FACTEUR-CONTROLE";

#[derive(Deserialize)]
struct Reply {
    #[serde(default, rename = "listeFactures", deserialize_with = "lenient::list")]
    rows: Vec<Row>,
    #[serde(default, rename = "parametresRetour")]
    nested: Option<PagingReply>,
    #[serde(default, deserialize_with = "lenient::integer")]
    pages: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    total: Option<i64>,
}

#[derive(Deserialize, Default)]
struct PagingReply {
    #[serde(default, deserialize_with = "lenient::integer")]
    pages: Option<i64>,
    #[serde(default, deserialize_with = "lenient::integer")]
    total: Option<i64>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default, rename = "identifiantFactureCPP", deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(default, rename = "numeroFacture", deserialize_with = "lenient::text")]
    number: Option<String>,
    #[serde(default, rename = "codeFournisseur", deserialize_with = "lenient::text")]
    supplier: Option<String>,
    #[serde(default, rename = "codeDestinataire", deserialize_with = "lenient::text")]
    recipient: Option<String>,
    #[serde(default, rename = "dateFacture", deserialize_with = "lenient::day")]
    issued: Option<String>,
    #[serde(default, rename = "montantTTC", deserialize_with = "lenient::amount")]
    total: Option<Decimal>,
    #[serde(default, rename = "numeroFluxDepot", deserialize_with = "lenient::text")]
    flow: Option<String>,
    #[serde(default, rename = "statut", deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(default, rename = "commentaireEtatCourant", deserialize_with = "lenient::text")]
    comment: Option<String>,
}

impl ChorusPro {
    /// Every visible invoice with exactly that number, issued on that day or one day off.
    pub(super) async fn search_number(&self, search: Search<'_>) -> Result<Vec<GatewayInvoice>, GatewayError> {
        let number = search.number.trim();
        let mut question = json!({ "numeroFacture": number });
        add_period(&mut question, search.issued);
        let mut rows = self.search_all(question).await?;
        rows.retain(|row| row.number == number);
        Ok(rows)
    }

    /// Every visible invoice of a flow.
    pub(super) async fn search_flow_number(&self, flow: &str) -> Result<Vec<GatewayInvoice>, GatewayError> {
        let mut rows = self.search_all(json!({ "numeroFluxDepot": flow })).await?;
        rows.retain(|row| row.flow.as_deref().is_none_or(|found| found == flow));
        Ok(rows)
    }

    /// Proves that token, account, subscription and search work, and for a supplier that the account may search its
    /// invoices: without that right a search finds nothing and says nothing.
    pub(super) async fn probe_search(&self, supplier: Option<&str>) -> Result<(), GatewayError> {
        let mut question = json!({ "numeroFacture": PROBE_NUMBER });
        if let Some(siret) = supplier {
            question["idFournisseur"] = lenient::identifier(&self.structure_of(siret).await?);
        }
        match self.search_page(&mut question, 1).await {
            Ok(_) => Ok(()),
            Err(GatewayError::Refused { code, label }) if envelope::lacks_right(&label) => {
                Err(GatewayError::Credentials(Reason::NotAuthorised.with(format!("{code} {label}"))))
            }
            Err(error) => Err(error),
        }
    }

    async fn search_all(&self, mut question: Value) -> Result<Vec<GatewayInvoice>, GatewayError> {
        let mut list = Collector::new(self.configuration.limits.max_pages);
        loop {
            let reply = self.search_page(&mut question, list.page()).await?;
            let paging = reply.paging();
            if !list.take(reply.rows, paging, |row: &Row| row.id.clone())? {
                return Ok(list.into_rows().into_iter().map(GatewayInvoice::from).collect());
            }
        }
    }

    async fn search_page(&self, question: &mut Value, page: u32) -> Result<Reply, GatewayError> {
        question["rechercheFactureParFournisseur"] = json!({
            "pageResultatDemandee": page,
            "nbResultatsParPage": self.configuration.limits.page_size,
            "triColonne": "DateDepot",
            "triSens": "Ascendant",
        });
        let answer = self.ask(PATH, question).await?;
        envelope::read(&answer)
    }
}

impl Reply {
    /// Other searches of the same API put the four fields at the root: both places are read.
    fn paging(&self) -> Paging {
        let nested = self.nested.as_ref();
        Paging {
            pages: nested.and_then(|paging| paging.pages).or(self.pages),
            total: nested.and_then(|paging| paging.total).or(self.total),
        }
    }
}

impl From<Row> for GatewayInvoice {
    fn from(row: Row) -> Self {
        Self {
            id: row.id.unwrap_or_default(),
            number: row.number.unwrap_or_default(),
            supplier: row.supplier,
            recipient: row.recipient,
            issued: row.issued,
            total: row.total,
            flow: row.flow,
            status: row.status.unwrap_or_default(),
            comment: row.comment,
        }
    }
}

/// Asks for one day more on each side: the gateway compares moments, and midnight in Paris is the day before in UTC.
fn add_period(question: &mut Value, issued: &str) {
    let Ok(day) = Date::parse(issued, &Iso8601::DATE) else { return };
    let (Some(from), Some(to)) = (day.checked_sub(Duration::DAY), day.checked_add(Duration::DAY)) else { return };
    question["periodeDateFactureDu"] = format!("{from}T00:00:00.000Z").into();
    question["periodeDateFactureAu"] = format!("{to}T23:59:59.999Z").into();
}
