//! Findings as boxes, each shown once: beside the term it is about, or at the end of its part of the page.

use std::collections::BTreeMap;

use facteur_model::finding::{Finding, Severity};
use facteur_texts::{Language, actor, say, severity, speak};

use super::markup::Markup;
use super::place::{Area, of};

/// The findings that have not been shown yet.
pub(super) struct Findings<'a> {
    language: Language,
    left: Vec<(Area, &'a Finding)>,
    /// Those of lines apart, by line: there may be very many of both.
    of_lines: BTreeMap<usize, Vec<&'a Finding>>,
}

impl<'a> Findings<'a> {
    pub(super) fn new(language: Language, findings: &'a [Finding]) -> Self {
        let (mut left, mut of_lines) = (Vec::new(), BTreeMap::<usize, Vec<&Finding>>::new());
        // Beside the same value, what makes the document invalid is read first.
        let (fatal, others): (Vec<&Finding>, Vec<&Finding>) =
            findings.iter().partition(|finding| finding.severity == Severity::Fatal);
        for finding in fatal.into_iter().chain(others) {
            match of(finding) {
                Area::Line(line) => of_lines.entry(line).or_default().push(finding),
                area => left.push((area, finding)),
            }
        }
        Self { language, left, of_lines }
    }

    /// Those about a term in an area.
    pub(super) fn about(&mut self, area: Area, term: &str) -> Markup {
        self.take(|(of, finding)| *of == area && finding.term.as_deref() == Some(term))
    }

    /// The rest of an area.
    pub(super) fn rest_of(&mut self, area: Area) -> Markup {
        self.take(|(of, _)| *of == area)
    }

    /// Those of a line.
    pub(super) fn of_line(&mut self, line: usize) -> Markup {
        let mut boxes = Markup::default();
        for finding in self.of_lines.remove(&line).into_iter().flatten() {
            put(&mut boxes, self.language, finding);
        }
        boxes
    }

    /// Everything that is left.
    pub(super) fn rest(&mut self) -> Markup {
        let mut boxes = self.take(|_| true);
        let lines: Vec<usize> = self.of_lines.keys().copied().collect();
        for line in lines {
            let found = self.of_line(line);
            boxes.add(&found);
        }
        boxes
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

/// What makes the document invalid, in a line each: the first of them, and how often.
pub(super) fn blocking(language: Language, findings: &[Finding]) -> Markup {
    const SHOWN: usize = 12;
    let mut titles: Vec<(String, usize)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Fatal) {
        let title = speak(language, finding).title;
        match titles.iter_mut().find(|(known, _)| *known == title) {
            Some((_, times)) => *times += 1,
            None => titles.push((title, 1)),
        }
    }
    let mut list = Markup::default();
    if titles.is_empty() {
        return list;
    }
    list.raw("<ul class=\"blocking\">");
    for (title, times) in titles.iter().take(SHOWN) {
        list.raw("<li>").text(title);
        if *times > 1 {
            list.text(&format!(" (× {times})"));
        }
        list.raw("</li>");
    }
    if titles.len() > SHOWN {
        list.raw("<li>…</li>");
    }
    list.raw("</ul>");
    list
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
        // A difference has been told with both its sides.
        let told = |value: &str| text.message.contains(value) || finding.args.contains_key("difference");
        if let Some(value) = value.as_deref().filter(|value| !told(value)) {
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
