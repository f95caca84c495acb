//! The pipeline: joins the stages that do not know each other.
//!
//! [`import`] brings documents in, [`engine`] takes each through reading, checking and sealing, [`deposit`] sends and
//! follows, [`hands`] are what a person does with a case. SQL is in `store`, HTTP in `transmit`, XML in `xml`.

pub mod archive;
pub mod attachments;
pub mod cases;
pub mod config;
pub mod convert;
pub mod deposit;
pub mod directory;
pub mod doctor;
pub mod draft;
pub mod engine;
pub mod error;
pub mod examine;
pub mod explain;
pub mod hands;
pub mod home;
pub mod import;
pub mod journal;
mod kept;
pub mod large;
pub mod lease;
pub mod lock;
pub mod mandate;
pub mod metrics;
pub mod nightly;
pub mod pdf_worker;
pub mod resolve;
pub mod row;
pub mod seal;
pub mod store_place;
pub mod store_trouble;
pub mod template;
pub mod view;
pub mod worker;

/// Prepares the C libraries. Call it once in the main thread, before any other thread starts.
///
/// # Errors
/// One of the libraries does not start, or is not the version that this program was built for.
pub fn init() -> Result<(), error::PipelineError> {
    facteur_validate::init();
    facteur_sign::init().map_err(|error| error::PipelineError::Seal(error.to_string()))
}
