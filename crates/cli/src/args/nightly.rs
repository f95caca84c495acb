//! The nightly run and its timer.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub struct Nightly {
    /// Show what it would do, change nothing.
    #[arg(long, conflicts_with_all = ["mail_only", "last"])]
    pub dry_run: bool,
    /// Begin whatever time it is.
    #[arg(long, conflicts_with_all = ["mail_only", "last"])]
    pub any_time: bool,
    /// Only deliver the summaries that earlier nights could not deliver.
    #[arg(long, conflicts_with = "last")]
    pub mail_only: bool,
    /// Only show the last night again.
    #[arg(long)]
    pub last: bool,
}

#[derive(Debug, Args)]
pub struct InstallTimer {
    /// When the night begins: HH:MM, by the clocks of Paris (cron: of this machine).
    #[arg(long, value_name = "HH:MM", default_value = "22:05")]
    pub at: String,
    /// For you alone, not for the whole machine.
    #[arg(long)]
    pub user: bool,
    /// A line for cron instead of systemd units.
    #[arg(long)]
    pub cron: bool,
    /// Show the files, write nothing.
    #[arg(long)]
    pub print: bool,
    /// Replace also a file that somebody changed.
    #[arg(long)]
    pub force: bool,
    /// Folder of the files instead of the usual one.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}
