//! `facteur journal`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct Journal {
    #[command(subcommand)]
    pub command: JournalCommand,
}

#[derive(Debug, Subcommand)]
pub enum JournalCommand {
    /// Verify the chain, and every timestamp.
    Verify {
        /// A head that was kept elsewhere: LINE:HASH.
        #[arg(long, value_name = "HEAD")]
        head: Option<String>,
    },
    /// Write the journal to a file that anybody can check: lines, head, signature.
    Export {
        /// Where; never overwritten.
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
        /// Lines from this day on: YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        from: Option<String>,
        /// Lines until this day, included.
        #[arg(long, value_name = "DATE")]
        to: Option<String>,
        /// What the lines say too, with names, not their digests alone.
        #[arg(long)]
        payloads: bool,
    },
    /// Have the head timestamped by the configured authority.
    Timestamp,
}
