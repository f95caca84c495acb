//! The simulator's own small reader: what a deposited file says, without any product crate, so that no bug of
//! the product is mirrored here.

mod cii;
#[cfg(test)]
mod corpus;
mod lot;
mod pdf;
mod tree;
mod ubl;

use serde::Serialize;

use crate::amount::Amount;

/// Largest uncompressed invoice file (10 Mo, API annex V5.00).
pub const FILE_MAX: usize = 10 * 1024 * 1024;
/// Largest compressed flow (30 Mo).
pub const LOT_MAX: usize = 30 * 1024 * 1024;

/// The flow syntaxes of the current offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// IN_DP_E1_UBL_INVOICE.
    Ubl,
    /// IN_DP_E1_CII_16B.
    Cii,
    /// IN_DP_E2_UBL_INVOICE_MIN.
    UblMinimal,
    /// IN_DP_E2_CII_MIN_16B.
    CiiMinimal,
    /// IN_DP_E2_CPP_FACTURE_MIN.
    CppMinimal,
    /// IN_DP_E2_CII_FACTURX.
    FacturX,
}

/// Code, syntax and interface name of each accepted `syntaxeFlux`.
const SYNTAXES: [(&str, Syntax, &str); 6] = [
    ("IN_DP_E1_UBL_INVOICE", Syntax::Ubl, "FSO1100A"),
    ("IN_DP_E1_CII_16B", Syntax::Cii, "FSO1106A"),
    ("IN_DP_E2_UBL_INVOICE_MIN", Syntax::UblMinimal, "FSO1110A"),
    ("IN_DP_E2_CII_MIN_16B", Syntax::CiiMinimal, "FSO1116A"),
    ("IN_DP_E2_CPP_FACTURE_MIN", Syntax::CppMinimal, "FSO1113A"),
    ("IN_DP_E2_CII_FACTURX", Syntax::FacturX, "FSO1117A"),
];

impl Syntax {
    /// Reads a `syntaxeFlux`; obsolete values of the Swagger and invented ones give nothing.
    pub fn from_code(code: &str) -> Option<Self> {
        SYNTAXES.iter().find(|(known, ..)| *known == code).map(|(_, syntax, _)| *syntax)
    }

    /// The interface, for example `FSO1117A`.
    pub fn interface(self) -> &'static str {
        SYNTAXES.iter().find(|(_, syntax, _)| *syntax == self).map_or("", |(.., interface)| interface)
    }
}

/// Which XML grammar a document follows; it decides the element paths in rejection texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Grammar {
    /// UBL 2.1.
    Ubl,
    /// UN/CEFACT CII.
    Cii,
}

/// An identifier with the scheme that announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// `schemeID`, when there is one.
    pub scheme: Option<String>,
    /// The identifier, trimmed.
    pub value: String,
}

/// Supplier or recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Party {
    /// Every identifier found, in the order of the document.
    pub identifiers: Vec<Identifier>,
    /// Name.
    pub name: Option<String>,
}

impl Party {
    /// The 14-digit SIRET, when one of the identifiers is one.
    pub fn siret(&self) -> Option<&str> {
        self.identifiers.iter().map(|id| id.value.as_str()).find(|value| is_siret(value))
    }

    /// The identifier and its type in the gateway's words: SIRET first, else a declared foreign one.
    pub fn identifier(&self) -> Option<(&str, &'static str)> {
        if let Some(siret) = self.siret() {
            return Some((siret, "SIRET"));
        }
        self.identifiers.iter().find_map(|id| Some((id.value.as_str(), foreign_type(id.scheme.as_deref()?)?)))
    }
}

/// A supporting document announced by the invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// File name, when given.
    pub file_name: Option<String>,
    /// Whether the content is embedded.
    pub embedded: bool,
}

/// What the gateway keeps of one invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Grammar of the XML.
    pub grammar: Grammar,
    /// UNTDID 1001 code (BT-3).
    pub type_code: String,
    /// BT-1.
    pub number: String,
    /// BT-2, `YYYY-MM-DD`.
    pub issued: String,
    /// BT-9, `YYYY-MM-DD`.
    pub due: Option<String>,
    /// BT-5.
    pub currency: String,
    /// Cadre de facturation (A1 … A25), as written.
    pub framework: Option<String>,
    /// Seller.
    pub supplier: Party,
    /// Buyer.
    pub recipient: Party,
    /// Code service exécutant.
    pub service: Option<String>,
    /// Numéro d'engagement (BT-13).
    pub commitment: Option<String>,
    /// Numéro de marché (BT-12).
    pub contract: Option<String>,
    /// Preceding invoice (BT-25).
    pub preceding: Option<String>,
    /// Payment means codes (BT-81).
    pub payment_means: Vec<String>,
    /// Whether an account for credit transfers is given (BT-84).
    pub account: bool,
    /// Total without VAT (BT-109).
    pub without_tax: Option<Amount>,
    /// Total VAT (BT-110).
    pub tax: Option<Amount>,
    /// Total with VAT (BT-112).
    pub with_tax: Option<Amount>,
    /// Amount due (BT-115).
    pub payable: Amount,
    /// Supporting documents.
    pub attachments: Vec<Attachment>,
}

impl Document {
    /// `FACTURE` or `AVOIR`, as the API says it.
    pub fn api_type(&self) -> &'static str {
        match self.type_code.as_str() {
            "381" | "261" | "262" | "396" | "502" | "503" => "AVOIR",
            "386" | "500" => "ACOMPTE",
            _ => "FACTURE",
        }
    }

    /// The uniqueness key: issue year, supplier SIREN (or foreign identifier), number.
    pub fn key(&self) -> Option<InvoiceKey> {
        let (identifier, kind) = self.supplier.identifier()?;
        let supplier = if kind == "SIRET" { identifier.get(..9)? } else { identifier };
        Some(InvoiceKey {
            year: self.issued.get(..4)?.to_owned(),
            supplier: supplier.to_owned(),
            number: self.number.clone(),
        })
    }

    /// Subcontractors' requests (A9, S3) are outside the duplicate control.
    pub fn is_exempt_from_duplicate_control(&self) -> bool {
        matches!(self.framework.as_deref(), Some("A9" | "S3"))
    }
}

