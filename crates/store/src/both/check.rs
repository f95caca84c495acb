//! Is everything still there, and is it still what it was?

use std::collections::BTreeSet;

use sqlx::{QueryBuilder, Row as _};

use super::integrity::database;
use super::read::{self, DOCUMENT};
use super::{Db, Pool, census};
use crate::check::{Health, Replay};
use crate::document::sha256_hex;
use crate::error::StoreError;
use crate::journal::{Head, Line, Verifier};

/// Lines read at a time.
const PAGE: i64 = 1000;

/// Verifies the journal's chain in constant memory, against heads that were kept elsewhere.
pub(crate) async fn journal(readers: &Pool, kept: &[Head]) -> Result<Head, StoreError> {
    let mut verifier = Verifier::new(kept.iter().cloned());
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
    let stamped: Vec<Head> = read::timestamps(readers).await?.into_iter().map(|stamp| stamp.head).collect();
    match journal(readers, &stamped).await {
        Ok(head) => health.head = Some(head),
        Err(error @ StoreError::Journal { .. }) => health.problems.push(error.to_string()),
        Err(error) => return Err(error),
    }
    let mut replay = Replay::default();
    each_line(readers, |line| {
        replay.take(line);
        Ok(())
    })
    .await?;
    health.lines = replay.lines;
    health.problems.append(&mut replay.problems);
    documents(readers, &mut health, &replay.eliminated).await?;
    states(readers, &mut health, &replay).await?;
    health.problems.append(&mut census::problems(readers).await?);
    Ok(health)
}

/// Every document has its bytes, or was eliminated as the journal says.
async fn documents(readers: &Pool, health: &mut Health, eliminated: &BTreeSet<String>) -> Result<(), StoreError> {
    let mut connection = readers.acquire().await?;
    let mut after = (String::new(), String::new());
    loop {
        let mut query = QueryBuilder::<Db>::new("SELECT siren, sha256, ");
        query.push(DOCUMENT).push(" FROM document WHERE (siren, sha256) > (").push_bind(&after.0);
        query.push(", ").push_bind(&after.1).push(") ORDER BY siren, sha256 LIMIT 64");
        let rows = query.build().fetch_all(&mut *connection).await?;
        let Some(last) = rows.last() else { break };
        after = (last.get(0), last.get(1));
        for row in &rows {
            health.documents += 1;
            let (siren, name): (String, String) = (row.get(0), row.get(1));
            let document = read::to_document(row, 2);
            if document.eliminated.is_some() {
                health.eliminated += 1;
                if !eliminated.contains(&name) {
                    health.problems.push(format!("document {name}: it has no bytes, and no list eliminated it"));
                }
                continue;
            }
            match read::unpacked(&mut connection, &siren, &document).await {
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
    .fetch_all(&mut *connection)
    .await?;
    for row in orphans {
        let (invoice, n): (String, i64) = (row.get(0), row.get(1));
        health.problems.push(format!("invoice {invoice} version {n}: its document is gone"));
    }
    Ok(())
}

/// The state of every invoice must be the one that its journal ends with, and no invoice that the journal knows is gone.
async fn states(readers: &Pool, health: &mut Health, replay: &Replay) -> Result<(), StoreError> {
    let mut after = String::new();
    let mut gone: BTreeSet<&str> = replay.invoices().collect();
    loop {
        let rows = sqlx::query("SELECT id, state FROM invoice WHERE id > $1 ORDER BY id LIMIT $2")
            .bind(&after)
            .bind(PAGE)
            .fetch_all(readers)
            .await?;
        let Some(last) = rows.last() else { break };
        after = last.get(0);
        for row in &rows {
            health.invoices += 1;
            let (id, state): (String, String) = (row.get(0), row.get(1));
            gone.remove(id.as_str());
            match replay.state(&id) {
                Some(told) if told == state => {}
                Some(told) => health.problems.push(format!("invoice {id} is {state}, its journal ends with {told}")),
                None => health.problems.push(format!("invoice {id} is {state}, the journal does not know it")),
            }
        }
    }
    health.problems.extend(gone.into_iter().map(|id| format!("invoice {id}: the journal knows it, and it is gone")));
    Ok(())
}
