//! `POST /api/oauth/token`: client credentials, in the form or by HTTP Basic.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::json;

use crate::clock::Millis;
use crate::world::App;

/// The form of a token request.
#[derive(Deserialize)]
pub struct TokenRequest {
    grant_type: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    scope: Option<String>,
}

/// Issues a bearer token, or answers 400 in the very same words for a wrong id and a wrong secret.
pub async fn token(State(app): State<Arc<App>>, headers: HeaderMap, Form(request): Form<TokenRequest>) -> Response {
    if request.grant_type.as_deref() != Some("client_credentials") {
        return refused("unsupported_grant_type", "The grant type is not supported");
    }
    let credentials = basic_credentials(&headers).or_else(|| request.client_id.zip(request.client_secret));
    let options = &app.options;
    let expected = (options.client_id.clone(), options.client_secret.clone());
    if credentials != Some(expected) {
        return refused("invalid_client", "Invalid client identifier or secret");
    }
    let lifetime = Millis::try_from(options.token_lifetime.as_millis()).unwrap_or(Millis::MAX);
    let token = app.world().issue_token(lifetime);
    let scope = request.scope.unwrap_or_else(|| "openid".to_owned());
    let body = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": options.token_lifetime.as_secs(),
        "scope": scope,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let encoded = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

fn refused(error: &str, description: &str) -> Response {
    let body = json!({ "error": error, "error_description": description });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}
