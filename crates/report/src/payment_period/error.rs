//! Why a period or its interest cannot be computed.

use facteur_model::date::Date;

/// Why a period or its interest cannot be computed. Nothing is guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// A table cannot be read.
    #[error("{table} cannot be read: {what}")]
    Table {
        /// Which.
        table: &'static str,
        /// What is wrong.
        what: String,
    },
    /// The table has no row for the day.
    #[error("the table has no {what} for {day}")]
    NoRow {
        /// What was looked for.
        what: &'static str,
        /// The day that decides.
        day: Date,
    },
    /// The rate of the half-year is not in the table.
    #[error("no rate of the European Central Bank is known for the half-year that begins on {0}")]
    NoRate(Date),
    /// The missing documents came in before they were asked for.
    #[error("the interruption ends on {completed}, before it was notified on {notified}")]
    InterruptionOrder {
        /// When the creditor was notified.
        notified: Date,
        /// When everything had come in.
        completed: Date,
    },
    /// The sum is too large to be computed exactly.
    #[error("the sum is too large")]
    TooLarge,
}
