//! `facteur check --html`: one self-contained page a document: the invoice readable, findings beside what they are
//! about. No script, no address outside, and nothing from a document becomes markup ([`markup`]).

use facteur_model::finding::{Severity, Verdict};
use facteur_texts::{Language, layer_status, say, verdict};

use crate::checked::Checked;

mod findings;
mod invoice;
mod markup;
mod place;

use findings::Findings;
use markup::Markup;
use place::Area;

const STYLE: &str = include_str!("style.css");

/// The page of one document.
#[must_use]
pub fn page(language: Language, checked: &Checked<'_>) -> String {
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
    page.add(&body).raw("</main></body></html>\n");
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
