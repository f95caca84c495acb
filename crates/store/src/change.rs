//! What may be written, as types: each change is one unit that is done whole or not at all.

mod step;

use facteur_model::amount::Amount;
use facteur_model::clock::Timestamp;
use facteur_model::invoice::signed_cents;
use facteur_model::lifecycle::{Event, State};

use crate::archive::{Eliminate, Eliminated, HoldChange};
use crate::document::Packed;
use crate::draft::{DraftChange, MandateChange};
use crate::journal::Stamp;

pub use self::step::{DeliveryEnd, Field, GatewayEventRow, ReasonChange, Step, Value};

/// Who caused a change, for the journal (`clerk:marie`, `nightly`, `facteur`). Kept in the erasable payload only.
pub type Actor = String;

/// A document that came in.
#[derive(Debug, Clone)]
pub struct Receive {
    /// Identity of the arrival; giving the same one again changes nothing.
    pub arrival: String,
    /// Identity that the invoice will have.
    pub invoice: String,
    /// SIREN of the legal person whose store this is.
    pub siren: String,
    /// SIRET of the structure that received it.
    pub siret: String,
    /// Where it came from.
    pub path: String,
    /// Name inside the archive, where it is a member.
    pub member: Option<String>,
    /// Arrival of the archive, where it is a member.
    pub container: Option<String>,
    /// Name to show.
    pub file: String,
    /// The bytes.
    pub document: Packed,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// An archive that came in: an arrival, not an invoice.
#[derive(Debug, Clone)]
pub struct ReceiveContainer {
    /// Identity of the arrival; giving the same one again changes nothing.
    pub arrival: String,
    /// SIREN of the legal person.
    pub siren: String,
    /// Where it came from.
    pub path: String,
    /// Size in bytes.
    pub size: i64,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// What reading found out about an invoice's identity.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Document kind, in the spelling of the contract.
    pub kind: String,
    /// BT-24.
    pub profile: Option<String>,
    /// BT-3.
    pub type_code: Option<String>,
    /// BT-23.
    pub framework: Option<String>,
    /// BT-1.
    pub number: Option<String>,
    /// BT-2, `YYYY-MM-DD`.
    pub issued: Option<String>,
    /// SIREN of the supplier.
    pub supplier_siren: Option<String>,
    /// SIRET of the supplier.
    pub supplier_siret: Option<String>,
    /// Name of the supplier (BT-27).
    pub supplier: Option<String>,
    /// SIRET of the buyer.
    pub buyer_siret: Option<String>,
    /// Name of the buyer (BT-44).
    pub buyer: Option<String>,
    /// Total with VAT (BT-112), exact.
    pub total: Option<String>,
    /// Currency (BT-5).
    pub currency: Option<String>,
    /// Service code of the recipient (BT-46 of scheme 0224, a contact's identifier or BT-10, as the channel has it).
    pub service: Option<String>,
    /// Commitment number (BT-13).
    pub commitment: Option<String>,
    /// The invoice that it corrects, credits or replaces (BT-25); the first, where it names several.
    pub preceding: Option<String>,
    /// Exempt from the duplicate key (subcontractors' requests S3 and A9).
    pub key_exempt: bool,
}

impl Identity {
    pub(crate) fn issue_year(&self) -> Option<i64> {
        self.issued.as_deref()?.get(..4)?.parse().ok()
    }

    /// The total in cents, negative for a credit note, where it can be added up exactly.
    pub(crate) fn cents(&self) -> Option<i64> {
        let total = Amount::parse(self.total.as_deref()?).ok()?;
        signed_cents(&self.kind, self.type_code.as_deref(), total)
    }
}

/// Why an invoice is where it is: a code of the `texts` crate, and the arguments of its sentence.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Reason {
    /// The code (`KEY-TAKEN`).
    pub code: String,
    /// Arguments by name.
    #[serde(default)]
    pub args: std::collections::BTreeMap<String, String>,
}

