//! Is everything still there, and is it still what it was?

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::integrity::database;
use super::{Pool, read};
use crate::check::Health;
use crate::document::{sha256_hex, unpack};
use crate::error::StoreError;
use crate::journal::{Head, Line, Verifier};

/// Lines read at a time.
const PAGE: i64 = 1000;

/// Verifies the journal's chain in constant memory.
pub(crate) async fn journal(readers: &Pool, kept: Option<Head>) -> Result<Head, StoreError> {
    let mut verifier = Verifier::new(kept);
    each_line(readers, |line| verifier.take(line)).await?;
    verifier.finish()
}

async fn each_line(readers: &Pool, mut look: impl FnMut(&Line) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let mut seq = i64::MIN;
    loop {
        let page = read::journal_after(readers, seq, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        seq = last.seq;
        page.iter().try_for_each(&mut look)?;
    }
}

pub(crate) async fn everything(readers: &Pool) -> Result<Health, StoreError> {
    let mut health = Health::default();
    database(readers, &mut health).await?;
    documents(readers, &mut health).await?;
    match journal(readers, None).await {
        Ok(head) => health.head = Some(head),
        Err(error @ StoreError::Journal { .. }) => health.problems.push(error.to_string()),
        Err(error) => return Err(error),
    }
    states(readers, &mut health).await?;
    Ok(health)
}

async fn documents(readers: &Pool, health: &mut Health) -> Result<(), StoreError> {
    let mut after = (String::new(), String::new());
    loop {
        let rows = sqlx::query(
            "SELECT siren, sha256, packing, bytes, size FROM document WHERE (siren, sha256) > ($1, $2) \
             ORDER BY siren, sha256 LIMIT 64",
        )
        .bind(&after.0)
        .bind(&after.1)
        .fetch_all(readers)
        .await?;
        let Some(last) = rows.last() else { break };
        after = (last.get(0), last.get(1));
        for row in &rows {
            health.documents += 1;
            let name: String = row.get(1);
            match unpack(row.get(2), row.get(3), row.get(4)) {
                Ok(bytes) if sha256_hex(&bytes) == name => {}
                Ok(_) => health.problems.push(format!("document {name}: its bytes have changed")),
                Err(error) => health.problems.push(format!("document {name}: {error}")),
            }
        }
    }
    let orphans = sqlx::query(
        "SELECT version.invoice, version.n FROM version LEFT JOIN document \
         ON document.siren = version.siren AND document.sha256 = version.original WHERE document.sha256 IS NULL",
    )
    .fetch_all(readers)
    .await?;
    for row in orphans {
        let (invoice, n): (String, i64) = (row.get(0), row.get(1));
        health.problems.push(format!("invoice {invoice} version {n}: its document is gone"));
    }
    Ok(())
}

/// The state of every invoice must be the one that its journal ends with.
async fn states(readers: &Pool, health: &mut Health) -> Result<(), StoreError> {
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    let mut lines = 0;
    each_line(readers, |line| {
        lines += 1;
        if let Some(state) = line.payload.as_deref().and_then(last_state) {
            told.insert(line.subject.clone(), state);
        }
        Ok(())
    })
    .await?;
    health.lines = lines;
    for row in sqlx::query("SELECT id, state FROM invoice ORDER BY id").fetch_all(readers).await? {
        health.invoices += 1;
        let (id, state): (String, String) = (row.get(0), row.get(1));
        match told.get(&id) {
            Some(last) if *last == state => {}
            Some(last) => health.problems.push(format!("invoice {id} is {state}, its journal ends with {last}")),
            None => health.problems.push(format!("invoice {id} is {state}, the journal does not know it")),
        }
    }
    Ok(())
}

fn last_state(payload: &str) -> Option<String> {
    let payload: serde_json::Value = serde_json::from_str(payload).ok()?;
    Some(payload.get("states")?.as_array()?.last()?.as_str()?.to_owned())
}
