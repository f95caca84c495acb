//! One bounded call: time, size, no redirects, verified TLS, and errors that say how far it came.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy, RequestBuilder, Response};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::SetUpError;

/// Longest pause that is taken from a `Retry-After`: more is a mistake of the server, or a trap.
const PAUSE_MAX: Duration = Duration::from_secs(24 * 3600);

/// What never goes through a proxy: plain HTTP is allowed to this machine only.
const THIS_MACHINE: &str = "localhost,127.0.0.0/8,::1";

/// An answer that came whole.
#[derive(Default)]
pub(crate) struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Whether it says that it is HTML: a page for people, not an answer.
    pub is_page: bool,
    /// The media type that it says, in lower case, without parameters; at most 80 letters.
    pub media_type: String,
    /// `Retry-After`, where given and readable.
    pub pause: Option<Duration>,
    /// Whether the bearer token was refused in the words of RFC 6750 (`WWW-Authenticate: Bearer … error=…`).
    pub bearer_refused: bool,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as text, for the file.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Why no whole answer came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// No connection or no TLS handshake.
    #[error("{0}")]
    Connect(String),
    /// Nothing came in time.
    #[error("no answer in time")]
    TimeOut,
    /// The connection broke, before or within the answer.
    #[error("{0}")]
    Broken(String),
    /// More than we are ready to read.
    #[error("answer larger than {0} bytes")]
    TooLarge(u64),
}

/// What every client of a gateway has in common.
pub(crate) fn client_builder(connect: Duration, proxy: Option<&str>) -> Result<ClientBuilder, SetUpError> {
    let builder = Client::builder()
        .user_agent(concat!("facteur/", env!("CARGO_PKG_VERSION")))
        .tls_backend_native()
        .http1_only()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .connect_timeout(connect);
    match proxy {
        None => Ok(builder),
        Some(address) => Proxy::all(address)
            .map(|proxy| builder.proxy(proxy.no_proxy(NoProxy::from_string(THIS_MACHINE))))
            .map_err(|error| SetUpError::Address { key: "proxy", problem: plain(error) }),
    }
}

/// Trusts the certificates of a PEM file beside the system's.
pub(crate) fn trusting(builder: ClientBuilder, path: &Path) -> Result<ClientBuilder, SetUpError> {
    let problem = |problem: String| SetUpError::Certificates { path: path.to_owned(), problem };
    let pem = std::fs::read(path).map_err(|error| problem(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| problem(error.to_string()))?;
    if certificates.is_empty() {
        return Err(problem("no PEM certificate in it".to_owned()));
    }
    Ok(certificates.into_iter().fold(builder, ClientBuilder::add_root_certificate))
}

/// Sends a request and reads the whole answer, up to `limit` bytes.
pub(crate) async fn exchange(request: RequestBuilder, limit: u64) -> Result<Answer, CallError> {
    let response = request.send().await.map_err(call_error)?;
    let mut answer = head(&response);
    answer.body = read_body(response, limit).await?;
    Ok(answer)
}

fn head(response: &Response) -> Answer {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let challenge = header(WWW_AUTHENTICATE).to_ascii_lowercase();
    Answer {
        status: response.status().as_u16(),
        media_type: media_type(header(CONTENT_TYPE)),
        is_page: header(CONTENT_TYPE).to_ascii_lowercase().contains("html"),
        pause: parse_pause(header(RETRY_AFTER), OffsetDateTime::now_utc()),
        bearer_refused: challenge.starts_with("bearer") && challenge.contains("error="),
        body: Vec::new(),
    }
}

fn media_type(header: &str) -> String {
    let name = header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    name.chars().filter(char::is_ascii_graphic).take(80).collect()
}

async fn read_body(mut response: Response, limit: u64) -> Result<Vec<u8>, CallError> {
    if response.content_length().is_some_and(|length| length > limit) {
        return Err(CallError::TooLarge(limit));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(call_error)? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(CallError::TooLarge(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// `Retry-After`: seconds or an HTTP date.
fn parse_pause(text: &str, now: OffsetDateTime) -> Option<Duration> {
    let text = text.trim();
    let pause = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let until = OffsetDateTime::parse(text, &Rfc2822).ok()?;
            Duration::try_from(until - now).unwrap_or_default()
        }
    };
    Some(pause.min(PAUSE_MAX))
}

fn call_error(error: reqwest::Error) -> CallError {
    if error.is_connect() {
        CallError::Connect(plain(error))
    } else if error.is_timeout() {
        CallError::TimeOut
    } else {
        CallError::Broken(plain(error))
    }
}

/// The error and its causes in one line, without the address.
fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let words = inner.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_pause_is_read_as_seconds_or_as_a_date_and_is_bounded() {
        let now = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
        assert_eq!(parse_pause("120", now), Some(Duration::from_secs(120)));
        assert_eq!(parse_pause(" 0 ", now), Some(Duration::ZERO));
        assert_eq!(parse_pause("99999999999", now), Some(PAUSE_MAX));
        let date = (now + time::Duration::seconds(90)).format(&Rfc2822).unwrap().replace("+0000", "GMT");
        assert_eq!(parse_pause(&date, now), Some(Duration::from_secs(90)), "{date}");
        assert_eq!(parse_pause("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::ZERO));
        assert_eq!(parse_pause("soon", now), None);
        assert_eq!(parse_pause("", now), None);
        assert_eq!(parse_pause("-5", now), None);
    }
}
