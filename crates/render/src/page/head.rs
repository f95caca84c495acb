//! The upper part of the first sheet: title, dates, parties, references.

use facteur_model::invoice::{Invoice, Party};

use super::font::Weight;
use super::sheet::{BODY, HEADING, Ink, LEFT, Mark, RIGHT, SMALL, STRONG, Sheets, Style};
use super::words::Words;

const MIDDLE: f32 = 318.0;
const TITLE: Style = Style { weight: Weight::Bold, size: 19.0, ink: Ink::Accent };
const NAME: Style = Style { weight: Weight::Bold, size: 10.4, ink: Ink::Black };

pub(super) fn write(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    title(sheets, words, invoice);
    let top = sheets.y;
    let left = party(sheets, words, LEFT, top, "seller", &invoice.seller);
    let right = party(sheets, words, MIDDLE, top, "buyer", &invoice.buyer);
    sheets.y = left.max(right) + 8.0;
    references(sheets, words, invoice);
}

fn title(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    let kind = match invoice.type_code.as_deref() {
        _ if invoice.is_credit_note() => "credit_note",
        Some("386") => "advance",
        Some("384") => "corrective",
        _ => "invoice",
    };
    let top = sheets.y;
    sheets.text(LEFT, top, TITLE, &words.say(kind));
    let number = invoice.number.as_deref().unwrap_or("—");
    sheets.text(LEFT, top + 25.0, NAME, &words.with("number", &[("number", number)]));
    let dates = [
        ("issued", invoice.issued),
        ("due", invoice.due),
        ("delivered", invoice.delivery.as_ref().and_then(|delivery| delivery.date)),
    ];
    let mut y = top + 3.0;
    for (label, date) in dates {
        let Some(date) = date else { continue };
        sheets.text(MIDDLE, y, SMALL, &words.say(label));
        sheets.right(RIGHT, y, STRONG, &words.day(date));
        y += 13.0;
    }
    if let Some(period) = &invoice.period
        && let (Some(start), Some(end)) = (period.start, period.end)
    {
        sheets.text(MIDDLE, y, SMALL, &words.say("period"));
        sheets.right(RIGHT, y, BODY, &format!("{} – {}", words.day(start), words.day(end)));
        y += 13.0;
    }
    sheets.y = y.max(top + 42.0) + 10.0;
    sheets.rule(LEFT, RIGHT, true);
    sheets.y += 12.0;
}

fn party(sheets: &mut Sheets<'_>, words: &Words, x: f32, top: f32, label: &str, party: &Party) -> f32 {
    let width = if x < MIDDLE { MIDDLE - LEFT - 18.0 } else { RIGHT - MIDDLE };
    sheets.text(x, top, HEADING, &words.say(label).to_uppercase());
    let mut y = top + 13.0;
    y = sheets.column(x, y, width, NAME, party.name.as_deref().unwrap_or("—"));
    for line in words.party(party) {
        y = sheets.column(x, y, width, BODY, &line);
    }
    for contact in &party.contacts {
        let parts = [&contact.name, &contact.department, &contact.telephone, &contact.mail];
        let parts: Vec<&str> = parts.into_iter().filter_map(|part| part.as_deref()).collect();
        if !parts.is_empty() {
            y = sheets.column(x, y, width, SMALL, &parts.join(" · "));
        }
    }
    y
}

/// What the recipient needs to find the invoice's place, two to a row.
fn references(sheets: &mut Sheets<'_>, words: &Words, invoice: &Invoice) {
    let preceding: Vec<String> = invoice
        .preceding
        .iter()
        .map(|before| {
            let day = before.issued.map(|date| format!(" ({})", words.day(date))).unwrap_or_default();
            format!("{}{day}", before.number.as_deref().unwrap_or("—"))
        })
        .collect();
    let pairs: Vec<(&str, String)> = [
        ("commitment", invoice.purchase_order.clone()),
        ("service", invoice.service_code().map(str::to_owned).or_else(|| invoice.buyer_reference.clone())),
        ("contract", invoice.contract.clone()),
        ("framework", invoice.framework.clone()),
        ("sales_order", invoice.sales_order.clone()),
        ("despatch_advice", invoice.despatch_advice.clone()),
        ("receiving_advice", invoice.receiving_advice.clone()),
        ("tender", invoice.tender.clone()),
        ("project", invoice.project.clone()),
        ("accounting", invoice.accounting_reference.clone()),
        ("preceding", Some(preceding.join(", ")).filter(|list| !list.is_empty())),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some((label, value?)))
    .collect();
    if pairs.is_empty() {
        return;
    }
    let rows: Vec<&[(&str, String)]> = pairs.chunks(2).collect();
    #[allow(clippy::cast_precision_loss)]
    let height = rows.len() as f32 * 13.0 + 9.0;
    sheets.put(Mark::Band { y: sheets.y, from: LEFT, to: RIGHT, height });
    sheets.y += 5.0;
    for row in rows {
        for ((label, value), x) in row.iter().zip([LEFT + 8.0, MIDDLE]) {
            let label = words.say(label);
            sheets.text(x, sheets.y, SMALL, &label);
            let after = x + sheets.fonts.width(SMALL.weight, SMALL.size, &label) + 7.0;
            let end = if x < MIDDLE { MIDDLE - 10.0 } else { RIGHT - 6.0 };
            let lines = sheets.fonts.lines(STRONG.weight, STRONG.size, end - after, value);
            let first = lines.first().cloned().unwrap_or_default();
            let shown = if lines.len() > 1 { format!("{first}…") } else { first };
            sheets.text(after, sheets.y - 0.8, STRONG, &shown);
        }
        sheets.y += 13.0;
    }
    sheets.y += 15.0;
}
