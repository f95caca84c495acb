//! `facteur convert`

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub struct Convert {
    /// The invoice: UBL, CII, or a PDF with the XML inside.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The syntax to write.
    #[arg(long, value_enum, value_name = "SYNTAX")]
    pub to: TargetName,
    /// What to follow: keep, en16931, extended-ctc-fr, cpro-historic, afnor, or for CII factur-x-minimum,
    /// factur-x-basic-wl, factur-x-basic, factur-x-en16931, factur-x-extended; by default the channel of the
    /// installation, without one keep.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Where the result goes; never overwritten.
    #[arg(short, long, value_name = "OUT")]
    pub out: PathBuf,
    /// A value that the document lacks: BT-23=B1, BT-34=0225:…, BT-22=PMT:…; may be repeated.
    #[arg(long = "set", value_name = "TERM=VALUE")]
    pub supplied: Vec<String>,
    /// For Factur-X: keep the pages of FILE, a PDF, instead of drawing the invoice.
    #[arg(long)]
    pub keep_page: bool,
    /// For Factur-X: keep the pages of this PDF of the supplier instead of drawing the invoice.
    #[arg(long, value_name = "PDF", conflicts_with = "keep_page")]
    pub page: Option<PathBuf>,
    /// Write the result although the terms listed are lost.
    #[arg(long)]
    pub accept_loss: bool,
    /// Write the result although it breaks rules.
    #[arg(long)]
    pub accept_invalid: bool,
}

/// A syntax by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TargetName {
    /// UBL 2.1.
    Ubl,
    /// CII D22B.
    Cii,
    /// Factur-X: a page in the language of the command, with the XML inside.
    FacturX,
}
