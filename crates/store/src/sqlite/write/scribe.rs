//! The hand that writes journal lines.

use facteur_model::clock::Timestamp;
use serde_json::{Value as Json, json};
use sqlx::{Row as _, SqliteConnection};

use crate::document::sha256_hex;
use crate::error::StoreError;
use crate::journal::{GENESIS, line_hash};

/// Writes journal lines; knows the end of the chain inside one transaction.
pub(super) struct Scribe {
    seq: i64,
    hash: String,
    lines: Vec<Json>,
}

impl Scribe {
    pub(super) async fn open(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let last =
            sqlx::query("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
        let (seq, hash) = last.map_or_else(|| (0, GENESIS.to_owned()), |row| (row.get(0), row.get(1)));
        Ok(Self { seq, hash, lines: Vec::new() })
    }

    /// Adds a line; [`Scribe::close`] writes them.
    pub(super) fn line(&mut self, at: Timestamp, kind: &str, subject: &str, payload: String) {
        let (seq, digest) = (self.seq + 1, sha256_hex(payload.as_bytes()));
        let hash = line_hash(seq, at.0, kind, subject, &digest, &self.hash);
        let previous = std::mem::replace(&mut self.hash, hash);
        self.lines.push(json!([seq, at.0, kind, subject, digest, previous, self.hash, payload]));
        self.seq = seq;
    }

    /// Writes every line of the transaction in one order, since each order is a change of thread and back.
    pub(super) async fn close(self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.lines.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO journal (seq, at, kind, subject, digest, previous, hash) \
             SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 \
             FROM json_each($1); \
             INSERT INTO journal_payload (seq, body) SELECT value ->> 0, value ->> 7 FROM json_each($1)",
        )
        .bind(Json::Array(self.lines).to_string())
        .execute(connection)
        .await?;
        Ok(())
    }
}
