//! `recuperer/*`: the reference lists, an excerpt of each.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::envelope::{Call, Refusal, TRANSVERSES_OK, success};
use crate::factures::RECIPIENT_STATUSES;
use crate::world::App;

/// A reference list with one field: path, name of the list, name of the field, values.
type SimpleList = (&'static str, &'static str, &'static str, &'static [&'static str]);

const SIMPLE_LISTS: [SimpleList; 7] = [
    (
        "/recuperer/cadrefacturation",
        "listeCadreFacturation",
        "codeCadreFacturation",
        &[
            "A1_FACTURE_FOURNISSEUR",
            "A2_FACTURE_FOURNISSEUR_DEJA_PAYEE",
            "A9_FACTURE_SOUSTRAITANT",
            "A12_FACTURE_COTRAITANT",
        ],
    ),
    (
        "/recuperer/formatflux",
        "listeFormatFlux",
        "formatFlux",
        &["IN_DP_E1_STRUCT", "IN_DP_E2_MIXTE", "IN_DP_E2_FACTURX"],
    ),
    (
        "/recuperer/etat/typedp",
        "listeEtatDemandePaiement",
        "etatDemandePaiement",
        &[
            "DEPOSEE",
            "EN_COURS_ACHEMINEMENT",
            "MISE_A_DISPOSITION",
            "SUSPENDUE",
            "COMPLETEE",
            "REJETEE",
            "SERVICE_FAIT",
            "MANDATEE",
            "MISE_A_DISPOSITION_COMPTABLE",
            "COMPTABILISEE",
            "MISE_EN_PAIEMENT",
        ],
    ),
    (
        "/recuperer/modedepot",
        "listeModeDepot",
        "modeDepot",
        &["SAISIE_API", "DEPOT_PDF_API", "DEPOT_PDF_SIGNE_API", "UPLOAD_API", "UPLOAD_PORTAIL", "EDI"],
    ),
    (
        "/recuperer/modereglements",
        "listeModeReglement",
        "modeReglement",
        &["CHEQUE", "PRELEVEMENT", "VIREMENT", "ESPECE", "AUTRE", "REPORT"],
    ),
    ("/recuperer/typedp", "listeTypeDemandePaiement", "typeDemandePaiement", &["FACTURE", "FACTURE_TRAVAUX"]),
    (
        "/recuperer/typeidentifiant/structure",
        "listeTypeIdentifiant",
        "typeIdentifiant",
        &["SIRET", "UE_HORS_FRANCE", "HORS_UE", "RIDET", "TAHITI", "AUTRE", "PARTICULIER"],
    ),
];

/// Code, French, English.
const CURRENCIES: [(&str, &str, &str); 5] = [
    ("EUR", "Euro", "Euro"),
    ("USD", "Dollar américain", "US dollar"),
    ("GBP", "Livre sterling", "Pound sterling"),
    ("CHF", "Franc suisse", "Swiss franc"),
    ("XPF", "Franc CFP", "CFP franc"),
];

const COUNTRIES: [(&str, &str, &str); 5] = [
    ("FR", "France", "France"),
    ("BE", "Belgique", "Belgium"),
    ("DE", "Allemagne", "Germany"),
    ("IT", "Italie", "Italy"),
    ("ES", "Espagne", "Spain"),
];

/// Code, label, rate in percent as written.
const TAX_RATES: [(&str, &str, &str); 5] = [
    ("TVA1", "Art 293B(FranchiseEnBase)", "0"),
    ("TVA2", "2,1", "2.1"),
    ("TVA3", "5,5", "5.5"),
    ("TVA4", "10", "10"),
    ("TVA5", "20", "20"),
];

/// The routes of the reference lists.
pub fn routes() -> Router<Arc<App>> {
    let simple = SIMPLE_LISTS.iter().fold(Router::new(), |router, (path, list, field, values)| {
        let rows: Vec<Value> = values.iter().map(|value| json!({ *field: value })).collect();
        let content = json!({ *list: rows });
        router.route(
            path,
            post(move |_: Call<Value>| {
                let content = content.clone();
                async move { success(TRANSVERSES_OK, content) }
            }),
        )
    });
    simple
        .route("/recuperer/devises", post(currencies))
        .route("/recuperer/pays", post(countries))
        .route("/recuperer/tauxtva", post(tax_rates))
        .route("/recuperer/motifs/exonerationtva", post(exemption_reasons))
        .route("/recuperer/etats/traitement", post(possible_statuses))
        .route("/recuperer/structures/actives/fournisseur", post(active_structures))
        .route("/recuperer/structures/actives/destinataire", post(active_structures))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LanguageRequest {
    code_langue: Option<String>,
}

impl LanguageRequest {
    fn choose(&self, french: &'static str, english: &'static str) -> &'static str {
        let is_english = self.code_langue.as_deref().is_some_and(|code| code.eq_ignore_ascii_case("EN"));
        if is_english { english } else { french }
    }
}

async fn currencies(Call(request): Call<LanguageRequest>) -> Response {
    let rows: Vec<Value> = CURRENCIES
        .iter()
        .map(|(code, french, english)| json!({ "codeDevise": code, "libelleDevise": request.choose(french, english) }))
        .collect();
    success(TRANSVERSES_OK, json!({ "listeDevises": rows }))
}

async fn countries(Call(request): Call<LanguageRequest>) -> Response {
    let rows: Vec<Value> = COUNTRIES
        .iter()
        .map(|(code, french, english)| json!({ "codePays": code, "libellePays": request.choose(french, english) }))
        .collect();
    success(TRANSVERSES_OK, json!({ "listePays": rows }))
}

/// Rates are exact: they are written as they stand, not through a binary number.
async fn tax_rates(_: Call<LanguageRequest>) -> Response {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Rate {
        code_taux_tva: &'static str,
        libelle_taux_tva: &'static str,
        valeur_taux_tva: Option<crate::amount::Amount>,
    }
    #[derive(serde::Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Rates {
        liste_taux_tva: Vec<Rate>,
    }
    let rate = |(code, label, value): &(&'static str, &'static str, &str)| Rate {
        code_taux_tva: code,
        libelle_taux_tva: label,
        valeur_taux_tva: crate::amount::Amount::parse(value),
    };
    success(TRANSVERSES_OK, Rates { liste_taux_tva: TAX_RATES.iter().map(rate).collect() })
}

async fn exemption_reasons(Call(request): Call<LanguageRequest>) -> Response {
    let label = request.choose("Franchise en base de TVA", "Small business exemption");
    let rows = json!([{ "codeMotifExonerationTva": "ART_293B", "libelleMotifExonerationTva": label }]);
    success(TRANSVERSES_OK, json!({ "listeMotifsExonerationTva": rows }))
}

async fn possible_statuses(State(app): State<Arc<App>>, _: Call<Value>) -> Result<Response, Refusal> {
    let offered = |status: &&&str| **status != "A_RECYCLER" || app.options.legacy_recycling;
    let rows: Vec<Value> = RECIPIENT_STATUSES
        .iter()
        .filter(offered)
        .map(|status| json!({ "statutPossiblePourTraitement": status }))
        .collect();
    Ok(success(TRANSVERSES_OK, json!({ "listeStatutsPossiblesPourTraitement": rows })))
}

async fn active_structures(State(app): State<Arc<App>>, _: Call<Value>) -> Response {
    let (world, _) = app.present();
    let rows: Vec<Value> = world
        .state
        .directory
        .known()
        .filter(|structure| structure.active)
        .map(|structure| {
            json!({
                "idStructureCPP": structure.id(),
                "identifiant": structure.siret,
                "designationStructure": structure.name,
            })
        })
        .collect();
    success(TRANSVERSES_OK, json!({ "listeStructures": rows }))
}
