//! What is configured, composed from file, environment and flags. Secrets are kept by reference only.

use std::path::{Path, PathBuf};

use facteur_model::finding::Layer;
use facteur_transmit::chorus_pro;
use facteur_transmit::secrets::SecretReference;
use serde::{Deserialize, Serialize};

use crate::nightly::Nightly;

/// The whole of `facteur.toml`. An unknown key is an error: a misspelt setting must not be silently ignored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// A demonstration: its seal is marked so, and no gateway but one on this machine is ever spoken to.
    #[serde(default)]
    pub demo: bool,
    /// The legal person whose store this is.
    pub legal_person: LegalPerson,
    /// The structure that works here.
    pub structure: Structure,
    /// Where everything is kept.
    #[serde(default, skip_serializing_if = "StorePlace::is_default")]
    pub store: StorePlace,
    /// Folders.
    #[serde(default)]
    pub folders: Folders,
    /// How invoices are checked.
    #[serde(default)]
    pub check: Check,
    /// How they are sealed.
    #[serde(default)]
    pub seal: Seal,
    /// How they are deposited and followed.
    #[serde(default)]
    pub deposit: Deposit,
    /// How drafts of plain PDFs become invoices.
    #[serde(default, skip_serializing_if = "Drafts::is_default")]
    pub draft: Drafts,
    /// How long what is kept.
    #[serde(default, skip_serializing_if = "Archive::is_default")]
    pub archive: Archive,
    /// Who timestamps the head of the journal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<facteur_transmit::timestamp::Configuration>,
    /// Where they are deposited.
    #[serde(default)]
    pub gateway: Gateways,
    /// How reports are made.
    #[serde(default)]
    pub report: facteur_report::configuration::Configuration,
    /// What is done at night, and who is told.
    #[serde(default)]
    pub nightly: Nightly,
}

/// The legal person (SIREN): the boundary of isolation, retention and uniqueness.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegalPerson {
    /// SIREN, nine digits.
    pub siren: String,
    /// Name.
    pub name: String,
}

/// A structure (SIRET) and its role.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Structure {
    /// SIRET, fourteen digits.
    pub siret: String,
    /// Name.
    pub name: String,
    /// What it may do.
    pub role: Role,
}

/// What a structure may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// *Émetteur*: deposits its own invoices.
    Issuer,
    /// *Mandataire de dépôt*: deposits for suppliers who gave it a written mandate.
    FilingAgent,
    /// *Destinataire*: never deposits its supplier's invoice.
    Recipient,
}

impl Role {
    /// The spelling in the store and the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::FilingAgent => "filing_agent",
            Self::Recipient => "recipient",
        }
    }
}

/// Where everything is kept: a file of the home, unless an address is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StorePlace {
    /// `sqlite:PATH`, relative to the home, or `postgres://USER@HOST/DATABASE`; never with a password in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Password of the account at the database server, by reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretReference>,
}

impl StorePlace {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Folders, relative to the home. Inbox, work, done and refused must be on one file system.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Folders {
    /// Where files are dropped.
    pub inbox: PathBuf,
    /// Where a claimed file stays while it is worked on.
    pub work: PathBuf,
    /// Where it goes once it is recorded.
    pub done: PathBuf,
    /// Where it goes when it could not be read.
    pub refused: PathBuf,
    /// Where the packs are installed.
    pub packs: PathBuf,
    /// Where each night leaves its summary and its reports.
    pub reports: PathBuf,
    /// How long a file in the inbox must have been left alone, in seconds.
    pub quiet_seconds: u64,
}

impl Default for Folders {
    fn default() -> Self {
        Self {
            inbox: "inbox".into(),
            work: "work".into(),
            done: "done".into(),
            refused: "refused".into(),
            packs: "packs".into(),
            reports: "reports".into(),
            quiet_seconds: 5,
        }
    }
}

/// How invoices are checked before they are sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Check {
    /// Which channel's rules: `cpro-historic`, `afnor` or `plain`.
    pub context: ContextName,
    /// The layers that must have run and passed.
    pub required: Vec<Layer>,
    /// What the recipients of this structure ask for on every invoice.
    pub reference: ReferenceRequired,
}

impl Default for Check {
    fn default() -> Self {
        Self {
            context: ContextName::CproHistoric,
            required: vec![Layer::Syntax, Layer::Xsd, Layer::ChorusPro],
            reference: ReferenceRequired::None,
        }
    }
}

/// A validation context by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContextName {
    /// Chorus Pro's historic channel.
    CproHistoric,
    /// The circuit of approved platforms.
    Afnor,
    /// Neither.
    Plain,
}

impl ContextName {
    /// The context that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "cpro-historic" => Some(Self::CproHistoric),
            "afnor" => Some(Self::Afnor),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// Which reference every invoice must carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceRequired {
    /// None.
    None,
    /// The service code.
    Service,
    /// The commitment number.
    Commitment,
    /// One of the two.
    Either,
    /// Both.
    Both,
}

