//! Drafts of plain PDFs, and the mandates by which a filing agent deposits them.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
pub struct Draft {
    #[command(subcommand)]
    pub command: DraftCommand,
}

#[derive(Debug, Subcommand)]
pub enum DraftCommand {
    /// What is proposed, what is unsure, what is missing.
    Show {
        /// Identity (or an unambiguous part of it) or number.
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Give values: number=F-12 issued=05/10/2026; an empty one says that there is none.
    Set {
        /// Identity (or an unambiguous part of it) or number.
        #[arg(value_name = "ID")]
        id: String,
        /// Field and value.
        #[arg(value_name = "FIELD=VALUE", required = true)]
        values: Vec<String>,
    },
    /// Fill in the form in your editor ($VISUAL, $EDITOR).
    Edit {
        /// Identity (or an unambiguous part of it) or number.
        #[arg(value_name = "ID")]
        id: String,
        /// Begin with a fresh form, where one lies there that could not be used.
        #[arg(long)]
        fresh: bool,
    },
    /// Vouch for it: the invoice is built, checked, sealed and queued.
    Confirm {
        /// Identity (or an unambiguous part of it) or number.
        #[arg(value_name = "ID")]
        id: String,
        /// Why, for the journal.
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
        /// What it is written as, where not as configured.
        #[arg(long, value_enum, value_name = "FORM")]
        form: Option<FormName>,
        /// You compared the unsure values with the page.
        #[arg(long)]
        unsure_checked: bool,
    },
}

/// What a confirmed draft is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormName {
    /// The supplier's PDF carries the XML.
    FacturX,
    /// UBL 2.1.
    Ubl,
    /// CII D22B.
    Cii,
}

#[derive(Debug, Args)]
pub struct Mandate {
    #[command(subcommand)]
    pub command: MandateCommand,
}

#[derive(Debug, Subcommand)]
pub enum MandateCommand {
    /// Keep a supplier's written mandate.
    Add {
        /// SIREN of the supplier.
        #[arg(long, value_name = "SIREN")]
        supplier: String,
        /// The signed mandate.
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        /// First day: YYYY-MM-DD.
        #[arg(long, value_name = "DATE")]
        from: String,
        /// Last day, included.
        #[arg(long, value_name = "DATE")]
        until: String,
    },
    /// Every mandate and where it stands.
    List,
    /// End a mandate.
    Revoke {
        /// Its identity, or the end of it that the list shows.
        #[arg(value_name = "MANDATE")]
        id: String,
        /// Why, for the journal.
        #[arg(long, short, value_name = "TEXT")]
        why: Option<String>,
    },
}
