//! API Factures (`/cpro/factures/v1`), operations and models as in the official Swagger.

mod consult;
mod deposit;
mod download;
mod process;
mod row;
mod search;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use crate::world::App;

pub use process::RECIPIENT_STATUSES;

/// Operations of the Swagger that are known to the gateway but not played by the simulator.
const NOT_PLAYED: [&str; 9] = [
    "/deposer/pdf",
    "/soumettre",
    "/recycler",
    "/rechercher/demandePaiement",
    "/rechercher/aTraiter/valideur",
    "/rechercher/valideur",
    "/consulter/valideur",
    "/traiter/factureAValider",
    "/corriger/valideur/facture",
];

/// The routes of the service.
pub fn routes() -> Router<Arc<App>> {
    let played = Router::new()
        .route("/deposer/flux", post(deposit::deposit))
        .route("/rechercher/fournisseur", post(search::by_supplier))
        .route("/rechercher/recipiendaire", post(search::by_recipient))
        .route("/rechercher/atraiter/fournisseur", post(search::awaiting_supplier))
        .route("/rechercher/atraiter/recipiendaire", post(search::awaiting_recipient))
        .route("/consulter/historique", post(consult::history))
        .route("/consulter/fournisseur", post(consult::as_supplier))
        .route("/consulter/recipiendaire", post(consult::as_recipient))
        .route("/completer", post(process::complete))
        .route("/traiter/recue", post(process::treat))
        .route("/traiterRejet", post(process::acknowledge))
        .route("/telecharger/groupe", post(download::group));
    NOT_PLAYED.iter().fold(played, |router, path| router.route(path, post(not_played)))
}

async fn not_played() -> Response {
    let body = serde_json::json!({ "codeRetour": 50_100, "libelle": "SIM-501 Operation non simulee" });
    (StatusCode::NOT_IMPLEMENTED, axum::Json(body)).into_response()
}
