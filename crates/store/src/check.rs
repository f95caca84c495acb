//! Is everything still there, and is it still what it was? And a copy to keep elsewhere.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::{Row as _, SqlitePool};

use crate::document::{sha256_hex, unpack};
use crate::error::StoreError;
use crate::journal::{Head, Line, Verifier};
use crate::sqlite::read;

/// Lines read at a time.
const PAGE: i64 = 1000;

/// What a check of the store found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// Invoices looked at.
    pub invoices: u64,
    /// Documents whose digest was computed again.
    pub documents: u64,
    /// Lines of the journal.
    pub lines: u64,
    /// The journal's head, when it verifies.
    pub head: Option<Head>,
    /// What is wrong, in technical words; empty when all is well.
    pub problems: Vec<String>,
}

/// Verifies the journal's chain in constant memory.
pub(crate) async fn journal(readers: &SqlitePool, kept: Option<Head>) -> Result<Head, StoreError> {
    let mut verifier = Verifier::new(kept);
    each_line(readers, |line| verifier.take(line)).await?;
    verifier.finish()
}

async fn each_line(
    readers: &SqlitePool,
    mut look: impl FnMut(&Line) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut seq = i64::MIN;
    loop {
        let page = read::journal_after(readers, seq, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        seq = last.seq;
        page.iter().try_for_each(&mut look)?;
    }
}

pub(crate) async fn everything(readers: &SqlitePool) -> Result<Health, StoreError> {
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

async fn database(readers: &SqlitePool, health: &mut Health) -> Result<(), StoreError> {
    for row in sqlx::query("PRAGMA integrity_check").fetch_all(readers).await? {
        let answer: String = row.get(0);
        if answer != "ok" {
            health.problems.push(format!("database: {answer}"));
        }
    }
    for row in sqlx::query("PRAGMA foreign_key_check").fetch_all(readers).await? {
        health.problems.push(format!("database: a row of {} points nowhere", row.get::<String, _>(0)));
    }
    Ok(())
}

async fn documents(readers: &SqlitePool, health: &mut Health) -> Result<(), StoreError> {
    let mut after = 0_i64;
    loop {
        let rows = sqlx::query(
            "SELECT rowid, sha256, packing, bytes, size FROM document WHERE rowid > $1 ORDER BY rowid LIMIT 64",
        )
        .bind(after)
        .fetch_all(readers)
        .await?;
        let Some(last) = rows.last() else { break };
        after = last.get(0);
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
async fn states(readers: &SqlitePool, health: &mut Health) -> Result<(), StoreError> {
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

/// A consistent copy, made by the database itself while the store is in use.
pub(crate) async fn backup(readers: &SqlitePool, target: &Path) -> Result<(), StoreError> {
    let open = |cause: String| StoreError::Open { path: target.display().to_string(), cause };
    if target.exists() {
        return Err(open("the file exists already".to_owned()));
    }
    let path = target.to_str().ok_or_else(|| open("its name is not UTF-8".to_owned()))?;
    sqlx::query("VACUUM INTO $1").bind(path).execute(readers).await?;
    let written = std::fs::File::open(target).and_then(|file| file.sync_all());
    written.map_err(|error| open(error.to_string()))
}
