//! The lines of the invoice, with their heading again on each sheet, and at each turn the sum of the lines so far.

use facteur_model::amount::Amount;
use facteur_model::invoice::{Invoice, Line};

use super::sheet::{BODY, HEADING, LEFT, Mark, RIGHT, SMALL, STRONG, Sheets};
use super::words::Words;

/// Right edges of the columns of numbers.
const QUANTITY: f32 = 352.0;
const UNIT: f32 = 358.0;
const PRICE: f32 = 448.0;
const RATE: f32 = 484.0;
const NAME: f32 = LEFT + 26.0;
const NAME_WIDTH: f32 = QUANTITY - 46.0 - NAME;

/// Room for the sum that is carried to the next sheet.
const CARRY: f32 = 16.0;

/// The sum of the lines set so far; nothing where it would say nothing: an amount is missing, or lines are parts of
/// others (French extension).
struct Carried(Option<Amount>);

impl Carried {
    fn of(invoice: &Invoice) -> Self {
        let parts = invoice.lines.iter().any(|line| line.parent.is_some() || line.subtype.is_some());
        Self((!parts).then_some(Amount::ZERO))
    }

    fn add(&mut self, amount: Option<Amount>) {
        self.0 = self.0.zip(amount).and_then(|(sum, amount)| sum.checked_add(amount));
    }
}

pub(super) fn write(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    if invoice.lines.is_empty() {
        return;
    }
    sheets.room(60.0);
    header(sheets, words);
    let mut carried = Carried::of(invoice);
    for (index, line) in invoice.lines.iter().enumerate() {
        row(sheets, words, &mut carried, index, line);
    }
    for (label, entries) in [("allowance", &invoice.allowances), ("charge", &invoice.charges)] {
        for entry in entries {
            let sign = |amount: Amount| {
                if label == "allowance" { Amount::ZERO.checked_sub(amount).unwrap_or(amount) } else { amount }
            };
            let reason = entry.reason.clone().unwrap_or_else(|| words.say(label));
            let amount = entry.amount.map(sign);
            sheet_row(sheets, words, &mut carried, &reason, entry.vat_rate, amount);
        }
    }
    sheets.y += 2.0;
}

fn header(sheets: &mut Sheets<'_>, words: &Words) {
    sheets.put(Mark::Band { y: sheets.y, from: LEFT, to: RIGHT, height: 16.0 });
    let y = sheets.y + 4.0;
    sheets.text(LEFT + 6.0, y, HEADING, &words.say("line"));
    sheets.text(NAME, y, HEADING, &words.say("item"));
    sheets.right(QUANTITY, y, HEADING, &words.say("quantity"));
    sheets.text(UNIT, y, HEADING, &words.say("unit"));
    sheets.right(PRICE, y, HEADING, &words.say("price"));
    sheets.right(RATE, y, HEADING, &words.say("vat"));
    sheets.right(RIGHT - 4.0, y, HEADING, &words.say("amount"));
    sheets.y += 20.0;
}

/// A line is kept on one sheet as long as it is not longer than one.
fn row(sheets: &mut Sheets<'_>, words: &Words, carried: &mut Carried, index: usize, line: &Line) {
    let name = sheets.fonts.lines(BODY.weight, BODY.size, NAME_WIDTH, line.item.name.as_deref().unwrap_or("—"));
    let details: Vec<String> = details(words, line)
        .iter()
        .flat_map(|text| sheets.fonts.lines(SMALL.weight, SMALL.size, NAME_WIDTH, text))
        .collect();
    #[allow(clippy::cast_precision_loss)]
    let height = (name.len() as f32).mul_add(BODY.lead(), details.len() as f32 * SMALL.lead()) + 5.0;
    begin(sheets, words, carried, height.min(400.0));
    let id = line.id.clone().unwrap_or_else(|| (index + 1).to_string());
    sheets.text(LEFT + 6.0, sheets.y, SMALL, &id.chars().take(5).collect::<String>());
    numbers(sheets, words, line);
    carried.add(line.net_amount);
    for (style, text) in name.iter().map(|text| (BODY, text)).chain(details.iter().map(|text| (SMALL, text))) {
        begin(sheets, words, carried, style.lead());
        sheets.text(NAME, sheets.y, style, text);
        sheets.y += style.lead();
    }
    sheets.y += 2.5;
    sheets.rule(LEFT, RIGHT, false);
    sheets.y += 3.0;
}

