//! The questions of reports as SQL.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;

use sqlx::{QueryBuilder, Row as _};

use super::read::part;
use super::{CONTAINS, Db, Pool, Row, snapshot};
use crate::change::Reason;
use crate::error::StoreError;
use crate::record::GatewayEvent;
use crate::report::{Census, Entry, Selection, Standing};

const ENTRY: &str = "SELECT id, file, kind, type_code, framework, number, issued, supplier, supplier_siren, buyer, \
     buyer_siret, total, currency, state, since, received_at, flow_state, invoice_state, reason, reason_args, ancestor \
     FROM invoice WHERE id > ";

pub(crate) async fn page(
    readers: &Pool,
    selection: &Selection,
    after: &str,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = QueryBuilder::<Db>::new(ENTRY);
    query.push_bind(after);
    if !selection.states.is_empty() {
        query.push(" AND state IN (");
        let mut list = query.separated(", ");
        for state in &selection.states {
            list.push_bind(state.as_str());
        }
        query.push(")");
    }
    if let Some(supplier) = &selection.supplier {
        query.push(" AND (supplier").push(CONTAINS).push_bind(part(supplier)).push(" ESCAPE '\\' OR supplier_siren = ");
        query.push_bind(supplier.clone()).push(" OR supplier_siret = ").push_bind(supplier.clone()).push(")");
    }
    if let Some(recipient) = &selection.recipient {
        query.push(" AND (buyer").push(CONTAINS).push_bind(part(recipient)).push(" ESCAPE '\\' OR buyer_siret = ");
        query.push_bind(recipient.clone()).push(")");
    }
    if let Some(from) = selection.from {
        query.push(" AND received_at >= ").push_bind(from.0);
    }
    if let Some(until) = selection.until {
        query.push(" AND received_at < ").push_bind(until.0);
    }
    query.push(" ORDER BY id LIMIT ").push_bind(limit);
    query.build().fetch_all(readers).await?.iter().map(to_entry).collect()
}

fn to_entry(row: &Row) -> Result<Entry, StoreError> {
    let reason: Option<String> = row.get("reason");
    let args: Option<String> = row.get("reason_args");
    let args = args.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(Entry {
        id: row.get("id"),
        file: row.get("file"),
        kind: row.get("kind"),
        type_code: row.get("type_code"),
        framework: row.get("framework"),
        number: row.get("number"),
        issued: row.get("issued"),
        supplier: row.get("supplier"),
        supplier_siren: row.get("supplier_siren"),
        buyer: row.get("buyer"),
        buyer_siret: row.get("buyer_siret"),
        total: row.get("total"),
        currency: row.get("currency"),
        state: state(&row.get::<String, _>("state"))?,
        since: Timestamp(row.get("since")),
        received_at: Timestamp(row.get("received_at")),
        flow_state: row.get("flow_state"),
        invoice_state: row.get("invoice_state"),
        reason: reason.map(|code| Reason { code, args }),
        ancestor: row.get("ancestor"),
    })
}

fn state(name: &str) -> Result<State, StoreError> {
    State::from_name(name).ok_or_else(|| StoreError::Damaged(format!("unknown state {name}")))
}

pub(crate) async fn events(readers: &Pool, ids: &[String]) -> Result<Vec<(String, GatewayEvent)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = QueryBuilder::<Db>::new(
        "SELECT invoice, subject, code, happened, comment, flow, seen_at FROM gateway_event WHERE invoice IN (",
    );
    let mut list = query.separated(", ");
    for id in ids {
        list.push_bind(id);
    }
    query.push(") ORDER BY invoice, seen_at, id");
    let rows = query.build().fetch_all(readers).await?;
    let event = |row: &Row| GatewayEvent {
        subject: row.get("subject"),
        code: row.get("code"),
        happened: row.get("happened"),
        comment: row.get("comment"),
        flow: row.get("flow"),
        seen_at: Timestamp(row.get("seen_at")),
    };
    Ok(rows.iter().map(|row| (row.get("invoice"), event(row))).collect())
}

/// One transaction, so that the counts belong to the same instant.
pub(crate) async fn census(readers: &Pool) -> Result<Census, StoreError> {
    let mut reading = snapshot(readers).await?;
    let rows = sqlx::query(
        "SELECT state, flow_state, invoice_state, count(*) AS many FROM invoice \
         GROUP BY state, flow_state, invoice_state ORDER BY state, flow_state NULLS FIRST, invoice_state NULLS FIRST",
    )
    .fetch_all(&mut *reading)
    .await?;
    let counts = sqlx::query(
        "SELECT (SELECT count(*) FROM journal WHERE kind = 'received') AS documents, \
         (SELECT count(*) FROM journal WHERE kind = 'archive') AS archives",
    )
    .fetch_one(&mut *reading)
    .await?;
    reading.commit().await?;
    let mut standings = Vec::new();
    for row in &rows {
        standings.push(Standing {
            state: state(&row.get::<String, _>("state"))?,
            flow_state: row.get("flow_state"),
            invoice_state: row.get("invoice_state"),
            count: row.get("many"),
        });
    }
    standings.sort_by_key(|standing| standing.state);
    Ok(Census { standings, journal_received: counts.get("documents"), archives: counts.get("archives") })
}
