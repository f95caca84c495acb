//! The embedded back end: SQLite in WAL mode, `synchronous=FULL`, one writer with `BEGIN IMMEDIATE`.

pub(crate) mod catalog;
pub(crate) mod connect;
pub(crate) mod integrity;
mod journal;
mod pen;
mod text;
mod transaction;

// The same files as in `postgres`, compiled here with this database's types.
#[path = "../both/archive.rs"]
pub(crate) mod archive;
#[path = "../both/census.rs"]
pub(crate) mod census;
#[path = "../both/check.rs"]
pub(crate) mod check;
#[path = "../both/claim.rs"]
mod claim;
#[path = "../both/copy.rs"]
pub(crate) mod copy;
#[path = "../both/draft.rs"]
pub(crate) mod draft;
#[path = "../both/kept.rs"]
mod kept;
#[path = "../both/lines.rs"]
mod lines;
#[path = "../both/read.rs"]
pub(crate) mod read;
#[path = "../both/report.rs"]
pub(crate) mod report;
#[path = "../both/write/mod.rs"]
mod write;

pub(crate) use self::pen::Pen;
use self::transaction::snapshot;

/// The database, its pool, a connection, a row.
type Db = sqlx::Sqlite;
type Pool = sqlx::SqlitePool;
type Connection = sqlx::SqliteConnection;
type Row = sqlx::sqlite::SqliteRow;

/// Finds a part of a text, whatever the case of its plain letters.
const CONTAINS: &str = " LIKE ";
/// The end of a query whose rows one taker gets: here nobody else writes during a transaction.
const FOR_ONE_TAKER: &str = "";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use sqlx::{Connection as _, Row as _};

    /// Another index that fits a little must not make an import slower with each invoice of the same supplier.
    #[tokio::test]
    async fn what_an_import_looks_up_has_an_index_of_its_own() {
        let mut connection = super::Connection::connect("sqlite::memory:").await.unwrap();
        for (_, sql) in super::connect::MIGRATIONS {
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
        let mut plans = String::new();
        for order in [super::write::orders::WHAT_IS_KNOWN_OF_ARRIVALS, super::write::orders::WHAT_IS_KNOWN_OF_INVOICES]
        {
            let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {order}"));
            let rows = sqlx::query(explained).bind("[]").fetch_all(&mut connection).await.unwrap();
            plans.extend(rows.iter().map(|row| row.get::<String, _>(3) + "\n"));
        }
        for index in [
            "invoice_by_bytes (siren=? AND sha256=?)",
            "invoice_by_key (siren=? AND supplier_siren=? AND number=? AND issue_year=?)",
            "invoice_by_total (siren=? AND supplier_siren=? AND total=?)",
        ] {
            assert!(plans.contains(index), "{index} is not in\n{plans}");
        }
    }
}
