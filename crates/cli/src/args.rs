//! What can be said on the command line, and nothing about what it does.

mod archive;
mod attachments;
mod convert;
mod draft;
mod extract;
mod hands;
mod journal;
mod nightly;
mod store;
mod template;
mod view;
mod work;

use std::path::PathBuf;

pub use self::attachments::Attachments;
pub use self::convert::{Convert, TargetName};
pub use self::draft::{Draft, DraftCommand, FormName, Mandate, MandateCommand};
pub use self::extract::Extract;
pub use self::hands::{FoundName, Hand, Many, Resolve};
pub use self::nightly::{InstallTimer, Nightly};
pub use self::store::{StoreArguments, StoreCommand};
pub use self::template::{Learn, TemplateArguments, TemplateCommand};
pub use self::view::View;
pub use self::work::Work;
use clap::{Args, Parser, Subcommand, ValueEnum};
use facteur_texts::Language;

pub use self::archive::{Archive, ArchiveCommand, ArchiveSelection};
pub use self::journal::{Journal, JournalCommand};

/// Invoices to the Trésor public: read, checked, sealed, deposited, followed until they are paid.
#[derive(Debug, Parser)]
#[command(name = "facteur", version, propagate_version = true, arg_required_else_help = true, max_term_width = 100)]
pub struct Arguments {
    /// Folder of the installation.
    #[arg(long, global = true, env = "FACTEUR_HOME", value_name = "DIR")]
    pub home: Option<PathBuf>,
    /// Language: fr or en; by default that of the locale.
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    pub lang: Option<LanguageName>,
    /// How data is printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
    /// How log lines on standard error are written; their level comes from FACTEUR_LOG.
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", hide = true)]
    pub log_format: LogFormat,
    /// Folder of the installed packs.
    #[arg(long, global = true, env = "FACTEUR_PACKS", value_name = "DIR")]
    pub packs: Option<PathBuf>,
    #[command(subcommand)]
    pub command: Command,
}

impl Arguments {
    /// The name of a format that only reports have, where another command is asked for it.
    pub const fn format_for_reports_only(&self) -> Option<&'static str> {
        match (self.format, &self.command) {
            (Format::Text | Format::Json, _) => None,
            (Format::Html | Format::Pdf, Command::View(_)) => None,
            (Format::Csv | Format::Html | Format::Xlsx, Command::Report(_)) => None,
            (Format::Pdf, _) => Some("pdf"),
            (Format::Csv, _) => Some("csv"),
            (Format::Html, _) => Some("html"),
            (Format::Xlsx, _) => Some("xlsx"),
        }
    }
}

/// A language by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LanguageName {
    /// French.
    Fr,
    /// English.
    En,
}

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[value(alias = "terminal")]
    Text,
    /// For programs: one JSON object a line.
    Json,
    /// For spreadsheets; reports only.
    #[value(hide = true)]
    Csv,
    /// One page; reports only.
    #[value(hide = true)]
    Html,
    /// A workbook; reports only.
    #[value(hide = true)]
    Xlsx,
    /// A page on paper; `view` only.
    #[value(hide = true)]
    Pdf,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a ready folder: configuration, store, inbox, keys.
    Init(Init),
    /// Bring documents in: files, folders, .zip, .tar.gz; without any, the inbox.
    Import(Import),
    /// Check documents; nothing is recorded.
    Check(Check),
    /// Deposit what is ready.
    Send(Send),
    /// Follow what was deposited.
    Follow(Follow),
    /// Inbox, send, follow: a whole round.
    Run(Run),
    /// Deposit and follow all the time, until it is asked to stop.
    Work(Work),
    /// The nightly run: inbox, send, follow, reports, mail.
    Nightly(Nightly),
    /// Install the timer that begins the nightly run.
    InstallTimer(InstallTimer),
    /// Where each invoice is.
    Status(Status),
    /// Everything about one invoice.
    Show(Show),
    /// What accountants read: standing reports.
    Report(Box<Report>),
    /// An invoice in another syntax, or for another channel.
    Convert(Convert),
    /// Sign a UBL invoice, or seal any file.
    Sign(Sign),
    /// Verify a signature or a seal.
    Verify(Verify),
    /// What the pages of a PDF seem to say.
    Extract(Extract),
    /// What is known of suppliers, so that their plain PDFs are read better.
    Template(TemplateArguments),
    /// A plain PDF that becomes an invoice: look, complete, confirm.
    Draft(Draft),
    /// Written mandates of suppliers to deposit their invoices.
    Mandate(Mandate),
    /// One invoice made readable.
    View(View),
    /// The files that an invoice carries: list them, write them.
    Attachments(Attachments),
    /// Another try from the start.
    Retry(Hand),
    /// Stop here until a person says more.
    Hold(Hand),
    /// Let it go on.
    Release(Hand),
    /// Give it up.
    Abandon(Hand),
    /// Take a corrected file.
    Correct(Correct),
    /// Say what you found on the portal, where a deposit is in doubt.
    Resolve(Resolve),
    /// The journal.
    Journal(Journal),
    /// What is kept until when, holds, elimination.
    Archive(Archive),
    /// The store.
    Store(StoreArguments),
    /// Schemas and rules.
    Packs(Packs),
    /// What there is to know of a rule.
    Explain(Explain),
    /// What recipients demand: the copy of the gateway's directory.
    Directory(Directory),
    /// Look at the installation and say what to do.
    Doctor,
}

