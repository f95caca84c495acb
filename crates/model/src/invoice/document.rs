//! Notes, references, supporting documents, delivery and period of an invoice.

use serde::{Deserialize, Serialize};

use super::Address;
use crate::date::Date;
use crate::identifiers::Identifier;

/// BG-1 of the invoice, or BT-127 of a line: a text for people, with the code of its subject.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Note {
    /// BT-21, subject code (UNTDID 4451); on a line EXT-FR-FE-183. France demands `PMT`, `PMD` and `AAB`.
    pub subject: Option<String>,
    /// BT-22, text; on a line BT-127.
    pub text: Option<String>,
}

/// BG-3, an earlier invoice; on a line EXT-FR-FE-BG-06.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrecedingInvoice {
    /// BT-25, its number; on a line EXT-FR-FE-136.
    pub number: Option<String>,
    /// BT-26, its issue date; on a line EXT-FR-FE-138.
    pub issued: Option<Date>,
    /// EXT-FR-FE-02, its type code (UNTDID 1001); on a line EXT-FR-FE-137.
    pub type_code: Option<String>,
    /// The line of that invoice, where a line of this one refers to it.
    pub line: Option<String>,
}

/// BG-24, an additional supporting document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SupportingDocument {
    /// BT-122, reference of the document.
    pub reference: Option<String>,
    /// BT-123, description: in France one of a closed list (`RIB`, `LISIBLE`, `BON_LIVRAISON`, …).
    pub description: Option<String>,
    /// BT-124, external location.
    pub location: Option<String>,
    /// BT-125, the attached document itself.
    pub attachment: Option<Attachment>,
    /// Kind of the document where the syntax says more (UNTDID 1153), and its date: not in EN 16931.
    pub reference_type: Option<String>,
    /// Issue date of the document: not in EN 16931.
    pub issued: Option<Date>,
}

/// BT-125, an attached document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attachment {
    /// BT-125-1, MIME code.
    pub mime_code: Option<String>,
    /// BT-125-2, file name.
    pub file_name: Option<String>,
    /// The content, base64 as it stands in the document.
    pub content: String,
}

/// BG-13, delivery; on a line EXT-FR-FE-BG-10 and BG-11.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Delivery {
    /// BT-70, name of the party delivered to.
    pub name: Option<String>,
    /// BT-71, identifiers of the location; on a line EXT-FR-FE-146.
    pub locations: Vec<Identifier>,
    /// BT-72, actual delivery date; on a line EXT-FR-FE-158.
    pub date: Option<Date>,
    /// BG-15, address delivered to (BT-75 to BT-80, BT-165).
    pub address: Option<Address>,
}

/// Delivery terms (Incoterms): French extension.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryTerms {
    /// Code of the terms (`EXW`, `DAP`, …).
    pub code: Option<String>,
    /// Name of the place that they refer to.
    pub location: Option<String>,
    /// Country of that place.
    pub country: Option<String>,
}

/// BG-14, invoicing period; on a line BG-26.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InvoicePeriod {
    /// BT-73, first day; on a line BT-134.
    pub start: Option<Date>,
    /// BT-74, last day; on a line BT-135.
    pub end: Option<Date>,
    /// Description of the period: not in EN 16931.
    pub description: Option<String>,
}
