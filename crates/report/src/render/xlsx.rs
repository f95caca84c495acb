//! A workbook: one sheet a table, with real dates and amounts, a frozen heading, filters, totals that recalculate, and a
//! chart where the table has bars.

use std::io::{self, Seek as _, Write};

use facteur_model::date::Date;
use facteur_texts::{Language, say};
use rust_decimal::Decimal;
use rust_xlsxwriter::{Chart, ChartType, Color, ExcelDateTime, Format, Formula, Workbook, Worksheet};

use super::{RenderError, label_total};
use crate::document::{Cell, Kind, Report, Section};
use crate::wording::day;

/// Rows that a sheet has.
const MOST_ROWS: usize = 1_048_576;
/// Rows of a sheet that is made in memory.
const MOST_ROWS_IN_MEMORY: usize = 5_000;
const SHEET_NAME_MAX: usize = 31;
const MOST_BARS: usize = 24;
const HEADING_COLOR: u32 = 0x001F_4E79;

/// The looks of the cells.
struct Looks {
    heading: Format,
    amount: Format,
    measure: Format,
    count: Format,
    day: Format,
    text: Format,
    wrapped: Format,
    total: Format,
    total_amount: Format,
}

impl Looks {
    fn new() -> Self {
        let heading = Format::new().set_bold().set_background_color(Color::RGB(HEADING_COLOR));
        Self {
            heading: heading.set_font_color(Color::White),
            amount: Format::new().set_num_format("#,##0.00"),
            measure: Format::new().set_num_format("0.0##"),
            count: Format::new().set_num_format("#,##0"),
            day: Format::new().set_num_format("dd/mm/yyyy"),
            text: Format::new().set_num_format("@"),
            wrapped: Format::new().set_num_format("@").set_text_wrap(),
            total: Format::new().set_bold(),
            total_amount: Format::new().set_bold().set_num_format("#,##0.00"),
        }
    }
}

/// Writes the workbook. A long table goes to a file as it is made, and so does the workbook: memory holds neither.
pub(super) fn xlsx(language: Language, report: &Report, out: &mut dyn Write) -> Result<(), RenderError> {
    let mut workbook = Workbook::new();
    let looks = Looks::new();
    let mut names = Vec::new();
    for section in &report.sections {
        let name = sheet_name(&section.title, section.key, &names);
        let is_long = section.rows.len() > MOST_ROWS_IN_MEMORY;
        let sheet = if is_long { workbook.add_worksheet_with_constant_memory()? } else { workbook.add_worksheet() };
        table(sheet.set_name(&name)?, &name, language, section, &looks)?;
        names.push(name);
    }
    let name = sheet_name(&say(language, "report.sheet_about", &[]), "about", &names);
    about(workbook.add_worksheet().set_name(&name)?, report, &looks)?;
    let mut whole = tempfile::tempfile()?;
    workbook.save_to_writer(&mut whole)?;
    whole.rewind()?;
    io::copy(&mut whole, out)?;
    Ok(())
}

fn about(sheet: &mut Worksheet, report: &Report, looks: &Looks) -> Result<(), RenderError> {
    sheet.set_column_width(0, 100)?.write_string_with_format(0, 0, &report.title, &looks.total)?;
    for (row, line) in (1..).zip(report.about.iter().chain(&report.notes)) {
        sheet.write_string_with_format(row, 0, line, &looks.wrapped)?;
    }
    Ok(())
}

