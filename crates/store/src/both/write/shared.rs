//! What several changes need: documents, the present state, the road through the life cycle.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State, next};
use sqlx::Row as _;

use super::super::Connection;
use crate::change::Reason;
use crate::document::Packed;
use crate::error::StoreError;

pub(super) async fn put_document(
    connection: &mut Connection,
    siren: &str,
    document: &Packed,
    at: Timestamp,
) -> Result<(), StoreError> {
    if let Some(own) = &document.own {
        sqlx::query("INSERT INTO dictionary (name, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(&own.name)
            .bind(&*own.bytes)
            .execute(&mut *connection)
            .await?;
    }
    let splice = document.stored.splice.as_ref();
    sqlx::query(
        "INSERT INTO document (siren, sha256, role, media_type, size, packing, bytes, created_at, dictionary, base, \
         base_at, base_skipped, retention_class) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (siren, sha256) DO UPDATE SET packing = excluded.packing, bytes = excluded.bytes, \
         dictionary = excluded.dictionary, base = excluded.base, base_at = excluded.base_at, \
         base_skipped = excluded.base_skipped, eliminated = NULL WHERE document.eliminated IS NOT NULL",
    )
    .bind(siren)
    .bind(&document.sha256)
    .bind(document.role.as_str())
    .bind(&document.media_type)
    .bind(document.size)
    .bind(&document.stored.packing)
    .bind(&document.stored.bytes)
    .bind(at.0)
    .bind(&document.stored.dictionary)
    .bind(splice.map(|splice| &splice.base))
    .bind(splice.map(|splice| splice.at))
    .bind(splice.map(|splice| splice.skipped))
    .bind(document.role.retention_class())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn current(
    connection: &mut Connection,
    id: &str,
    expected: State,
) -> Result<(String, i64, bool), StoreError> {
    let row = sqlx::query("SELECT siren, version, key_released, state FROM invoice WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?
        .ok_or_else(|| StoreError::Missing(id.to_owned()))?;
    let found: String = row.get(3);
    if found != expected.as_str() {
        return Err(StoreError::Moved { id: id.to_owned(), expected, found });
    }
    Ok((row.get(0), row.get(1), row.get::<i64, _>(2) != 0))
}

/// Follows the life cycle from `state` through `events`: every state on the way, the last one last.
pub(super) fn road(state: State, events: &[Event]) -> Result<Vec<State>, StoreError> {
    let mut states = vec![state];
    let mut now = state;
    for event in events {
        now = next(now, *event)?;
        states.push(now);
    }
    Ok(states)
}

pub(super) fn names(states: &[State]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

pub(super) fn state_of(name: &str) -> Result<State, StoreError> {
    State::from_name(name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))
}

pub(super) fn arguments(reason: &Reason) -> String {
    serde_json::to_string(&reason.args).unwrap_or_default()
}
