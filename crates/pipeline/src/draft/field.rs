//! The fields of a draft: those that are read from pages, and those that an invoice needs besides and a page rarely
//! says.

use facteur_parse::pdf::fields::FieldName;

/// What a value has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Any text of at most so many characters.
    Text(usize),
    /// A number that Chorus Pro takes: at most 20 letters, digits, blanks and `- + _ /` (G1.05).
    Number,
    /// `YYYY-MM-DD`; a person may write `DD/MM/YYYY`.
    Date,
    /// A sum of money; a person may write it the French way.
    Amount,
    /// A rate in percent.
    Rate,
    /// Three capital letters (ISO 4217).
    Currency,
    /// Two capital letters (ISO 3166-1).
    Country,
    /// Fourteen digits whose keys agree.
    Siret,
    /// Nine digits whose key agrees.
    Siren,
    /// A VAT number whose key agrees.
    Vat,
    /// An account number whose key agrees.
    Iban,
    /// One of these codes.
    OneOf(&'static [&'static str]),
}

/// A field of a draft.
#[derive(Debug, PartialEq, Eq)]
pub struct DraftField {
    /// Its one spelling in JSON, forms and commands.
    pub name: &'static str,
    /// The business term that it becomes.
    pub term: &'static str,
    /// What its value has to be.
    pub form: Form,
    /// The field of the page that proposes it, where there is one.
    pub read: Option<FieldName>,
}

/// Most characters of a name, an address line, a mention.
const NAME: Form = Form::Text(200);
const MENTION: Form = Form::Text(1000);
/// BT-3 (UNTDID 1001): what the historic channel takes of a supplier.
const KINDS: &[&str] = &["380", "381", "384", "386", "389", "503"];
/// BT-81 (UNTDID 4461).
const MEANS: &[&str] = &["10", "20", "30", "31", "42", "48", "49", "57", "58", "59", "97"];
/// BT-118 (UNTDID 5305) of a rate of zero.
const CATEGORIES: &[&str] = &["E", "AE", "Z", "K", "G", "O"];
/// BT-23 of both channels.
const FRAMEWORKS: &[&str] = &[
    "A1", "A2", "A9", "A12", "B1", "S1", "M1", "B2", "S2", "M2", "S3", "B4", "S4", "M4", "S6", "B7", "S7", "B9", "S9",
    "M9",
];

const fn read(name: FieldName, term: &'static str, form: Form) -> DraftField {
    DraftField { name: name.as_str(), term, form, read: Some(name) }
}

const fn given(name: &'static str, term: &'static str, form: Form) -> DraftField {
    DraftField { name, term, form, read: None }
}

/// Every field, in the order of the form.
pub static FIELDS: [DraftField; 39] = [
    read(FieldName::Kind, "BT-3", Form::OneOf(KINDS)),
    read(FieldName::Number, "BT-1", Form::Number),
    read(FieldName::Issued, "BT-2", Form::Date),
    read(FieldName::Due, "BT-9", Form::Date),
    read(FieldName::Currency, "BT-5", Form::Currency),
    given("framework", "BT-23", Form::OneOf(FRAMEWORKS)),
    given("preceding", "BT-25", Form::Number),
    read(FieldName::Supplier, "BT-27", NAME),
    read(FieldName::SupplierSiret, "BT-29", Form::Siret),
    read(FieldName::SupplierSiren, "BT-30", Form::Siren),
    read(FieldName::SupplierVat, "BT-31", Form::Vat),
    given("supplier_address", "BT-35", NAME),
    given("supplier_post_code", "BT-38", Form::Text(20)),
    given("supplier_city", "BT-37", NAME),
    given("supplier_country", "BT-40", Form::Country),
    given("supplier_endpoint", "BT-34", Form::Text(100)),
    read(FieldName::Buyer, "BT-44", NAME),
    read(FieldName::BuyerSiret, "BT-46", Form::Siret),
    read(FieldName::BuyerVat, "BT-48", Form::Vat),
    given("buyer_address", "BT-50", NAME),
    given("buyer_post_code", "BT-53", Form::Text(20)),
    given("buyer_city", "BT-52", NAME),
    given("buyer_country", "BT-55", Form::Country),
    given("buyer_endpoint", "BT-49", Form::Text(100)),
    read(FieldName::Order, "BT-13", Form::Text(50)),
    read(FieldName::Service, "BT-10", Form::Text(100)),
    given("contract", "BT-12", Form::Text(50)),
    read(FieldName::Net, "BT-109", Form::Amount),
    read(FieldName::Vat, "BT-110", Form::Amount),
    read(FieldName::Total, "BT-112", Form::Amount),
    read(FieldName::Payable, "BT-115", Form::Amount),
    given("vat_category", "BT-118", Form::OneOf(CATEGORIES)),
    given("vat_exemption", "BT-120", MENTION),
    read(FieldName::Iban, "BT-84", Form::Iban),
    given("payment_means", "BT-81", Form::OneOf(MEANS)),
    given("payment_terms", "BT-20", MENTION),
    given("note_pmt", "BT-22", MENTION),
    given("note_pmd", "BT-22", MENTION),
    given("note_aab", "BT-22", MENTION),
];

impl DraftField {
    /// The field that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }
}

impl Form {
    /// The word by which the sentence about a wrong value is found (`draft.fault_siret`).
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number => "number",
            Self::Date => "date",
            Self::Amount => "amount",
            Self::Rate => "rate",
            Self::Currency => "currency",
            Self::Country => "country",
            Self::Siret => "siret",
            Self::Siren => "siren",
            Self::Vat => "vat",
            Self::Iban => "iban",
            Self::OneOf(_) => "code",
        }
    }

    /// What would be right, as far as a list or a length says it.
    #[must_use]
    pub fn expected(self) -> String {
        match self {
            Self::Text(most) => most.to_string(),
            Self::OneOf(codes) => codes.join(", "),
            _ => String::new(),
        }
    }
}
