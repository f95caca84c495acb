//! `facteur store …`

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct StoreArguments {
    #[command(subcommand)]
    pub command: StoreCommand,
}

#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Check everything: database, documents, journal, states.
    Check,
    /// Bring the schema up to date, and say where the store is.
    Migrate,
    /// Write a consistent copy: one file, whatever the store is kept in.
    Backup {
        /// Where; never overwritten.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Bring a copy back into a store that is empty.
    Restore {
        /// A file that `store backup` wrote.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Move the store elsewhere, with its journal, and have the configuration name it.
    Move {
        /// sqlite:PATH or postgres://ACCOUNT@SERVER/DATABASE; it must be empty.
        #[arg(long, value_name = "URL")]
        to: String,
        /// Password of the account, by reference: file:PATH or env:NAME.
        #[arg(long, value_name = "REFERENCE")]
        password: Option<String>,
    },
}
