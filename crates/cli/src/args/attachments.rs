//! `facteur attachments`

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Attachments {
    /// A file, or an invoice of the store by its identity or number.
    #[arg(value_name = "FILE|ID")]
    pub what: String,
    /// Write them into this folder; nothing there is overwritten.
    #[arg(long, value_name = "DIR")]
    pub extract: Option<PathBuf>,
}
