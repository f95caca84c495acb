//! Below the lines: VAT and totals side by side, payment, mentions.

use facteur_model::amount::Amount;
use facteur_model::invoice::{Invoice, Payment};

use super::font::Weight;
use super::sheet::{BODY, HEADING, Ink, LEFT, Mark, RIGHT, SMALL, STRONG, Sheets, Style};
use super::words::{Words, account};

const TOTALS: f32 = 352.0;
const VAT_END: f32 = TOTALS - 22.0;
const GRAND: Style = Style { weight: Weight::Bold, size: 10.4, ink: Ink::Black };

pub(super) fn write(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    sums(sheets, words, invoice);
    payment(sheets, words, invoice);
    mentions(sheets, words, invoice);
}

fn sums(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    #[allow(clippy::cast_precision_loss)]
    let rows = invoice.vat_breakdown.len().clamp(6, 24) as f32;
    sheets.room(rows.mul_add(14.0, 40.0));
    sheets.y += 8.0;
    let top = sheets.y;
    let left = vat(sheets, words, invoice, top);
    let right = totals(sheets, words, invoice, top);
    sheets.y = left.max(right) + 4.0;
}

fn vat(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice, top: f32) -> f32 {
    if invoice.vat_breakdown.is_empty() {
        return top;
    }
    let columns = [LEFT + 96.0, LEFT + 180.0, VAT_END - 4.0];
    sheets.put(Mark::Band { y: top, from: LEFT, to: VAT_END, height: 16.0 });
    sheets.text(LEFT + 6.0, top + 4.0, HEADING, &words.say("vat"));
    for (x, label) in columns.into_iter().zip(["rate", "taxable", "tax"]) {
        sheets.right(x, top + 4.0, HEADING, &words.say(label));
    }
    let mut y = top + 20.0;
    for part in &invoice.vat_breakdown {
        sheets.text(LEFT + 6.0, y, BODY, part.category.as_deref().unwrap_or(""));
        for (x, value) in columns.into_iter().zip([
            part.rate.map(|rate| words.percent(rate)),
            part.taxable.map(|amount| words.number(amount)),
            part.tax.map(|amount| words.number(amount)),
        ]) {
            sheets.right(x, y, BODY, &value.unwrap_or_default());
        }
        y += BODY.lead() + 1.5;
        let reason = [part.exemption.as_deref(), part.exemption_code.as_deref()];
        let reason: Vec<&str> = reason.into_iter().flatten().collect();
        if !reason.is_empty() {
            y = sheets.column(LEFT + 6.0, y - 1.0, VAT_END - LEFT - 12.0, SMALL, &reason.join(" · "));
        }
    }
    y
}

fn totals(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice, top: f32) -> f32 {
    let totals = &invoice.totals;
    let negative = |amount: Option<Amount>| amount.and_then(|amount| Amount::ZERO.checked_sub(amount));
    let nonzero = |amount: Option<Amount>| amount.filter(|amount| !amount.is_zero());
    let several = nonzero(totals.allowances).is_some() || nonzero(totals.charges).is_some();
    let rows = [
        ("sum_of_lines", totals.lines.filter(|_| several), BODY),
        ("allowances", nonzero(negative(totals.allowances)), BODY),
        ("charges", nonzero(totals.charges), BODY),
        ("without_vat", totals.without_vat, BODY),
        ("vat_total", totals.vat, BODY),
        ("with_vat", totals.with_vat, GRAND),
        ("paid", nonzero(negative(totals.paid)), BODY),
        ("rounding", nonzero(totals.rounding), BODY),
    ];
    let mut y = top;
    for (label, amount, style) in rows {
        let Some(amount) = amount else { continue };
        if style.size > BODY.size {
            sheets.put(Mark::Rule { y: y + 1.0, from: TOTALS, to: RIGHT, strong: true });
            y += 4.0;
        }
        sheets.text(TOTALS, y, Style { ink: style.ink, ..style }, &words.say(label));
        sheets.right(RIGHT - 4.0, y, Style { weight: Weight::Bold, ..style }, &words.money(amount));
        y += style.lead() + 2.0;
    }
    if let Some(due) = totals.due {
        sheets.put(Mark::Band { y: y + 1.0, from: TOTALS - 6.0, to: RIGHT, height: 20.0 });
        sheets.text(TOTALS, y + 5.5, Style { ink: Ink::Accent, ..GRAND }, &words.say("due_amount"));
        sheets.right(RIGHT - 4.0, y + 5.5, Style { ink: Ink::Accent, ..GRAND }, &words.money(due));
        y += 26.0;
    }
    y
}

fn payment(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    let rows = payment_rows(words, invoice, &invoice.payment);
    if rows.is_empty() {
        return;
    }
    // Kept together, unless it is longer than half a sheet.
    #[allow(clippy::cast_precision_loss)]
    sheets.room((rows.len() as f32).mul_add(STRONG.lead(), 26.0).min(360.0));
    sheets.heading(&words.say("payment"));
    for (label, value) in rows {
        let lines = sheets.fonts.lines(STRONG.weight, STRONG.size, RIGHT - LEFT - 130.0, &value);
        for (index, line) in lines.iter().enumerate() {
            sheets.room(STRONG.lead());
            if index == 0 {
                sheets.text(LEFT, sheets.y + 0.8, SMALL, &label);
            }
            sheets.text(LEFT + 126.0, sheets.y, BODY, line);
            sheets.y += STRONG.lead();
        }
    }
}

fn payment_rows(words: &Words, invoice: &Invoice, payment: &Payment) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    let mut add = |label: &str, value: Option<String>| rows.extend(value.map(|value| (words.say(label), value)));
    for means in &payment.means {
        add("means", means.text.clone().or_else(|| means.code.as_deref().map(|code| words.means(code))));
        if let Some(transfer) = &means.credit_transfer {
            add("account", transfer.account.as_deref().map(account));
            add("account_name", transfer.name.clone());
            add("bank", transfer.provider.clone());
        }
        if let Some(card) = &means.card {
            add("card", card.number.clone());
        }
        add("debited", means.debited_account.as_deref().map(account));
    }
    add("mandate", payment.mandate.clone());
    add("creditor", payment.creditor.clone());
    add("payee", invoice.payee.as_ref().and_then(|payee| payee.name.clone()));
    add("remittance", payment.remittance.clone());
    add("terms", payment.terms.clone());
    rows
}

/// The mentions that the law or the supplier wants, in small print.
fn mentions(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    let registration = invoice.seller.tax_registration.as_ref();
    let registration = registration.map(|number| words.with("tax_registration", &[("number", number)]));
    let own = [invoice.seller.legal_information.clone(), registration];
    let notes: Vec<String> =
        invoice.notes.iter().filter_map(|note| note.text.clone()).chain(own.into_iter().flatten()).collect();
    if notes.is_empty() {
        return;
    }
    sheets.heading(&words.say("notes"));
    for note in notes {
        sheets.paragraph(SMALL, &note);
        sheets.y += 2.0;
    }
}