/// How invoices are sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seal {
    /// `seal`, `issuer` or `none`.
    pub policy: SealPolicy,
    /// Whether an invoice that could not be sealed is held back.
    pub required: bool,
    /// Private key, PEM; relative to the home.
    pub key: PathBuf,
    /// Certificate and chain, PEM; relative to the home.
    pub certificate: PathBuf,
    /// Password of the key, by reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<SecretReference>,
}

impl Default for Seal {
    fn default() -> Self {
        Self {
            policy: SealPolicy::Seal,
            required: true,
            key: "keys/seal.key".into(),
            certificate: "keys/seal.pem".into(),
            password: None,
        }
    }
}

/// The policy of seals and signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SealPolicy {
    /// Detached XAdES over the untouched bytes, kept beside them; the original is transmitted.
    Seal,
    /// Enveloped XAdES in UBL, where the structure is the issuer; other formats get the detached seal.
    Issuer,
    /// No seal.
    None,
}

/// Patience on the way to the gateway and back. All in seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Deposit {
    /// After how long an unanswered deposit that the gateway does not know is sent once more.
    pub settle_after_seconds: u64,
    /// First wait before asking about a flow or an unanswered deposit; doubled each time.
    pub poll_first_seconds: u64,
    /// Longest wait between two questions about a flow.
    pub poll_max_seconds: u64,
    /// Wait between two questions about an integrated invoice.
    pub status_seconds: u64,
    /// First wait before a deposit that was not accepted is tried again; doubled each time.
    pub retry_first_seconds: u64,
    /// Longest such wait.
    pub retry_max_seconds: u64,
    /// Deposits at the same time.
    pub concurrency: usize,
    /// After how many failures in a row the gateway is left alone for a while, instead of being hammered.
    pub stop_after_failures: u32,
    /// After how many tries in a row an invoice that the gateway does not take is held for a person; 0: never.
    pub give_up_attempts: u32,
    /// After how long, since the first of several tries, it is held for a person; 0: never.
    pub give_up_after_seconds: u64,
    /// Deposits that one night (noon to noon, UTC) may take; 0: as many as there are.
    pub night_budget: u64,
    /// Invoices in one flow, where the format allows several (structured XML): 1 to 500.
    pub lot: usize,
}

impl Default for Deposit {
    fn default() -> Self {
        Self {
            settle_after_seconds: 24 * 3600,
            poll_first_seconds: 30,
            poll_max_seconds: 15 * 60,
            status_seconds: 6 * 3600,
            retry_first_seconds: 60,
            retry_max_seconds: 4 * 3600,
            concurrency: 2,
            stop_after_failures: 3,
            give_up_attempts: 40,
            give_up_after_seconds: 7 * 24 * 3600,
            night_budget: 0,
            lot: 1,
        }
    }
}

/// How drafts of plain PDFs become invoices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Drafts {
    /// What a confirmed draft is written as: `factur-x` (the supplier's PDF carries the XML), `ubl` or `cii`.
    pub form: crate::draft::Outgoing,
}

impl Drafts {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// How long what is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Archive {
    /// A disposal schedule in place of the built-in one (`schemas/retention.toml`); relative to the home.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<PathBuf>,
}

impl Archive {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// The gateways.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateways {
    /// Chorus Pro through PISTE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chorus_pro: Option<chorus_pro::Configuration>,
}

impl Configuration {
    /// Reads the configuration from a file.
    ///
    /// # Errors
    /// With the file's name, and the place and cause of what cannot be read.
    pub fn read(path: &Path) -> Result<Self, ConfigurationError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigurationError::Unreadable { path: path.to_owned(), source })?;
        let wrong = |cause: String| ConfigurationError::Wrong { path: path.to_owned(), cause };
        let configuration: Self = toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
        if !(1..=chorus_pro::LOT_MAX).contains(&configuration.deposit.lot) {
            return Err(wrong(format!("[deposit] lot: {} (1–{})", configuration.deposit.lot, chorus_pro::LOT_MAX)));
        }
        if let Some(deposits) = configuration.nightly.deposits {
            return Err(wrong(format!("[nightly] deposits = {deposits} → [deposit] night_budget = {deposits}")));
        }
        Ok(configuration)
    }
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It does not say what it must.
    #[error("{}: {cause}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        cause: String,
    },
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_short_file_is_enough_and_a_misspelt_key_is_an_error() {
        let short = "[legal_person]\nsiren = '404833048'\nname = 'R'\n[structure]\nsiret = '40483304800022'\nname = 'R'\nrole = 'issuer'\n";
        let configuration: Configuration = toml::from_str(short).unwrap();
        assert_eq!(configuration.deposit.settle_after_seconds, 86_400);
        assert_eq!(configuration.seal.policy, SealPolicy::Seal);
        let misspelt = format!("{short}[deposit]\nsetle_after_seconds = 1\n");
        assert!(toml::from_str::<Configuration>(&misspelt).unwrap_err().to_string().contains("setle_after_seconds"));
    }
}
