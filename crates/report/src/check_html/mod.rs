//! `facteur check --html`: one self-contained page a document: the invoice readable, findings beside what they are
//! about. No script, no address outside, and nothing from a document becomes markup ([`markup`]).

use facteur_model::finding::{Severity, Verdict};
use facteur_texts::{Language, layer_status, say, verdict};

use crate::checked::Checked;

mod appendix;
mod findings;
mod invoice;
mod markup;
mod place;

use findings::Findings;
use markup::Markup;
use place::Area;

const STYLE: &str = include_str!("style.css");

/// What a view shows beside what was checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Appendix<'a> {
    /// The files that the document carries.
    pub files: &'a [File<'a>],
    /// Every term that the invoice says.
    pub terms: &'a [Said<'a>],
}

/// A file that a document carries.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// Its media type, as the document gives it.
    pub media_type: Option<&'a str>,
    /// Its size in bytes; nothing where it cannot be unpacked.
    pub size: Option<usize>,
    /// Its SHA-256, in hexadecimal.
    pub sha256: Option<&'a str>,
    /// Whether it is a file of the PDF; else it stands in the XML (BT-125).
    pub in_pdf: bool,
    /// Whether it is the data of the invoice itself.
    pub invoice: bool,
}

/// A term with its value.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// The business term.
    pub term: &'a str,
    /// The line that it belongs to.
    pub line: Option<&'a str>,
    /// The value.
    pub value: &'a str,
}

/// The page of one document.
#[must_use]
pub fn page(language: Language, checked: &Checked<'_>) -> String {
    page_with(language, checked, &Appendix::default())
}

/// The same with the files that it carries and every term that it says.
#[must_use]
pub fn page_with(language: Language, checked: &Checked<'_>, appendix: &Appendix<'_>) -> String {
    let mut page = Markup::default();
    let mut findings = Findings::new(language, checked.findings);
    page.raw("<!DOCTYPE html>\n<html lang=\"").raw(match language {
        Language::French => "fr",
        Language::English => "en",
    });
    page.raw("\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">");
    page.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
    page.raw("<title>").text(checked.file).raw("</title><style>").raw(STYLE).raw("</style></head><body><main>");
    head(&mut page, language, checked);
    let general = findings.rest_of(Area::General);
    let mut body = Markup::default();
    if let Some(invoice) = checked.invoice {
        invoice::Writer::new(language, &mut body, &mut findings, invoice).invoice(invoice);
    }
    // What no part of the invoice has shown belongs to a part that is not there.
    let rest = findings.rest();
    if !general.is_empty() || !rest.is_empty() {
        page.raw("<section><h2>").text(&say(language, "html.general", &[])).raw("</h2>");
        page.add(&general).add(&rest).raw("</section>");
    }
    page.add(&body).add(&appendix::files(language, appendix)).add(&appendix::terms(language, appendix));
    page.raw("</main></body></html>\n");
    page.into_string()
}

fn head(page: &mut Markup, language: Language, checked: &Checked<'_>) {
    page.raw(match checked.verdict {
        Verdict::Valid => "<header class=\"good\">",
        Verdict::NotChecked => "<header class=\"open\">",
        Verdict::Invalid | Verdict::Unreadable => "<header class=\"bad\">",
    });
    page.raw("<h1>").text(&verdict(language, checked.verdict)).raw("</h1><p>").text(checked.file).raw("</p>");
    let fatal = checked.findings.iter().filter(|finding| finding.severity == Severity::Fatal).count();
    let warnings = checked.findings.len() - fatal;
    let counts = [("fatal", fatal.to_string()), ("warnings", warnings.to_string())];
    let counts: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    page.raw("<p>").text(&say(language, "html.counts", &counts)).raw("</p>");
    page.add(&findings::blocking(language, checked.findings)).raw("<p class=\"small\">").text(checked.kind);
    for part in [checked.profile, checked.sha256].into_iter().flatten() {
        page.raw(" · ").text(part);
    }
    page.raw("</p><ul class=\"layers\">");
    for layer in checked.layers {
        page.raw("<li>").text(&say(language, &format!("layer.name_{}", layer.layer.as_str()), &[])).raw(" : <b>");
        page.text(&layer_status(language, layer.status)).raw("</b>");
        if let Some(artefact) = &layer.artefact {
            page.raw(" <span class=\"small\">").text(artefact).raw("</span>");
        }
        page.raw("</li>");
    }
    page.raw("</ul></header>");
}
