//! An invoice in the terms of EN 16931-1, with the French extensions: what every syntax is read into.
//!
//! Every field names its business term (BT), its group (BG) or its French extension (EXT-FR-FE). Nothing is
//! mandatory here: what a document does not say is `None` or empty, and rules judge it elsewhere. Texts stand as
//! they are written, trimmed; identifiers are unchecked (see [`crate::identifiers`]); numbers and dates are exact.

mod access;
mod document;
mod line;
mod party;
mod payment;
mod tax;
pub mod terms;
mod values;

pub use access::{is_credit_note_code, is_subcontractor_framework, signed_cents};
pub use document::{Attachment, Delivery, DeliveryTerms, InvoicePeriod, Note, PrecedingInvoice, SupportingDocument};
pub use line::{Item, ItemAttribute, Line, LineReference, Price, Quantity};
pub use party::{Address, Contact, OtherParties, Party};
pub use payment::{CreditTransfer, Payment, PaymentCard, PaymentMeans};
pub use tax::{AllowanceCharge, CurrencyExchange, LineAllowanceCharge, Totals, VatBreakdown};
pub use values::{Entry, Leaf, Value};

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::date::Date;
use crate::identifiers::Identifier;

/// The code of a business term: `BT-1`, `BG-25`, `EXT-FR-FE-01`; or, for what only the historic Chorus Pro formats
/// have, `CPP-` and a name; or plain `EXT-FR-FE` for what the French profile adds under a number we do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Term(pub &'static str);

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// An invoice or a credit note.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Invoice {
    /// BT-1, invoice number: unique for the seller (its legal person and the year of issue, Chorus Pro).
    pub number: Option<String>,
    /// BT-2, issue date.
    pub issued: Option<Date>,
    /// BT-3, invoice type code (UNTDID 1001): `380` invoice, `381` credit note, `386` advance, …
    pub type_code: Option<String>,
    /// BT-5, invoice currency code (ISO 4217): that of every amount but BT-111.
    pub currency: Option<String>,
    /// BT-6, VAT accounting currency code: that of BT-111.
    pub vat_currency: Option<String>,
    /// BT-7, value added tax point date.
    pub vat_point: Option<Date>,
    /// BT-8, value added tax point date code (UNTDID 2005 in UBL, 2475 in CII; kept as written).
    pub vat_point_code: Option<String>,
    /// BT-9, payment due date.
    pub due: Option<Date>,
    /// BT-10, buyer reference: towards a public buyer, the service code.
    pub buyer_reference: Option<String>,
    /// BT-11, project reference.
    pub project: Option<String>,
    /// BT-12, contract reference (*marché*).
    pub contract: Option<String>,
    /// EXT-FR-FE-01, type of the contract (`MARCHE`, `CONTRAT`).
    pub contract_type: Option<String>,
    /// Date of the contract: French extension.
    pub contract_date: Option<Date>,
    /// BT-13, purchase order reference: towards a public buyer, the commitment number (*numéro d'engagement*).
    pub purchase_order: Option<String>,
    /// Date of the purchase order: French extension.
    pub purchase_order_date: Option<Date>,
    /// BT-14, sales order reference.
    pub sales_order: Option<String>,
    /// BT-15, receiving advice reference.
    pub receiving_advice: Option<String>,
    /// BT-16, despatch advice reference.
    pub despatch_advice: Option<String>,
    /// Date of the despatch advice: French extension.
    pub despatch_advice_date: Option<Date>,
    /// BT-17, tender or lot reference.
    pub tender: Option<String>,
    /// BT-18, invoiced object identifier, with its scheme (UNTDID 1153). The French profile allows several.
    pub invoiced_objects: Vec<Identifier>,
    /// BT-19, buyer accounting reference.
    pub accounting_reference: Option<String>,
    /// BG-1, notes.
    pub notes: Vec<Note>,
    /// BT-23, business process type: in France the billing framework (*cadre de facturation*): `A1` … on the
    /// historic channel, `B1`, `S1`, `M1`, … on the channel of the approved platforms.
    pub framework: Option<String>,
    /// BT-24, specification identifier: the profile that the document claims to follow.
    pub profile: Option<String>,
    /// BG-3, preceding invoices: those that this one corrects, credits or settles.
    pub preceding: Vec<PrecedingInvoice>,
    /// BG-4, seller.
    pub seller: Party,
    /// BG-7, buyer.
    pub buyer: Party,
    /// BG-10, payee, where it is not the seller.
    pub payee: Option<Party>,
    /// BG-11, seller's tax representative.
    pub tax_representative: Option<Party>,
    /// Parties of the French extensions.
    pub other_parties: OtherParties,
    /// BG-13, delivery, with BG-15.
    pub delivery: Option<Delivery>,
    /// Delivery terms: French extension.
    pub delivery_terms: Option<DeliveryTerms>,
    /// BG-14, invoicing period.
    pub period: Option<InvoicePeriod>,
    /// BG-16, payment instructions, with BT-20.
    pub payment: Payment,
    /// BG-20, document level allowances.
    pub allowances: Vec<AllowanceCharge>,
    /// BG-21, document level charges.
    pub charges: Vec<AllowanceCharge>,
    /// Exchange rate between BT-5 and BT-6: French extension.
    pub vat_exchange: Option<CurrencyExchange>,
    /// BG-22, document totals.
    pub totals: Totals,
    /// BG-23, VAT breakdown.
    pub vat_breakdown: Vec<VatBreakdown>,
    /// BG-24, additional supporting documents.
    pub supporting_documents: Vec<SupportingDocument>,
    /// BG-25, lines.
    pub lines: Vec<Line>,
}
