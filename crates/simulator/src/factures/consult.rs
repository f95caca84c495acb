//! `consulter/*`: one invoice whole, and its history.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::row::{DEPOSIT_MODE, day_timestamp, framework_code, put};
use crate::amount::Amount;
use crate::clock;
use crate::directory;
use crate::envelope::{Call, FACTURES_OK, Refusal, success};
use crate::paging::PageRequest;
use crate::reader::Document;
use crate::state::{GATEWAY, Invoice, State as Gateway};
use crate::world::App;

/// ConsulterHistoriqueFactureParam.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRequest {
    id_facture: Option<i64>,
    param_recherche_histo_statuts: Option<HistoryPage>,
}

#[derive(Default, Deserialize)]
struct HistoryPage {
    #[serde(rename = "pageResultatDemandeeListeHistoStatut")]
    number: Option<i64>,
    #[serde(rename = "nbResultatsParPageListeHistoStatut")]
    size: Option<i64>,
}

/// `consulter/historique`.
pub async fn history(State(app): State<Arc<App>>, Call(request): Call<HistoryRequest>) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let invoice = request.id_facture.and_then(|id| world.state.invoice(id)).ok_or_else(Refusal::unknown_invoice)?;
    let asked = request.param_recherche_histo_statuts.unwrap_or_default();
    let lines: Vec<(usize, &_)> = invoice.history.iter().enumerate().collect();
    let page = PageRequest::new(asked.number, asked.size).page(lines.len(), app.options.page_size);
    let statuses: Vec<Value> = page.of(&lines).iter().map(|(rank, _)| status_line(invoice, *rank)).collect();
    let actions: Vec<Value> = (0..invoice.actions.len()).map(|rank| action_line(invoice, rank)).collect();
    let mut content = json!({
        "idFacture": invoice.id,
        "numeroFacture": invoice.document.number,
        "modeDepot": DEPOSIT_MODE,
        "statutCourantCode": invoice.status(),
        "historiquesDesStatuts": {
            "histoStatut": statuses,
            "pageCouranteHistoStatut": page.number,
            "pagesHistoStatut": page.pages,
            "nbResultatsParPageHistoStatut": page.size,
            "totalHistoStatut": page.total,
        },
        "historiquesDesEvenementsComplementaires": {
            "evenement": [],
            "pageCouranteEvenement": 1,
            "pagesEvenement": 0,
            "nbResultatsParPageEvenement": page.size,
            "totalEvenement": 0,
        },
        "historiquesDesActionsUtilisateurs": {
            "pageCouranteHistoAction": 1,
            "pagesHistoAction": 1,
            "nbResultatsParPageHistoAction": actions.len(),
            "totalHistoAction": actions.len(),
            "histoAction": actions,
        },
    });
    if let Some(last) = invoice.actions.last() {
        content["derniereAction"] =
            json!({ "derniereActionId": line_id(invoice, invoice.actions.len()), "derniereActionCode": last.code });
    }
    Ok(success(FACTURES_OK, content))
}

fn status_line(invoice: &Invoice, rank: usize) -> Value {
    let line = &invoice.history[rank];
    let mut fields = Map::new();
    fields.insert("histoStatutId".to_owned(), json!(line_id(invoice, rank)));
    fields.insert("histoStatutCode".to_owned(), json!(line.status));
    fields.insert("histoStatutDatePassage".to_owned(), json!(clock::timestamp(line.at)));
    put(&mut fields, "histoStatutCommentaire", line.comment.as_deref());
    if line.by != GATEWAY {
        fields.insert("histoStatutUtilisateurNom".to_owned(), json!(line.by));
    }
    Value::Object(fields)
}

fn action_line(invoice: &Invoice, rank: usize) -> Value {
    let action = &invoice.actions[rank];
    json!({
        "histoActionId": line_id(invoice, rank),
        "histoActionCode": action.code,
        "histoActionDateHeure": clock::timestamp(action.at),
    })
}

fn line_id(invoice: &Invoice, rank: usize) -> i64 {
    invoice.id * 1_000 + i64::try_from(rank).unwrap_or(0)
}

/// ConsulterFacturePar…Param.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsultRequest {
    #[serde(rename = "identifiantFactureCPP")]
    identifiant: Option<i64>,
}

/// `consulter/fournisseur`.
pub async fn as_supplier(
    State(app): State<Arc<App>>,
    Call(request): Call<ConsultRequest>,
) -> Result<Response, Refusal> {
    consult(&app, &request, |invoice, fields| {
        fields.insert("rejetTraite".to_owned(), json!(invoice.acknowledged));
    })
}

/// `consulter/recipiendaire`.
pub async fn as_recipient(
    State(app): State<Arc<App>>,
    Call(request): Call<ConsultRequest>,
) -> Result<Response, Refusal> {
    consult(&app, &request, |_, _| {})
}