/// (issue year, supplier SIREN, number): Chorus Pro's uniqueness key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InvoiceKey {
    /// Year of BT-2.
    pub year: String,
    /// SIREN, or the identifier of a foreign supplier.
    pub supplier: String,
    /// BT-1.
    pub number: String,
}

/// An admissibility error of the file, in the gateway's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TechnicalError {
    /// For example `ERR_XSD_001`.
    pub code: &'static str,
    /// The text, for example `IRRECEVABILITE: … - ligne: 150 - position: 60`.
    pub text: String,
}

impl TechnicalError {
    fn xsd(what: &str, line: u32, column: u32) -> Self {
        Self { code: "ERR_XSD_001", text: format!("IRRECEVABILITE: {what} - ligne: {line} - position: {column}") }
    }

    fn file(what: &str) -> Self {
        Self { code: "SIM-FICHIER", text: format!("IRRECEVABILITE: {what}") }
    }
}

/// One file of a flow, read.
#[derive(Debug, Clone)]
pub struct Member {
    /// File name inside the lot, or the flow's own name.
    pub name: String,
    /// What it says.
    pub document: Result<Document, TechnicalError>,
}

/// Whether a file is a compressed lot, judged by its bytes.
pub fn is_lot(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B])
}

/// Reads a whole flow: one file, or the members of a `.tar.gz`.
pub fn read(syntax: Syntax, file_name: &str, bytes: &[u8]) -> Vec<Member> {
    if !is_lot(bytes) {
        return vec![Member { name: file_name.to_owned(), document: read_one(syntax, bytes) }];
    }
    match lot::members(bytes) {
        Ok(files) => {
            files.into_iter().map(|(name, content)| Member { name, document: read_one(syntax, &content) }).collect()
        }
        Err(error) => vec![Member { name: file_name.to_owned(), document: Err(error) }],
    }
}

fn read_one(syntax: Syntax, bytes: &[u8]) -> Result<Document, TechnicalError> {
    if bytes.len() > FILE_MAX {
        return Err(TechnicalError::file("le fichier depasse 10 Mo"));
    }
    match syntax {
        Syntax::Ubl | Syntax::UblMinimal => read_xml(bytes, Some(Grammar::Ubl)),
        Syntax::Cii | Syntax::CiiMinimal => read_xml(bytes, Some(Grammar::Cii)),
        Syntax::FacturX => read_xml(&pdf::embedded_xml(bytes)?, Some(Grammar::Cii)),
        Syntax::CppMinimal => Err(TechnicalError::file("SIM-SYNTAXE le simulateur ne lit pas CPPFactureMixte")),
    }
}

fn read_xml(bytes: &[u8], expected: Option<Grammar>) -> Result<Document, TechnicalError> {
    let text = std::str::from_utf8(bytes).map_err(|_| TechnicalError::file("le fichier n'est pas en UTF-8"))?;
    let xml = tree::parse(text)?;
    let root = tree::Element::root(&xml);
    let grammar = match (root.name(), root.namespace()) {
        ("Invoice" | "CreditNote", Some(space)) if space.starts_with(ubl::NAMESPACE) => Grammar::Ubl,
        ("CrossIndustryInvoice", Some(space)) if space.starts_with(cii::NAMESPACE) => Grammar::Cii,
        (name, _) => return Err(root.error(&format!("cvc-elt.1: Cannot find the declaration of element '{name}'."))),
    };
    if expected.is_some_and(|expected| expected != grammar) {
        return Err(root.error(&format!("cvc-elt.1: Cannot find the declaration of element '{}'.", root.name())));
    }
    match grammar {
        Grammar::Ubl => ubl::read(root),
        Grammar::Cii => cii::read(root),
    }
}

fn is_siret(text: &str) -> bool {
    text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Types of foreign identifiers: historical scheme numbers and the ISO 6523 ones.
fn foreign_type(scheme: &str) -> Option<&'static str> {
    match scheme {
        "2" | "0223" => Some("UE_HORS_FRANCE"),
        "3" | "0227" => Some("HORS_UE"),
        "4" | "0228" => Some("RIDET"),
        "5" | "0229" => Some("TAHITI"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_million_nested_elements_do_not_exhaust_the_stack() {
        let deep = format!("{}{}", "<a>".repeat(1_000_000), "</a>".repeat(1_000_000));
        let small_stack = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
        let reading = small_stack.spawn(move || read(Syntax::Ubl, "deep.xml", deep.as_bytes()));
        assert!(reading.unwrap().join().unwrap()[0].document.is_err());
    }

    #[test]
    fn a_siret_is_preferred_to_a_siren_wherever_it_stands() {
        let id = |scheme: &str, value: &str| Identifier { scheme: Some(scheme.to_owned()), value: value.to_owned() };
        let party = Party { identifiers: vec![id("0002", "812345676"), id("0009", "81234567600017")], name: None };
        assert_eq!(party.identifier(), Some(("81234567600017", "SIRET")));
        let foreign = Party { identifiers: vec![id("2", "BE0123456749")], name: None };
        assert_eq!(foreign.identifier(), Some(("BE0123456749", "UE_HORS_FRANCE")));
        let siren = Party { identifiers: vec![id("0002", "812345676")], name: None };
        assert_eq!(siren.identifier(), None);
    }
}
