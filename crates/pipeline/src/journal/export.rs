//! The journal as a file that anybody can check with common tools: one JSON object a line, and at the end the head with
//! a signature over everything before. How to check it is in `docs/reference/journal.md`, with a program that does.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use facteur_model::clock::Timestamp;
use facteur_sign::{SigningIdentity, sign_bytes};
use facteur_store::journal::{GENESIS, Head, Line, Verifier};
use facteur_store::{Store, StoreError};
use openssl::sha::Sha256;
use serde_json::json;

use crate::error::PipelineError;

/// The form of the file.
const SCHEMA: &str = "facteur-journal-export/1";
/// Lines read at a time.
const PAGE: i64 = 1000;

/// What to export.
#[derive(Debug, Clone, Copy)]
pub struct Export<'a> {
    /// SIREN of the legal person.
    pub siren: &'a str,
    /// Lines written at or after this instant.
    pub from: Option<Timestamp>,
    /// Lines written before this instant.
    pub until: Option<Timestamp>,
    /// The payloads too, with their names, and not their digests alone.
    pub payloads: bool,
    /// When.
    pub at: Timestamp,
}

/// Writes the export to a file that does not exist yet, whole or not at all. Answers its head and how many lines.
///
/// # Errors
/// The journal does not verify, the key cannot sign, or the file cannot be written.
pub async fn export(
    store: &Store,
    what: Export<'_>,
    identity: &SigningIdentity,
    path: &Path,
) -> Result<(Head, u64), PipelineError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let file = file.map_err(PipelineError::file(path))?;
    let mut writer = Signed { inner: BufWriter::new(file), digest: Sha256::new() };
    let written = match write(store, what, identity, &mut writer).await {
        Ok(Ok(written)) => writer.finish().map(|()| written).map_err(PipelineError::file(path)),
        Ok(Err(error)) => Err(PipelineError::File { path: path.to_owned(), source: error }),
        Err(error) => Err(error),
    };
    if written.is_err() {
        // Half an export must not lie around as if it were one.
        let _ = std::fs::remove_file(path);
    }
    written
}

/// A file whose bytes are digested on the way.
struct Signed {
    inner: BufWriter<std::fs::File>,
    digest: Sha256,
}

impl Signed {
    fn line(&mut self, text: &str) -> std::io::Result<()> {
        for piece in [text.as_bytes(), b"\n"] {
            self.digest.update(piece);
            self.inner.write_all(piece)?;
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<()> {
        self.inner.flush()?;
        self.inner.get_ref().sync_all()
    }
}

type Written = Result<(Head, u64), std::io::Error>;

async fn write(
    store: &Store,
    what: Export<'_>,
    identity: &SigningIdentity,
    file: &mut Signed,
) -> Result<Written, PipelineError> {
    let Range { first, last, previous } = range(store, what).await?;
    let header = json!({"schema": SCHEMA, "siren": what.siren, "at": what.at.rfc3339(), "from": first,
        "previous": previous, "payloads": what.payloads});
    if let Err(error) = file.line(&header.to_string()) {
        return Ok(Err(error));
    }
    let mut chain = Verifier::after(Head { seq: first - 1, hash: previous });
    let mut seq = first - 1;
    let mut count = 0;
    while seq < last {
        let page = store.journal_page(seq, PAGE).await?;
        if page.is_empty() {
            // It was longer a moment ago.
            return Err(StoreError::Journal { seq, what: "the journal was cut while it was read".to_owned() }.into());
        }
        for line in page.into_iter().take_while(|line| line.seq <= last) {
            chain.take(&line)?;
            seq = line.seq;
            count += 1;
            if let Err(error) = file.line(&told(&line, what.payloads)) {
                return Ok(Err(error));
            }
        }
    }
    let head = chain.finish()?;
    let body: String = file.digest.clone().finish().iter().map(|byte| format!("{byte:02x}")).collect();
    let statement = format!("{SCHEMA}\n{body}\n{head}\n");
    let wrong = |error: facteur_sign::SignError| PipelineError::Seal(error.to_string());
    let signature = sign_bytes(statement.as_bytes(), identity, what.at).map_err(wrong)?;
    let end = json!({"sha256": body, "head": head.to_string(), "digest": signature.digest,
        "signature": openssl::base64::encode_block(&signature.value),
        "certificate": identity.certificate_pem().map_err(wrong)?});
    Ok(file.line(&end.to_string()).map(|()| (head, count)))
}

fn told(line: &Line, payloads: bool) -> String {
    let mut told = json!({"seq": line.seq, "at": line.at, "kind": line.kind, "subject": line.subject,
        "digest": line.digest, "previous": line.previous, "hash": line.hash});
    if let Some(payload) = line.payload.as_ref().filter(|_| payloads) {
        told["payload"] = json!(payload);
    }
    told.to_string()
}

/// The lines from the first to the last that were written within the time: without gaps, so that the chain holds.
struct Range {
    first: i64,
    last: i64,
    previous: String,
}

async fn range(store: &Store, what: Export<'_>) -> Result<Range, PipelineError> {
    let mut range = Range { first: 1, last: 0, previous: GENESIS.to_owned() };
    let (mut seq, mut begun) = (0, false);
    loop {
        let page = store.journal_page(seq, PAGE).await?;
        let Some(end) = page.last() else { return Ok(range) };
        seq = end.seq;
        for line in &page {
            let after_from = what.from.is_none_or(|from| line.at >= from.0);
            let before_until = what.until.is_none_or(|until| line.at < until.0);
            if !begun {
                (range.first, range.last, range.previous) = (line.seq, line.seq - 1, line.previous.clone());
                begun = after_from;
                if !begun {
                    (range.first, range.last, range.previous) = (line.seq + 1, line.seq, line.hash.clone());
                }
            }
            if begun && before_until {
                range.last = line.seq;
            }
        }
    }
}
