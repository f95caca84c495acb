//! The edge to a gateway of the Trésor public: what the pipeline asks, and what it may be answered.
//!
//! The outcomes of a deposit are four and no more (`docs/architecture.md`, deposit protocol). `Unknown` is
//! everything that neither proves acceptance nor proves refusal.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::directory::Recipient;

/// A boxed future, so that the edge can be a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The format of a flow, by its Chorus Pro name (`syntaxeFlux`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FlowSyntax {
    /// `IN_DP_E1_UBL_INVOICE`: UBL 2.1, structured.
    #[serde(rename = "IN_DP_E1_UBL_INVOICE")]
    UblInvoice,
    /// `IN_DP_E1_CII_16B`: CII, structured.
    #[serde(rename = "IN_DP_E1_CII_16B")]
    Cii16b,
    /// `IN_DP_E2_CII_FACTURX`: Factur-X PDF.
    #[serde(rename = "IN_DP_E2_CII_FACTURX")]
    FacturX,
}

impl FlowSyntax {
    /// Whether several documents may go out as one flow: structured XML only. For Factur-X in an archive production
    /// clients note that it does not work.
    #[must_use]
    pub const fn takes_lots(self) -> bool {
        matches!(self, Self::UblInvoice | Self::Cii16b)
    }

    /// The value that goes on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UblInvoice => "IN_DP_E1_UBL_INVOICE",
            Self::Cii16b => "IN_DP_E1_CII_16B",
            Self::FacturX => "IN_DP_E2_CII_FACTURX",
        }
    }
}

/// One flow to deposit: a file and what the gateway has to know of it.
#[derive(Debug, Clone, Copy)]
pub struct Deposit<'a> {
    /// Name of the file as the gateway will show it.
    pub file_name: &'a str,
    /// The very bytes, never serialised again.
    pub bytes: &'a [u8],
    /// Their format.
    pub syntax: FlowSyntax,
    /// Whether the file carries its issuer's signature (`avecSignature`).
    pub signed: bool,
}

/// What a deposit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DepositOutcome {
    /// The gateway gave a flow number.
    Accepted {
        /// `numeroFluxDepot`.
        flow: String,
        /// The answer, for the file.
        raw: String,
    },
    /// Proof that it was not accepted, and that the same bytes would be refused again.
    Rejected {
        /// The gateway's own words.
        reasons: Vec<String>,
        /// The answer, for the file.
        raw: String,
    },
    /// Proof that it was not accepted; may be sent again.
    Deferred {
        /// Not before this long (`Retry-After`), where the gateway said so.
        after: Option<Duration>,
        /// True where nothing will get better without a person (credentials, subscription).
        needs_person: bool,
        /// What happened, for people.
        reason: String,
    },
    /// Neither: the file may have been accepted.
    Unknown {
        /// What happened, for people.
        reason: String,
        /// Whatever was answered, for the file.
        raw: Option<String>,
    },
    /// The gateway says that it already has this invoice: a hint, not a proof.
    Duplicate {
        /// The gateway's own words.
        reason: String,
        /// The answer, for the file.
        raw: String,
    },
}

/// Where a flow stands, by class; the gateway's own word is kept beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowClass {
    /// Not decided yet.
    Pending,
    /// Pending, but waiting for a restart by the gateway's own staff.
    Blocked,
    /// Every invoice was integrated.
    Integrated,
    /// Some were; the others are listed.
    Partial,
    /// None was.
    Rejected,
    /// Not handled: the whole flow may be sent again.
    Incident,
    /// A word that we do not know: kept, and asked again.
    Unknown,
}

impl FlowClass {
    /// The class of a Chorus Pro flow state (`etatCourantDepotFlux`).
    #[must_use]
    pub fn of(code: &str) -> Self {
        match code {
            "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP"
            | "IN_RECU"
            | "IN_TRAITE_SE_CPP"
            | "IN_EN_ATTENTE_TRAITEMENT_CPP"
            | "IN_EN_COURS_TRAITEMENT_CPP"
            | "QP_RECEVABLE" => Self::Pending,
            "IN_EN_ATTENTE_RETRAITEMENT_CPP" => Self::Blocked,
            "IN_INTEGRE" => Self::Integrated,
            "IN_INTEGRE_PARTIEL" | "QP_RECEVABLE_AVEC_ERREUR" => Self::Partial,
            "IN_REJETE" | "QP_IRRECEVABLE" => Self::Rejected,
            "IN_INCIDENTE" | "IN_A_RELANCER" | "IN_ERREUR_INTERNE" => Self::Incident,
            _ => Self::Unknown,
        }
    }

    /// Whether the gateway has said its last word on the flow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Integrated | Self::Partial | Self::Rejected | Self::Incident)
    }
}

/// The report on a flow (`consulterCRDetaille`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowReport {
    /// The gateway's word.
    pub code: String,
    /// Its class.
    pub class: FlowClass,
    /// Invoices that were not integrated.
    pub refused: Vec<FlowRefusal>,
    /// What the gateway says of the file itself.
    pub technical: Vec<String>,
    /// The answer, for the file.
    pub raw: String,
}

