//! What searches and consultations show of one invoice.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::amount::Amount;
use crate::clock;
use crate::directory;
use crate::reader::Document;
use crate::state::{Invoice, State};

/// A row of a search: common fields, exact amounts.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row<'a> {
    #[serde(flatten)]
    fields: Map<String, Value>,
    #[serde(rename = "montantHT", skip_serializing_if = "Option::is_none")]
    without_tax: Option<&'a Amount>,
    #[serde(rename = "montantTTC", skip_serializing_if = "Option::is_none")]
    with_tax: Option<&'a Amount>,
    #[serde(rename = "montantAPayer")]
    payable: &'a Amount,
}

/// Whose view a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// `identifiantFactureCPP`, flow number, mode of deposit, current state.
    Supplier,
    /// `identifiantFactureCPP` and little else: what the supplier has to act on.
    SupplierTask,
    /// `idFacture`, download flag.
    Recipient,
}

impl<'a> Row<'a> {
    /// The row of an invoice.
    pub fn new(state: &State, invoice: &'a Invoice, view: View) -> Self {
        let document = &invoice.document;
        let mut fields = common_fields(state, invoice);
        match view {
            View::SupplierTask => {
                fields.insert("identifiantFactureCPP".to_owned(), json!(invoice.id));
            }
            View::Supplier => {
                supplier_fields(state, invoice, &mut fields);
                current_state(invoice, &mut fields);
            }
            View::Recipient => {
                current_state(invoice, &mut fields);
                fields.insert("idFacture".to_owned(), json!(invoice.id));
                fields.insert("factureTelechargeeParDestinataire".to_owned(), json!(invoice.downloaded));
            }
        }
        Self {
            fields,
            without_tax: document.without_tax.as_ref(),
            with_tax: document.with_tax.as_ref(),
            payable: &document.payable,
        }
    }
}

fn supplier_fields(state: &State, invoice: &Invoice, fields: &mut Map<String, Value>) {
    fields.insert("identifiantFactureCPP".to_owned(), json!(invoice.id));
    fields.insert("numeroFluxDepot".to_owned(), json!(state.deposit_of(invoice).record.flow));
    fields.insert("modeDepot".to_owned(), json!(DEPOSIT_MODE));
    fields.insert("rejetTraite".to_owned(), json!(invoice.acknowledged));
    fields.insert("nomPrenomUtilisateurCreateur".to_owned(), json!("Compte technique"));
    put(fields, "numeroFactureOrigine", invoice.document.preceding.as_deref());
}

/// Everything deposited through the API as a flow.
pub const DEPOSIT_MODE: &str = "UPLOAD_API";

fn common_fields(state: &State, invoice: &Invoice) -> Map<String, Value> {
    let document = &invoice.document;
    let deposit = state.deposit_of(invoice);
    let mut fields = Map::new();
    fields.insert("typeDemandePaiement".to_owned(), json!("FACTURE"));
    fields.insert("typeFacture".to_owned(), json!(document.api_type()));
    fields.insert("numeroFacture".to_owned(), json!(document.number));
    fields.insert("devise".to_owned(), json!(document.currency));
    fields.insert("dateFacture".to_owned(), json!(day_timestamp(&document.issued)));
    fields.insert("dateDepot".to_owned(), json!(clock::date(deposit.record.at)));
    fields.insert("statut".to_owned(), json!(invoice.status()));
    fields.insert("taille".to_owned(), json!(deposit.size));
    parties(state, document, &mut fields);
    put(&mut fields, "numeroMarche", document.contract.as_deref());
    put(&mut fields, "numeroBonCommande", document.commitment.as_deref());
    fields
}

fn current_state(invoice: &Invoice, fields: &mut Map<String, Value>) {
    if let Some(line) = invoice.current() {
        fields.insert("dateHeureEtatCourant".to_owned(), json!(clock::timestamp(line.at)));
        put(fields, "commentaireEtatCourant", line.comment.as_deref());
    }
}

fn parties(state: &State, document: &Document, fields: &mut Map<String, Value>) {
    if let Some((code, kind)) = document.supplier.identifier() {
        fields.insert("codeFournisseur".to_owned(), json!(code));
        fields.insert("typeIdentifiantFournisseur".to_owned(), json!(kind));
    }
    put(fields, "designationFournisseur", document.supplier.name.as_deref());
    if let Some(siret) = document.recipient.siret() {
        fields.insert("codeDestinataire".to_owned(), json!(siret));
        fields.insert("idDestinataire".to_owned(), json!(directory::id_of(siret)));
        let known = state.directory.find(siret).map(|structure| structure.name);
        put(fields, "designationDestinataire", document.recipient.name.as_deref().or(known.as_deref()));
    }
    put(fields, "codeServiceExecutant", document.service.as_deref());
}

/// Inserts a text that is there; absent values are omitted.
pub fn put(fields: &mut Map<String, Value>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        fields.insert(name.to_owned(), json!(value));
    }
}

/// A calendar day as the Swagger's `date-time`.
pub fn day_timestamp(day: &str) -> String {
    clock::day_start(day).map(clock::timestamp).unwrap_or_default()
}

/// The cadre de facturation in the API's words.
pub fn framework_code(document: &Document) -> Option<&'static str> {
    match document.framework.as_deref().unwrap_or("A1") {
        "A1" => Some("A1_FACTURE_FOURNISSEUR"),
        "A2" => Some("A2_FACTURE_FOURNISSEUR_DEJA_PAYEE"),
        "A9" => Some("A9_FACTURE_SOUSTRAITANT"),
        "A12" => Some("A12_FACTURE_COTRAITANT"),
        _ => None,
    }
}
