//! The access token of PISTE: fetched once for everybody, renewed before it ends, dropped when it is refused.

use std::time::Duration;

use facteur_model::gateway::GatewayError;
use reqwest::header::{ACCEPT, HeaderValue};
use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::configuration::Secrets;
use super::envelope::{self, Speaker};
use super::lenient;
use crate::http::{self, Answer, CallError};
use crate::reason::Reason;
use crate::secrets::Secret;

/// A token is renewed this long before its end (what production clients of Chorus Pro use) …
const RENEWAL_MARGIN: Duration = Duration::from_secs(240);
/// … or at half its life, where that is longer than what is left.
const LIFE_SHARE: u32 = 2;
/// Life of a token whose answer does not say; PISTE says 3,600 s.
const LIFE_IF_UNSAID: Duration = Duration::from_secs(600);
/// Longest life that is believed.
const LIFE_MAX: Duration = Duration::from_secs(24 * 3600);
/// Largest answer of the token service.
const TOKEN_ANSWER_MAX: u64 = 64 * 1024;

/// The token, shared by all calls.
pub(super) struct Tokens {
    client: Client,
    url: Url,
    client_id: Secret,
    client_secret: Secret,
    whole: Duration,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Token>,
    fetched: u64,
}

#[derive(Clone)]
struct Token {
    bearer: Bearer,
    renew_at: Instant,
}

/// A token ready for the wire, and which one it is.
#[derive(Clone)]
pub(super) struct Bearer {
    /// `Bearer …`, marked as sensitive.
    pub header: HeaderValue,
    serial: u64,
}

#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default, deserialize_with = "lenient::text")]
    access_token: Option<String>,
    #[serde(default, deserialize_with = "lenient::integer")]
    expires_in: Option<i64>,
}

impl Tokens {
    pub fn new(client: Client, url: Url, secrets: &Secrets, whole: Duration) -> Self {
        let (client_id, client_secret) = (secrets.client_id.clone(), secrets.client_secret.clone());
        Self { client, url, client_id, client_secret, whole, held: Mutex::default() }
    }

    /// The token, fetched if there is none or if it ends soon. Whoever comes meanwhile waits for the same one.
    pub async fn bearer(&self) -> Result<Bearer, GatewayError> {
        let mut held = self.held.lock().await;
        if let Some(token) = &held.token
            && token.renew_at > Instant::now()
        {
            return Ok(token.bearer.clone());
        }
        held.token = None;
        let asked_at = Instant::now();
        let answer = self.ask().await?;
        held.fetched += 1;
        let token = read(&answer, asked_at, held.fetched)?;
        held.token = Some(token.clone());
        Ok(token.bearer)
    }

    /// Forgets a token that was refused, unless somebody already fetched another.
    pub async fn forget(&self, refused: &Bearer) {
        let mut held = self.held.lock().await;
        if held.token.as_ref().is_some_and(|token| token.bearer.serial == refused.serial) {
            held.token = None;
        }
    }

    async fn ask(&self) -> Result<Answer, GatewayError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", self.client_id.expose()),
            ("client_secret", self.client_secret.expose()),
            ("scope", "openid"),
        ];
        let request = self
            .client
            .post(self.url.clone())
            .header(ACCEPT, HeaderValue::from_static("application/json"))
            .timeout(self.whole)
            .form(&form);
        http::exchange(request, TOKEN_ANSWER_MAX).await.map_err(|error| {
            let reason = if matches!(error, CallError::Connect(_)) { Reason::NoConnection } else { Reason::NoToken };
            GatewayError::Unavailable(reason.with(error))
        })
    }
}

