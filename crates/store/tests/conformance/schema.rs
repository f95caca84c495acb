//! Both back ends have the same tables and columns, under the same numbers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sqlx::{ConnectOptions as _, Row as _};

use crate::bed::Bed;

fn numbers(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_migrations_have_the_same_numbers_and_names() {
    assert_eq!(numbers("sqlite"), numbers("postgres"));
}

/// Table, column: type as both would say it, and whether it may be empty.
type Columns = BTreeMap<(String, String), (String, bool)>;

async fn embedded() -> Columns {
    let bed = Bed::sqlite();
    bed.store().await.close().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(bed.location.file().unwrap());
    let rows = sqlx::query(
        "SELECT m.name, c.name, c.type, c.\"notnull\" = 1 OR c.pk > 0 FROM sqlite_schema m, pragma_table_info(m.name) c \
         WHERE m.type = 'table'",
    );
    let rows = rows.fetch_all(&mut options.connect().await.unwrap()).await.unwrap();
    let plain = |kind: String| match kind.as_str() {
        "INTEGER" => "BIGINT".to_owned(),
        "BLOB" => "BYTEA".to_owned(),
        _ => kind,
    };
    rows.iter().map(|row| ((row.get(0), row.get(1)), (plain(row.get(2)), row.get::<i64, _>(3) != 0))).collect()
}

async fn shared() -> Columns {
    let bed = Bed::postgres();
    bed.store().await.close().await;
    let options: sqlx::postgres::PgConnectOptions = bed.location.to_string().parse().unwrap();
    let rows = sqlx::query(
        "SELECT table_name::text, column_name::text, upper(data_type), is_nullable = 'NO', coalesce(collation_name, '') \
         FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> 'schema_version'",
    );
    let rows = rows.fetch_all(&mut options.connect().await.unwrap()).await.unwrap();
    for row in &rows {
        let (table, column, kind, collation): (String, String, String, String) =
            (row.get(0), row.get(1), row.get(2), row.get(4));
        assert!(kind != "TEXT" || collation == "C", "{table}.{column} is compared as {collation:?}");
    }
    rows.iter().map(|row| ((row.get(0), row.get(1)), (row.get(2), row.get(3)))).collect()
}

#[tokio::test]
async fn both_back_ends_have_the_same_tables_and_columns() {
    let (embedded, shared) = (embedded().await, shared().await);
    assert!(embedded.len() > 100, "{}", embedded.len());
    assert_eq!(embedded, shared);
}

/// A whole store is copied table by table in one transaction: every reference waits for its end.
#[tokio::test]
async fn every_reference_can_be_deferred() {
    let bed = Bed::postgres();
    bed.store().await.close().await;
    let options: sqlx::postgres::PgConnectOptions = bed.location.to_string().parse().unwrap();
    let rows = sqlx::query("SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable");
    let rows = rows.fetch_all(&mut options.connect().await.unwrap()).await.unwrap();
    let strict: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert!(strict.is_empty(), "{strict:?}");
}
