//! Why a PDF is not readable; each reason has a rule id, under which its sentences stand.

use facteur_model::finding::{Actor, Finding, Layer};
use lopdf::encryption::DecryptionError;
use lopdf::{DecompressError, Error};
use serde::{Deserialize, Serialize};

use super::PdfLimits;

/// A PDF that cannot be read, or may not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "kebab-case")]
pub enum PdfError {
    /// No `%PDF-` in the first kilobyte.
    #[error("not a PDF")]
    NotPdf,
    /// Larger than allowed.
    #[error("the file has {found} bytes, more than {limit}")]
    FileTooLarge {
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// Its structure cannot be read.
    #[error("the PDF is damaged: {detail}")]
    Damaged {
        /// What the reader met.
        detail: String,
    },
    /// It opens only with a password.
    #[error("the PDF is protected by a password")]
    PasswordRequired,
    /// It is encrypted in a way that is not read.
    #[error("the PDF is encrypted with an unsupported method: {detail}")]
    EncryptionUnsupported {
        /// Which.
        detail: String,
    },
    /// A stream unpacks to more than allowed: the mark of a bomb.
    #[error("a stream of the PDF unpacks to more than {limit} bytes")]
    StreamTooLarge {
        /// The limit.
        limit: usize,
    },
    /// More objects than allowed.
    #[error("the PDF has {found} objects, more than {limit}")]
    TooManyObjects {
        /// How many.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// More pages than are read for their text.
    #[error("the PDF has more than {limit} pages")]
    TooManyPages {
        /// The limit.
        limit: usize,
    },
    /// More attachments than allowed.
    #[error("the PDF has more than {limit} attachments")]
    TooManyAttachments {
        /// The limit.
        limit: usize,
    },
    /// The tree of embedded files is too large or too deep.
    #[error("the list of attached files has more than {limit} entries")]
    NameTreeTooLarge {
        /// The limit.
        limit: usize,
    },
    /// An attachment unpacks to more than allowed.
    #[error("the attachment {name} unpacks to more than {limit} bytes")]
    AttachmentTooLarge {
        /// Its name.
        name: String,
        /// The limit.
        limit: usize,
    },
    /// All attachments together unpack to more than allowed.
    #[error("the attachments unpack to more than {limit} bytes together")]
    AttachmentsTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The invoice XML is larger than allowed.
    #[error("the invoice {name} has {found} bytes, more than {limit}")]
    InvoiceTooLarge {
        /// Its name.
        name: String,
        /// Its size.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A file with the name of an invoice is there and cannot be unpacked.
    #[error("the invoice {name} cannot be read out of the PDF: {detail}")]
    InvoiceUnreadable {
        /// Its name.
        name: String,
        /// What the reader met.
        detail: String,
    },
    /// Reading took too long and was ended.
    #[error("reading the PDF took more than {seconds} seconds")]
    TooSlow {
        /// The limit.
        seconds: u64,
    },
    /// The process that read it ended without an answer: memory, stack or processor time exhausted.
    #[error("the process that read the PDF ended without an answer: {detail}")]
    WorkerDied {
        /// How it ended.
        detail: String,
    },
    /// The reading process cannot be started: nothing is known of the document.
    #[error("the process that reads PDFs cannot be started: {detail}")]
    WorkerUnavailable {
        /// Why.
        detail: String,
    },
}

impl PdfError {
    /// The rule id, key of the sentences for people.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::NotPdf => "PDF-NOT-PDF",
            Self::FileTooLarge { .. } => "PDF-SIZE",
            Self::Damaged { .. } => "PDF-DAMAGED",
            Self::PasswordRequired => "PDF-PASSWORD",
            Self::EncryptionUnsupported { .. } => "PDF-ENCRYPTION",
            Self::StreamTooLarge { .. } => "PDF-BOMB",
            Self::TooManyObjects { .. } => "PDF-OBJECTS",
            Self::TooManyPages { .. } => "PDF-PAGES",
            Self::TooManyAttachments { .. } => "PDF-ATTACHMENTS",
            Self::NameTreeTooLarge { .. } => "PDF-NAME-TREE",
            Self::AttachmentTooLarge { .. } => "PDF-ATTACHMENT-SIZE",
            Self::AttachmentsTooLarge { .. } => "PDF-ATTACHMENTS-SIZE",
            Self::InvoiceTooLarge { .. } => "PDF-XML-SIZE",
            Self::InvoiceUnreadable { .. } => "PDF-XML-UNREADABLE",
            Self::TooSlow { .. } => "PDF-TOO-SLOW",
            Self::WorkerDied { .. } => "PDF-WORKER-DIED",
            Self::WorkerUnavailable { .. } => "PDF-WORKER-UNAVAILABLE",
        }
    }

    /// Whether the document may be fine and only this machine failed: it is to be tried again, not quarantined.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        matches!(self, Self::WorkerUnavailable { .. })
    }

    /// The same as a finding.
    #[must_use]
    pub fn finding(&self) -> Finding {
        let finding = Finding::fatal(Layer::Syntax, self.rule());
        match self {
            Self::NotPdf | Self::PasswordRequired => finding,
            Self::FileTooLarge { found, limit } | Self::TooManyObjects { found, limit } => {
                finding.found(found.to_string()).expected(limit.to_string())
            }
            Self::Damaged { detail } | Self::EncryptionUnsupported { detail } => finding.found(detail.clone()),
            Self::StreamTooLarge { limit }
            | Self::TooManyPages { limit }
            | Self::TooManyAttachments { limit }
            | Self::NameTreeTooLarge { limit }
            | Self::AttachmentsTooLarge { limit } => finding.expected(limit.to_string()),
            Self::AttachmentTooLarge { name, limit } => finding.arg("name", name.clone()).expected(limit.to_string()),
            Self::InvoiceTooLarge { name, found, limit } => {
                finding.arg("name", name.clone()).found(found.to_string()).expected(limit.to_string())
            }
            Self::InvoiceUnreadable { name, detail } => finding.arg("name", name.clone()).found(detail.clone()),
            Self::TooSlow { seconds } => finding.expected(seconds.to_string()).actor(Actor::Service),
            Self::WorkerDied { detail } => finding.found(detail.clone()).actor(Actor::Service),
            Self::WorkerUnavailable { detail } => finding.found(detail.clone()).actor(Actor::Administrator),
        }
    }

    /// What a failed load means.
    pub(super) fn from_load(error: &Error, limits: &PdfLimits) -> Self {
        match error {
            Error::Decompress(DecompressError::MemoryLimitExceeded { .. }) => {
                Self::StreamTooLarge { limit: limits.max_stream_bytes }
            }
            Error::InvalidPassword | Error::Decryption(DecryptionError::IncorrectPassword) => Self::PasswordRequired,
            Error::Decryption(
                DecryptionError::UnsupportedEncryption
                | DecryptionError::UnsupportedVersion
                | DecryptionError::UnsupportedRevision,
            )
            | Error::UnsupportedSecurityHandler(_) => Self::EncryptionUnsupported { detail: chain(error) },
            other => Self::Damaged { detail: chain(other) },
        }
    }
}

/// An error with its causes, on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