#[derive(Serialize)]
struct Whole<'a> {
    facture: Facture<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facture<'a> {
    #[serde(flatten)]
    fields: Map<String, Value>,
    montant_total: Totals<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Totals<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    montant_ht_total: Option<&'a Amount>,
    #[serde(rename = "montantTVA", skip_serializing_if = "Option::is_none")]
    tax: Option<&'a Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    montant_ttc_total: Option<&'a Amount>,
    #[serde(rename = "montantAPayer")]
    payable: &'a Amount,
}

fn consult(
    app: &App,
    request: &ConsultRequest,
    add: impl FnOnce(&Invoice, &mut Map<String, Value>),
) -> Result<Response, Refusal> {
    let (world, _) = app.present();
    let invoice = request.identifiant.and_then(|id| world.state.invoice(id)).ok_or_else(Refusal::unknown_invoice)?;
    let mut fields = whole_fields(&world.state, invoice);
    add(invoice, &mut fields);
    let document = &invoice.document;
    let montant_total = Totals {
        montant_ht_total: document.without_tax.as_ref(),
        tax: document.tax.as_ref(),
        montant_ttc_total: document.with_tax.as_ref(),
        payable: &document.payable,
    };
    Ok(success(FACTURES_OK, Whole { facture: Facture { fields, montant_total } }))
}

fn whole_fields(state: &Gateway, invoice: &Invoice) -> Map<String, Value> {
    let document = &invoice.document;
    let mut fields = Map::new();
    fields.insert("identifiantFactureCPP".to_owned(), json!(invoice.id));
    fields.insert("numeroFacture".to_owned(), json!(document.number));
    fields.insert("statutFacture".to_owned(), json!(invoice.status()));
    fields.insert("modeDepot".to_owned(), json!(DEPOSIT_MODE));
    fields.insert("destinataire".to_owned(), recipient(state, document));
    fields.insert("fournisseur".to_owned(), supplier(document));
    if let Some(code) = framework_code(document) {
        fields.insert("cadreDeFacturation".to_owned(), json!({ "codeCadreFacturation": code }));
    }
    fields.insert("references".to_owned(), references(state, invoice));
    put(&mut fields, "commentaire", invoice.current().and_then(|line| line.comment.as_deref()));
    fields
}

fn recipient(state: &Gateway, document: &Document) -> Value {
    let mut fields = Map::new();
    if let Some(structure) = document.recipient.siret().and_then(|siret| state.directory.find(siret)) {
        fields.insert("idDestinataire".to_owned(), json!(structure.id()));
        fields.insert("codeDestinataire".to_owned(), json!(structure.siret));
        fields.insert("libelleDestinataire".to_owned(), json!(structure.name));
    }
    put(&mut fields, "codeServiceExecutant", document.service.as_deref());
    Value::Object(fields)
}

fn supplier(document: &Document) -> Value {
    let mut fields = Map::new();
    if let Some((code, kind)) = document.supplier.identifier() {
        fields.insert("typeIdentifiantFournisseur".to_owned(), json!(kind));
        fields.insert("codeFournisseur".to_owned(), json!(code));
        if kind == "SIRET" {
            fields.insert("idFournisseur".to_owned(), json!(directory::id_of(code)));
        }
    }
    put(&mut fields, "designationFournisseur", document.supplier.name.as_deref());
    Value::Object(fields)
}

fn references(state: &Gateway, invoice: &Invoice) -> Value {
    let document = &invoice.document;
    let mut fields = Map::new();
    fields.insert("dateFacture".to_owned(), json!(day_timestamp(&document.issued)));
    fields.insert("dateDepot".to_owned(), json!(clock::date(state.deposit_of(invoice).record.at)));
    fields.insert("codeDeviseFacture".to_owned(), json!(document.currency));
    fields.insert("typeFacture".to_owned(), json!(document.api_type()));
    let due = document.due.as_deref().map(day_timestamp);
    put(&mut fields, "dateEcheancePaiement", due.as_deref());
    put(&mut fields, "numeroMarche", document.contract.as_deref());
    put(&mut fields, "numeroBonCommande", document.commitment.as_deref());
    put(&mut fields, "numeroFactureOrigine", document.preceding.as_deref());
    put(&mut fields, "numeroDpMandat", invoice.mandate.as_deref());
    if let Some(code) = document.payment_means.first() {
        fields.insert("modePaiement".to_owned(), json!(payment_mode(code)));
    }
    Value::Object(fields)
}

fn payment_mode(code: &str) -> &'static str {
    match code {
        "10" => "ESPECE",
        "20" => "CHEQUE",
        "30" | "31" | "42" | "58" => "VIREMENT",
        "49" | "59" => "PRELEVEMENT",
        "97" => "REPORT",
        _ => "AUTRE",
    }
}