#[derive(Debug, Args)]
pub struct Init {
    /// Where to make it.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// A demonstration: own key, gateway on this machine.
    #[arg(long)]
    pub demo: bool,
    /// Address of the gateway.
    #[arg(long, value_name = "URL")]
    pub gateway: Option<String>,
    /// SIRET of the structure.
    #[arg(long, required_unless_present = "demo")]
    pub siret: Option<String>,
    /// Name of the structure.
    #[arg(long, required_unless_present = "demo")]
    pub name: Option<String>,
    /// What the structure does.
    #[arg(long, value_enum, required_unless_present = "demo")]
    pub role: Option<RoleName>,
}

/// A role by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// Émetteur: deposits its own invoices.
    Issuer,
    /// Mandataire de dépôt: deposits for suppliers.
    FilingAgent,
    /// Destinataire: never deposits.
    Recipient,
}

#[derive(Debug, Args)]
pub struct Import {
    /// Files, folders, archives; without any, the inbox.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Exactly these layers: syntax, xsd, reading, en16931, factur-x, ctc-fr, br-fr, chorus-pro.
    #[arg(long, value_delimiter = ',', value_name = "LAYER")]
    pub layers: Option<Vec<String>>,
    /// The channel whose rules apply: cpro-historic, afnor or plain.
    #[arg(long, value_name = "CONTEXT")]
    pub context: Option<String>,
    /// As an invoice that was received: rules warn and never refuse, what lets you act comes first. So by itself in the
    /// home of a recipient.
    #[arg(long)]
    pub received: bool,
    /// Write a page in HTML for each document into this folder.
    #[arg(long, value_name = "DIR")]
    pub html: Option<PathBuf>,
    /// Write the findings of each document as SVRL into this folder.
    #[arg(long, value_name = "DIR")]
    pub svrl: Option<PathBuf>,
    /// Files and folders.
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// Its id: BR-CO-10, BR-FR-CPRO-11, CPRO-HIST-NUMBER.
    #[arg(value_name = "RULE")]
    pub rule: String,
}

