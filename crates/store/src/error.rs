//! What can go wrong in the store.

use facteur_model::lifecycle::{NotAllowed, State};

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
        matches!(self, Self::NotWritable(_) | Self::Open { .. } | Self::Closed | Self::Newer { .. } | Self::Database(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        const NOT_WRITABLE: [&str; 4] = ["8", "10", "13", "1032"];
        if let sqlx::Error::Database(database) = &error {
            let code = database.code().unwrap_or_default();
            let primary = code.parse::<u32>().map_or(0, |code| code & 0xff).to_string();
            if NOT_WRITABLE.contains(&primary.as_str()) || NOT_WRITABLE.contains(&code.as_ref()) {
                return Self::NotWritable(database.message().to_owned());
            }
        }
        Self::Database(error.to_string())
    }
}
