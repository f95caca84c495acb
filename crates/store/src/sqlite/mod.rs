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
