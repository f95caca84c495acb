//! One page that needs nothing else: no script, no link to anything, everything from outside escaped.

use facteur_texts::{Language, say};

use super::{chart, label_total, shown_in};
use crate::document::{Cell, Kind, Report, Section};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;color:#1b1b1f;max-width:72rem;margin:2rem auto;\
     padding:0 1rem}h1{font-size:1.5rem;margin-bottom:.2rem}h2{font-size:1.1rem;margin:1.8rem 0 .4rem}\
     .about,.notes{color:#555;margin:.1rem 0}.wide{overflow-x:auto}table{border-collapse:collapse;min-width:24rem}\
     th,td{padding:.28rem .6rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}\
     thead th{border-bottom:2px solid #1f4e79}tfoot td{border-top:2px solid #1f4e79;font-weight:600}\
     .number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
     svg{max-width:100%;height:auto;margin:.6rem 0}svg text{font:12px system-ui,sans-serif;fill:#1b1b1f}\
     svg rect{fill:#1f4e79}@media print{body{margin:0;max-width:none;font-size:12px}h2{break-after:avoid}}";

/// The page.
pub(super) fn html(language: Language, report: &Report) -> String {
    let lang = match language {
        Language::French => "fr",
        Language::English => "en",
    };
    let title = escaped(&report.title);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>{title}</h1>\n"
    );
    paragraphs(&mut page, "about", &report.about);
    for section in &report.sections {
        part(&mut page, language, section);
    }
    paragraphs(&mut page, "notes", &report.notes);
    page.push_str("</body>\n</html>\n");
    page
}

fn paragraphs(page: &mut String, class: &str, lines: &[String]) {
    for line in lines {
        page.push_str(&format!("<p class=\"{class}\">{}</p>\n", escaped(line)));
    }
}

fn part(page: &mut String, language: Language, section: &Section) {
    page.push_str(&format!("<section>\n<h2>{}</h2>\n", escaped(&section.title)));
    if section.rows.is_empty() {
        page.push_str(&format!("<p>{}</p>\n</section>\n", escaped(&say(language, "report.empty", &[]))));
        return;
    }
    if let Some(bars) = chart::bars(language, section) {
        page.push_str(&bars);
        page.push('\n');
    }
    page.push_str("<div class=\"wide\"><table>\n<thead><tr>");
    for column in &section.columns {
        page.push_str(&format!("<th scope=\"col\"{}>{}</th>", class(column.kind), escaped(&column.heading)));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    section.rows.iter().for_each(|row| line(page, language, section, row));
    page.push_str("</tbody>\n");
    let totals = section.totals();
    if !totals.is_empty() {
        page.push_str("<tfoot>\n");
        for mut total in totals {
            label_total(language, section, &mut total);
            line(page, language, section, &total);
        }
        page.push_str("</tfoot>\n");
    }
    page.push_str("</table></div>\n</section>\n");
}

fn line(page: &mut String, language: Language, section: &Section, row: &[Cell]) {
    page.push_str("<tr>");
    for (cell, column) in row.iter().zip(&section.columns) {
        page.push_str(&format!("<td{}>{}</td>", class(column.kind), escaped(&shown_in(language, column, cell))));
    }
    page.push_str("</tr>\n");
}

const fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Count | Kind::Amount => " class=\"number\"",
        Kind::Text | Kind::Identity | Kind::Day => "",
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
