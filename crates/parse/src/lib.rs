//! Reading invoices: bytes are told apart, XML trees and PDFs become [`Parsed`] invoices in the terms of EN 16931.
//!
//! Reading never judges. A tree that is an invoice of one of the four roots is read whatever it says: what it does
//! not say is absent, what is written wrongly is a warning beside the element, what the model has no term for is
//! listed. `Err` means that there is no invoice there at all.
//!
//! ```
//! use facteur_xml::{Document, Limits};
//!
//! let bytes = br#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
//!     xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
//!     <cbc:ID>FA-1</cbc:ID><cbc:IssueDate>2026-11-23</cbc:IssueDate></Invoice>"#;
//! let document = Document::parse(bytes, &Limits::default())?;
//! let parsed = facteur_parse::read(&document)?;
//! assert_eq!(parsed.invoice.number.as_deref(), Some("FA-1"));
//! assert_eq!(parsed.invoice.issue_year(), Some(2026));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod checks;
mod cii;
mod detect;
mod parsed;
pub mod pdf;
mod reader;
mod ubl;

pub use detect::{CII, UBL_CREDIT_NOTE, UBL_INVOICE, ZUGFERD_1, detect, kind_of};
pub use parsed::{Parsed, Unmapped};

use facteur_model::invoice::terms;
use facteur_model::kind::DocumentKind;
use facteur_xml::Document;

/// The tree is no invoice that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an invoice: the root element is {root:?} in namespace {namespace:?}")]
pub struct NotAnInvoice {
    /// Local name of the root element.
    pub root: String,
    /// Its namespace; empty where it has none.
    pub namespace: String,
}

/// Reads an invoice from a tree, by its root: UBL 2.1 `Invoice` and `CreditNote`, CII D16B to D22B, ZUGFeRD 1.
///
/// # Errors
/// [`NotAnInvoice`] for any other root.
pub fn read(document: &Document) -> Result<Parsed, NotAnInvoice> {
    match kind_of(document) {
        kind @ (DocumentKind::UblInvoice | DocumentKind::UblCreditNote) => Ok(ubl::read(document, kind)),
        DocumentKind::Cii => Ok(cii::read(document)),
        _ => {
            let root = document.root();
            Err(NotAnInvoice {
                root: root.name().to_owned(),
                namespace: root.namespace().unwrap_or_default().to_owned(),
            })
        }
    }
}
