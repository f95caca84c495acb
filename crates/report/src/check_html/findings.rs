//! Findings as boxes, each shown once: beside the term it is about, or at the end of its part of the page.

use facteur_model::finding::{Finding, Severity};
use facteur_texts::{Language, actor, say, severity, speak};

use super::markup::Markup;
use super::place::{Area, of};

/// The findings that have not been shown yet.
pub(super) struct Findings<'a> {
    language: Language,
    left: Vec<(Area, &'a Finding)>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(language: Language, findings: &'a [Finding]) -> Self {
        Self { language, left: findings.iter().map(|finding| (of(finding), finding)).collect() }
    }

    /// Those about a term in an area.
    pub(super) fn about(&mut self, area: Area, term: &str) -> Markup {
        self.take(|(of, finding)| *of == area && finding.term.as_deref() == Some(term))
    }

    /// The rest of an area.
    pub(super) fn rest_of(&mut self, area: Area) -> Markup {
        self.take(|(of, _)| *of == area)
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> Markup {
        self.take(|_| true)
    }

    fn take(&mut self, wanted: impl Fn(&(Area, &Finding)) -> bool) -> Markup {
        let mut boxes = Markup::default();
        self.left.retain(|entry| {
            let taken = wanted(entry);
            if taken {
                put(&mut boxes, self.language, entry.1);
            }
            !taken
        });
        boxes
    }
}

fn put(page: &mut Markup, language: Language, finding: &Finding) {
    let text = speak(language, finding);
    let word = |key: &str| say(language, key, &[]);
    page.raw(match (finding.evaluated, finding.severity) {
        (false, _) => "<div class=\"finding open\">",
        (true, Severity::Fatal) => "<div class=\"finding fatal\">",
        (true, Severity::Warning) => "<div class=\"finding warning\">",
    });
    page.raw("<p class=\"head\"><b>").text(&severity(language, finding.severity)).raw("</b> ").text(&text.title);
    page.raw(" <code>").text(&finding.rule).raw("</code>");
    if let Some(term) = finding.term.as_deref().filter(|term| *term != finding.rule) {
        page.raw(" <code>").text(term).raw("</code>");
    }
    page.raw("</p><p>").text(&text.message).raw("</p>");
    for (key, value) in [("show.found", &finding.found), ("show.expected", &finding.expected)] {
        if let Some(value) = value.as_deref().filter(|value| !text.message.contains(*value)) {
            page.raw("<p>").text(&word(key)).raw(" : ").text(value).raw("</p>");
        }
    }
    if !text.advice.is_empty() {
        page.raw("<p class=\"advice\">→ ").text(&text.advice).raw(" (").text(&actor(language, finding.actor));
        page.raw(")</p>");
    }
    place(page, language, finding);
    if let Some(official) = finding.official.as_deref().filter(|official| *official != text.message) {
        page.raw("<p class=\"place\">").text(&word("show.official")).raw(" : ").text(official).raw("</p>");
    }
    page.raw("</div>");
}

fn place(page: &mut Markup, language: Language, finding: &Finding) {
    let line = finding.line.map(|line| say(language, "show.line", &[("line", &line.to_string())]));
    let parts: Vec<String> = line.into_iter().chain(finding.path.clone()).collect();
    if !parts.is_empty() {
        page.raw("<p class=\"place\">").text(&parts.join(" — ")).raw("</p>");
    }
}
