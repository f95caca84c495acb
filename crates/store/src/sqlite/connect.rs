//! Opening, migrating and closing.

use std::path::Path;
use std::time::Duration;

use facteur_model::lifecycle::State;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, SqliteConnection, SqlitePool};

use crate::error::StoreError;

/// The migrations, by number; a number is never used for anything else again.
pub(crate) const MIGRATIONS: [(i64, &str); 7] = [
    (1, include_str!("../../migrations/sqlite/0001_initial.sql")),
    (2, include_str!("../../migrations/sqlite/0002_directory.sql")),
    (3, include_str!("../../migrations/sqlite/0003_claim.sql")),
    (4, include_str!("../../migrations/sqlite/0004_reports.sql")),
    (5, include_str!("../../migrations/sqlite/0005_retention.sql")),
    (6, include_str!("../../migrations/sqlite/0006_drafts.sql")),
    (7, include_str!("../../migrations/sqlite/0007_census.sql")),
];
/// How long a writer waits for another process's writer.
const BUSY: Duration = Duration::from_secs(30);
/// Readers at once.
const READERS: u32 = 4;

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // What is eliminated is overwritten in the file, not only forgotten.
        .pragma("secure_delete", "ON")
        // Counting a large store once, in a migration, is no trouble to be told.
        .disable_statement_logging()
}

fn cannot_open(path: &Path) -> impl Fn(sqlx::Error) -> StoreError + '_ {
    move |error| match StoreError::from(error) {
        StoreError::Database(cause) => StoreError::Open { path: path.display().to_string(), cause },
        other => other,
    }
}

/// The one connection that writes, with the schema up to date.
pub(crate) async fn writer(path: &Path) -> Result<SqliteConnection, StoreError> {
    let mut connection = options(path).create_if_missing(true).connect().await.map_err(cannot_open(path))?;
    migrate(&mut connection).await?;
    Ok(connection)
}

/// The readers.
pub(crate) async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    let reading = options(path).read_only(true);
    SqlitePoolOptions::new().max_connections(READERS).connect_with(reading).await.map_err(cannot_open(path))
}

pub(crate) async fn close(connection: SqliteConnection) {
    if let Err(error) = connection.close().await {
        tracing::warn!(%error, "the store did not close cleanly");
    }
}

async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let found: i64 = sqlx::query("PRAGMA user_version").fetch_one(&mut *connection).await?.get(0);
    let known = MIGRATIONS.last().map_or(0, |(number, _)| *number);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (number, sql) in MIGRATIONS.iter().filter(|(number, _)| *number > found) {
        // Everything here is a constant of ours: the migration's text and its number.
        let whole = format!("BEGIN IMMEDIATE;\n{sql}\nPRAGMA user_version = {number};\nCOMMIT;");
        sqlx::raw_sql(sqlx::AssertSqlSafe(whole)).execute(&mut *connection).await?;
    }
    let listed: i64 = sqlx::query("SELECT count(*) FROM state").fetch_one(&mut *connection).await?.get(0);
    if usize::try_from(listed).is_ok_and(|listed| listed == State::ALL.len()) {
        return Ok(());
    }
    for state in State::ALL {
        sqlx::query("INSERT INTO state (name) VALUES ($1) ON CONFLICT DO NOTHING")
            .bind(state.as_str())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}
