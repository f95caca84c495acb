//! What PISTE checks before a call reaches Chorus Pro: route, bearer, technical account; and faults on all calls.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tokio::sync::Notify;

use crate::envelope::FunctionalError;
use crate::faults::Fault;
use crate::world::App;

/// The connection that carries a request; closing it sends nothing more.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    abort: Arc<Notify>,
}

impl Connection {
    /// Closes the connection without an answer. The handler ends here: the server drops it.
    pub async fn close(&self) -> Response {
        self.abort.notify_one();
        std::future::pending().await
    }

    /// Waits until somebody closes the connection.
    pub async fn closed(&self) {
        self.abort.notified().await;
    }
}

/// The bearer of an accepted call, kept for `expire-token`.
#[derive(Debug, Clone)]
pub struct Bearer(pub String);

/// Lets a call through to the business services, or answers in the gateway's place.
pub async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let bearer = match authorise(&app, request.headers(), request.uri().path()) {
        Ok(bearer) => bearer,
        Err(denial) => return denial.into_response(),
    };
    let fault = app.world().draw_call();
    match fault {
        Some(Fault::Slow) => tokio::time::sleep(app.options.slow).await,
        Some(fault) => {
            if let Some(answer) = refusal_before_commit(&app, fault, &bearer) {
                return answer;
            }
        }
        None => {}
    }
    request.extensions_mut().insert(bearer);
    let mut response = next.run(request).await;
    if response.extensions().get::<FunctionalError>().is_some() {
        *response.status_mut() = StatusCode::from_u16(app.options.functional_errors).unwrap_or(StatusCode::OK);
    }
    response
}

/// The answer of a fault that refuses a call before anything is committed.
pub fn refusal_before_commit(app: &App, fault: Fault, bearer: &Bearer) -> Option<Response> {
    match fault {
        Fault::Http500 => {
            let body = json!({ "codeRetour": 50_000, "libelle": "SIM-500 Erreur technique" });
            Some((StatusCode::INTERNAL_SERVER_ERROR, Json(body)).into_response())
        }
        Fault::Http503Html => {
            let page = "<html><head><title>503 Service Unavailable</title></head><body>\
                        <h1>Service Unavailable</h1><p>Maintenance en cours.</p></body></html>";
            Some((StatusCode::SERVICE_UNAVAILABLE, Html(page)).into_response())
        }
        Fault::Http429 => {
            let mut answer = gateway_error(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests", "Rate limit exceeded");
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(app.options.retry_after));
            Some(answer)
        }
        Fault::ExpireToken => {
            app.world().revoke_token(&bearer.0);
            Some(unauthorised("The access token expired"))
        }
        _ => None,
    }
}

/// 403: the route is unknown or the application is not subscribed to it.
pub async fn unknown_route() -> Response {
    gateway_error(StatusCode::FORBIDDEN, "Forbidden", "The route is unknown or not subscribed")
}

/// Why a call does not pass.
enum Denial {
    /// No bearer at all: 400 with a challenge.
    TokenMissing,
    /// 401.
    Unauthorised(&'static str),
}

impl IntoResponse for Denial {
    fn into_response(self) -> Response {
        match self {
            Self::TokenMissing => {
                let challenge = "Bearer realm=\"DefaultRealm\", error=\"invalid_request\", \
                                 error_description=\"Unable to find token in the message\"";
                (StatusCode::BAD_REQUEST, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
            }
            Self::Unauthorised(why) => unauthorised(why),
        }
    }
}

fn authorise(app: &App, headers: &HeaderMap, path: &str) -> Result<Bearer, Denial> {
    let authorisation = headers.get(header::AUTHORIZATION).ok_or(Denial::TokenMissing)?;
    let token = authorisation.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
    let Some(token) = token.map(str::trim).filter(|token| app.world().accepts_token(token)) else {
        return Err(Denial::Unauthorised("The access token is invalid or has expired"));
    };
    let exempt = path.ends_with("/health-check");
    if !exempt && !is_technical_account(app, headers) {
        return Err(Denial::Unauthorised("The cpro-account header is missing or refused"));
    }
    Ok(Bearer(token.to_owned()))
}

fn is_technical_account(app: &App, headers: &HeaderMap) -> bool {
    let expected = format!("{}:{}", app.options.account_login, app.options.account_password);
    let given = headers.get("cpro-account").and_then(|value| value.to_str().ok());
    given.and_then(|given| STANDARD.decode(given.trim()).ok()).is_some_and(|given| given == expected.as_bytes())
}

fn unauthorised(why: &str) -> Response {
    gateway_error(StatusCode::UNAUTHORIZED, "Unauthorized", why)
}

fn gateway_error(status: StatusCode, message: &str, information: &str) -> Response {
    let code = status.as_u16().to_string();
    (status, Json(json!({ "httpCode": code, "httpMessage": message, "moreInformation": information }))).into_response()
}
