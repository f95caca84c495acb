//! The head of the journal, timestamped: proof by a third party that this journal existed so at that instant.

use facteur_model::clock::Timestamp;
use facteur_sign::TimestampRequest;
use facteur_store::Store;
use facteur_store::journal::{Head, Stamp};
use facteur_transmit::timestamp::{Configuration, ask};

use crate::error::PipelineError;
use crate::home::Home;

/// The digest that is timestamped: SHA-256 of the head as it is printed (`12:9f86…`).
#[must_use]
pub fn digest(head: &Head) -> [u8; 32] {
    openssl::sha::sha256(head.to_string().as_bytes())
}

/// The certificates of the configured authority, PEM.
///
/// # Errors
/// The file cannot be read.
pub fn anchors(home: &Home, configuration: &Configuration) -> Result<Vec<u8>, PipelineError> {
    let path = home.path(&configuration.trust);
    std::fs::read(&path).map_err(PipelineError::file(path))
}

/// Has the present head timestamped by the configured authority and keeps the token. A head that has its timestamp
/// is not timestamped again.
///
/// # Errors
/// No authority is configured, it does not answer, or its answer is not accepted: nothing is kept then.
pub async fn timestamp(home: &Home, store: &Store, actor: &str, now: Timestamp) -> Result<Stamp, PipelineError> {
    let configuration = home.configuration.timestamp.as_ref().ok_or(PipelineError::NoTimestampAuthority)?;
    let head = store.head().await?;
    let known = store.timestamps().await?;
    // The line that says that a head was timestamped is itself the next head: that alone is no news.
    if let Some(stamp) = known.into_iter().find(|stamp| stamp.head == head || stamp.head.seq + 1 == head.seq) {
        return Ok(stamp);
    }
    let wrong = |text: String| PipelineError::Timestamp(text);
    let anchors = anchors(home, configuration)?;
    let request = TimestampRequest::new(digest(&head)).map_err(|error| wrong(error.to_string()))?;
    let answer = ask(configuration, &home.root, &request.bytes).await.map_err(|error| wrong(error.to_string()))?;
    let accepted = request.accept(&answer, &anchors).map_err(|error| wrong(error.to_string()))?;
    let stamp = Stamp { head, at: accepted.at, token: accepted.token };
    store.put_timestamp(stamp.clone(), actor, now).await?;
    Ok(stamp)
}