fn table(
    sheet: &mut Worksheet,
    name: &str,
    language: Language,
    section: &Section,
    looks: &Looks,
) -> Result<(), RenderError> {
    let totals = section.totals()?;
    if section.rows.len() + totals.len() >= MOST_ROWS {
        return Err(RenderError::TooLong(section.rows.len()));
    }
    for (column, heading) in (0..).zip(&section.columns) {
        sheet.set_column_width(column, width(heading.kind, &heading.heading))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    for (column, heading) in (0..).zip(&section.columns) {
        sheet.write_string_with_format(0, column, &heading.heading, &looks.heading)?;
    }
    let mut row = 1;
    section.rows.try_each(|cells| {
        for (column, value) in (0..).zip(cells) {
            cell(sheet, row, column, value, looks)?;
        }
        row += 1;
        Ok::<(), RenderError>(())
    })?;
    let last = row - 1;
    if last > 0 {
        sheet.autofilter(0, 0, last, u16::try_from(section.columns.len().saturating_sub(1)).unwrap_or(u16::MAX))?;
    }
    for mut total in totals {
        label_total(language, section, &mut total);
        total_row(sheet, row, last, section, &total, looks)?;
        row += 1;
    }
    chart(sheet, name, section, last, row + 1)
}

fn cell(sheet: &mut Worksheet, row: u32, column: u16, value: &Cell, looks: &Looks) -> Result<(), RenderError> {
    match value {
        Cell::Empty => {}
        Cell::Text(text) => drop(sheet.write_string_with_format(row, column, text, &looks.text)?),
        Cell::Count(count) => {
            sheet.write_number_with_format(row, column, binary(Decimal::from(*count)), &looks.count)?;
        }
        Cell::Measure(value) => drop(sheet.write_number_with_format(row, column, binary(*value), &looks.measure)?),
        Cell::Amount(amount) => drop(sheet.write_number_with_format(row, column, binary(*amount), &looks.amount)?),
        Cell::Day(date) => match excel_day(*date) {
            Some(value) => drop(sheet.write_datetime_with_format(row, column, &value, &looks.day)?),
            None => drop(sheet.write_string_with_format(row, column, day(Language::English, *date), &looks.text)?),
        },
    }
    Ok(())
}

/// The only place where an amount becomes a binary fraction: the file format has no other number. It is the nearest
/// one, which shows every cent of sums below nine thousand billion; nothing is computed with it here. What cannot be
/// read back shows as an error, never as zero.
fn binary(amount: Decimal) -> f64 {
    amount.to_string().parse().unwrap_or(f64::NAN)
}

fn excel_day(date: Date) -> Option<ExcelDateTime> {
    ExcelDateTime::from_ymd(u16::try_from(date.year()).ok()?, date.month(), date.day()).ok()
}

/// Totals are formulas, so that a filter or a changed cell shows in them; the exact sum stands as their result.
fn total_row(
    sheet: &mut Worksheet,
    row: u32,
    last: u32,
    section: &Section,
    total: &[Cell],
    looks: &Looks,
) -> Result<(), RenderError> {
    for (column, (index, value)) in (0..).zip(total.iter().enumerate()) {
        let (result, look) = match value {
            Cell::Count(count) => (count.to_string(), &looks.total),
            Cell::Amount(amount) => (amount.to_string(), &looks.total_amount),
            Cell::Text(text) => {
                sheet.write_string_with_format(row, column, text, &looks.total)?;
                continue;
            }
            Cell::Empty | Cell::Day(_) | Cell::Measure(_) => continue,
        };
        let range = |column: usize| format!("{0}2:{0}{1}", letters(column), last + 1);
        let code = section.currency.and_then(|column| total.get(column));
        let formula = match section.currency {
            // A currency of another form could be a pattern or a comparison to the spreadsheet: the sum stands alone.
            Some(_) if !code.is_some_and(is_plain_code) => {
                cell(sheet, row, column, value, looks)?;
                continue;
            }
            Some(currency) => {
                let sign = format!("{}{}", letters(currency), row + 1);
                format!("=SUMIF({},{sign},{})", range(currency), range(index))
            }
            None => format!("=SUBTOTAL(109,{})", range(index)),
        };
        sheet.write_formula_with_format(row, column, Formula::new(formula).set_result(result), look)?;
    }
    Ok(())
}

fn is_plain_code(code: &Cell) -> bool {
    matches!(code, Cell::Text(code) if code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()))
}

fn chart(sheet: &mut Worksheet, name: &str, section: &Section, last: u32, at: u32) -> Result<(), RenderError> {
    let (Some((label, value)), true) = (section.bars, last > 0) else { return Ok(()) };
    let (Ok(label), Ok(value)) = (u16::try_from(label), u16::try_from(value)) else { return Ok(()) };
    let end = last.min(u32::try_from(MOST_BARS).unwrap_or(u32::MAX));
    let mut chart = Chart::new(ChartType::Bar);
    chart.add_series().set_categories((name, 1, label, end, label)).set_values((name, 1, value, end, value));
    chart.title().set_name(&section.title);
    chart.legend().set_hidden();
    sheet.insert_chart(at, 0, &chart)?;
    Ok(())
}

/// A column's letters: A, …, Z, AA, …
fn letters(mut column: usize) -> String {
    let mut text = Vec::new();
    loop {
        text.insert(0, b'A' + u8::try_from(column % 26).unwrap_or_default());
        if column < 26 {
            return String::from_utf8_lossy(&text).into_owned();
        }
        column = column / 26 - 1;
    }
}

/// A name that a sheet may have and that no other has.
fn sheet_name(title: &str, key: &str, taken: &[String]) -> String {
    let allowed = |letter: &char| letter.is_alphanumeric() || " -.".contains(*letter);
    let cut: String = title.chars().filter(allowed).take(SHEET_NAME_MAX).collect();
    let name = cut.trim().to_owned();
    let is_free = |name: &str| !name.is_empty() && !taken.iter().any(|other| other.eq_ignore_ascii_case(name));
    if is_free(&name) { name } else { format!("{key} {}", taken.len() + 1) }
}

fn width(kind: Kind, heading: &str) -> u16 {
    let least = match kind {
        Kind::Text | Kind::Identity => 22,
        Kind::Amount => 16,
        Kind::Count | Kind::Day => 12,
    };
    u16::try_from(heading.chars().count() + 2).unwrap_or(least).clamp(least, 40)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_letters() {
        assert_eq!([0, 25, 26, 27, 51, 52, 702].map(letters), ["A", "Z", "AA", "AB", "AZ", "BA", "AAA"]);
    }

    #[test]
    fn an_amount_shows_every_cent_in_the_only_number_there_is() {
        for text in ["0.01", "0.1", "-123.45", "8999999999999.99"] {
            let amount: Decimal = text.parse().expect("a number");
            assert_eq!(format!("{:.2}", binary(amount)), format!("{amount:.2}"));
        }
    }

    #[test]
    fn sheets_have_names_that_are_allowed_and_unique() {
        let taken = vec!["Motifs".to_owned()];
        assert_eq!(sheet_name("Délais [à] payer: 2026/11?", "deadlines", &taken), "Délais à payer 202611");
        assert_eq!(sheet_name("MOTIFS", "reasons", &taken), "reasons 2");
        assert_eq!(sheet_name("//", "reasons", &[]), "reasons 1");
    }
}
