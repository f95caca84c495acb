//! What tables there are, and the transactions of a copy.

use sqlx::{Executor as _, Row as _};

use super::{Connection, connect};
use crate::copy::{Column, Kind, Table};
use crate::error::StoreError;
use crate::location::Server;

pub(crate) async fn open(server: &Server) -> Result<Connection, StoreError> {
    connect::ready(server).await
}

/// Every table with its columns; the number of the schema is not part of the store, and what the database counts by
/// itself is counted anew at the other end.
pub(crate) async fn tables(connection: &mut Connection) -> Result<Vec<Table>, StoreError> {
    let rows = sqlx::query(
        "SELECT c.table_name::text, c.column_name::text, upper(c.data_type)::text, \
         coalesce(array_position(i.indkey::int2[], a.attnum), -1)::bigint + 1 \
         FROM information_schema.columns AS c \
         JOIN pg_class AS t ON t.relname = c.table_name AND t.relnamespace = current_schema()::regnamespace \
         JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attname = c.column_name \
         LEFT JOIN pg_index AS i ON i.indrelid = t.oid AND i.indisprimary \
         WHERE c.table_schema = current_schema() AND t.relkind = 'r' AND c.table_name NOT IN ('schema_version', 'census') \
         ORDER BY c.table_name, c.column_name",
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

/// Reads what belongs to one instant; with `alone`, nobody else writes until the end: every writer needs the journal.
pub(crate) async fn begin_reading(connection: &mut Connection, alone: bool) -> Result<(), StoreError> {
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ").await?;
    if alone {
        connection.execute("LOCK TABLE journal, invoice IN EXCLUSIVE MODE").await?;
    }
    Ok(())
}

/// Writes table by table: references are looked at when everything is there.
pub(crate) async fn begin_writing(connection: &mut Connection) -> Result<(), StoreError> {
    connection.execute("BEGIN").await?;
    connection.execute("LOCK TABLE journal, invoice, arrival IN EXCLUSIVE MODE").await?;
    connection.execute("SET CONSTRAINTS ALL DEFERRED").await?;
    Ok(())
}

/// Every change writes into the journal: without that, there is none.
pub(crate) const CLOSE_FOR_GOOD: &str = "\
    CREATE OR REPLACE FUNCTION facteur_elsewhere() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN RAISE EXCEPTION 'this store has moved elsewhere'; END $$; \
    DROP TRIGGER IF EXISTS journal_is_elsewhere ON journal; \
    CREATE TRIGGER journal_is_elsewhere BEFORE INSERT ON journal \
    FOR EACH STATEMENT EXECUTE FUNCTION facteur_elsewhere()";

pub(crate) async fn close(connection: Connection) {
    connect::close(connection).await;
}
