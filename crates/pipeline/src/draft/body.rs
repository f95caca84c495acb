//! A draft: what the pages propose, and what a person gave. The person's word goes first; what neither says and follows
//! from the rest is filled in and shown as such.

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use facteur_parse::pdf::fields::{Field, FieldName, Method, Reading};
use facteur_parse::pdf::text::Place;
use serde::{Deserialize, Serialize};

use super::field::{DraftField, Form};
use super::value::checked;
use crate::config::{Configuration, ContextName, Role};

/// What the installation makes of drafts: its channel and its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The channel that it deposits by.
    pub context: ContextName,
    /// What it may do.
    pub role: Role,
}

impl Frame {
    /// That of a configuration.
    #[must_use]
    pub const fn of(configuration: &Configuration) -> Self {
        Self { context: configuration.check.context, role: configuration.structure.role }
    }
}

/// A draft, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// What the pages seem to say.
    pub read: Reading,
    /// What a person gave, by the name of the field; an empty text says that there is none.
    pub given: BTreeMap<String, String>,
    /// The VAT breakdown that a person gave.
    pub vat: Option<Vec<VatEntry>>,
    /// The lines that a person gave.
    pub lines: Option<Vec<LineEntry>>,
}

/// A row of the VAT breakdown (BG-23).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatEntry {
    /// BT-119, in percent.
    pub rate: Amount,
    /// BT-116.
    pub base: Amount,
    /// BT-117.
    pub amount: Amount,
}

/// A line (BG-25).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineEntry {
    /// BT-153.
    pub name: String,
    /// BT-129.
    pub quantity: Amount,
    /// BT-146.
    pub price: Amount,
    /// BT-131.
    pub amount: Amount,
    /// BT-152, in percent, where it is said.
    #[serde(default)]
    pub rate: Option<Amount>,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Read on a page, or given by a person.
    By(Method),
    /// It follows from other values, or from the configuration.
    Default,
}

impl Origin {
    /// The one spelling in JSON, and of the key of its word (`method.label`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::By(Method::Position) => "position",
            Self::By(Method::Label) => "label",
            Self::By(Method::Arithmetic) => "arithmetic",
            Self::By(Method::Checksum) => "checksum",
            Self::By(Method::Template) => "template",
            Self::By(Method::Person) => "person",
            Self::Default => "default",
        }
    }
}

/// A value of a draft, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The value; of a page that could not be brought into the spelling of the model, as it was read.
    pub value: String,
    /// How far it can be trusted, in percent.
    pub confidence: u8,
    /// Whether it may be shown without a question mark.
    pub sure: bool,
    /// Whether it is what the field demands; a person's always is.
    pub usable: bool,
    /// Where it comes from.
    pub origin: Origin,
    /// The page, from 1; 0 for none.
    pub page: usize,
    /// Where on it.
    pub place: Place,
}

/// A change of a draft's field that a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field, as it was named.
    pub field: String,
    /// The value, as it was given.
    pub value: String,
    /// What it has to be; nothing where there is no such field.
    pub form: Option<Form>,
}

impl Draft {
    /// A proposal.
    #[must_use]
    pub fn of(mut read: Reading) -> Self {
        // Only the check of totals needs every amount.
        read.amounts.clear();
        Self { read, ..Self::default() }
    }

    /// What stands in a field.
    #[must_use]
    pub fn entry(&self, field: &DraftField, frame: Frame) -> Option<Entry> {
        match self.given.get(field.name) {
            Some(value) if value.is_empty() => None,
            Some(value) => Some(stated(value.clone(), Origin::By(Method::Person), 100)),
            None => match field.read.and_then(|name| self.read.fields.get(&name)) {
                Some(found) => Some(read(field, found)),
                None => self.implied(field, frame),
            },
        }
    }

    /// The usable value of a field.
    #[must_use]
    pub fn value(&self, name: &str, frame: Frame) -> Option<String> {
        let entry = self.entry(DraftField::from_name(name)?, frame)?;
        entry.usable.then_some(entry.value)
    }

    /// What follows from the rest: the country of a SIRET, a transfer to an IBAN, the whole to be paid, the first SIREN.
    /// It is no surer than what it follows from.
    fn implied(&self, field: &DraftField, frame: Frame) -> Option<Entry> {
        let from = |source: &str, value: fn(&str) -> Option<String>| {
            let source = self.entry(DraftField::from_name(source)?, frame).filter(|entry| entry.usable)?;
            let stated = stated(value(&source.value)?, Origin::Default, source.confidence);
            Some(Entry { sure: source.sure, ..stated })
        };
        let france: fn(&str) -> Option<String> = |_| Some("FR".to_owned());
        match field.name {
            "framework" if frame.context == ContextName::CproHistoric => {
                Some(stated("A1".to_owned(), Origin::Default, 100))
            }
            "supplier_siren" => from("supplier_siret", |siret| siret.get(..9).map(str::to_owned)),
            "supplier_country" => {
                from("supplier_siret", france).or_else(|| from("supplier_vat", |vat| vat.get(..2).map(str::to_owned)))
            }
            "buyer_country" => from("buyer_siret", france),
            "payment_means" => from("iban", |_| Some("30".to_owned())),
            "payable" => from("total", |total| Some(total.to_owned())),
            "vat_category" => from("vat", |vat| Amount::parse(vat).ok()?.is_zero().then(|| "E".to_owned())),
            _ => None,
        }
    }

    /// Takes a person's value; an empty one says that there is none. The value before and after, where it changed.
    ///
    /// # Errors
    /// There is no such field, or the value is not what it has to be.
    pub fn give(&mut self, name: &str, text: &str, frame: Frame) -> Result<Option<(String, String)>, Fault> {
        let fault = |form| Fault { field: name.to_owned(), value: text.to_owned(), form };
        let field = DraftField::from_name(name).ok_or_else(|| fault(None))?;
        let before = self.entry(field, frame).map(|entry| entry.value).unwrap_or_default();
        let value = if text.trim().is_empty() {
            String::new()
        } else {
            checked(field.form, text).ok_or_else(|| fault(Some(field.form)))?
        };
        let known = self.given.get(name) == Some(&value);
        self.given.insert(name.to_owned(), value.clone());
        Ok((!known).then_some((before, value)))
    }

    /// The fields that pages can say, with their usable values.
    #[must_use]
    pub fn page_values(&self, frame: Frame) -> BTreeMap<FieldName, String> {
        let said = super::FIELDS.iter().filter_map(|field| {
            let entry = self.entry(field, frame)?;
            (entry.usable && entry.origin != Origin::Default).then_some((field.read?, entry.value))
        });
        said.collect()
    }
}

fn stated(value: String, origin: Origin, confidence: u8) -> Entry {
    Entry { value, confidence, sure: true, usable: true, origin, page: 0, place: Place::default() }
}

fn read(field: &DraftField, found: &Field) -> Entry {
    let value = checked(field.form, &found.value);
    let usable = value.is_some();
    Entry {
        value: value.unwrap_or_else(|| found.value.clone()),
        confidence: found.confidence,
        sure: usable && found.is_sure(),
        usable,
        origin: Origin::By(found.method),
        page: found.page,
        place: found.place,
    }
}
