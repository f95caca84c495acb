//! The journal for people outside: verified against what was kept elsewhere, exported with a signature, and its head
//! timestamped by somebody who is not us.

pub mod export;
pub mod timestamp;

use facteur_store::journal::Head;
use facteur_store::{Store, StoreError};

use crate::error::PipelineError;
use crate::home::Home;

/// What a verification found.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The journal's head.
    pub head: Head,
    /// Timestamps whose head is in the chain, and whose token was verified.
    pub timestamps: u64,
    /// Timestamps whose head is in the chain, but whose token was not verified: no authority is configured.
    pub timestamps_not_checked: u64,
}

/// Verifies the chain against a head that was kept elsewhere, and against every timestamp of the store.
///
/// # Errors
/// [`StoreError::Journal`] naming the first line that does not fit; [`PipelineError::Timestamp`] for a token that is
/// not about its line, or that is not accepted.
pub async fn verify(home: &Home, store: &Store, kept: Option<Head>) -> Result<Verified, PipelineError> {
    let stamps = store.timestamps().await?;
    let mut heads: Vec<Head> = stamps.iter().map(|stamp| stamp.head.clone()).collect();
    heads.extend(kept);
    let head = store.verify_journal_against(&heads).await?;
    let mut verified = Verified { head, timestamps: 0, timestamps_not_checked: 0 };
    let Some(configuration) = &home.configuration.timestamp else {
        verified.timestamps_not_checked = stamps.len() as u64;
        return Ok(verified);
    };
    let anchors = timestamp::anchors(home, configuration)?;
    for stamp in &stamps {
        let accepted = facteur_sign::verify_timestamp(&stamp.token, timestamp::digest(&stamp.head), &anchors);
        let accepted = accepted.map_err(|error| wrong_stamp(&stamp.head, &error.to_string()))?;
        if accepted.at != stamp.at {
            return Err(wrong_stamp(&stamp.head, "the time beside the token is not the token's"));
        }
        verified.timestamps += 1;
    }
    Ok(verified)
}

fn wrong_stamp(head: &Head, what: &str) -> PipelineError {
    StoreError::Journal { seq: head.seq, what: format!("its timestamp: {what}") }.into()
}
