//! Why nothing was signed.

use facteur_model::finding::{Actor, Finding, Layer};

/// A refusal or a failure, before anything is returned: there is never half a signature.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The key file cannot be opened or read.
    #[error("the key file {path} cannot be read: {source}")]
    KeyFile {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Others than its owner may read the key file.
    #[error("the key file {path} may be read by others (mode {mode:04o}): it must be 0600 or 0400")]
    KeyFilePermissions {
        /// Which file.
        path: String,
        /// Its permission bits, read on the opened file.
        mode: u32,
    },
    /// Not a key that we read: not PEM, encrypted without or with another passphrase.
    #[error("the private key cannot be read: {0}")]
    Key(String),
    /// A key that is too weak, or of a kind that we do not sign with.
    #[error("the key is not accepted: {found}; expected RSA of 2048 bits or more, P-256 or P-384")]
    KeyKind {
        /// What it is.
        found: String,
    },
    /// Not a certificate that we read.
    #[error("the certificate cannot be read: {0}")]
    Certificate(String),
    /// The first certificate is not that of the key.
    #[error("the private key does not belong to the certificate of {subject}")]
    KeyMismatch {
        /// Whose certificate it is.
        subject: String,
    },
    /// The certificate's time has not come.
    #[error("the certificate is not valid before {from}")]
    NotYetValid {
        /// First instant of validity.
        from: String,
    },
    /// The certificate's time is over.
    #[error("the certificate expired on {until}")]
    Expired {
        /// Last instant of validity.
        until: String,
    },
    /// The certificate is for something else than signing.
    #[error("the certificate's key usage does not allow signing: {found}")]
    KeyUsage {
        /// What it allows.
        found: String,
    },
    /// Not a document that may be opened.
    #[error("the document cannot be read: {0}")]
    Unreadable(#[from] facteur_xml::XmlError),
    /// Only UBL invoices and credit notes take an enveloped signature.
    #[error("{root} does not take an enveloped signature: only UBL Invoice and CreditNote do")]
    NotUbl {
        /// The root element.
        root: String,
    },
    /// It already carries a signature, which ours would break.
    #[error("the document already carries a signature, at line {line}")]
    AlreadySigned {
        /// Where.
        line: u32,
    },
    /// There is no place where the signature could stand.
    #[error("the document has no place for a signature: {0}")]
    NoPlace(String),
    /// A name that cannot stand in a reference.
    #[error("the file name {0:?} cannot be named in a seal")]
    FileName(String),
    /// OpenSSL refused an operation.
    #[error("cryptographic operation failed: {0}")]
    Crypto(#[from] openssl::error::ErrorStack),
    /// The canonical form could not be made.
    #[error("the canonical form cannot be made: {0}")]
    Canonical(String),
    /// libxml2 or libxmlsec1 could not be started.
    #[error("the second signature engine cannot be started: {0}")]
    Engine(String),
    /// What was just signed does not verify: it is thrown away.
    #[error("the new signature was refused by verification: {0}")]
    Refused(String),
}

impl SignError {
    /// The rule id under which the sentence for people stands.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::KeyFile { .. } => "SIGN-KEY-FILE",
            Self::KeyFilePermissions { .. } => "SIGN-KEY-FILE-PERMISSIONS",
            Self::Key(_) => "SIGN-KEY",
            Self::KeyKind { .. } => "SIGN-KEY-KIND",
            Self::Certificate(_) => "SIGN-CERTIFICATE",
            Self::KeyMismatch { .. } => "SIGN-KEY-MISMATCH",
            Self::NotYetValid { .. } => "SIGN-CERTIFICATE-NOT-YET-VALID",
            Self::Expired { .. } => "SIGN-CERTIFICATE-EXPIRED",
            Self::KeyUsage { .. } => "SIGN-CERTIFICATE-USAGE",
            Self::Unreadable(_) => "SIGN-UNREADABLE",
            Self::NotUbl { .. } => "SIGN-NOT-UBL",
            Self::AlreadySigned { .. } => "SIGN-ALREADY-SIGNED",
            Self::NoPlace(_) => "SIGN-NO-PLACE",
            Self::FileName(_) => "SIGN-FILE-NAME",
            Self::Crypto(_) | Self::Canonical(_) | Self::Engine(_) => "SIGN-FAILED",
            Self::Refused(_) => "SIGN-SELF-CHECK",
        }
    }

    /// The same refusal as a finding, for tables and reports.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let finding = Finding::fatal(Layer::Reading, self.rule()).found(self.found());
        match self {
            Self::Unreadable(_) | Self::NotUbl { .. } | Self::NoPlace(_) => finding.actor(Actor::Supplier),
            Self::AlreadySigned { line } => {
                let finding = finding.actor(Actor::Service);
                Finding { line: Some(*line), ..finding }
            }
            Self::FileName(_) => finding.actor(Actor::Service),
            _ => finding.actor(Actor::Administrator),
        }
    }

    fn found(&self) -> String {
        match self {
            Self::KeyFilePermissions { path, mode } => format!("{path} ({mode:04o})"),
            Self::KeyMismatch { subject: found }
            | Self::NotYetValid { from: found }
            | Self::Expired { until: found }
            | Self::KeyUsage { found }
            | Self::KeyKind { found }
            | Self::NotUbl { root: found } => found.clone(),
            Self::FileName(name) => name.clone(),
            Self::AlreadySigned { line } => line.to_string(),
            Self::NoPlace(detail) | Self::Refused(detail) => detail.clone(),
            other => other.to_string(),
        }
    }
}
