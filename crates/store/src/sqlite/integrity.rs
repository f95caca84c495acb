//! What the database can say about itself, and a copy made by itself.

use std::path::Path;

use sqlx::Row as _;

use super::Pool;
use crate::check::Health;
use crate::error::StoreError;

/// The pages and references of the file.
pub(super) async fn database(readers: &Pool, health: &mut Health) -> Result<(), StoreError> {
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

/// A consistent copy, made by the database itself while the store is in use.
pub(crate) async fn backup(readers: &Pool, target: &Path) -> Result<(), StoreError> {
    let open = |cause: String| StoreError::Open { path: target.display().to_string(), cause };
    if target.exists() {
        return Err(open("the file exists already".to_owned()));
    }
    let path = target.to_str().ok_or_else(|| open("its name is not UTF-8".to_owned()))?;
    sqlx::query("VACUUM INTO $1").bind(path).execute(readers).await?;
    let written = std::fs::File::open(target).and_then(|file| file.sync_all());
    written.map_err(|error| open(error.to_string()))
}
