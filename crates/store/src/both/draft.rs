//! The questions about drafts and mandates as SQL.

use facteur_model::clock::Timestamp;
use sqlx::Row as _;

use super::{Pool, Row};
use crate::draft::{Mandate, Stored};
use crate::error::StoreError;

/// The draft of an invoice's present version.
pub(crate) async fn of_invoice(readers: &Pool, id: &str) -> Result<Option<Stored>, StoreError> {
    let row = sqlx::query(
        "SELECT draft.body, draft.revision, draft.at FROM draft \
         JOIN invoice ON invoice.id = draft.invoice AND invoice.version = draft.n WHERE draft.invoice = $1",
    )
    .bind(id)
    .fetch_optional(readers)
    .await?;
    Ok(row.map(|row| Stored { body: row.get(0), revision: row.get(1), at: Timestamp(row.get(2)) }))
}

/// The mandates, those of one supplier where one is named.
pub(crate) async fn mandates(readers: &Pool, supplier: Option<&str>) -> Result<Vec<Mandate>, StoreError> {
    let rows = sqlx::query(
        "SELECT id, supplier, file, document, valid_from, valid_until, at, revoked_at FROM mandate \
         WHERE supplier = coalesce($1, supplier) ORDER BY at, id",
    )
    .bind(supplier)
    .fetch_all(readers)
    .await?;
    let mandate = |row: &Row| Mandate {
        id: row.get(0),
        supplier: row.get(1),
        file: row.get(2),
        sha256: row.get(3),
        from: row.get(4),
        until: row.get(5),
        at: Timestamp(row.get(6)),
        revoked_at: row.get::<Option<i64>, _>(7).map(Timestamp),
    };
    Ok(rows.iter().map(mandate).collect())
}
