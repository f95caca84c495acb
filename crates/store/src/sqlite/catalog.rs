//! What tables there are, and the transactions of a copy.

use std::path::Path;

use sqlx::Row as _;

use super::{Connection, connect};
use crate::copy::{Column, Kind, Table};
use crate::error::StoreError;

pub(crate) async fn open(path: &Path) -> Result<Connection, StoreError> {
    connect::writer(path).await
}

/// Every table with its columns; what the database counts by itself is counted anew at the other end.
pub(crate) async fn tables(connection: &mut Connection) -> Result<Vec<Table>, StoreError> {
    let rows = sqlx::query(
        "SELECT m.name, c.name, c.type, c.pk FROM sqlite_schema AS m, pragma_table_info(m.name) AS c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'census' \
         ORDER BY m.name, c.name",
    )
    .fetch_all(connection)
    .await?;
    let columns = rows.iter().map(|row| {
        let (table, name, kind, place): (String, String, String, i64) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        Ok((table, Column { name, kind: Kind::of(&kind)? }, place))
    });
    Table::gather(columns.collect::<Result<Vec<_>, StoreError>>()?)
}

/// Reads what belongs to one instant; with `alone`, nobody else writes until the end.
pub(crate) async fn begin_reading(connection: &mut Connection, alone: bool) -> Result<(), StoreError> {
    sqlx::query(if alone { "BEGIN IMMEDIATE" } else { "BEGIN" }).execute(connection).await?;
    Ok(())
}

/// Writes table by table: references are looked at when everything is there.
pub(crate) async fn begin_writing(connection: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    sqlx::query("PRAGMA defer_foreign_keys = ON").execute(connection).await?;
    Ok(())
}

/// Every change writes into the journal: without that, there is none.
pub(crate) const CLOSE_FOR_GOOD: &str = "CREATE TRIGGER IF NOT EXISTS journal_is_elsewhere BEFORE INSERT ON journal \
    BEGIN SELECT RAISE(ABORT, 'this store has moved elsewhere'); END";

pub(crate) async fn close(connection: Connection) {
    connect::close(connection).await;
}
