//! `facteur template`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct TemplateArguments {
    #[command(subcommand)]
    pub command: TemplateCommand,
}

#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    /// Learn a template from a completed draft, or from a PDF and its right values.
    Learn(Learn),
    /// List the templates, and what is wrong with those that are not used.
    List,
    /// Check a template, and show what it reads in a PDF.
    Check {
        /// The template.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A PDF of that supplier.
        #[arg(long, value_name = "PDF")]
        on: Option<PathBuf>,
    },
    /// Print a template.
    Show {
        /// Its name.
        #[arg(value_name = "NAME")]
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Learn {
    /// A draft (identity or number) whose values a person completed, or a PDF.
    #[arg(value_name = "ID|FILE")]
    pub what: String,
    /// The right values of a PDF: a TOML file, one field a line (number = "F-2026-17").
    #[arg(long, value_name = "TOML")]
    pub values: Option<PathBuf>,
    /// The name of the template; by default the supplier's.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Replace the template that has this name already.
    #[arg(long)]
    pub replace: bool,
}
