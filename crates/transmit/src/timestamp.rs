//! A time stamping authority, spoken to over HTTP (RFC 3161, 3.4). What the bytes mean is not known here: the question
//! and the answer are made and judged by whoever asks.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Client;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde::{Deserialize, Serialize};

use crate::{SetUpError, address, http};

/// Largest answer that is read: usual tokens have 2 to 8 kB.
const ANSWER_MAX: u64 = 64 * 1024;
const QUERY: HeaderValue = HeaderValue::from_static("application/timestamp-query");
const REPLY: HeaderValue = HeaderValue::from_static("application/timestamp-reply");

/// The `[timestamp]` section of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Address of the authority's service: `https://`, or `http://` on this machine.
    pub url: String,
    /// PEM certificates of the authority that signs the timestamps.
    pub trust: PathBuf,
    /// PEM certificates to trust for the connection, beside the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificates: Option<PathBuf>,
    /// HTTP proxy, where there is one; the environment's is not used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// How long to wait for the answer, in seconds.
    #[serde(default = "patience")]
    pub seconds: u64,
}

const fn patience() -> u64 {
    30
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The configuration cannot be used.
    #[error(transparent)]
    SetUp(#[from] SetUpError),
    /// The service was not reached, or its answer did not come whole.
    #[error("{0}")]
    NoAnswer(String),
    /// It answered something else than a timestamp.
    #[error("the service answered {status}, {media_type}")]
    Unexpected {
        /// HTTP status.
        status: u16,
        /// What it said that it sent.
        media_type: String,
    },
}

/// Sends a question to the authority and brings its answer back. Relative paths are taken from `base`.
///
/// # Errors
/// [`AskError`].
pub async fn ask(configuration: &Configuration, base: &Path, question: &[u8]) -> Result<Vec<u8>, AskError> {
    let url = address::parse("url", &configuration.url)?;
    let wait = Duration::from_secs(configuration.seconds.clamp(1, 600));
    let mut builder = http::client_builder(wait, configuration.proxy.as_deref())?;
    if let Some(path) = &configuration.certificates {
        builder = http::trusting(builder, &base.join(path))?;
    }
    let client: Client = builder.build().map_err(|error| SetUpError::Client(error.to_string()))?;
    let request =
        client.post(url).header(CONTENT_TYPE, QUERY).header(ACCEPT, REPLY).timeout(wait).body(question.to_vec());
    let answer = http::exchange(request, ANSWER_MAX).await.map_err(|error| AskError::NoAnswer(error.to_string()))?;
    if answer.status != 200 || answer.media_type != "application/timestamp-reply" {
        return Err(AskError::Unexpected { status: answer.status, media_type: answer.media_type });
    }
    Ok(answer.body)
}
