//! The parties of an invoice.

use serde::{Deserialize, Serialize};

use crate::identifiers::Identifier;

/// A party. Which terms its fields are depends on its role; the documentation gives them in the order
/// seller (BG-4), buyer (BG-7), payee (BG-10), seller's tax representative (BG-11).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Party {
    /// BT-27, BT-44, BT-59, BT-62: name (registered name of a legal person).
    pub name: Option<String>,
    /// BT-28, BT-45: trading name.
    pub trading_name: Option<String>,
    /// BT-29, BT-46, BT-60: identifiers, with their schemes; in France SIRET (`0009`, historic `1`) and, of a public
    /// buyer, the service code (`0224`).
    pub identifiers: Vec<Identifier>,
    /// BT-30, BT-47, BT-61: legal registration identifier; in France the SIREN (`0002`), on the historic channel
    /// often the SIRET.
    pub legal_identifier: Option<Identifier>,
    /// BT-31, BT-48, –, BT-63: VAT identifier.
    pub vat_number: Option<String>,
    /// BT-32: the seller's other tax registration identifier.
    pub tax_registration: Option<String>,
    /// BT-33: additional legal information on the seller (legal form, capital, …).
    pub legal_information: Option<String>,
    /// BT-34, BT-49: electronic address, with its scheme.
    pub endpoint: Option<Identifier>,
    /// BG-5, BG-8, –, BG-12: postal address.
    pub address: Option<Address>,
    /// BG-6, BG-9: contacts. EN 16931 has one; other profiles repeat it.
    pub contacts: Vec<Contact>,
    /// Code of the role (UNTDID 3035): French extension parties.
    pub role: Option<String>,
    /// CPP-VAT-REGIME: VAT regime of the seller on the historic channel (`TVA DEBIT`, `TVA ENCAISSEMENT`).
    pub vat_regime: Option<String>,
}

/// A postal address; the terms in the order seller (BG-5), buyer (BG-8), tax representative (BG-12), delivery (BG-15).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    /// BT-35, BT-50, BT-64, BT-75: first line.
    pub line_1: Option<String>,
    /// BT-36, BT-51, BT-65, BT-76: second line.
    pub line_2: Option<String>,
    /// BT-162, BT-163, BT-164, BT-165: third line.
    pub line_3: Option<String>,
    /// BT-37, BT-52, BT-66, BT-77: city.
    pub city: Option<String>,
    /// BT-38, BT-53, BT-67, BT-78: post code.
    pub post_code: Option<String>,
    /// BT-39, BT-54, BT-68, BT-79: country subdivision.
    pub subdivision: Option<String>,
    /// BT-40, BT-55, BT-69, BT-80: country code (ISO 3166-1).
    pub country: Option<String>,
}

/// A contact (BG-6 seller, BG-9 buyer).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    /// CPP-SERVICE-CODE: identifier of the contact; in the historic UBL the buyer's service code.
    pub identifier: Option<String>,
    /// BT-41, BT-56: contact point.
    pub name: Option<String>,
    /// Department, where the syntax has it apart from the name (CII; BT-41, BT-56 too).
    pub department: Option<String>,
    /// BT-42, BT-57: telephone.
    pub telephone: Option<String>,
    /// BT-43, BT-58: electronic mail.
    pub mail: Option<String>,
}

/// Parties that EN 16931 does not have and France does.
///
/// There is no party of its own for a subcontractor or a co-contractor: under those billing frameworks they are the
/// seller, and the lead contractor is the [`seller_agent`](OtherParties::seller_agent)
/// (see [`Invoice::subcontractor`](super::Invoice::subcontractor)).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct OtherParties {
    /// EXT-FR-FE-BG-01, the buyer's agent.
    pub buyer_agent: Option<Party>,
    /// EXT-FR-FE-BG-02, the payer, where it is not the buyer.
    pub payer: Option<Party>,
    /// EXT-FR-FE-BG-03, the seller's agent: for a subcontractor or co-contractor, the lead contractor.
    pub seller_agent: Option<Party>,
    /// EXT-FR-FE-BG-04, the party to whom the invoice is addressed.
    pub invoicee: Option<Party>,
    /// EXT-FR-FE-BG-05, the party that draws up the invoice for the seller.
    pub invoicer: Option<Party>,
}
