//! `facteur archive`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Archive {
    #[command(subcommand)]
    pub command: ArchiveCommand,
}

#[derive(Debug, Subcommand)]
pub enum ArchiveCommand {
    /// How long each class of documents is kept, and by which text.
    Schedule,
    /// What may be eliminated: a list for a person to approve. Nothing is changed.
    Propose {
        /// Write the list to this file; never overwritten.
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Keep invoices whatever the schedule says (a trial, an audit).
    Hold(ArchiveSelection),
    /// End a hold.
    Release(ArchiveSelection),
    /// Erase what an approved list names and is still due; the digests stay.
    Eliminate {
        /// The approved list, as `propose` wrote it; lines may have been taken away.
        #[arg(long, value_name = "FILE")]
        list: PathBuf,
        /// Why, and who approved: for the journal and the certificate.
        #[arg(long, short, value_name = "TEXT")]
        why: String,
    },
}

/// Invoices: named, or all that a filter finds.
#[derive(Debug, Args)]
pub struct ArchiveSelection {
    /// Identities (or unambiguous parts) or numbers.
    #[arg(value_name = "ID", required_unless_present_any = ["supplier", "state", "from", "to"])]
    pub ids: Vec<String>,
    /// All of this supplier: part of its name, SIREN or SIRET.
    #[arg(long, value_name = "SUPPLIER", conflicts_with = "ids")]
    pub supplier: Option<String>,
    /// All in these states.
    #[arg(long, value_delimiter = ',', value_name = "STATE", conflicts_with = "ids")]
    pub state: Vec<String>,
    /// Received from this day on: YYYY-MM-DD.
    #[arg(long, value_name = "DATE", conflicts_with = "ids")]
    pub from: Option<String>,
    /// Received until this day, included.
    #[arg(long, value_name = "DATE", conflicts_with = "ids")]
    pub to: Option<String>,
    /// Why, for the journal.
    #[arg(long, short, value_name = "TEXT")]
    pub why: String,
}