/// One invoice of a flow that was not integrated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowRefusal {
    /// Invoice number (`numeroDP`), where the gateway could read it.
    pub number: Option<String>,
    /// Supplier identifier, where the gateway could read it.
    pub supplier: Option<String>,
    /// The gateway's words (`libelleErreurDP`, cut at 255 characters by the gateway).
    pub text: String,
}

/// What to look for at the gateway: an exact number, and when it was issued.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// Invoice number (BT-1), exact.
    pub number: &'a str,
    /// Issue date (BT-2), `YYYY-MM-DD`.
    pub issued: &'a str,
}

/// An invoice as the gateway lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayInvoice {
    /// `identifiantFactureCPP`.
    pub id: String,
    /// Invoice number.
    pub number: String,
    /// Supplier identifier (SIRET), where given.
    pub supplier: Option<String>,
    /// Recipient identifier (SIRET), where given.
    pub recipient: Option<String>,
    /// Issue date, `YYYY-MM-DD`.
    pub issued: Option<String>,
    /// Total with VAT (`montantTTC`), exact.
    pub total: Option<Decimal>,
    /// The flow that brought it.
    pub flow: Option<String>,
    /// Present status (`statut`).
    pub status: String,
    /// Comment on the present status.
    pub comment: Option<String>,
}

/// One line of an invoice's history at the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayStatus {
    /// `histoStatutId`, where given: with the invoice id it names the event for good.
    pub id: Option<String>,
    /// `histoStatutCode`; unknown values are kept.
    pub code: String,
    /// When, as the gateway wrote it.
    pub at: Option<String>,
    /// Reason or comment.
    pub comment: Option<String>,
}

/// An invoice's history at the gateway (`consulter/historique`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayHistory {
    /// `statutCourantCode`: the truth.
    pub current: String,
    /// Everything that happened, in the gateway's order.
    pub statuses: Vec<GatewayStatus>,
    /// The answer, for the file.
    pub raw: String,
}

/// Why a question to the gateway (anything but a deposit) got no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Bad credentials, or the application is not subscribed to the API: no use asking again.
    #[error("the gateway refuses our credentials: {0}")]
    Credentials(String),
    /// Too many calls, or a pause asked for.
    #[error("the gateway asks for a pause: {reason}")]
    Busy {
        /// How long, where it said so.
        after: Option<Duration>,
        /// Its words.
        reason: String,
    },
    /// No connection, no answer, or a server error.
    #[error("the gateway does not answer: {0}")]
    Unavailable(String),
    /// An answer that we cannot read.
    #[error("the gateway's answer cannot be understood: {0}")]
    Protocol(String),
    /// A functional refusal of the question (`codeRetour` other than 0).
    #[error("the gateway refuses the question: {code} {label}")]
    Refused {
        /// `codeRetour`.
        code: i64,
        /// `libelle`.
        label: String,
    },
}

impl GatewayError {
    /// Whether asking again later can help without a person.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unavailable(_))
    }
}

/// What a gateway takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GatewayLimits {
    /// Largest flow of one document, in bytes of the file itself.
    pub max_flow_bytes: u64,
    /// Largest flow of several documents (`.tar.gz`), in bytes of the archive.
    pub max_lot_bytes: u64,
    /// Most documents in one flow.
    pub max_lot: usize,
    /// Longest file name, in characters.
    pub max_file_name: usize,
}

/// A gateway of the Trésor public.
pub trait Gateway: Send + Sync {
    /// Its name in the store and in reports (`chorus-pro`).
    fn name(&self) -> &str;

    /// What it takes; checked before anything is sent.
    fn limits(&self) -> GatewayLimits;

    /// Deposits one flow, once. Never retries by itself after the body began to leave.
    fn deposit<'a>(&'a self, deposit: Deposit<'a>) -> BoxFuture<'a, DepositOutcome>;

    /// The report on a flow; `None` while the gateway does not show it yet.
    fn flow_report<'a>(&'a self, flow: &'a str) -> BoxFuture<'a, Result<Option<FlowReport>, GatewayError>>;

    /// Every invoice with that number and date that this account may see, all pages.
    fn search<'a>(&'a self, search: Search<'a>) -> BoxFuture<'a, Result<Vec<GatewayInvoice>, GatewayError>>;

    /// Every invoice that a flow brought, all pages.
    fn search_flow<'a>(&'a self, flow: &'a str) -> BoxFuture<'a, Result<Vec<GatewayInvoice>, GatewayError>>;

    /// The history of one invoice.
    fn history<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<GatewayHistory, GatewayError>>;

    /// What the gateway's directory says of a recipient; `None` where it has no entry.
    fn recipient<'a>(&'a self, siret: &'a str) -> BoxFuture<'a, Result<Option<Recipient>, GatewayError>>;

    /// Proves that credentials and search work, for one supplier (SIRET) or in general.
    fn probe<'a>(&'a self, supplier: Option<&'a str>) -> BoxFuture<'a, Result<(), GatewayError>>;
}
