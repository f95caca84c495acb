//! `facteur view`

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct View {
    /// A file, or an invoice of the store by its identity or number. --format takes text, html, pdf and json.
    #[arg(value_name = "FILE|ID")]
    pub what: String,
    /// Where the result goes; never overwritten. Without it, standard output.
    #[arg(short, long, value_name = "OUT")]
    pub out: Option<PathBuf>,
}
