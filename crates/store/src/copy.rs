//! A whole store from one place to another, whichever back end is where: moving, backing up and restoring are one
//! mechanism.
//!
//! Everything is read at one instant and written in one transaction. The journal of the copy is verified before that
//! transaction ends; whoever is killed before leaves the target as it was.

use std::path::{Path, PathBuf};

use sqlx::{Executor as _, PgConnection, SqliteConnection};

use crate::error::StoreError;
use crate::journal::Head;
use crate::killpoint;
use crate::location::Location;
use crate::{postgres, sqlite};

/// Rows read at a time; fewer of those that hold whole documents.
const ROWS: i64 = 2000;
const DOCUMENTS: i64 = 16;

/// What kind of values a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Bytes,
}

impl Kind {
    pub(crate) fn of(declared: &str) -> Result<Self, StoreError> {
        match declared {
            "TEXT" => Ok(Self::Text),
            "INTEGER" | "BIGINT" => Ok(Self::Number),
            "BLOB" | "BYTEA" => Ok(Self::Bytes),
            other => Err(StoreError::Damaged(format!("a column of the kind {other}"))),
        }
    }
}

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(Option<String>),
    Number(Option<i64>),
    Bytes(Option<Vec<u8>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// Which of the columns identify a row, in the order of the key.
    pub(crate) key: Vec<usize>,
}

impl Table {
    /// From (table, column, place in the key or 0), in the order of tables and columns.
    pub(crate) fn gather(columns: Vec<(String, Column, i64)>) -> Result<Vec<Self>, StoreError> {
        let mut tables: Vec<(Self, Vec<(i64, usize)>)> = Vec::new();
        for (name, column, place) in columns {
            if tables.last().is_none_or(|(table, _)| table.name != name) {
                tables.push((Self { name, columns: Vec::new(), key: Vec::new() }, Vec::new()));
            }
            let Some((table, places)) = tables.last_mut() else { continue };
            if place > 0 {
                places.push((place, table.columns.len()));
            }
            table.columns.push(column);
        }
        tables
            .into_iter()
            .map(|(mut table, mut places)| {
                places.sort_unstable();
                table.key = places.into_iter().map(|(_, index)| index).collect();
                if table.key.is_empty() {
                    return Err(StoreError::Damaged(format!("the table {} has no key", table.name)));
                }
                Ok(table)
            })
            .collect()
    }

    fn rows_at_once(&self) -> i64 {
        if self.columns.iter().any(|column| column.kind == Kind::Bytes) { DOCUMENTS } else { ROWS }
    }
}

/// One end of a copy.
enum End {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

/// Calls the same function of the back end of this end.
macro_rules! at {
    ($end:expr, $module:ident :: $function:ident ( $($argument:expr),* )) => {
        match $end {
            End::Sqlite(connection) => sqlite::$module::$function(connection $(, $argument)*).await,
            End::Postgres(connection) => postgres::$module::$function(connection $(, $argument)*).await,
        }
    };
}

impl End {
    async fn open(location: &Location) -> Result<Self, StoreError> {
        Ok(match location {
            Location::Sqlite(path) => Self::Sqlite(sqlite::catalog::open(path).await?),
            Location::Postgres(server) => Self::Postgres(postgres::catalog::open(server).await?),
        })
    }

    async fn tell(&mut self, what: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(connection) => connection.execute(sqlx::raw_sql(what)).await.map(drop)?,
            Self::Postgres(connection) => connection.execute(sqlx::raw_sql(what)).await.map(drop)?,
        }
        Ok(())
    }

    async fn close(self) {
        match self {
            Self::Sqlite(connection) => sqlite::catalog::close(connection).await,
            Self::Postgres(connection) => postgres::catalog::close(connection).await,
        }
    }
}

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Invoices in the copy.
    pub invoices: i64,
    /// The journal's head, the same at both ends.
    pub head: Head,
    /// True where the copy had been made before: the same journal was there already.
    pub already: bool,
}

/// Who may still write to the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Original {
    /// It goes on: a copy to keep elsewhere.
    GoesOn,
    /// It stands still meanwhile, because the copy takes its place. A target that has the very same journal already is
    /// what an earlier try left, and is taken.
    IsLeft,
}

/// Copies everything. Both ends are brought up to date first.
///
/// # Errors
/// [`StoreError::NotEmpty`] when the target holds anything; [`StoreError::Journal`] when the original's journal does not
/// verify; or one of the ends cannot be used. The target is then as it was.
pub async fn copy(from: &Location, to: &Location, original: Original) -> Result<Copied, StoreError> {
    let mut source = End::open(from).await?;
    let mut target = match End::open(to).await {
        Ok(target) => target,
        Err(error) => {
            source.close().await;
            return Err(error);
        }
    };
    let copied = begun(&mut source, &mut target, to, original).await;
    let ended = if copied.is_ok() { target.tell("COMMIT").await } else { target.tell("ROLLBACK").await };
    killpoint::reach("copy.after_commit");
    let left =
        if copied.is_ok() && ended.is_ok() && original == Original::IsLeft { leave(&mut source).await } else { Ok(()) };
    let _ = source.tell("ROLLBACK").await;
    source.close().await;
    target.close().await;
    let copied = copied?;
    ended.and(left)?;
    Ok(copied)
}

