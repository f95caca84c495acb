//! Recording what comes in: documents and archives.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State, next};
use serde_json::{Map, Value as Json, json};
use sqlx::Row as _;

use super::super::Connection;
use super::super::text::INSERT_INVOICE;
use super::scribe::Scribe;
use super::shared::state_of;
use crate::change::{Done, Receive, ReceiveContainer};
use crate::error::StoreError;

/// What comes in: a file, an archive, or a member of one.
pub(super) struct Arrival<'a> {
    id: &'a str,
    siren: &'a str,
    path: &'a str,
    member: Option<&'a str>,
    container: Option<&'a str>,
    size: i64,
    sha256: &'a str,
    at: Timestamp,
}

impl<'a> Arrival<'a> {
    pub(super) fn of(file: &'a Receive) -> Self {
        Self {
            id: &file.arrival,
            siren: &file.siren,
            path: &file.path,
            member: file.member.as_deref(),
            container: file.container.as_deref(),
            size: file.document.size,
            sha256: &file.document.sha256,
            at: file.at,
        }
    }
}

/// True when the arrival is new, false when it was recorded before.
pub(super) async fn put_arrival(connection: &mut Connection, arrival: &Arrival<'_>) -> Result<bool, StoreError> {
    let result = sqlx::query(
        "INSERT INTO arrival (id, siren, path, member, container, size, sha256, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING",
    )
    .bind(arrival.id)
    .bind(arrival.siren)
    .bind(arrival.path)
    .bind(arrival.member)
    .bind(arrival.container)
    .bind(arrival.size)
    .bind(arrival.sha256)
    .bind(arrival.at.0)
    .execute(connection)
    .await?;
    Ok(result.rows_affected() == 1)
}

pub(super) async fn receive(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &Receive,
) -> Result<Done, StoreError> {
    let document = &new.document;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM arrival WHERE id = $3), \
         (SELECT id FROM invoice WHERE siren = $1 AND sha256 = $2 AND state NOT IN ('abandoned', 'duplicate') AND eliminated IS NULL \
          ORDER BY received_at, id LIMIT 1)",
    )
    .bind(&new.siren)
    .bind(&document.sha256)
    .bind(&new.arrival)
    .fetch_one(&mut *connection)
    .await?;
    if row.get::<i64, _>(0) != 0 {
        return already_received(connection, &new.arrival).await;
    }
    let twin: Option<String> = row.get(1);
    let state = if twin.is_some() { next(State::Received, Event::SameBytes)? } else { State::Received };
    insert_invoice(connection, new, state, twin.as_deref(), None).await?;
    let mut payload = Map::new();
    payload.insert("actor".into(), json!(new.actor));
    payload.insert("path".into(), json!(new.path));
    payload.insert("member".into(), json!(new.member));
    payload.insert("sha256".into(), json!(document.sha256));
    payload
        .insert("states".into(), json!(if twin.is_some() { vec!["received", "duplicate"] } else { vec!["received"] }));
    payload.insert("duplicate_of".into(), json!(twin));
    scribe.line(new.at, "received", &new.invoice, Json::Object(payload).to_string());
    Ok(Done::Received { invoice: new.invoice.clone(), state, duplicate_of: twin, resumed: false })
}

async fn already_received(connection: &mut Connection, arrival: &str) -> Result<Done, StoreError> {
    let row =
        sqlx::query("SELECT id, state, duplicate_of FROM invoice WHERE arrival = $1 ORDER BY received_at LIMIT 1")
            .bind(arrival)
            .fetch_optional(connection)
            .await?
            .ok_or_else(|| StoreError::Missing(arrival.to_owned()))?;
    let state = state_of(row.get(1))?;
    Ok(Done::Received { invoice: row.get(0), state, duplicate_of: row.get(2), resumed: true })
}

/// A new invoice with its arrival, its document and its first version: in one order, since each order is a change of
/// thread and back.
pub(super) async fn insert_invoice(
    connection: &mut Connection,
    new: &Receive,
    state: State,
    duplicate_of: Option<&str>,
    ancestor: Option<&str>,
) -> Result<(), StoreError> {
    let document = &new.document;
    sqlx::query(INSERT_INVOICE)
        .bind(&new.arrival)
        .bind(&new.siren)
        .bind(&new.path)
        .bind(&new.member)
        .bind(&new.container)
        .bind(document.size)
        .bind(&document.sha256)
        .bind(new.at.0)
        .bind(document.role.as_str())
        .bind(&document.media_type)
        .bind(&document.stored.packing)
        .bind(&document.stored.bytes)
        .bind(&new.invoice)
        .bind(&new.siret)
        .bind(&new.file)
        .bind(state.as_str())
        .bind(duplicate_of)
        .bind(ancestor)
        .bind(&document.stored.dictionary)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn insert_version(
    connection: &mut Connection,
    invoice: &str,
    n: i64,
    siren: &str,
    original: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query("INSERT INTO version (invoice, n, siren, original, created_at) VALUES ($1, $2, $3, $4, $5)")
        .bind(invoice)
        .bind(n)
        .bind(siren)
        .bind(original)
        .bind(at.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn receive_container(
    connection: &mut Connection,
    scribe: &mut Scribe,
    new: &ReceiveContainer,
) -> Result<Done, StoreError> {
    let arrival = Arrival {
        id: &new.arrival,
        siren: &new.siren,
        path: &new.path,
        member: None,
        container: None,
        size: new.size,
        sha256: &new.sha256,
        at: new.at,
    };
    if put_arrival(connection, &arrival).await? {
        let payload = json!({"actor": new.actor, "path": new.path, "sha256": new.sha256}).to_string();
        scribe.line(new.at, "archive", &new.arrival, payload);
    }
    Ok(Done::Written)
}