#[derive(Debug, Args)]
pub struct Send {
    /// Only these invoices, by identity or number.
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Show what would be sent, send nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct Follow {
    /// Only these invoices, by identity or number.
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
    /// Ask about all of them, due or not.
    #[arg(long)]
    pub all: bool,
    /// Go on until nothing is pending, at most this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Run {
    /// Go on following until nothing is pending, at most this many seconds.
    #[arg(long, value_name = "SECONDS")]
    pub wait: Option<u64>,
}

#[derive(Debug, Args)]
pub struct Status {
    /// Counts by state only.
    #[arg(long)]
    pub summary: bool,
    /// Only these states.
    #[arg(long, value_delimiter = ',', value_name = "STATE")]
    pub state: Vec<String>,
    /// Only this supplier: part of its name, SIREN or SIRET.
    #[arg(long, value_name = "SUPPLIER")]
    pub supplier: Option<String>,
    /// Only this number.
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<String>,
    /// Only this flow.
    #[arg(long, value_name = "FLOW")]
    pub flow: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<i64>,
}

#[derive(Debug, Args)]
pub struct Show {
    /// Identity (or an unambiguous part of it) or number.
    #[arg(value_name = "ID")]
    pub id: String,
}

#[derive(Debug, Args)]
pub struct Report {
    /// Which: daily, waiting, rejected, deadlines, interest, activity, audit, reconciliation, year-end, already-paid,
    /// mayor, invoices; --format also takes csv, html and xlsx.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The invoice, for an audit: identity (or an unambiguous part of it) or number.
    #[arg(value_name = "ID")]
    pub subject: Option<String>,
    /// Received from this day on: YYYY-MM-DD.
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Received until this day, included.
    #[arg(long, value_name = "DATE")]
    pub to: Option<String>,
    /// Only these states.
    #[arg(long, value_delimiter = ',', value_name = "STATE")]
    pub state: Vec<String>,
    /// Only this supplier: part of its name, SIREN or SIRET.
    #[arg(long, value_name = "SUPPLIER")]
    pub supplier: Option<String>,
    /// Only this recipient: part of its name, or SIRET.
    #[arg(long, value_name = "RECIPIENT")]
    pub recipient: Option<String>,
    /// Only this service code.
    #[arg(long, value_name = "CODE")]
    pub service: Option<String>,
    /// Only this budget, as facteur.toml describes it ([[report.budget]]): an invoice does not say its own.
    #[arg(long, value_name = "NAME")]
    pub budget: Option<String>,
    /// At least this amount with VAT; credit notes count as negative.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub min: Option<String>,
    /// At most this amount with VAT.
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub max: Option<String>,
    /// In their state for at least so many days.
    #[arg(long, value_name = "DAYS")]
    pub older_than: Option<i64>,
    /// Counts and sums by state, supplier, recipient, service, budget, month, reason, amount or age (report invoices).
    #[arg(long, value_name = "WHAT")]
    pub group_by: Option<String>,
    /// Who pays, for the length of the payment period: state, local_authority, health_establishment, public_enterprise.
    #[arg(long, value_name = "PAYER")]
    pub payer: Option<String>,
    /// A table of central bank rates that completes the built-in one.
    #[arg(long, value_name = "FILE")]
    pub rates: Option<PathBuf>,
    /// Sheets of paper that an invoice would have taken, for the estimate of savings.
    #[arg(long, value_name = "NUMBER")]
    pub sheets_per_invoice: Option<String>,
    /// Postage that an invoice would have cost in euros, for the estimate of savings.
    #[arg(long, value_name = "AMOUNT")]
    pub postage: Option<String>,
    /// Write to this file, whole or not at all; its ending chooses the format.
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Where the result goes; never overwritten.
    #[arg(short, long, value_name = "OUT")]
    pub out: PathBuf,
    /// A detached seal over the untouched bytes instead of an enveloped signature.
    #[arg(long)]
    pub detached: bool,
    /// Private key, PEM.
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Certificate and chain, PEM.
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The signed file, or the seal.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The file that a detached seal is about.
    #[arg(long, value_name = "FILE")]
    pub content: Option<PathBuf>,
    /// Certificates to trust, PEM.
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Correct {
    /// Identity (or an unambiguous part of it) or number.
    #[arg(value_name = "ID")]
    pub id: String,
    /// The corrected file.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Why, for the journal.
    #[arg(long, short, value_name = "TEXT")]
    pub why: Option<String>,
}

#[derive(Debug, Args)]
pub struct Directory {
    #[command(subcommand)]
    pub command: DirectoryCommand,
}

#[derive(Debug, Subcommand)]
pub enum DirectoryCommand {
    /// Ask the gateway about recipients; without any, about every buyer of the store.
    Sync {
        /// SIRET of recipients.
        #[arg(value_name = "SIRET")]
        sirets: Vec<String>,
    },
    /// Read recipients from a file, one JSON object a line.
    Import {
        /// The file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The file is the whole directory: who is not in it is unknown to the gateway.
        #[arg(long)]
        complete: bool,
        /// The day that a whole directory is of, where it is not today's.
        #[arg(long, value_name = "DAY", requires = "complete")]
        as_of: Option<String>,
    },
    /// What one recipient demands; without any, what the copy holds.
    Show {
        /// Its SIRET.
        #[arg(value_name = "SIRET")]
        siret: Option<String>,
    },
}

#[derive(Debug, Args)]
pub struct Packs {
    #[command(subcommand)]
    pub command: PacksCommand,
}

#[derive(Debug, Subcommand)]
pub enum PacksCommand {
    /// Install artefacts from a wheel or a folder.
    Add {
        /// Wheels or folders.
        #[arg(required = true, value_name = "FILE|DIR")]
        paths: Vec<PathBuf>,
        /// A manifest of the administrator's own.
        #[arg(long, value_name = "FILE")]
        manifest: Option<PathBuf>,
    },
    /// List what is installed.
    List,
    /// Compute every digest again.
    Verify,
}

/// The help in French where the language is French.
pub fn in_language(command: clap::Command, language: Language) -> clap::Command {
    match language {
        Language::English => command,
        Language::French => crate::french::french(command),
    }
}