/// Goes on to the next sheet where there is no room left, with the sum so far at the foot and at the head.
fn begin(sheets: &mut Sheets<'_>, words: &Words, carried: &Carried, height: f32) {
    if sheets.fits(height + CARRY) {
        return;
    }
    carry(sheets, words, carried, "carry_forward");
    sheets.turn();
    header(sheets, words);
    carry(sheets, words, carried, "brought_forward");
}

fn carry(sheets: &mut Sheets<'_>, words: &Words, carried: &Carried, label: &str) {
    let Some(sum) = carried.0.filter(|sum| !sum.is_zero()) else { return };
    // Left of the columns of prices and rates: sums of millions are wider than an amount.
    sheets.right(PRICE, sheets.y, SMALL, &words.say(label));
    sheets.right(RIGHT - 4.0, sheets.y, STRONG, &words.number(sum));
    sheets.y += BODY.lead() + 1.5;
    sheets.rule(LEFT, RIGHT, false);
    sheets.y += 2.5;
}

fn numbers(sheets: &mut Sheets<'_>, words: &Words, line: &Line) {
    let y = sheets.y;
    if let Some(quantity) = &line.quantity {
        sheets.right(QUANTITY, y, BODY, &words.quantity(quantity));
        let unit = quantity.unit.as_deref().map(|code| words.unit(code)).unwrap_or_default();
        sheets.text(UNIT, y, SMALL, &unit.chars().take(9).collect::<String>());
    }
    if let Some(price) = line.price.net {
        sheets.right(PRICE, y, BODY, &words.number(price));
    }
    if let Some(rate) = line.vat_rate {
        sheets.right(RATE, y, BODY, &words.percent(rate));
    }
    if let Some(net) = line.net_amount {
        sheets.right(RIGHT - 4.0, y, STRONG, &words.number(net));
    }
}

/// What is said under the name.
fn details(words: &Words, line: &Line) -> Vec<String> {
    let item = &line.item;
    let mut details: Vec<String> = Vec::new();
    details.extend(item.description.clone());
    let reference =
        |key: &str, value: &Option<String>| value.as_ref().map(|value| words.with(key, &[("value", value)]));
    let references: Vec<String> = [
        reference("item_seller", &item.seller_identifier),
        reference("item_buyer", &item.buyer_identifier),
        item.standard_identifier.as_ref().map(|identifier| words.identifier(identifier)),
        line.order.as_ref().and_then(|order| reference("item_order", &order.line)),
    ]
    .into_iter()
    .flatten()
    .collect();
    details.extend(Some(references.join(" · ")).filter(|text| !text.is_empty()));
    if let Some(period) = &line.period
        && let (Some(start), Some(end)) = (period.start, period.end)
    {
        details.push(format!("{} – {}", words.day(start), words.day(end)));
    }
    if let (Some(base), true) = (&line.price.base, line.price.base.as_ref().and_then(|base| base.value).is_some()) {
        let unit = base.unit.as_deref().map(|code| words.unit(code)).unwrap_or_default();
        let quantity = words.quantity(base);
        if quantity != "1" {
            details.push(words.with("price_for", &[("quantity", &quantity), ("unit", &unit)]));
        }
    }
    for (key, entries) in [("line_allowance", &line.allowances), ("line_charge", &line.charges)] {
        for entry in entries {
            let reason = entry.reason.clone().unwrap_or_default();
            let amount = entry.amount.map(|amount| words.number(amount)).unwrap_or_default();
            details.push(words.with(key, &[("reason", &reason), ("amount", &amount)]));
        }
    }
    details.extend(line.notes.iter().filter_map(|note| note.text.clone()));
    details
}

/// An allowance or a charge on the whole document.
fn sheet_row(
    sheets: &mut Sheets<'_>,
    words: &Words,
    carried: &mut Carried,
    reason: &str,
    rate: Option<Amount>,
    amount: Option<Amount>,
) {
    let lines = sheets.fonts.lines(BODY.weight, BODY.size, RATE - 40.0 - NAME, reason).len();
    #[allow(clippy::cast_precision_loss)]
    begin(sheets, words, carried, (lines as f32).mul_add(BODY.lead(), 6.0).min(400.0));
    carried.add(amount);
    let y = sheets.y;
    if let Some(rate) = rate {
        sheets.right(RATE, y, BODY, &words.percent(rate));
    }
    if let Some(amount) = amount {
        sheets.right(RIGHT - 4.0, y, STRONG, &words.number(amount));
    }
    let below = sheets.column(NAME, y, RATE - 40.0 - NAME, BODY, reason);
    sheets.y = below + 2.5;
    sheets.rule(LEFT, RIGHT, false);
    sheets.y += 3.0;
}
