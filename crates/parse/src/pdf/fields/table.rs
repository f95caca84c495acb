//! Rows whose numbers prove each other: the VAT breakdown and the lines of the invoice.

use facteur_model::amount::Amount;

use super::amount::{self, Printed};
use super::view::View;
use super::{ItemRow, Reading, VatRow};

/// Most rows of each kind.
const ROWS_MAX: usize = 2_000;
/// Rates beyond this are no VAT.
const RATE_MAX: &str = "30";

pub(super) fn read(view: &View, reading: &mut Reading) {
    let numbers = amount::all(view);
    for line in numbers.chunk_by(|one, other| one.line == other.line) {
        if let Some(row) = vat_row(line) {
            let known = reading.vat.iter().any(|other| (other.rate, other.base) == (row.rate, row.base));
            if !known && reading.vat.len() < ROWS_MAX {
                reading.vat.push(row);
            }
        }
        if let Some(row) = item_row(view, line)
            && reading.lines.len() < ROWS_MAX
        {
            reading.lines.push(row);
        }
    }
}

/// A rate, a base and the amount that is their product, in this order or with the rate elsewhere.
fn vat_row(line: &[Printed]) -> Option<VatRow> {
    let most = Amount::parse(RATE_MAX).ok()?;
    let rate = line.iter().find(|number| number.percent && !number.value.is_negative() && number.value <= most)?;
    let money: Vec<&Printed> = line.iter().filter(|number| number.cents && !number.percent).collect();
    for pair in money.windows(2) {
        let (base, tax) = (pair[0], pair[1]);
        if !rate.value.is_zero() && !base.value.is_zero() && is_share(base.value, rate.value, tax.value) {
            let place = rate.place.with(base.place).with(tax.place);
            return Some(VatRow { rate: rate.value, base: base.value, amount: tax.value, page: base.page, place });
        }
    }
    None
}

/// Whether `tax` is `rate` percent of `base`, to the cent.
pub(super) fn is_share(base: Amount, rate: Amount, tax: Amount) -> bool {
    let (Some(product), Ok(hundredth), Ok(cent)) =
        (base.checked_mul(rate), Amount::parse("0.01"), Amount::parse("0.011"))
    else {
        return false;
    };
    let share = product.checked_mul(hundredth).map(|share| share.rounded(2));
    share.and_then(|share| share.checked_sub(tax)).is_some_and(|rest| rest <= cent && rest >= negative(cent))
}

fn negative(amount: Amount) -> Amount {
    Amount::ZERO.checked_sub(amount).unwrap_or(amount)
}

/// A quantity, a price and their product; what stands before the numbers is the name.
fn item_row(view: &View, line: &[Printed]) -> Option<ItemRow> {
    let plain: Vec<&Printed> = line.iter().filter(|number| !number.percent).collect();
    let amount = plain.iter().rev().find(|number| number.cents && !number.value.is_zero())?;
    for (index, one) in plain.iter().enumerate() {
        for other in &plain[index + 1..] {
            if other.after > amount.first || one.value.is_zero() || other.value.is_zero() {
                continue;
            }
            let product = one.value.checked_mul(other.value).map(|product| product.rounded(2));
            if product != Some(amount.value) || !(one.cents || other.cents) {
                continue;
            }
            let begin = view.lines[amount.line].start;
            let words: Vec<&str> = view.tokens[begin..one.first].iter().map(|token| token.text.as_str()).collect();
            let name = words.join(" ");
            if !name.chars().any(char::is_alphabetic) {
                continue;
            }
            // The price is the one with cents; of two, the second.
            let (quantity, price) = if one.cents && !other.cents { (other, one) } else { (one, other) };
            let rate = line.iter().find(|number| number.percent).map(|number| number.value);
            let place = view.tokens[begin].place.with(amount.place);
            return Some(ItemRow {
                name,
                quantity: quantity.value,
                price: price.value,
                amount: amount.value,
                rate,
                page: amount.page,
                place,
            });
        }
    }
    None
}
