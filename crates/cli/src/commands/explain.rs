//! `facteur explain RULE`

use std::process::ExitCode;

use facteur_pipeline::explain::{Explanation, Official, Rules, Source, terms_in};
use facteur_texts::{FindingText, finding_keys, finding_text};
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::Explain;
use crate::output::Talk;

pub fn run(context: &Context, options: &Explain) -> Outcome {
    let talk = context.talk;
    let home = context.home_if_any()?;
    let rules = Rules::open(&context.packs(home.as_ref()), finding_keys(talk.language).map(str::to_owned))?;
    match rules.explain(&options.rule) {
        Some(mut explanation) => {
            // A rule of several assertions has the texts of the first that has any.
            let parts = explanation.official.iter().map(|official| official.id.as_str());
            let mut ids = std::iter::once(explanation.rule.as_str()).chain(parts);
            let text = ids.find_map(|id| finding_text(talk.language, id));
            if explanation.terms.is_empty() {
                let own = text.and_then(|text| text.term.clone());
                let named = || text.map(|text| terms_in(&text.message)).unwrap_or_default();
                explanation.terms = own.map_or_else(named, |term| vec![term]);
            }
            talk.data(&if talk.json() { line(&explanation, text) } else { page(talk, &explanation, text) });
            Ok(status(true))
        }
        None => {
            let nearest = rules.nearest(&options.rule).join(", ");
            talk.note("explain.unknown", &[("rule", &options.rule), ("nearest", &nearest)]);
            Ok(ExitCode::from(2))
        }
    }
}

/// One JSON line: `facteur-explain/1`.
fn line(explanation: &Explanation, text: Option<&FindingText>) -> String {
    let of = |field: fn(&FindingText) -> &String| text.map(field).filter(|sentence| !sentence.is_empty());
    json!({"schema": "facteur-explain/1", "rule": explanation.rule, "key": explanation.key,
        "title": of(|text| &text.title),
        "message": of(|text| &text.message), "advice": of(|text| &text.advice),
        "term": explanation.terms.first(), "terms": explanation.terms, "source": explanation.source,
        "official": explanation.official, "example": explanation.example})
    .to_string()
}

/// A page for people.
fn page(talk: Talk, explanation: &Explanation, text: Option<&FindingText>) -> String {
    let say = |key: &str| talk.say(&format!("explain.{key}"), &[]);
    let title = text.map_or_else(|| say("no_text"), |text| text.title.clone());
    let mut page = format!("{} — {title}\n", explanation.rule);
    let mut row = |key: &str, value: &str| page.push_str(&format!("\n{} : {value}\n", say(key)));
    if let Some(text) = text {
        row("message", &text.message);
        if !text.advice.is_empty() {
            row("advice", &text.advice);
        }
    }
    if !explanation.terms.is_empty() {
        row("terms", &explanation.terms.join(", "));
    }
    row("source", &say(source_key(explanation.source)));
    if let Some(example) = &explanation.example {
        row("wrong", &example.wrong);
        row("right", &example.right);
    }
    for (text, places) in by_text(&explanation.official) {
        row("official", &format!("{}\n    {text}", places.join(", ")));
    }
    // The braces stand for what a finding puts in: said once, where there are any.
    if page.contains('{') {
        page.push_str(&format!("\n{}\n", say("braces")));
    }
    page.trim_end().to_owned()
}

/// Each wording once, with the artefacts that have it, in the order in which they come.
fn by_text(official: &[Official]) -> Vec<(&str, Vec<String>)> {
    let mut texts: Vec<(&str, Vec<String>)> = Vec::new();
    for one in official {
        let flag = one.flag.as_deref().map(|flag| format!(", {flag}")).unwrap_or_default();
        let place = format!("{} ({}{flag})", one.artefact, one.id);
        match texts.iter_mut().find(|(text, _)| *text == one.text) {
            Some((_, places)) => places.push(place),
            None => texts.push((&one.text, vec![place])),
        }
    }
    texts
}

const fn source_key(source: Source) -> &'static str {
    match source {
        Source::Artefact => "source_artefact",
        Source::AfnorAnnexA => "source_afnor",
        Source::ChorusPro => "source_chorus_pro",
        Source::ChorusProHistoric => "source_historic",
        Source::Schema => "source_schema",
        Source::Facteur => "source_facteur",
    }
}
