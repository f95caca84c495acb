//! What a document is, told from its first bytes and its root element.

use std::fmt;

/// The kind of a document, in the spelling of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// UBL 2.1 `Invoice`.
    UblInvoice,
    /// UBL 2.1 `CreditNote`.
    #[serde(rename = "ubl-creditnote")]
    UblCreditNote,
    /// UN/CEFACT `CrossIndustryInvoice` (D16B, D22B), or its ZUGFeRD 1 ancestor `CrossIndustryDocument`.
    Cii,
    /// A PDF that carries an invoice XML (Factur-X, ZUGFeRD 1 and 2, XRechnung in PDF).
    FacturX,
    /// A PDF without invoice XML.
    Pdf,
    /// Anything else.
    Unknown,
}

impl DocumentKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 6] =
        [Self::UblInvoice, Self::UblCreditNote, Self::Cii, Self::FacturX, Self::Pdf, Self::Unknown];

    /// The one spelling used in SQL, JSON and the documentation.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UblInvoice => "ubl-invoice",
            Self::UblCreditNote => "ubl-creditnote",
            Self::Cii => "cii",
            Self::FacturX => "factur-x",
            Self::Pdf => "pdf",
            Self::Unknown => "unknown",
        }
    }

    /// The kind that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
