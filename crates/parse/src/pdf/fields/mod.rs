//! What a plain PDF seems to say: a proposal for a person, never a fact.
//!
//! Every value has a confidence, the method by which it was found and its place on the page. Evidence is a label
//! beside or above the value, a check digit, or an equation of sums. A value whose check digit fails is kept and shown
//! with less confidence. Only values with at least [`SURE`] are called sure.

mod amount;
mod date;
mod document;
mod identifier;
mod label;
mod sums;
mod table;
pub mod template;
mod view;

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use serde::{Deserialize, Serialize};

use self::template::Template;
use self::view::View;
use super::text::{PdfText, Place};

/// From this confidence on, in percent, a value is called sure.
pub const SURE: u8 = 90;

/// A thing that an invoice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldName {
    /// BT-3: `380` invoice, `381` credit note.
    Kind,
    /// BT-1.
    Number,
    /// BT-2, `YYYY-MM-DD`.
    Issued,
    /// BT-9, `YYYY-MM-DD`.
    Due,
    /// BT-5.
    Currency,
    /// BT-27.
    Supplier,
    /// BT-30 with the scheme of SIRET.
    SupplierSiret,
    /// BT-30 with the scheme of SIREN.
    SupplierSiren,
    /// BT-31.
    SupplierVat,
    /// BT-44.
    Buyer,
    /// BT-47 with the scheme of SIRET.
    BuyerSiret,
    /// BT-48.
    BuyerVat,
    /// BT-13: the commitment or order number.
    Order,
    /// BT-10: the code of the service that receives the invoice.
    Service,
    /// BT-109.
    Net,
    /// BT-110.
    Vat,
    /// BT-112.
    Total,
    /// BT-115.
    Payable,
    /// BT-84.
    Iban,
}

impl FieldName {
    /// Every name, in the order of a form.
    pub const ALL: [Self; 19] = [
        Self::Kind,
        Self::Number,
        Self::Issued,
        Self::Due,
        Self::Currency,
        Self::Supplier,
        Self::SupplierSiret,
        Self::SupplierSiren,
        Self::SupplierVat,
        Self::Buyer,
        Self::BuyerSiret,
        Self::BuyerVat,
        Self::Order,
        Self::Service,
        Self::Net,
        Self::Vat,
        Self::Total,
        Self::Payable,
        Self::Iban,
    ];

    /// The one spelling in JSON, forms and templates.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Number => "number",
            Self::Issued => "issued",
            Self::Due => "due",
            Self::Currency => "currency",
            Self::Supplier => "supplier",
            Self::SupplierSiret => "supplier_siret",
            Self::SupplierSiren => "supplier_siren",
            Self::SupplierVat => "supplier_vat",
            Self::Buyer => "buyer",
            Self::BuyerSiret => "buyer_siret",
            Self::BuyerVat => "buyer_vat",
            Self::Order => "order",
            Self::Service => "service",
            Self::Net => "net",
            Self::Vat => "vat",
            Self::Total => "total",
            Self::Payable => "payable",
            Self::Iban => "iban",
        }
    }

    /// The field that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

/// By what a value was found; the strongest where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// By where it stands alone.
    Position,
    /// By the words beside or above it.
    Label,
    /// By an equation that it fulfils with other values of the page.
    Arithmetic,
    /// By its check digits.
    Checksum,
    /// By the supplier's template.
    Template,
    /// A person gave it.
    Person,
}

/// A value as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The value, in the spelling of the model.
    pub value: String,
    /// How far it can be trusted, in percent.
    pub confidence: u8,
    /// By what it was found.
    pub method: Method,
    /// The page, from 1; 0 for a value that stands on none.
    pub page: usize,
    /// Where on it.
    pub place: Place,
}

impl Field {
    /// Whether it may be shown without a question mark.
    #[must_use]
    pub const fn is_sure(&self) -> bool {
        self.confidence >= SURE
    }
}

/// A row of the VAT breakdown (BG-23) whose product was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatRow {
    /// BT-119, in percent.
    pub rate: Amount,
    /// BT-116.
    pub base: Amount,
    /// BT-117.
    pub amount: Amount,
    /// The page.
    pub page: usize,
    /// Where on it.
    pub place: Place,
}

/// A line of the invoice (BG-25) whose product was checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRow {
    /// BT-153: what stands before the numbers.
    pub name: String,
    /// BT-129.
    pub quantity: Amount,
    /// BT-146.
    pub price: Amount,
    /// BT-131.
    pub amount: Amount,
    /// BT-152, in percent, where the line says it.
    pub rate: Option<Amount>,
    /// The page.
    pub page: usize,
    /// Where on it.
    pub place: Place,
}

/// Everything found on the pages of a plain PDF.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The fields.
    pub fields: BTreeMap<FieldName, Field>,
    /// The VAT breakdown, where the layout allows.
    pub vat: Vec<VatRow>,
    /// The lines, where the layout allows.
    pub lines: Vec<ItemRow>,
    /// The name of the supplier's template that was applied, if any.
    #[serde(default)]
    pub template: Option<String>,
    /// Every amount with cents that is printed, without its sign, in ascending order.
    pub amounts: Vec<Amount>,
}

impl Reading {
    /// The total that the pages show for sure, where it is another one than the invoice's own and the invoice's own
    /// is nowhere printed. Signs do not count: a credit note's sums are printed with either.
    #[must_use]
    pub fn other_total(&self, own: Amount) -> Option<&Field> {
        let shown = self.fields.get(&FieldName::Total).filter(|field| field.is_sure())?;
        let (own, value) = (unsigned(own.rounded(2)), unsigned(Amount::parse(&shown.value).ok()?.rounded(2)));
        (value != own && self.amounts.binary_search(&own).is_err()).then_some(shown)
    }

    fn put(&mut self, name: FieldName, field: Option<Field>) {
        if let Some(field) = field {
            self.fields.insert(name, field);
        }
    }
}

/// Reads the fields of an invoice out of its text.
#[must_use]
pub fn read(text: &PdfText) -> Reading {
    read_view(&View::of(text))
}

/// Reads the fields of an invoice with what is known of its supplier: the template whose keywords all stand on the
/// pages; of several, the one that asks for most.
#[must_use]
pub fn read_with(text: &PdfText, templates: &[Template]) -> Reading {
    let view = View::of(text);
    let mut reading = read_view(&view);
    if let Some(template) = template::choose(&view, templates) {
        template::apply(&view, template, &mut reading);
    }
    reading
}

fn read_view(view: &View) -> Reading {
    let mut reading = Reading::default();
    identifier::read(view, &mut reading);
    document::read(view, &mut reading);
    date::read(view, &mut reading);
    table::read(view, &mut reading);
    sums::read(view, &mut reading);
    reading.amounts = printed(view);
    reading
}

/// Most different amounts that are kept.
const AMOUNTS_MAX: usize = 20_000;

fn printed(view: &View) -> Vec<Amount> {
    let numbers = amount::all(view).into_iter().filter(|number| number.cents);
    let mut amounts: Vec<Amount> = numbers.map(|number| unsigned(number.value.rounded(2))).collect();
    amounts.sort_unstable();
    amounts.dedup();
    amounts.truncate(AMOUNTS_MAX);
    amounts
}

fn unsigned(amount: Amount) -> Amount {
    if amount.is_negative() { Amount::ZERO.checked_sub(amount).unwrap_or(amount) } else { amount }
}
