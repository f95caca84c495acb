//! What can go wrong in the store.

use facteur_model::lifecycle::{NotAllowed, State};
use sqlx::postgres::PgDatabaseError;

use crate::location::AddressProblem;

/// Why the store could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or created.
    #[error("the store {path} cannot be opened: {cause}")]
    Open {
        /// Where it should be.
        path: String,
        /// What the database says.
        cause: String,
    },
    /// The disk is full, or the store may only be read: nothing was acknowledged.
    #[error("the store cannot be written: {0}")]
    NotWritable(String),
    /// The address of the store cannot be used.
    #[error("the address of the store, {address}, cannot be used: {what}")]
    Address {
        /// The address, without what must not be shown.
        address: String,
        /// What is wrong.
        what: AddressProblem,
    },
    /// The database server refuses the account: unknown, expired, wrong password, or not allowed to this database.
    #[error("the database server refuses the account: {0}")]
    Account(String),
    /// The account may not do what the store needs.
    #[error("the account of the store lacks a right: {0}")]
    Rights(String),
    /// The server has no such database.
    #[error("the server has no such database: {0}")]
    NoDatabase(String),
    /// The connection to the database server was lost, or there is none.
    #[error("no connection to the database server: {0}")]
    Lost(String),
    /// Two transactions stood in each other's way; the same again will do.
    #[error("two transactions stood in each other's way: {0}")]
    Conflict(String),
    /// The server is too old, or set up so that what it acknowledges may be lost.
    #[error("the database server cannot be used: {0}")]
    Unsuitable(String),
    /// The store was moved: this one takes nothing more.
    #[error("this store has moved elsewhere")]
    Elsewhere,
    /// A store that must be empty is not.
    #[error("the store {0} is not empty")]
    NotEmpty(String),
    /// The store was made by a newer release.
    #[error("the store has version {found}, this release knows {known}")]
    Newer {
        /// Its version.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// Somebody else changed the invoice first, or it is not in the state expected.
    #[error("invoice {id} is {found}, not {expected}")]
    Moved {
        /// Which invoice.
        id: String,
        /// What was expected.
        expected: State,
        /// What it is.
        found: String,
    },
    /// Another person changed the draft first.
    #[error("the draft {0} was changed by somebody else")]
    DraftChanged(String),
    /// No such invoice, document or flow.
    #[error("nothing is stored under {0}")]
    Missing(String),
    /// Several invoices begin so.
    #[error("{0} names several invoices")]
    Ambiguous(String),
    /// The life cycle has no such step.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The journal does not agree with itself or with the head kept elsewhere.
    #[error("journal line {seq}: {what}")]
    Journal {
        /// Which line.
        seq: i64,
        /// What is wrong.
        what: String,
    },
    /// The document's bytes were eliminated, as an approved list says.
    #[error("document {sha256} was eliminated on {} by the list {list}", at.rfc3339())]
    Eliminated {
        /// Which document.
        sha256: String,
        /// When.
        at: facteur_model::clock::Timestamp,
        /// SHA-256 of the list.
        list: String,
    },
    /// What is stored cannot be understood.
    #[error("the store holds something unreadable: {0}")]
    Damaged(String),
    /// Any other answer of the database.
    #[error("the database answers: {0}")]
    Database(String),
    /// The writer has stopped.
    #[error("the store has been closed")]
    Closed,
}

impl StoreError {
    /// Whether the store itself is unusable now, so that a batch must stop.
    #[must_use]
    pub const fn stops_everything(&self) -> bool {
        !matches!(
            self,
            Self::Moved { .. }
                | Self::Missing(_)
                | Self::Ambiguous(_)
                | Self::DraftChanged(_)
                | Self::NotAllowed(_)
                | Self::Journal { .. }
                | Self::Damaged(_)
        )
    }

    /// Whether the same again, a moment later, may well succeed.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Conflict(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.message() == "this store has moved elsewhere" => {
                Self::Elsewhere
            }
            sqlx::Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
                Some(database) => postgres(database.code(), database.message()),
                None => sqlite(&database.code().unwrap_or_default(), database.message(), &error),
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut => Self::Lost(error.to_string()),
            _ => Self::Database(error.to_string()),
        }
    }
}

/// By SQLite's result codes.
fn sqlite(code: &str, message: &str, error: &sqlx::Error) -> StoreError {
    const NOT_WRITABLE: [&str; 4] = ["8", "10", "13", "1032"];
    let primary = code.parse::<u32>().map_or(0, |code| code & 0xff).to_string();
    if NOT_WRITABLE.contains(&primary.as_str()) || NOT_WRITABLE.contains(&code) {
        return StoreError::NotWritable(message.to_owned());
    }
    StoreError::Database(error.to_string())
}

/// By SQLSTATE (PostgreSQL, appendix A).
fn postgres(code: &str, message: &str) -> StoreError {
    let message = message.to_owned();
    match code {
        "28000" | "28P01" => StoreError::Account(message),
        "3D000" => StoreError::NoDatabase(message),
        "42501" => StoreError::Rights(message),
        "25006" | "53100" => StoreError::NotWritable(message),
        "40001" | "40P01" | "55P03" => StoreError::Conflict(message),
        "25P03" | "53300" | "57P01" | "57P02" | "57P03" | "57P05" => StoreError::Lost(message),
        _ if code.starts_with("08") => StoreError::Lost(message),
        _ => StoreError::Database(format!("{code}: {message}")),
    }
}
