//! The journal read back: its head, its lines, the timestamps of its heads.

use facteur_model::clock::Timestamp;
use sqlx::Row as _;

use super::{Db, Pool, Row};
use crate::error::StoreError;
use crate::journal::{GENESIS, Head, Line, Stamp};

pub(crate) async fn head(readers: &Pool) -> Result<Head, StoreError> {
    let last = sqlx::query("SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(readers).await?;
    Ok(match last {
        Some(row) => Head { seq: row.get(0), hash: row.get(1) },
        None => Head { seq: 0, hash: GENESIS.to_owned() },
    })
}

pub(crate) async fn last_journal_time(readers: &Pool) -> Result<Option<Timestamp>, StoreError> {
    let last = sqlx::query("SELECT at FROM journal ORDER BY seq DESC LIMIT 1").fetch_optional(readers).await?;
    Ok(last.map(|row| Timestamp(row.get(0))))
}

pub(crate) async fn journal_of(readers: &Pool, subject: &str) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query(
        "SELECT journal.*, body FROM journal LEFT JOIN journal_payload USING (seq) WHERE subject = $1 ORDER BY seq",
    )
    .bind(subject)
    .fetch_all(readers)
    .await?;
    Ok(rows.iter().map(to_line).collect())
}

/// At most `limit` lines after `seq`.
pub(crate) async fn journal_after(
    readers: impl sqlx::Executor<'_, Database = Db>,
    seq: i64,
    limit: i64,
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query(
        "SELECT journal.*, body FROM journal LEFT JOIN journal_payload USING (seq) WHERE seq > $1 ORDER BY seq LIMIT $2",
    )
    .bind(seq)
    .bind(limit)
    .fetch_all(readers)
    .await?;
    Ok(rows.iter().map(to_line).collect())
}

fn to_line(row: &Row) -> Line {
    Line {
        seq: row.get("seq"),
        at: row.get("at"),
        kind: row.get("kind"),
        subject: row.get("subject"),
        digest: row.get("digest"),
        previous: row.get("previous"),
        hash: row.get("hash"),
        payload: row.get("body"),
    }
}

/// The timestamps of heads, oldest first.
pub(crate) async fn timestamps(readers: &Pool) -> Result<Vec<Stamp>, StoreError> {
    let rows = sqlx::query("SELECT seq, hash, at, token FROM head_timestamp ORDER BY seq").fetch_all(readers).await?;
    let stamp = |row: &Row| Stamp {
        head: Head { seq: row.get(0), hash: row.get(1) },
        at: Timestamp(row.get(2)),
        token: row.get(3),
    };
    Ok(rows.iter().map(stamp).collect())
}