impl Reason {
    /// A reason without arguments.
    #[must_use]
    pub fn new(code: &str) -> Self {
        Self { code: code.to_owned(), args: std::collections::BTreeMap::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<String>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }
}

/// What becomes of an invoice whose duplicate key is taken by another.
#[derive(Debug, Clone)]
pub struct KeyGuard {
    /// The steps then, instead of [`Process::events`].
    pub events: Vec<Event>,
    /// Why; `{other}` is set to the other invoice.
    pub reason: Reason,
}

/// The window in which another invoice of the same supplier with the same total is a probable double.
#[derive(Debug, Clone)]
pub struct ProbableDouble {
    /// First issue date, `YYYY-MM-DD`.
    pub from: String,
    /// Last issue date.
    pub until: String,
    /// The finding to add, as JSON; [`OTHER`] stands for the other invoice's number.
    pub finding: String,
}

/// Stands for the other invoice's number in [`ProbableDouble::finding`].
pub const OTHER: &str = "%OTHER%";

/// The second commit of an import: everything that processing found out.
#[derive(Debug, Clone)]
pub struct Process {
    /// Which invoice; it must be `received`.
    pub id: String,
    /// The steps, from `received` on.
    pub events: Vec<Event>,
    /// What it is.
    pub identity: Identity,
    /// Documents made on the way.
    pub documents: Vec<Packed>,
    /// SHA-256 of the XML out of the PDF.
    pub embedded: Option<String>,
    /// SHA-256 of what goes to the gateway.
    pub transmitted: Option<String>,
    /// SHA-256 of the detached seal.
    pub seal: Option<String>,
    /// The verdict, in the spelling of the contract.
    pub verdict: String,
    /// The layers, as JSON.
    pub layers: String,
    /// The packs used.
    pub packs: String,
    /// Findings, each as JSON.
    pub findings: Vec<String>,
    /// Why it is in a side state.
    pub reason: Option<Reason>,
    /// What to do where the duplicate key is taken.
    pub key_guard: Option<KeyGuard>,
    /// What is proposed of a plain PDF, as JSON; one that is there already stays.
    pub draft: Option<String>,
    /// Where to look for a probable double.
    pub probable: Option<ProbableDouble>,
    /// The last day on which the dossier must be kept, `YYYY-MM-DD`.
    pub retention_end: Option<String>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// The intent to deposit: committed before the first byte leaves.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Which invoice.
    pub id: String,
    /// The state that it must be in: `queued`, `deferred` or `uncertain`.
    pub expect: State,
    /// `claim` or `resend`.
    pub event: Event,
    /// Our identity of the flow.
    pub flow: String,
    /// Gateway.
    pub gateway: String,
    /// File name as the gateway will show it.
    pub file_name: String,
    /// SHA-256 of what is sent.
    pub sha256: String,
    /// Format of the flow, in the gateway's word.
    pub syntax: String,
    /// Whether it carries its issuer's signature.
    pub signed: bool,
    /// Who sends.
    pub holder: String,
    /// Until when the sender is believed to be alive.
    pub lease_until: Timestamp,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// A corrected file: a new version of the same invoice, or a new invoice that names the old one.
#[derive(Debug, Clone)]
pub struct Correction {
    /// The invoice corrected.
    pub id: String,
    /// The state that it must be in.
    pub expect: State,
    /// The new file; its `invoice` is the new invoice's identity after a refusal, and ignored otherwise.
    pub receive: Receive,
    /// Whether a refused invoice gets a successor instead of a new version.
    pub successor: bool,
    /// What the person said.
    pub note: Option<String>,
}

/// Entries of the directory of recipients, in place of those of the same SIRET.
#[derive(Debug, Clone)]
pub struct DirectoryEntries {
    /// SIREN of the legal person whose copy this is.
    pub siren: String,
    /// SIRET and entry (JSON) of each recipient.
    pub entries: Vec<(String, String)>,
    /// Where they come from (`chorus-pro`, or a file's name).
    pub source: String,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// A timestamp of the journal's head.
#[derive(Debug, Clone)]
pub struct HeadTimestamp {
    /// The timestamp.
    pub stamp: Stamp,
    /// When it was had.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
}

/// Everything that the writer can write.
#[derive(Debug, Clone)]
pub enum Change {
    /// A document came in.
    Receive(Box<Receive>),
    /// An archive came in.
    ReceiveContainer(Box<ReceiveContainer>),
    /// What became of an arrival (`done`, `refused`), for archives and the inbox.
    ArrivalOutcome {
        /// Which arrival.
        arrival: String,
        /// What became of it.
        outcome: String,
    },
    /// An invoice was read, checked, sealed, queued, or not.
    Process(Box<Process>),
    /// One step of one invoice.
    Step(Box<Step>),
    /// The intent to deposit.
    Intent(Box<Intent>),
    /// Several changes that are one: all of them or none, as the deliveries of one flow are.
    Together(Vec<Change>),
    /// A corrected file.
    Correct(Box<Correction>),
    /// Entries of the directory of recipients.
    Directory(Box<DirectoryEntries>),
    /// What a person made of a draft.
    Draft(Box<DraftChange>),
    /// A mandate, or its end.
    Mandate(Box<MandateChange>),
    /// A legal hold, or its end.
    Hold(Box<HoldChange>),
    /// The elimination of dossiers.
    Eliminate(Box<Eliminate>),
    /// A timestamp of the journal's head.
    Timestamp(Box<HeadTimestamp>),
    /// A line of the journal about the installation itself.
    Note {
        /// What kind of line (`packs`, `send`).
        kind: String,
        /// What it is about.
        subject: String,
        /// The payload, JSON.
        payload: String,
        /// When.
        at: Timestamp,
    },
}

impl Change {
    /// The invoices that it changes; none for one that comes in, or where none is concerned. The database locks these
    /// before anything is written, in one order.
    pub(crate) fn invoices(&self) -> Vec<&str> {
        match self {
            Self::Process(new) => vec![&new.id],
            Self::Step(new) => vec![&new.id],
            Self::Intent(new) => vec![&new.id],
            Self::Correct(new) => vec![&new.id],
            Self::Hold(new) => vec![&new.id],
            Self::Draft(new) => vec![&new.id],
            Self::Together(changes) => changes.iter().flat_map(Self::invoices).collect(),
            Self::Receive(_)
            | Self::ReceiveContainer(_)
            | Self::ArrivalOutcome { .. }
            | Self::Directory(_)
            | Self::Eliminate(_)
            | Self::Mandate(_)
            | Self::Timestamp(_)
            | Self::Note { .. } => Vec::new(),
        }
    }

    /// Whether it looks for an invoice with the same bytes or the same key: two processes must not do so at once.
    pub(crate) fn looks_for_duplicates(&self) -> bool {
        match self {
            Self::Together(changes) => changes.iter().any(Self::looks_for_duplicates),
            _ => matches!(self, Self::Receive(_) | Self::Process(_) | Self::Correct(_) | Self::Eliminate(_)),
        }
    }
}

/// What the writer answers once a change is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    /// It is written.
    Written,
    /// It was so already.
    Unchanged,
    /// Dossiers were eliminated, or spared.
    Eliminated(Box<Eliminated>),
    /// The document is recorded.
    Received {
        /// The invoice; an older one where the arrival was recorded before.
        invoice: String,
        /// Its state now: `received`, or `duplicate`.
        state: State,
        /// The invoice that has the same bytes.
        duplicate_of: Option<String>,
        /// True where this very arrival was recorded before (resumed).
        resumed: bool,
    },
    /// The invoice is processed.
    Processed {
        /// Its state now.
        state: State,
        /// The invoice that has the same key.
        conflict: Option<String>,
        /// An invoice that looks like the same one.
        probable: Option<String>,
    },
}
