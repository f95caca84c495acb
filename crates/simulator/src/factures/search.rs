//! `rechercher/*`: filters, order, pages. Only integrated invoices are found.

use std::cmp::Ordering;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::row::{DEPOSIT_MODE, Row, View, framework_code};
use crate::amount::Amount;
use crate::clock::{self, Millis};
use crate::directory;
use crate::envelope::{Call, FACTURES_OK, Refusal, malformed, success};
use crate::paging::{Page, PageRequest};
use crate::state::{Invoice, State as Gateway};
use crate::world::App;

/// Criteria of every invoice search; each service uses its own names for some of them.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Criteria {
    numero_facture: Option<String>,
    numero_flux_depot: Option<String>,
    type_facture: Option<InvoiceType>,
    liste_type_facture: Option<Vec<InvoiceType>>,
    id_fournisseur: Option<i64>,
    id_destinataire: Option<i64>,
    id_structure: Option<i64>,
    liste_destinataire: Option<Vec<RecipientCriterion>>,
    liste_fournisseurs: Option<Vec<SupplierCriterion>>,
    statut_courant: Option<Vec<String>>,
    cadre_facturation: Option<String>,
    mode_depot: Option<String>,
    numero_marche: Option<String>,
    numero_bon_commande: Option<String>,
    numero_facture_origine: Option<String>,
    rejet_traite: Option<bool>,
    masquer_rejetee: Option<bool>,
    facture_telechargee_par_destinataire: Option<bool>,
    periode_date_depot_du: Option<String>,
    periode_date_depot_au: Option<String>,
    periode_date_facture_du: Option<String>,
    periode_date_facture_au: Option<String>,
    periode_date_heure_etat_courant_du: Option<String>,
    periode_date_heure_etat_courant_au: Option<String>,
    #[serde(rename = "montantHTMin")]
    without_tax_min: Option<Amount>,
    #[serde(rename = "montantHTMax")]
    without_tax_max: Option<Amount>,
    #[serde(rename = "montantTTCMin")]
    with_tax_min: Option<Amount>,
    #[serde(rename = "montantTTCMax")]
    with_tax_max: Option<Amount>,
    montant_apayer_min: Option<Amount>,
    montant_apayer_max: Option<Amount>,
    #[serde(
        alias = "rechercheFactureParFournisseur",
        alias = "rechercheFactureATraiterParFournisseur",
        alias = "parametreRechercheFactureATraiterParRecipiendaire"
    )]
    param_recherche: Option<PageRequest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum InvoiceType {
    Facture,
    Avoir,
    Acompte,
}

#[derive(Debug, Deserialize)]
struct RecipientCriterion {
    #[serde(rename = "idDestinataire")]
    id: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct SupplierCriterion {
    #[serde(rename = "idFournisseur")]
    id: Option<i64>,
}

/// Criteria with their bounds read.
struct Filter {
    criteria: Criteria,
    deposited: (Millis, Millis),
    changed: (Millis, Millis),
}

/// `rechercher/fournisseur`.
pub async fn by_supplier(State(app): State<Arc<App>>, Call(criteria): Call<Criteria>) -> Result<Response, Refusal> {
    search(&app, criteria, View::Supplier, |_| true, |page, rows| success(FACTURES_OK, json_page(&page, &rows)))
}

/// `rechercher/recipiendaire`: the page description is at the root.
pub async fn by_recipient(State(app): State<Arc<App>>, Call(criteria): Call<Criteria>) -> Result<Response, Refusal> {
    search(&app, criteria, View::Recipient, |_| true, |page, rows| success(FACTURES_OK, RootPage { page, rows: &rows }))
}

/// `rechercher/atraiter/fournisseur`: suspended, and rejected but not acknowledged.
pub async fn awaiting_supplier(
    State(app): State<Arc<App>>,
    Call(criteria): Call<Criteria>,
) -> Result<Response, Refusal> {
    let hide_rejected = criteria.masquer_rejetee.unwrap_or(false);
    let awaits = move |invoice: &Invoice| match invoice.status() {
        "SUSPENDUE" => true,
        "REJETEE" => !hide_rejected && !invoice.acknowledged,
        _ => false,
    };
    search(&app, criteria, View::SupplierTask, awaits, |page, rows| success(FACTURES_OK, json_page(&page, &rows)))
}

/// `rechercher/atraiter/recipiendaire`: not yet paid, rejected or suspended.
pub async fn awaiting_recipient(
    State(app): State<Arc<App>>,
    Call(criteria): Call<Criteria>,
) -> Result<Response, Refusal> {
    let awaits = |invoice: &Invoice| !matches!(invoice.status(), "SUSPENDUE" | "REJETEE" | "MISE_EN_PAIEMENT");
    search(&app, criteria, View::Recipient, awaits, |page, rows| success(FACTURES_OK, json_page(&page, &rows)))
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct NestedPage<'a, 'b> {
    liste_factures: &'b [Row<'a>],
    parametres_retour: &'b Page,
}

#[derive(serde::Serialize)]
struct RootPage<'a, 'b> {
    #[serde(flatten)]
    page: Page,
    #[serde(rename = "listeFactures")]
    rows: &'b [Row<'a>],
}

