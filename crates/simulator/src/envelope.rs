//! Requests and answers of the business services: JSON bodies, `codeRetour` and `libelle`.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::journal::JournalError;

/// Success text of the service Factures.
pub const FACTURES_OK: &str = "GCU_MSG_01_000";
/// Success text of the services Transverses and Structures.
pub const TRANSVERSES_OK: &str = "TRA_MSG_00.000";

/// A functional error: codes are per service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `codeRetour`.
    pub code: i32,
    /// `libelle`.
    pub text: String,
}

impl Refusal {
    /// A refusal with a text of the gateway.
    pub fn new(code: i32, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// The flow is unknown or not yet visible.
    pub fn unknown_flow() -> Self {
        Self::new(20001, "POQ_MSG_01.003 - Flux introuvable.")
    }

    /// The invoice does not exist.
    pub fn unknown_invoice() -> Self {
        Self::new(20000, "GDP_MSG_11.008 - La demande de paiement n'existe pas.")
    }
}

/// Marks an answer as functional error; the gateway layer gives it the configured HTTP status.
#[derive(Debug, Clone, Copy)]
pub struct FunctionalError;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Json(Envelope { code_retour: self.code, libelle: &self.text, content: () }).into_response();
        response.extensions_mut().insert(FunctionalError);
        response
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        Self::new(INTERNAL, format!("SIM-JOURNAL {error}"))
    }
}

/// `codeRetour` of a failure of the simulator itself.
const INTERNAL: i32 = 99_999;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a, T> {
    code_retour: i32,
    libelle: &'a str,
    #[serde(flatten)]
    content: T,
}

/// A successful answer with its content.
pub fn success(text: &str, content: impl Serialize) -> Response {
    Json(Envelope { code_retour: 0, libelle: text, content }).into_response()
}

/// "Requête mal formulée": HTTP 400 with the same envelope.
pub fn malformed(text: impl std::fmt::Display) -> Response {
    let body = serde_json::json!({ "codeRetour": 20_400, "libelle": format!("Requete mal formulee: {text}") });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

/// A JSON request body of a business call.
pub struct Call<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Call<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let media = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = media.is_some_and(|media| {
            let kind = media.split(';').next().unwrap_or_default().trim();
            kind.eq_ignore_ascii_case("application/json")
        });
        if !is_json {
            return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE.into_response());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        serde_json::from_slice(&bytes).map(Call).map_err(malformed)
    }
}
