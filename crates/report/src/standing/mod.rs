//! Standing reports: the questions that accountants ask again and again, each answered from the store.

mod activity;
mod audit;
mod collect;
mod daily;
mod deadlines;
mod group;
mod interest;
mod invoices;
mod linked;
mod mayor;
mod name;
mod payments;
mod query;
mod reconciliation;
mod refused;
mod savings;
mod tally;
mod waiting;
mod year_end;

use std::io;
use std::sync::Arc;

use facteur_store::{Store, StoreError};

pub use group::Group;
pub use name::Name;
pub use query::Query;

use crate::document::Report;
use crate::payment_period::{PeriodError, Rates, Rules};

/// Why a report cannot be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReportError {
    /// The period ends before it begins.
    #[error("the period ends on {to}, before it begins on {from}")]
    Period {
        /// Its first day.
        from: facteur_model::date::Date,
        /// Its last day.
        to: facteur_model::date::Date,
    },
    /// The least amount is more than the most.
    #[error("no amount is at least {min} and at most {max}")]
    Amounts {
        /// The least.
        min: rust_decimal::Decimal,
        /// The most.
        max: rust_decimal::Decimal,
    },
    /// No budget of that name is configured.
    #[error("no budget is called {name}")]
    Budget {
        /// The name.
        name: String,
        /// Those that are configured.
        known: Vec<String>,
    },
    /// An audit is about one invoice.
    #[error("which invoice?")]
    NoSubject,
    /// A table of the payment period.
    #[error(transparent)]
    Table(#[from] PeriodError),
    /// The rows of a long table cannot be kept until they are written.
    #[error("the rows cannot be kept: {0}")]
    Rows(#[source] Arc<io::Error>),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What reports compute with.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// The payment period.
    pub rules: &'a Rules,
    /// The rates of the European Central Bank.
    pub rates: &'a Rates,
}

/// Makes a report.
///
/// # Errors
/// [`ReportError`].
pub async fn build(store: &Store, tables: Tables<'_>, query: &Query) -> Result<Report, ReportError> {
    query.check()?;
    let mut report = made(store, tables, query).await?;
    for section in &mut report.sections {
        section.rows.settle().map_err(|error| ReportError::Rows(Arc::new(error)))?;
    }
    Ok(report)
}

async fn made(store: &Store, tables: Tables<'_>, query: &Query) -> Result<Report, ReportError> {
    match query.name {
        Name::Daily => daily::build(store, query).await,
        Name::Waiting => waiting::build(store, query).await,
        Name::Rejected => refused::build(store, query).await,
        Name::Deadlines => deadlines::build(store, tables, query).await,
        Name::Interest => interest::build(store, tables, query).await,
        Name::Activity => activity::build(store, query).await,
        Name::Audit => audit::build(store, query).await,
        Name::Reconciliation => reconciliation::build(store, query).await,
        Name::YearEnd => year_end::build(store, query).await,
        Name::AlreadyPaid => invoices::already_paid(store, query).await,
        Name::Mayor => mayor::build(store, tables, query).await,
        Name::Invoices => invoices::build(store, query).await,
    }
}
