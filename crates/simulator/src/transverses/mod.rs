//! API Transverses (`/cpro/transverses/v1`): flow reports, reference lists, directory, attachments.

mod reference;
mod report;
mod services;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::world::App;

/// The routes of the service.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/health-check", get(services::health_check))
        .route("/consulterCR", post(report::short))
        .route("/consulterCRDetaille", post(report::detailed))
        .route("/ajouter/fichier", post(services::add_file))
        .route("/telecharger/annuaire/destinataire", post(services::directory_archive))
        .route("/rechercher/destinataire", post(services::search_recipients))
        .route("/rechercher/serviceexecutant", post(services::search_services))
        .route("/consulter/information/siret", post(services::siret_information))
        .merge(reference::routes())
}
