//! After the invoice: the files that it carries, and every term that it says, whether the page has shown it or not.

use facteur_texts::{Language, say};

use super::markup::Markup;
use super::{Appendix, File};

/// Terms that are shown; an invoice of a thousand lines has more than a browser likes.
const TERMS_SHOWN: usize = 20_000;

pub(super) fn files(language: Language, appendix: &Appendix<'_>) -> Markup {
    let mut section = Markup::default();
    if appendix.files.is_empty() {
        return section;
    }
    head(&mut section, language, "html.files");
    section.raw("<table><thead><tr>");
    for column in ["html.file_name", "html.file_type", "html.file_place"] {
        section.raw("<th>").text(&say(language, column, &[])).raw("</th>");
    }
    section.raw("<th class=\"number\">").text(&say(language, "html.file_size", &[])).raw("</th></tr></thead><tbody>");
    for file in appendix.files {
        row(&mut section, language, file);
    }
    section.raw("</tbody></table></section>");
    section
}

fn row(section: &mut Markup, language: Language, file: &File<'_>) {
    let place = match (file.in_pdf, file.invoice) {
        (true, true) => "html.file_invoice",
        (true, false) => "html.file_in_pdf",
        (false, _) => "html.file_in_xml",
    };
    section.raw("<tr><td>").text(file.name.unwrap_or("—"));
    if let Some(sha256) = file.sha256 {
        section.raw("<br><span class=\"small\">SHA-256 ").text(sha256).raw("</span>");
    }
    section.raw("</td><td>").text(file.media_type.unwrap_or("—")).raw("</td><td>").text(&say(language, place, &[]));
    let size = match file.size {
        Some(size) => say(language, "html.bytes", &[("count", &grouped(size))]),
        None => say(language, "html.file_unreadable", &[]),
    };
    section.raw("</td><td class=\"number\">").text(&size).raw("</td></tr>");
}

pub(super) fn terms(language: Language, appendix: &Appendix<'_>) -> Markup {
    let mut section = Markup::default();
    if appendix.terms.is_empty() {
        return section;
    }
    section.raw("<section><details><summary>");
    let count = appendix.terms.len().to_string();
    section.text(&say(language, "html.all_terms", &[("count", &count)])).raw("</summary><table><thead><tr>");
    for column in ["html.term", "html.line", "html.value"] {
        section.raw("<th>").text(&say(language, column, &[])).raw("</th>");
    }
    section.raw("</tr></thead><tbody>");
    for said in appendix.terms.iter().take(TERMS_SHOWN) {
        section.raw("<tr><td><code>").text(said.term).raw("</code></td><td>").text(said.line.unwrap_or(""));
        section.raw("</td><td>").text(said.value).raw("</td></tr>");
    }
    section.raw("</tbody></table>");
    let left_out = appendix.terms.len().saturating_sub(TERMS_SHOWN);
    if left_out > 0 {
        section.raw("<p>").text(&say(language, "html.terms_left_out", &[("count", &left_out.to_string())])).raw("</p>");
    }
    section.raw("</details></section>");
    section
}

fn head(section: &mut Markup, language: Language, title: &'static str) {
    section.raw("<section><h2>").text(&say(language, title, &[])).raw("</h2>");
}

/// A whole number with narrow blanks between its thousands.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202F}');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_html::Said;

    #[test]
    fn files_and_terms_are_shown_escaped() {
        let file = File {
            name: Some("<b>.pdf"),
            media_type: None,
            size: Some(1_234_567),
            sha256: Some("ab"),
            in_pdf: false,
            invoice: false,
        };
        let said = Said { term: "BT-22", line: None, value: "<script>" };
        let appendix = Appendix { files: &[file], terms: &[said] };
        let shown =
            files(Language::English, &appendix).into_string() + &terms(Language::English, &appendix).into_string();
        assert!(shown.contains("&lt;b&gt;.pdf") && shown.contains("1\u{202F}234\u{202F}567"), "{shown}");
        assert!(shown.contains("&lt;script&gt;") && !shown.contains("<script>"));
        assert!(files(Language::French, &Appendix::default()).is_empty());
    }
}
