//! One page that needs nothing else: no script, no link to anything, everything from outside escaped.

use std::io::{self, Write};

use facteur_texts::{Language, say};

use super::{chart, label_total, shown_in};
use crate::document::{Cell, Kind, Report, Section};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;color:#1b1b1f;max-width:72rem;margin:2rem auto;\
     padding:0 1rem}h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin:1.8rem 0 .4rem}\
     .about,.notes{color:#555;margin:.1rem 0}.wide{overflow-x:auto}table{border-collapse:collapse;min-width:24rem}\
     th,td{padding:.28rem .6rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}\
     thead th{border-bottom:2px solid #1f4e79}tfoot td{border-top:2px solid #1f4e79;font-weight:600}\
     .notes{margin-top:.7rem}td.day{white-space:nowrap}.wide td{max-width:20rem;overflow-wrap:anywhere}\
     .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
     .many{width:calc(100vw - 3rem);margin-left:calc(50% - 50vw + 1.5rem)}\
     .many table{font-size:13px}.many td:not([class]){min-width:6.5rem}.many td:last-child{min-width:14rem}svg{max-width:100%;height:auto;margin:.6rem 0}svg text{font:12px system-ui,sans-serif;fill:#1b1b1f}\
     svg rect{fill:#1f4e79}@media print{.many{width:auto;margin-left:0}.many table{font-size:8px}.many th,.many td{padding:.1rem .2rem;min-width:0!important}\
     body{margin:0;max-width:none;font-size:12px}h2{break-after:avoid}}";

/// Columns from which a table is wider than most screens.
const MANY: usize = 10;

/// The page.
pub(super) fn html(language: Language, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let lang = match language {
        Language::French => "fr",
        Language::English => "en",
    };
    let title = escaped(&report.title);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n"
    )?;
    paragraphs(out, "about", &report.about)?;
    for section in &report.sections {
        part(out, language, section)?;
    }
    paragraphs(out, "notes", &report.notes)?;
    out.write_all(b"</body>\n</html>\n")
}

fn paragraphs(out: &mut dyn Write, class: &str, lines: &[String]) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "<p class=\"{class}\">{}</p>", escaped(line)))
}

fn part(out: &mut dyn Write, language: Language, section: &Section) -> io::Result<()> {
    write!(out, "<section>\n<h2>{}</h2>\n", escaped(&section.title))?;
    if section.rows.is_empty() {
        return write!(out, "<p>{}</p>\n</section>\n", escaped(&say(language, "report.empty", &[])));
    }
    if let Some(bars) = chart::bars(language, section)? {
        writeln!(out, "{bars}")?;
    }
    let class_of_table = if section.columns.len() > MANY { "wide many" } else { "wide" };
    write!(out, "<div class=\"{class_of_table}\"><table>\n<thead><tr>")?;
    for column in &section.columns {
        write!(out, "<th scope=\"col\"{}>{}</th>", class(column.kind), escaped(&column.heading))?;
    }
    out.write_all(b"</tr></thead>\n<tbody>\n")?;
    section.rows.try_each(|row| line(out, language, section, row))?;
    out.write_all(b"</tbody>\n")?;
    let totals = section.totals()?;
    if !totals.is_empty() {
        out.write_all(b"<tfoot>\n")?;
        for mut total in totals {
            label_total(language, section, &mut total);
            line(out, language, section, &total)?;
        }
        out.write_all(b"</tfoot>\n")?;
    }
    out.write_all(b"</table></div>\n</section>\n")
}

fn line(out: &mut dyn Write, language: Language, section: &Section, row: &[Cell]) -> io::Result<()> {
    out.write_all(b"<tr>")?;
    for (cell, column) in row.iter().zip(&section.columns) {
        write!(out, "<td{}>{}</td>", class(column.kind), escaped(&shown_in(language, column, cell)))?;
    }
    out.write_all(b"</tr>\n")
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Count | Kind::Amount => " class=\"number\"",
        Kind::Identity | Kind::Day => " class=\"day\"",
        Kind::Text => "",
    }
}

/// A text as the content of an element or the value of an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}
