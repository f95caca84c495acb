//! What went over the wire, for the journal: which service, what was asked and answered as digests, never the words
//! themselves.

use std::sync::Arc;

use openssl::sha::sha256;

/// One request and what came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// `POST`.
    pub method: &'static str,
    /// Where it went.
    pub address: String,
    /// SHA-256 of the body that was sent.
    pub request: String,
    /// HTTP status of the answer; `None` where no whole answer came.
    pub status: Option<u16>,
    /// SHA-256 of the answer's body.
    pub answer: Option<String>,
    /// Whether it was a deposit, and not a question.
    pub deposit: bool,
}

/// Who is told of each exchange, once its end is known. Requests for a token are not told: their bodies are secrets.
pub type Witness = Arc<dyn Fn(Exchange) + Send + Sync>;

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    sha256(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
