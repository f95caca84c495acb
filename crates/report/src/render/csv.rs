//! CSV as spreadsheets of French administrations open it: byte order mark, `;`, decimal comma, CRLF. A text that a
//! spreadsheet would take for a formula is made plain text. Several tables stand under their titles, an empty line apart.

use std::io::{self, Write};

use facteur_texts::Language;
use rust_decimal::Decimal;

use super::label_total;
use crate::document::{Cell, Report, Section};
use crate::wording::{day, measure};

const BYTE_ORDER_MARK: char = '\u{feff}';
const LINE_END: &str = "\r\n";
/// What begins a formula, in full width too.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The tables of the report.
pub(super) fn csv(language: Language, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{BYTE_ORDER_MARK}")?;
    let several = report.sections.len() > 1;
    for (index, section) in report.sections.iter().enumerate() {
        if several {
            out.write_all(if index == 0 { "" } else { LINE_END }.as_bytes())?;
            line(out, &[plain(&section.title)])?;
        }
        table(out, language, section)?;
    }
    Ok(())
}

fn table(out: &mut dyn Write, language: Language, section: &Section) -> io::Result<()> {
    let headings: Vec<String> = section.columns.iter().map(|column| plain(&column.heading)).collect();
    line(out, &headings)?;
    let fields = |row: &[Cell]| row.iter().map(|cell| field(language, cell)).collect::<Vec<_>>();
    section.rows.try_each(|row| line(out, &fields(row)))?;
    for mut total in section.totals()? {
        label_total(language, section, &mut total);
        line(out, &fields(&total))?;
    }
    Ok(())
}

fn line(out: &mut dyn Write, fields: &[String]) -> io::Result<()> {
    write!(out, "{}{LINE_END}", fields.join(";"))
}

fn field(language: Language, cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => plain(text),
        Cell::Count(count) => count.to_string(),
        Cell::Amount(amount) => number(language, *amount),
        Cell::Measure(value) => measure(language, *value),
        Cell::Day(date) => day(language, *date),
    }
}

/// A number that the spreadsheet reads as one: no thousands, the language's decimal sign.
fn number(language: Language, amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    let text = amount.to_string();
    match language {
        Language::French => text.replace('.', ","),
        Language::English => text,
    }
}

/// A text that stays text: quoted where it must be, and with an apostrophe before what would be a formula.
fn plain(text: &str) -> String {
    let formula = text.trim_start().starts_with(FORMULA);
    let safe = if formula { format!("'{text}") } else { text.to_owned() };
    if safe.contains([';', '"', '\n', '\r', ',', '\'']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text() {
        assert_eq!(plain("=1+1"), "\"'=1+1\"");
        assert_eq!(plain(" @SUM(A1)"), "\"' @SUM(A1)\"");
        assert_eq!(plain("Dupont \"et\" fils; Lyon"), "\"Dupont \"\"et\"\" fils; Lyon\"");
        assert_eq!(plain("Menuiserie du Clain"), "Menuiserie du Clain");
    }

    #[test]
    fn a_negative_sum_stays_a_number() {
        assert_eq!(number(Language::French, Decimal::new(-12_345, 2)), "-123,45");
        assert_eq!(number(Language::French, Decimal::from(1_234_567)), "1234567,00");
        assert_eq!(number(Language::English, Decimal::new(5, 1)), "0.50");
    }

    proptest! {
        #[test]
        fn no_text_opens_a_formula(text in "\\PC{0,30}") {
            let field = plain(&text);
            let content = field.strip_prefix('"').unwrap_or(&field).trim_start();
            prop_assert!(!content.starts_with(FORMULA));
        }
    }
}
