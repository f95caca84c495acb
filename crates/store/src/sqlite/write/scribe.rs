//! The hand that writes journal lines.

use facteur_model::clock::Timestamp;
use sqlx::{Row as _, SqliteConnection};

use crate::document::sha256_hex;
use crate::error::StoreError;
use crate::journal::{GENESIS, line_hash};

/// Writes journal lines; knows the end of the chain inside one transaction.
pub(super) struct Scribe {
    seq: i64,
    hash: String,
}

impl Scribe {
    pub(super) async fn open(connection: &mut SqliteConnection) -> Result<Self, StoreError> {
        let last =
            sqlx::query("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(connection).await?;
        Ok(match last {
            Some(row) => Self { seq: row.get(0), hash: row.get(1) },
            None => Self { seq: 0, hash: GENESIS.to_owned() },
        })
    }

    pub(super) async fn line(
        &mut self,
        connection: &mut SqliteConnection,
        at: Timestamp,
        kind: &str,
        subject: &str,
        payload: String,
    ) -> Result<(), StoreError> {
        let (seq, digest) = (self.seq + 1, sha256_hex(payload.as_bytes()));
        let hash = line_hash(seq, at.0, kind, subject, &digest, &self.hash);
        sqlx::query(
            "INSERT INTO journal (seq, at, kind, subject, digest, previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7); \
             INSERT INTO journal_payload (seq, body) VALUES ($1, $8)",
        )
        .bind(seq)
        .bind(at.0)
        .bind(kind)
        .bind(subject)
        .bind(&digest)
        .bind(&self.hash)
        .bind(&hash)
        .bind(payload)
        .execute(connection)
        .await?;
        self.seq = seq;
        self.hash = hash;
        Ok(())
    }
}
