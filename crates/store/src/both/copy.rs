//! Reading and writing whole tables, row by row and without knowing what they mean, for copies from one back end to
//! the other.

use sqlx::{QueryBuilder, Row as _};

use super::{Connection, Db, Row, read};
use crate::copy::{Cell, Kind, Table};
use crate::error::StoreError;
use crate::journal::{Head, Verifier};

/// What an installation writes into a store before anything comes in.
const BEGUN: [&str; 3] = ["structure", "legal_person", "state"];
/// Values that one order may carry at most, with room to spare on both databases.
const VALUES: usize = 20_000;
/// Lines of the journal read at a time.
const LINES: i64 = 1000;

/// Whether nothing has come in yet.
pub(crate) async fn is_empty(connection: &mut Connection, tables: &[Table]) -> Result<bool, StoreError> {
    for table in tables.iter().filter(|table| !BEGUN.contains(&table.name.as_str())) {
        let mut query = QueryBuilder::<Db>::new("SELECT 1 FROM ");
        query.push(&table.name).push(" LIMIT 1");
        if query.build().fetch_optional(&mut *connection).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes away what the installation itself wrote, so that the copy has what the original has and nothing else.
pub(crate) async fn clear(connection: &mut Connection) -> Result<(), StoreError> {
    for table in BEGUN {
        QueryBuilder::<Db>::new("DELETE FROM ").push(table).build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// The next rows of a table in the order of its key.
pub(crate) async fn page(
    connection: &mut Connection,
    table: &Table,
    after: &[Cell],
    limit: i64,
) -> Result<Vec<Vec<Cell>>, StoreError> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let key = table.key.iter().map(|index| columns[*index]).collect::<Vec<_>>().join(", ");
    let mut query = QueryBuilder::<Db>::new("SELECT ");
    query.push(columns.join(", ")).push(" FROM ").push(&table.name);
    if !after.is_empty() {
        query.push(" WHERE (").push(&key).push(") > (");
        let mut list = query.separated(", ");
        for cell in after {
            match cell.clone() {
                Cell::Text(text) => list.push_bind(text),
                Cell::Number(number) => list.push_bind(number),
                Cell::Bytes(bytes) => list.push_bind(bytes),
            };
        }
        query.push(")");
    }
    query.push(" ORDER BY ").push(&key).push(" LIMIT ").push_bind(limit);
    let rows = query.build().fetch_all(connection).await?;
    rows.iter().map(|row| cells(table, row)).collect()
}

fn cells(table: &Table, row: &Row) -> Result<Vec<Cell>, StoreError> {
    let unreadable = |name: &str, error: sqlx::Error| StoreError::Damaged(format!("{}.{name}: {error}", table.name));
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(index, column)| {
            let cell = match column.kind {
                Kind::Text => row.try_get(index).map(Cell::Text),
                Kind::Number => row.try_get(index).map(Cell::Number),
                Kind::Bytes => row.try_get(index).map(Cell::Bytes),
            };
            cell.map_err(|error| unreadable(&column.name, error))
        })
        .collect()
}

/// Writes rows as they are.
pub(crate) async fn put(connection: &mut Connection, table: &Table, rows: Vec<Vec<Cell>>) -> Result<(), StoreError> {
    let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    let at_once = (VALUES / columns.len().max(1)).max(1);
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut query = QueryBuilder::<Db>::new("INSERT INTO ");
        query.push(&table.name).push(" (").push(columns.join(", ")).push(") ");
        query.push_values(rows.by_ref().take(at_once), |mut values, row| {
            for cell in row {
                match cell {
                    Cell::Text(text) => values.push_bind(text),
                    Cell::Number(number) => values.push_bind(number),
                    Cell::Bytes(bytes) => values.push_bind(bytes),
                };
            }
        });
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

/// Verifies the journal inside the transaction that wrote it.
pub(crate) async fn verified(connection: &mut Connection) -> Result<Head, StoreError> {
    let mut verifier = Verifier::new(None);
    let mut seq = i64::MIN;
    loop {
        let lines = read::journal_after(&mut *connection, seq, LINES).await?;
        let Some(last) = lines.last() else { return verifier.finish() };
        seq = last.seq;
        lines.iter().try_for_each(|line| verifier.take(line))?;
    }
}

/// How many invoices there are.
pub(crate) async fn invoices(connection: &mut Connection) -> Result<i64, StoreError> {
    Ok(sqlx::query("SELECT count(*) FROM invoice").fetch_one(connection).await?.get(0))
}
