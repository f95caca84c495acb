//! A person's hand on cases, one or many, and what a person found on the portal.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Hand {
    /// Identity (or an unambiguous part of it) or number; several.
    #[arg(value_name = "ID", required_unless_present_any = FILTERS, conflicts_with_all = FILTERS)]
    pub ids: Vec<String>,
    /// Why, for the journal; needed for many cases at once.
    #[arg(long, short, value_name = "TEXT")]
    pub why: Option<String>,
    #[command(flatten)]
    pub many: Many,
}

/// The options that choose many cases at once.
const FILTERS: [&str; 6] = ["state", "supplier", "recipient", "reason", "older_than", "all_matching"];

/// Many cases at once, by what they have in common.
#[derive(Debug, Args)]
pub struct Many {
    /// Every case in these states; without it, in those that allow the command.
    #[arg(long, value_delimiter = ',', value_name = "STATE")]
    pub state: Vec<String>,
    /// Every case of this supplier: part of its name, SIREN or SIRET.
    #[arg(long, value_name = "SUPPLIER")]
    pub supplier: Option<String>,
    /// Every case of this recipient: part of its name, or SIRET.
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Option<String>,
    /// Every case for this reason: its code, or the rule that failed.
    #[arg(long, value_name = "CODE")]
    pub reason: Option<String>,
    /// Every case that is in its state for at least so many days.
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<i64>,
    /// Every case that matches, also where there are more than a hundred.
    #[arg(long)]
    pub all_matching: bool,
    /// Show the cases, change nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
    /// Only where exactly so many cases match.
    #[arg(long, value_name = "N")]
    pub expect: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Resolve {
    /// Identity (or an unambiguous part of it) or number.
    #[arg(value_name = "ID")]
    pub id: String,
    /// What you found on the portal.
    #[arg(long = "as", value_enum, value_name = "FOUND")]
    pub found: FoundName,
    /// The flow number that the portal shows.
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// Where you looked, for the journal.
    #[arg(long, short, value_name = "TEXT")]
    pub why: String,
}

/// What was found on the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FoundName {
    /// The portal integrated it.
    Integrated,
    /// It is paid, or nothing more is expected.
    Settled,
    /// The portal rejected it.
    Rejected,
    /// The portal does not have it: it may be deposited.
    Absent,
    /// It is handled outside the portal.
    Outside,
}
