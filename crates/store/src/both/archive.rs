//! The questions of archives as SQL.

use std::collections::{BTreeMap, BTreeSet};

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use serde_json::Value as Json;
use sqlx::{QueryBuilder, Row as _};

use super::{CONTAINS, Connection, Db, Pool};
use crate::archive::{Dossier, DossierFilter, Elimination, Kept};
use crate::error::StoreError;

pub(crate) async fn ids(
    readers: &Pool,
    filter: &DossierFilter,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let mut query = QueryBuilder::<Db>::new("SELECT id FROM invoice WHERE eliminated IS NULL AND id > ");
    query.push_bind(after);
    if !filter.states.is_empty() {
        query.push(" AND state IN (");
        let mut list = query.separated(", ");
        for state in &filter.states {
            list.push_bind(state.as_str());
        }
        query.push(")");
    }
    if let Some(supplier) = &filter.supplier {
        query.push(" AND (supplier").push(CONTAINS).push_bind(format!("%{supplier}%"));
        query.push(" OR supplier_siren = ").push_bind(supplier.clone());
        query.push(" OR supplier_siret = ").push_bind(supplier.clone()).push(")");
    }
    if let Some(before) = filter.received_before {
        query.push(" AND received_at < ").push_bind(before.0);
    }
    if let Some(from) = filter.received_from {
        query.push(" AND received_at >= ").push_bind(from.0);
    }
    query.push(" ORDER BY id LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(readers).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

pub(crate) async fn dossier(readers: &Pool, id: &str) -> Result<Dossier, StoreError> {
    let mut connection = readers.acquire().await?;
    read(&mut connection, id).await?.ok_or_else(|| StoreError::Missing(id.to_owned()))
}

/// A dossier with its documents.
pub(super) async fn read(connection: &mut Connection, id: &str) -> Result<Option<Dossier>, StoreError> {
    let row = sqlx::query(
        "SELECT invoice.siren, state, number, supplier, issued, received_at, retention_end, eliminated, \
         legal_hold.reason FROM invoice LEFT JOIN legal_hold ON legal_hold.invoice = invoice.id WHERE invoice.id = $1",
    )
    .bind(id)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let (siren, state): (String, String) = (row.get(0), row.get(1));
    let documents = documents(connection, &siren, id).await?;
    Ok(Some(Dossier {
        id: id.to_owned(),
        state: State::from_name(&state).ok_or_else(|| StoreError::Damaged(format!("unknown state {state}")))?,
        number: row.get(2),
        supplier: row.get(3),
        issued: row.get(4),
        received_at: Timestamp(row.get(5)),
        retention_end: row.get(6),
        hold: row.get(8),
        eliminated: row.get(7),
        documents,
    }))
}

/// The documents of an invoice: those of its versions, and the gateway's answers that its events and its journal name.
async fn documents(connection: &mut Connection, siren: &str, id: &str) -> Result<Vec<Kept>, StoreError> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let versions = sqlx::query("SELECT original, embedded, transmitted, seal FROM version WHERE invoice = $1")
        .bind(id)
        .fetch_all(&mut *connection)
        .await?;
    for row in &versions {
        names.extend((0..4).filter_map(|column| row.get::<Option<String>, _>(column)));
    }
    let events = sqlx::query("SELECT payload FROM gateway_event WHERE invoice = $1 AND payload IS NOT NULL")
        .bind(id)
        .fetch_all(&mut *connection)
        .await?;
    names.extend(events.iter().map(|row| row.get::<String, _>(0)));
    let lines = sqlx::query("SELECT body FROM journal JOIN journal_payload USING (seq) WHERE subject = $1")
        .bind(id)
        .fetch_all(&mut *connection)
        .await?;
    names.extend(lines.iter().filter_map(|row| payload_named(&row.get::<String, _>(0))));
    let mut kept = BTreeMap::new();
    for name in names {
        let row = sqlx::query("SELECT role, size, eliminated FROM document WHERE siren = $1 AND sha256 = $2")
            .bind(siren)
            .bind(&name)
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(row) = row {
            let eliminated = row.get::<Option<String>, _>(2).is_some();
            kept.insert(name.clone(), Kept { sha256: name, role: row.get(0), size: row.get(1), eliminated });
        }
    }
    Ok(kept.into_values().collect())
}

/// The gateway's answer that a journal line names.
pub(super) fn payload_named(body: &str) -> Option<String> {
    let body: Json = serde_json::from_str(body).ok()?;
    body.get("payload")?.as_str().map(str::to_owned)
}

pub(crate) async fn elimination(readers: &Pool, id: &str) -> Result<Elimination, StoreError> {
    let row = sqlx::query("SELECT id, list_sha256, at FROM elimination WHERE id = $1")
        .bind(id)
        .fetch_optional(readers)
        .await?
        .ok_or_else(|| StoreError::Missing(id.to_owned()))?;
    Ok(Elimination { id: row.get(0), list: row.get(1), at: Timestamp(row.get(2)) })
}
