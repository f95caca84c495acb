//! What is known of one supplier's invoices: where each value stands, and what no page of theirs says.
//!
//! A template is data that a person can read and correct (YAML, [`Template::parse`]), or that is learnt from a
//! corrected draft ([`learn`]). It applies to a document on which all its keywords stand, and what it reads goes before
//! what the labels alone say. It is not believed blindly: a check digit, an equation or a sure value of the page that
//! contradicts it takes its certainty away.

mod apply;
mod check;
mod learn;
mod problem;
mod read;
mod rule;
mod shape;
mod value;
mod yaml;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::learn::{Learnt, Missing, Unlearnable, learn};
pub use self::problem::{Problem, TemplateError};
pub use self::rule::{FieldRule, Find, Occurrence, PageChoice, Position};
pub use self::value::DateFormat;

pub(super) use self::apply::{apply, choose};
use super::FieldName;

/// Largest file of a template.
pub const TEMPLATE_BYTES_MAX: usize = 64 << 10;
/// The format that is read and written.
pub const TEMPLATE_FORMAT: &str = "facteur-template/1";

/// A template of one supplier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// What it is called: the name of its file without the ending.
    pub name: String,
    /// Whose invoices it reads.
    pub supplier: Supplier,
    /// What stands on each of them; all of it has to.
    pub keywords: Vec<String>,
    /// How dates are printed, where the usual spellings are not enough.
    pub date_format: Option<DateFormat>,
    /// What parts the cents: `,` or `.`.
    pub decimal: Option<char>,
    /// Where the values stand.
    pub fields: BTreeMap<FieldName, FieldRule>,
    /// Values that are the same on every invoice of this supplier.
    pub constants: BTreeMap<FieldName, String>,
}

/// Whose invoices a template reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supplier {
    /// BT-27.
    pub name: Option<String>,
    /// BT-30 with the scheme of SIRET.
    pub siret: Option<String>,
    /// BT-31.
    pub vat: Option<String>,
}

impl Supplier {
    /// What is known of the supplier, as fields.
    pub fn fields(&self) -> impl Iterator<Item = (FieldName, &str)> {
        [
            (FieldName::Supplier, &self.name),
            (FieldName::SupplierSiret, &self.siret),
            (FieldName::SupplierVat, &self.vat),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((field, value.as_deref()?)))
    }
}

/// Whether a value may be the same on every invoice: what identifies one invoice never is, and an account may be
/// changed by a fraud that a constant would hide.
#[must_use]
pub const fn may_be_constant(field: FieldName) -> bool {
    matches!(
        field,
        FieldName::Kind
            | FieldName::Currency
            | FieldName::SupplierSiren
            | FieldName::Buyer
            | FieldName::BuyerSiret
            | FieldName::BuyerVat
            | FieldName::Service
    )
}