fn json_page<'a, 'b>(page: &'b Page, rows: &'b [Row<'a>]) -> NestedPage<'a, 'b> {
    NestedPage { liste_factures: rows, parametres_retour: page }
}

fn search(
    app: &App,
    criteria: Criteria,
    view: View,
    awaits: impl Fn(&Invoice) -> bool,
    answer: impl FnOnce(Page, Vec<Row<'_>>) -> Response,
) -> Result<Response, Refusal> {
    let request = criteria.param_recherche.clone().unwrap_or_default();
    let filter = match Filter::read(criteria) {
        Ok(filter) => filter,
        Err(what) => return Ok(malformed(what)),
    };
    let (world, _) = app.present();
    let state = &world.state;
    filter.check_habilitation(state)?;
    let mut found: Vec<&Invoice> = state
        .invoices()
        .filter(|invoice| is_visible(state, invoice, view) && awaits(invoice) && filter.accepts(state, invoice))
        .collect();
    sort(state, &mut found, &request);
    let page = request.page(found.len(), app.options.page_size);
    let rows = page.of(&found).iter().map(|invoice| Row::new(state, invoice, view)).collect();
    Ok(answer(page, rows))
}

/// A supplier whose invoices the account may not search gives no rows.
fn is_visible(state: &Gateway, invoice: &Invoice, view: View) -> bool {
    let supplier = invoice.document.supplier.siret().and_then(|siret| state.directory.find(siret));
    view == View::Recipient || supplier.is_none_or(|supplier| supplier.searchable)
}

fn sort(state: &Gateway, found: &mut [&Invoice], request: &PageRequest) {
    let order = |left: &&Invoice, right: &&Invoice| {
        let by_column = match request.column() {
            Some("NumeroFacture") => left.document.number.cmp(&right.document.number),
            Some("DateFacture") => left.document.issued.cmp(&right.document.issued),
            Some("Statut") => left.status().cmp(right.status()),
            Some("MontantTTC") => compare(left.document.with_tax.as_ref(), right.document.with_tax.as_ref()),
            Some("MontantAPayer") => left.document.payable.compare(&right.document.payable),
            Some("DateDepot") => state.deposit_of(left).record.at.cmp(&state.deposit_of(right).record.at),
            _ => Ordering::Equal,
        };
        by_column.then(left.id.cmp(&right.id))
    };
    found.sort_by(order);
    if request.is_descending() {
        found.reverse();
    }
}

fn compare(left: Option<&Amount>, right: Option<&Amount>) -> Ordering {
    match (left, right) {
        (Some(left), Some(right)) => left.compare(right),
        (left, right) => left.is_some().cmp(&right.is_some()),
    }
}

impl Filter {
    fn read(criteria: Criteria) -> Result<Self, String> {
        let deposited = period(&criteria.periode_date_depot_du, &criteria.periode_date_depot_au)?;
        period(&criteria.periode_date_facture_du, &criteria.periode_date_facture_au)?;
        let changed =
            period(&criteria.periode_date_heure_etat_courant_du, &criteria.periode_date_heure_etat_courant_au)?;
        Ok(Self { criteria, deposited, changed })
    }

    fn check_habilitation(&self, state: &Gateway) -> Result<(), Refusal> {
        let supplier = self.criteria.id_fournisseur.and_then(|id| state.directory.find_by_id(id));
        if supplier.is_some_and(|supplier| !supplier.searchable) {
            return Err(Refusal::new(20001, "GDP_MSG_11.005 - L'utilisateur ne possede pas l'habilitation."));
        }
        Ok(())
    }

    fn accepts(&self, state: &Gateway, invoice: &Invoice) -> bool {
        self.accepts_texts(state, invoice)
            && self.accepts_parties(invoice)
            && self.accepts_amounts(invoice)
            && self.accepts_periods(state, invoice)
    }

    fn accepts_texts(&self, state: &Gateway, invoice: &Invoice) -> bool {
        let (criteria, document) = (&self.criteria, &invoice.document);
        let same = |asked: &Option<String>, value: Option<&str>| is_blank(asked) || asked.as_deref() == value;
        let kind = match document.api_type() {
            "AVOIR" => InvoiceType::Avoir,
            "ACOMPTE" => InvoiceType::Acompte,
            _ => InvoiceType::Facture,
        };
        let statuses = criteria.statut_courant.as_deref().unwrap_or_default();
        let kinds = criteria.liste_type_facture.as_deref().unwrap_or_default();
        same(&criteria.numero_facture, Some(&document.number))
            && same(&criteria.numero_flux_depot, Some(&state.deposit_of(invoice).record.flow))
            && same(&criteria.numero_marche, document.contract.as_deref())
            && same(&criteria.numero_bon_commande, document.commitment.as_deref())
            && same(&criteria.numero_facture_origine, document.preceding.as_deref())
            && same(&criteria.cadre_facturation, framework_code(document))
            && same(&criteria.mode_depot, Some(DEPOSIT_MODE))
            && criteria.type_facture.is_none_or(|asked| asked == kind)
            && (kinds.is_empty() || kinds.contains(&kind))
            && (statuses.is_empty() || statuses.iter().any(|status| status == invoice.status()))
            && criteria.rejet_traite.is_none_or(|asked| asked == invoice.acknowledged)
            && criteria.facture_telechargee_par_destinataire.is_none_or(|asked| asked == invoice.downloaded)
    }

    fn accepts_parties(&self, invoice: &Invoice) -> bool {
        let criteria = &self.criteria;
        let supplier = invoice.document.supplier.siret().map(directory::id_of);
        let recipient = invoice.document.recipient.siret().map(directory::id_of);
        let recipients: Vec<i64> = criteria.liste_destinataire.iter().flatten().filter_map(|one| one.id).collect();
        let suppliers: Vec<i64> = criteria.liste_fournisseurs.iter().flatten().filter_map(|one| one.id).collect();
        let among = |list: &[i64], id: Option<i64>| list.is_empty() || id.is_some_and(|id| list.contains(&id));
        let structure = criteria.id_structure;
        among(&recipients, recipient)
            && among(&suppliers, supplier)
            && (criteria.id_fournisseur.is_none() || criteria.id_fournisseur == supplier)
            && (criteria.id_destinataire.is_none() || criteria.id_destinataire == recipient)
            && (structure.is_none() || structure == supplier || structure == recipient)
    }

    fn accepts_amounts(&self, invoice: &Invoice) -> bool {
        let (criteria, document) = (&self.criteria, &invoice.document);
        let within = |value: Option<&Amount>, low: &Option<Amount>, high: &Option<Amount>| {
            let above = |low: &Amount| value.is_some_and(|value| value.compare(low).is_ge());
            let below = |high: &Amount| value.is_some_and(|value| value.compare(high).is_le());
            low.as_ref().is_none_or(above) && high.as_ref().is_none_or(below)
        };
        within(document.without_tax.as_ref(), &criteria.without_tax_min, &criteria.without_tax_max)
            && within(document.with_tax.as_ref(), &criteria.with_tax_min, &criteria.with_tax_max)
            && within(Some(&document.payable), &criteria.montant_apayer_min, &criteria.montant_apayer_max)
    }

    fn accepts_periods(&self, state: &Gateway, invoice: &Invoice) -> bool {
        let within = |at: Millis, (start, end): (Millis, Millis)| start <= at && at <= end;
        let changed = invoice.current().map_or(0, |line| line.at);
        within(state.deposit_of(invoice).record.at, self.deposited)
            && within(changed, self.changed)
            && self.accepts_issue_day(&invoice.document.issued)
    }

    /// An issue date is a calendar day: only the day of the bounds counts, whatever their time and zone.
    fn accepts_issue_day(&self, issued: &str) -> bool {
        let day = |bound: &'_ Option<String>| bound.as_deref().and_then(|text| text.get(..10)).map(str::to_owned);
        day(&self.criteria.periode_date_facture_du).is_none_or(|start| start.as_str() <= issued)
            && day(&self.criteria.periode_date_facture_au).is_none_or(|end| issued <= end.as_str())
    }
}

fn is_blank(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

fn period(start: &Option<String>, end: &Option<String>) -> Result<(Millis, Millis), String> {
    let bound = |text: &Option<String>, end: bool, open: Millis| match text.as_deref().filter(|text| !text.is_empty()) {
        None => Ok(open),
        Some(text) => clock::search_bound(text, end).ok_or_else(|| format!("date '{text}' invalide")),
    };
    Ok((bound(start, false, Millis::MIN)?, bound(end, true, Millis::MAX)?))
}

impl serde::Serialize for Page {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "pageCourante": self.number,
            "pages": self.pages,
            "nbResultatsParPage": self.size,
            "total": self.total,
        })
        .serialize(serializer)
    }
}