fn read(answer: &Answer, asked_at: Instant, serial: u64) -> Result<Token, GatewayError> {
    let speaker = envelope::speaker(answer);
    // The body of a success holds the token: it is never quoted.
    let found = match answer.status {
        200..=299 => format!("HTTP {}", answer.status),
        _ => envelope::quote(answer, &speaker),
    };
    match (answer.status, speaker) {
        (200..=299, _) if answer.is_page => Err(GatewayError::Unavailable(Reason::NoToken.with(found))),
        (200..=299, _) => token(answer, asked_at, serial).ok_or(GatewayError::Unavailable(Reason::NoToken.with(found))),
        (400 | 401 | 403, Speaker::Gateway { .. }) | (401 | 403, _) => {
            Err(GatewayError::Credentials(Reason::ApplicationRefused.with(found)))
        }
        (429, _) => Err(GatewayError::Busy { after: answer.pause, reason: Reason::Pause.with(found) }),
        (500.., _) if answer.pause.is_some() => {
            Err(GatewayError::Busy { after: answer.pause, reason: Reason::NoToken.with(found) })
        }
        (408 | 500.., _) => Err(GatewayError::Unavailable(Reason::NoToken.with(found))),
        _ => Err(GatewayError::Protocol(Reason::WrongAddress.with(found))),
    }
}

/// The token of a success; `None` if there is none in it (seen in the wild: `"access_token":""` with status 200).
fn token(answer: &Answer, asked_at: Instant, serial: u64) -> Option<Token> {
    let read: TokenAnswer = lenient::object(&answer.body).ok()?;
    let mut header = HeaderValue::from_str(&format!("Bearer {}", read.access_token?)).ok()?;
    header.set_sensitive(true);
    let life = match read.expires_in {
        Some(seconds) => Duration::from_secs(u64::try_from(seconds).unwrap_or_default()).min(LIFE_MAX),
        None => LIFE_IF_UNSAID,
    };
    let renew_at = asked_at + life.saturating_sub(RENEWAL_MARGIN).max(life / LIFE_SHARE);
    Some(Token { bearer: Bearer { header, serial }, renew_at })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.into(), ..Answer::default() }
    }

    #[test]
    fn a_token_is_renewed_240_seconds_before_its_end() {
        let now = Instant::now();
        let renewal = |body: &str| read(&answer(200, body), now, 1).ok().unwrap().renew_at - now;
        assert_eq!(renewal(r#"{"access_token":"t","expires_in":3600}"#), Duration::from_secs(3360));
        assert_eq!(renewal(r#"{"access_token":"t","expires_in":"3600"}"#), Duration::from_secs(3360));
        assert_eq!(renewal(r#"{"access_token":"t","expires_in":60}"#), Duration::from_secs(30));
        assert_eq!(renewal(r#"{"access_token":"t"}"#), Duration::from_secs(360));
        assert_eq!(renewal(r#"{"access_token":"t","expires_in":-1}"#), Duration::ZERO);
    }

    #[test]
    fn an_empty_token_is_an_error() {
        for body in [r#"{"access_token":""}"#, r#"{"access_token":null}"#, "{}", "", "[]"] {
            let error = read(&answer(200, body), Instant::now(), 1).err().unwrap();
            assert!(
                matches!(&error, GatewayError::Unavailable(text) if text.starts_with("GATEWAY-NO-TOKEN")),
                "{body}"
            );
        }
    }

    #[test]
    fn a_token_is_never_quoted() {
        let odd = answer(200, r#"{"access_token":"to\nken-value","expires_in":3600}"#);
        let error = read(&odd, Instant::now(), 1).err().unwrap();
        assert!(!error.to_string().contains("ken-value"), "{error}");
    }

    #[test]
    fn a_wrong_application_is_told_from_a_failure() {
        let failure = |status, body| read(&answer(status, body), Instant::now(), 1).err().unwrap();
        let invalid = r#"{"error":"invalid_client","error_description":"wrong"}"#;
        assert!(matches!(failure(400, invalid), GatewayError::Credentials(_)));
        assert!(matches!(failure(401, ""), GatewayError::Credentials(_)));
        assert!(matches!(failure(400, "<html>"), GatewayError::Protocol(_)));
        assert!(matches!(failure(503, "<html>"), GatewayError::Unavailable(_)));
        assert!(matches!(failure(429, ""), GatewayError::Busy { .. }));
        assert!(matches!(failure(404, ""), GatewayError::Protocol(_)));
    }
}
