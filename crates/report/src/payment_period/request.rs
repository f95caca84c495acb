//! What is to be paid, by whom, and the days that count.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::invoice::{is_credit_note_code, is_subcontractor_framework};
use serde::{Deserialize, Serialize};

/// What kind of payment is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// An invoice for supplies or services.
    Invoice,
    /// The request of a subcontractor who is paid directly.
    Subcontractor,
    /// An advance (*avance*) on a contract.
    Advance,
    /// A progress payment (*acompte*) of works.
    WorksProgress,
    /// The final balance (*solde*) of works.
    WorksBalance,
    /// A credit note.
    CreditNote,
    /// Already paid; only to be regularised in the accounts.
    AlreadyPaid,
    /// Paid by an imprest account (*régie*).
    Imprest,
}

impl Nature {
    /// The nature by BT-3 and BT-23 (*cadre de facturation*, in the historic spelling `A1` or the reform's `B1`).
    #[must_use]
    pub fn of(kind: &str, type_code: Option<&str>, framework: Option<&str>) -> Self {
        if kind == "ubl-creditnote" || type_code.is_some_and(is_credit_note_code) {
            return Self::CreditNote;
        }
        match framework.map(|code| code.split('_').next().unwrap_or(code)) {
            Some("A2" | "B2" | "S2" | "M2") => Self::AlreadyPaid,
            Some(code) if is_subcontractor_framework(code) => Self::Subcontractor,
            Some("A4" | "A5" | "A6" | "A13" | "A15" | "A16" | "A19") => Self::WorksProgress,
            Some("A8" | "A23") => Self::WorksBalance,
            // UNTDID 1001, 386: prepayment invoice.
            _ if type_code == Some("386") => Self::Advance,
            _ => Self::Invoice,
        }
    }

    /// The name in the table and in data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoice => "invoice",
            Self::Subcontractor => "subcontractor",
            Self::Advance => "advance",
            Self::WorksProgress => "works_progress",
            Self::WorksBalance => "works_balance",
            Self::CreditNote => "credit_note",
            Self::AlreadyPaid => "already_paid",
            Self::Imprest => "imprest",
        }
    }
}

/// Who has to pay: the length of the period depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    /// The State and its administrative establishments.
    State,
    /// A commune, department, region, a local public establishment, a group of them.
    #[default]
    LocalAuthority,
    /// A public health establishment, or one of the army's health service.
    HealthEstablishment,
    /// Another public enterprise.
    PublicEnterprise,
}

impl Payer {
    /// Every payer.
    pub const ALL: [Self; 4] = [Self::State, Self::LocalAuthority, Self::HealthEstablishment, Self::PublicEnterprise];

    /// The name in the table, on the command line and in data.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::LocalAuthority => "local_authority",
            Self::HealthEstablishment => "health_establishment",
            Self::PublicEnterprise => "public_enterprise",
        }
    }

    /// The payer of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|payer| payer.as_str() == name)
    }
}

/// The payer stops the period because documents or mentions are missing or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Interruption {
    /// The day on which the creditor received the notification (CCP R. 2192-28).
    pub notified: Date,
    /// The day on which everything missing had come in (CCP R. 2192-29); none while something is still missing.
    #[serde(default)]
    pub completed: Option<Date>,
}

/// A payment request with the days that count. Days that are not known are absent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentRequest {
    /// What kind.
    pub nature: Nature,
    /// Who pays.
    #[serde(default)]
    pub payer: Payer,
    /// What is due: with VAT, less a retention, after revision and penalties (CCP R. 2192-32).
    #[serde(default)]
    pub principal: Amount,
    /// Date of the request itself (BT-2).
    #[serde(default)]
    pub requested: Option<Date>,
    /// The payer was notified that the request is available on the portal (CCP R. 2192-15).
    #[serde(default)]
    pub available: Option<Date>,
    /// The performance.
    #[serde(default)]
    pub performed: Option<Date>,
    /// Subcontractor: the request reached the contractor, or was put on the portal.
    #[serde(default)]
    pub submitted: Option<Date>,
    /// Subcontractor: the buyer received the contractor's agreement.
    #[serde(default)]
    pub agreed: Option<Date>,
    /// Subcontractor: the buyer received the contractor's refusal.
    #[serde(default)]
    pub refused: Option<Date>,
    /// Subcontractor: the buyer received the postal notice that the contractor did not take the request.
    #[serde(default)]
    pub postal_notice: Option<Date>,
    /// Advance: the contract was notified, or the act that begins the performance where the contract says so.
    #[serde(default)]
    pub contract_notified: Option<Date>,
    /// Advance: whether a guarantee is demanded.
    #[serde(default)]
    pub guarantee_demanded: bool,
    /// Advance: the guarantee came in.
    #[serde(default)]
    pub guarantee_received: Option<Date>,
    /// Works: the owner received the final account.
    #[serde(default)]
    pub final_account: Option<Date>,
    /// Interruptions in the order in which they were notified.
    #[serde(default)]
    pub interruptions: Vec<Interruption>,
    /// The payment order (*mandat*) was issued.
    #[serde(default)]
    pub ordered: Option<Date>,
    /// The public accountant received the order and its documents; the day of the order plus two where it was not noted.
    #[serde(default)]
    pub order_received: Option<Date>,
    /// The principal was paid.
    #[serde(default)]
    pub paid: Option<Date>,
}

impl PaymentRequest {
    /// A request of which nothing but its kind is known.
    #[must_use]
    pub const fn new(nature: Nature, payer: Payer, principal: Amount) -> Self {
        Self {
            nature,
            payer,
            principal,
            requested: None,
            available: None,
            performed: None,
            submitted: None,
            agreed: None,
            refused: None,
            postal_notice: None,
            contract_notified: None,
            guarantee_demanded: false,
            guarantee_received: None,
            final_account: None,
            interruptions: Vec::new(),
            ordered: None,
            order_received: None,
            paid: None,
        }
    }
}
