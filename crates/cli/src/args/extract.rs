//! `facteur extract`

use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Extract {
    /// The PDF.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}
