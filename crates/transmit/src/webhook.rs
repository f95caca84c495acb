//! A webhook: one JSON object posted to an address of the administrator, with a secret header; no redirect is followed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Url};
use serde::{Deserialize, Serialize};

use crate::secrets::SecretReference;
use crate::{SetUpError, address, http};

/// Largest answer that is read; nothing of it is used.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// The `[nightly.webhook]` section of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Where to post.
    pub url: String,
    /// Name of the header that carries the secret.
    #[serde(default = "default_header")]
    pub header: String,
    /// The secret, by reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretReference>,
    /// PEM certificates to trust beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<PathBuf>,
    /// How long it may take, in seconds.
    #[serde(default = "default_seconds")]
    pub timeout_seconds: u64,
}

fn default_header() -> String {
    "Authorization".to_owned()
}

const fn default_seconds() -> u64 {
    30
}

impl Configuration {
    /// Whether the address stays on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        Url::parse(&self.url).is_ok_and(|url| address::is_loopback(&url))
    }
}

/// Why a webhook did not take what was posted.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// It answered something else than success.
    #[error("HTTP {0}")]
    Refused(u16),
    /// No connection, no trust, no answer.
    #[error("{0}")]
    Connection(String),
}

/// A webhook, set up once.
pub struct Webhook {
    client: Client,
    url: Url,
    header: Option<(HeaderName, HeaderValue)>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// Sets it up; nothing is sent. Relative paths of secrets and certificates are taken from `base`.
    ///
    /// # Errors
    /// The configuration cannot work, or the secret cannot be had.
    pub fn new(configuration: &Configuration, base: &Path) -> Result<Self, SetUpError> {
        let url = address::parse("nightly.webhook.url", &configuration.url)?;
        let seconds = configuration.timeout_seconds;
        if !(1..=3600).contains(&seconds) {
            let problem = format!("{seconds}, expected 1 to 3600");
            return Err(SetUpError::Setting { key: "nightly.webhook.timeout_seconds", problem });
        }
        let mut builder =
            http::client_builder(Duration::from_secs(seconds.min(10)), None)?.timeout(Duration::from_secs(seconds));
        if let Some(path) = &configuration.certificates {
            for certificate in certificates(&base.join(path))? {
                builder = builder.add_root_certificate(certificate);
            }
        }
        let client = builder.build().map_err(|error| SetUpError::Client(error.to_string()))?;
        Ok(Self { client, url, header: header(configuration, base)? })
    }

    /// Posts one object.
    ///
    /// # Errors
    /// [`WebhookError`]: it was not taken.
    pub async fn post(&self, json: String) -> Result<(), WebhookError> {
        let mut request = self.client.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(json);
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        match http::exchange(request, ANSWER_BYTES_MAX).await {
            Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
            Ok(answer) => Err(WebhookError::Refused(answer.status)),
            Err(error) => Err(WebhookError::Connection(error.to_string())),
        }
    }
}

fn header(configuration: &Configuration, base: &Path) -> Result<Option<(HeaderName, HeaderValue)>, SetUpError> {
    let Some(reference) = &configuration.secret else { return Ok(None) };
    let wrong = |key, problem: &str| SetUpError::Setting { key, problem: problem.to_owned() };
    let name = HeaderName::from_bytes(configuration.header.as_bytes())
        .map_err(|_| wrong("nightly.webhook.header", "not the name of a header"))?;
    let secret =
        reference.resolve(base).map_err(|source| SetUpError::Secret { key: "nightly.webhook.secret", source })?;
    let mut value = HeaderValue::from_str(secret.expose())
        .map_err(|_| wrong("nightly.webhook.secret", "holds what no header may hold"))?;
    value.set_sensitive(true);
    Ok(Some((name, value)))
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SetUpError> {
    let wrong = |problem: String| SetUpError::Certificates { path: path.to_owned(), problem };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))
}
