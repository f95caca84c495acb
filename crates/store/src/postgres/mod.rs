//! The shared back end: PostgreSQL, for several workers on several machines.
//!
//! Every process has one connection that writes. Its transaction takes, in this order and so without deadlocks: the
//! lock of those who take in documents, where it looks for duplicates; the rows of the invoices that it changes, by
//! identity; and at the very end the lock of the journal, whose chain every process continues.

pub(crate) mod catalog;
pub(crate) mod connect;
mod integrity;
mod journal;
mod pen;
mod text;
mod transaction;

// The same files as in `sqlite`, compiled here with this database's types.
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
type Db = sqlx::Postgres;
type Pool = sqlx::PgPool;
type Connection = sqlx::PgConnection;
type Row = sqlx::postgres::PgRow;

/// Finds a part of a text, whatever the case of its plain letters.
const CONTAINS: &str = " ILIKE ";
/// The end of a query whose rows one taker gets: a row that somebody else is taking is passed over.
const FOR_ONE_TAKER: &str = " FOR NO KEY UPDATE OF invoice SKIP LOCKED";
