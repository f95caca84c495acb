//! What contradicts a template: a check digit, an equation, another value that the page says for sure.

use std::collections::BTreeMap;

use facteur_model::amount::Amount;
use facteur_model::identifiers::{Iban, Siren, Siret, VatNumber};

use crate::pdf::fields::{Field, FieldName, Method, Reading, SURE, view};
use crate::pdf::text::Place;

/// A value that fails its own check, or another one that the page proves.
const CONTRADICTED: u8 = 60;
/// The labels of the page say otherwise, and say it for sure.
const DISPUTED: u8 = 75;
/// A constant that stands on the page.
const PRINTED: u8 = 95;
/// A constant that the page does not speak of.
const UNSPOKEN: u8 = 92;
/// Template and page agree.
const AGREED: u8 = 98;

/// A constant as a field; `None` where the page says another value for sure and may be right: the recipient, the
/// service or the currency can be another one this time. The supplier cannot: there the constant stays, in doubt.
pub(super) fn constant(page: &str, field: FieldName, value: &str, shown: Option<&Field>) -> Option<Field> {
    let agreed = shown.filter(|shown| shown.value == value);
    let printed = agreed.is_some() || page.contains(&view::compact(value));
    let sure_otherwise = shown.is_some_and(|shown| shown.is_sure() && shown.value != value);
    let of_supplier = matches!(
        field,
        FieldName::Supplier | FieldName::SupplierSiret | FieldName::SupplierSiren | FieldName::SupplierVat
    );
    let confidence = match (printed, sure_otherwise) {
        (true, false) => PRINTED,
        (true, true) if of_supplier => PRINTED,
        (false, false) => UNSPOKEN,
        (false, true) if of_supplier => CONTRADICTED,
        (_, true) => return None,
    };
    let (page, place) = agreed.map_or((0, Place::default()), |shown| (shown.page, shown.place));
    Some(Field { value: value.to_owned(), confidence, method: Method::Template, page, place })
}

/// The template says where the value stands, and there it is not: what was read elsewhere is in doubt.
pub(super) fn unexpected(reading: &mut Reading, name: FieldName) {
    if let Some(field) = reading.fields.get_mut(&name) {
        field.confidence = field.confidence.min(DISPUTED);
    }
}

/// Takes certainty from what the template read and something else contradicts.
pub(super) fn temper(without: &BTreeMap<FieldName, Field>, reading: &mut Reading) {
    for (name, field) in &mut reading.fields {
        if field.method != Method::Template {
            continue;
        }
        if fails_its_check(*name, &field.value) {
            field.confidence = field.confidence.min(CONTRADICTED);
        }
        if field.page == 0 {
            continue;
        }
        match without.get(name) {
            Some(other) if other.value == field.value && field.confidence >= SURE => field.confidence = AGREED,
            Some(other) if other.value != field.value && other.is_sure() => {
                field.confidence = field.confidence.min(DISPUTED);
            }
            _ => {}
        }
    }
    if !sums_agree(reading) {
        doubt(reading, &[FieldName::Net, FieldName::Vat, FieldName::Total]);
    }
    if !supplier_agrees(reading) {
        doubt(reading, &[FieldName::SupplierSiret, FieldName::SupplierSiren, FieldName::SupplierVat]);
    }
    if let (Some(issued), Some(due)) = (value(reading, FieldName::Issued), value(reading, FieldName::Due))
        && due < issued
    {
        doubt(reading, &[FieldName::Due]);
    }
}

fn doubt(reading: &mut Reading, names: &[FieldName]) {
    for name in names {
        if let Some(field) = reading.fields.get_mut(name).filter(|field| field.method == Method::Template) {
            field.confidence = field.confidence.min(CONTRADICTED);
        }
    }
}

fn value(reading: &Reading, name: FieldName) -> Option<&str> {
    reading.fields.get(&name).map(|field| field.value.as_str())
}

fn fails_its_check(name: FieldName, value: &str) -> bool {
    match name {
        FieldName::SupplierSiret | FieldName::BuyerSiret => Siret::parse(value).is_err(),
        FieldName::SupplierSiren => Siren::parse(value).is_err(),
        FieldName::SupplierVat | FieldName::BuyerVat => value.starts_with("FR") && VatNumber::parse(value).is_err(),
        FieldName::Iban => Iban::parse(value).is_err(),
        _ => false,
    }
}

/// Whether net and VAT add up to the total, where all three are there.
fn sums_agree(reading: &Reading) -> bool {
    let amount = |name| Amount::parse(value(reading, name)?).ok();
    let (Some(net), Some(vat), Some(total)) =
        (amount(FieldName::Net), amount(FieldName::Vat), amount(FieldName::Total))
    else {
        return true;
    };
    net.checked_add(vat) == Some(total)
}

/// Whether SIRET, SIREN and a French VAT number hold the same nine digits.
fn supplier_agrees(reading: &Reading) -> bool {
    let siret = value(reading, FieldName::SupplierSiret).and_then(|siret| siret.get(..9));
    let siren = value(reading, FieldName::SupplierSiren);
    let vat = value(reading, FieldName::SupplierVat).and_then(|vat| vat.strip_prefix("FR")?.get(2..11));
    let known: Vec<&str> = [siret, siren, vat].into_iter().flatten().collect();
    known.windows(2).all(|pair| pair[0] == pair[1])
}