/// The original takes nothing more, from whichever process: otherwise one that still has it open would go on there.
async fn leave(source: &mut End) -> Result<(), StoreError> {
    let closing = match source {
        End::Sqlite(_) => sqlite::catalog::CLOSE_FOR_GOOD,
        End::Postgres(_) => postgres::catalog::CLOSE_FOR_GOOD,
    };
    source.tell(closing).await?;
    source.tell("COMMIT").await
}

async fn begun(source: &mut End, target: &mut End, to: &Location, original: Original) -> Result<Copied, StoreError> {
    at!(source, catalog::begin_reading(original == Original::IsLeft))?;
    at!(target, catalog::begin_writing())?;
    let tables = at!(source, catalog::tables())?;
    if at!(target, catalog::tables())? != tables {
        return Err(StoreError::Damaged("the two stores do not have the same tables".to_owned()));
    }
    let head = at!(source, copy::verified())?;
    let invoices = at!(source, copy::invoices())?;
    if !at!(target, copy::is_empty(&tables))? {
        let same = original == Original::IsLeft
            && at!(target, copy::verified())? == head
            && at!(target, copy::invoices())? == invoices;
        return if same {
            Ok(Copied { invoices, head, already: true })
        } else {
            Err(StoreError::NotEmpty(to.to_string()))
        };
    }
    at!(target, copy::clear())?;
    for table in &tables {
        whole_table(source, target, table).await?;
    }
    at!(target, census::settle())?;
    let arrived = at!(target, copy::verified())?;
    if arrived != head || at!(target, copy::invoices())? != invoices {
        return Err(StoreError::Damaged(format!("the copy ends with {arrived}, the original with {head}")));
    }
    killpoint::reach("copy.before_commit");
    Ok(Copied { invoices, head, already: false })
}

async fn whole_table(source: &mut End, target: &mut End, table: &Table) -> Result<(), StoreError> {
    let mut after: Vec<Cell> = Vec::new();
    loop {
        let rows = at!(source, copy::page(table, &after, table.rows_at_once()))?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = table.key.iter().map(|index| last[*index].clone()).collect();
        at!(target, copy::put(table, rows))?;
        killpoint::reach("copy.page");
    }
}

/// Writes a backup: a store in one file, of the same schema, whatever the back end of the original. The file gets its
/// name only once it is whole.
///
/// # Errors
/// When the file exists, or cannot be written; as [`copy`] otherwise.
pub async fn backup(from: &Location, file: &Path) -> Result<Copied, StoreError> {
    let open = |cause: String| StoreError::Open { path: file.display().to_string(), cause };
    if file.exists() {
        return Err(open("the file exists already".to_owned()));
    }
    let part = unfinished(file);
    remove(&part).map_err(|error| open(error.to_string()))?;
    let copied = copy(from, &Location::Sqlite(part.clone()), Original::GoesOn).await;
    let finished = copied.and_then(|copied| {
        let named = std::fs::File::open(&part).and_then(|whole| whole.sync_all());
        // A second name, which fails where somebody else has made the file meanwhile; then the first one goes.
        named.and_then(|()| std::fs::hard_link(&part, file)).map_err(|error| open(error.to_string()))?;
        Ok(copied)
    });
    let _ = remove(&part);
    finished
}

/// Brings a backup back, into a store that is empty. The backup itself is not touched: one of an older release is
/// brought up to date beside the target.
///
/// # Errors
/// [`StoreError::NotEmpty`]; when the file is no store; as [`copy`] otherwise.
pub async fn restore(file: &Path, to: &Location, beside: &Path) -> Result<Copied, StoreError> {
    let open = |cause: String| StoreError::Open { path: file.display().to_string(), cause };
    let part = unfinished(&beside.join("restore"));
    remove(&part).map_err(|error| open(error.to_string()))?;
    let taken = std::fs::copy(file, &part).map_err(|error| open(error.to_string()));
    let copied = match taken {
        Ok(_) => copy(&Location::Sqlite(part.clone()), to, Original::GoesOn).await,
        Err(error) => Err(error),
    };
    let _ = remove(&part);
    copied
}

fn unfinished(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    file.with_file_name(name)
}

/// With the files that the database lays beside it.
fn remove(path: &Path) -> std::io::Result<()> {
    for ending in ["", "-wal", "-shm", "-journal"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
