//! The map of what the simulator answers.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::world::App;
use crate::{admin, factures, gateway, oauth, structures, transverses};

/// A 30 Mo lot in base64, with its JSON around it.
const BODY_MAX: usize = 48 * 1024 * 1024;

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    let business = Router::new()
        .nest("/cpro/factures/v1", factures::routes())
        .nest("/cpro/transverses/v1", transverses::routes())
        .nest("/cpro/structures/v1", structures::routes())
        .method_not_allowed_fallback(gateway::unknown_route)
        .route_layer(middleware::from_fn_with_state(Arc::clone(&app), gateway::guard));
    Router::new()
        .merge(business)
        .route("/api/oauth/token", post(oauth::token))
        .route("/simulator/ledger", get(admin::ledger))
        .route("/simulator/faults", get(admin::faults).post(admin::set_faults))
        .route("/simulator/clock", get(admin::clock).post(admin::advance_clock))
        .route("/simulator/status", post(admin::set_status))
        .route("/simulator/structure", post(admin::declare_structure))
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn(read_whole))
        .with_state(app)
}

/// PISTE answers 403 for a route that it does not know.
async fn elsewhere(method: Method, uri: axum::http::Uri) -> Response {
    if uri.path().starts_with("/cpro/") {
        return gateway::unknown_route().await;
    }
    (StatusCode::NOT_FOUND, format!("no {method} {} here\n", uri.path())).into_response()
}

/// Reads every request to its end before anything is answered, as a gateway does: a refusal then reaches clients
/// that only read after they have written everything.
async fn read_whole(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY_MAX).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(_) => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
    }
}
