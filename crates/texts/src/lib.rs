//! Every sentence that a person reads, keyed, in French and in English with the same keys.
//!
//! `ui/{fr,en}.toml` holds the sentences of the commands and reports; `findings/<area>.{fr,en}.toml` the title,
//! message and advice of every finding that we can make ourselves; `schemas/messages/` those of the official rules.
//! Placeholders stand in braces: `{found}`.

mod rules;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use facteur_model::finding::{Actor, Finding, LayerStatus, Severity, Verdict};
use facteur_model::lifecycle::State;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// French, the language of the users.
    #[default]
    French,
    /// English.
    English,
}

impl Language {
    /// The language named `fr` or `en`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "fr" => Some(Self::French),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// The language of a locale (`fr_FR.UTF-8`, `C`): French where it begins so, else English.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.to_ascii_lowercase().starts_with("fr") { Self::French } else { Self::English }
    }
}

/// The texts of a finding.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingText {
    /// A short title.
    pub title: String,
    /// What was found.
    pub message: String,
    /// What to do next.
    #[serde(default)]
    pub advice: String,
    /// The business term concerned (`BT-1`, `BG-25`), where the rule has one.
    #[serde(default)]
    pub term: Option<String>,
    /// Who has to act: `supplier`, `service` or `administrator`.
    #[serde(default)]
    pub actor: Option<String>,
}

/// The sentence under `key`, with its arguments put in. A key that does not exist is shown as it is.
#[must_use]
pub fn say(language: Language, key: &str, args: &[(&str, &str)]) -> String {
    let template = tables(language).ui.get(key).map_or(key, String::as_str);
    fill(template, |name| args.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned()))
}

/// Whether there is a sentence under `key`.
#[must_use]
pub fn knows(language: Language, key: &str) -> bool {
    tables(language).ui.contains_key(key)
}

/// Every key of the interface.
pub fn keys(language: Language) -> impl Iterator<Item = &'static str> {
    tables(language).ui.keys().map(String::as_str)
}

/// Our texts of a finding or of an official rule, with placeholders.
#[must_use]
pub fn finding_text(language: Language, key: &str) -> Option<&'static FindingText> {
    tables(language).findings.get(key).or_else(|| rules::text(language, key))
}

/// Every official rule that has a text of ours.
pub fn rule_keys(language: Language) -> impl Iterator<Item = &'static str> {
    rules::keys(language)
}

/// The keys of every finding of ours.
pub fn finding_keys(language: Language) -> impl Iterator<Item = &'static str> {
    tables(language).findings.keys().map(String::as_str)
}

/// A finding as sentences: title, message and advice. Without a text of ours, the official one stands for the message.
/// What the finding itself knows of the term goes before the text's; of who has to act, the text knows more.
#[must_use]
pub fn speak(language: Language, finding: &Finding) -> FindingText {
    let value = |name: &str| match name {
        "found" => finding.found.clone(),
        "expected" => finding.expected.clone(),
        "term" => finding.term.clone(),
        "path" => finding.path.clone(),
        "line" => finding.line.map(|line| line.to_string()),
        "rule" => Some(finding.rule.clone()),
        other => finding.args.get(other).cloned(),
    };
    let own_term = || finding.term.clone();
    match known_text(language, finding) {
        Some(text) => FindingText {
            title: fill(&text.title, value),
            message: fill(&text.message, value) + &compared(language, finding),
            advice: fill(&text.advice, value),
            term: own_term().or_else(|| text.term.clone()),
            actor: text.actor.clone().or_else(|| Some(actor_name(finding.actor).to_owned())),
        },
        None => FindingText {
            title: finding.rule.clone(),
            message: finding.official.clone().unwrap_or_else(|| finding.rule.clone()),
            advice: String::new(),
            term: own_term(),
            actor: Some(actor_name(finding.actor).to_owned()),
        },
    }
}

/// Both sides of a comparison and their difference, where a finding knows it.
fn compared(language: Language, finding: &Finding) -> String {
    let (Some(found), Some(expected), Some(difference)) =
        (&finding.found, &finding.expected, finding.args.get("difference"))
    else {
        return String::new();
    };
    let [found, expected, difference] = [found, expected, difference].map(|value| amount(language, value));
    let args = [("found", found.as_str()), ("expected", &expected), ("difference", &difference)];
    format!(" {}", say(language, "show.compared", &args))
}

/// By our own key, else by the artefact's own id, else by the canonical key of the rule, else by the family. The text
/// of an official rule says that it is broken, so it is not taken for a rule that could not be evaluated.
fn known_text(language: Language, finding: &Finding) -> Option<&'static FindingText> {
    let find = |key: &str| {
        if finding.evaluated { finding_text(language, key) } else { tables(language).findings.get(key) }
    };
    let own = tables(language).findings.get(&finding.key);
    let mut ids = [finding.rule.as_str(), finding.key.as_str()].into_iter();
    own.or_else(|| ids.clone().find_map(find)).or_else(|| ids.by_ref().flat_map(families).find_map(find))
}

/// Rules of one kind share a text: `UBL-CR-410` may have that of `UBL-CR`, else that of `UBL`.
fn families(key: &str) -> impl Iterator<Item = &str> {
    key.rmatch_indices('-').map(|(end, _)| &key[..end])
}

/// A state, as a person says it.
#[must_use]
pub fn state(language: Language, state: State) -> String {
    say(language, &format!("state.{state}"), &[])
}

/// A verdict, as a person says it.
#[must_use]
pub fn verdict(language: Language, verdict: Verdict) -> String {
    say(language, &format!("verdict.{}", verdict.as_str()), &[])
}

/// A severity, as a person says it.
#[must_use]
pub fn severity(language: Language, severity: Severity) -> String {
    let key = match severity {
        Severity::Fatal => "severity.fatal",
        Severity::Warning => "severity.warning",
    };
    say(language, key, &[])
}

/// Who has to act, as a person says it.
#[must_use]
pub fn actor(language: Language, actor: Actor) -> String {
    say(language, &format!("actor.{}", actor_name(actor)), &[])
}

const fn actor_name(actor: Actor) -> &'static str {
    match actor {
        Actor::Supplier => "supplier",
        Actor::Service => "service",
        Actor::Administrator => "administrator",
    }
}

/// What became of a layer, as a person says it.
#[must_use]
pub fn layer_status(language: Language, status: LayerStatus) -> String {
    let key = match status {
        LayerStatus::Passed => "layer.passed",
        LayerStatus::Failed => "layer.failed",
        LayerStatus::Skipped => "layer.skipped",
        LayerStatus::NotEvaluable => "layer.not_evaluable",
    };
    say(language, key, &[])
}

/// A text from outside, safe to print on a terminal: control characters and direction overrides become visible.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_direction_override(c) { '\u{FFFD}' } else { c }).collect()
}

const fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// An amount as it is written in the language: `1 234,56` or `1,234.56`; what is not a number stays as it is.
#[must_use]
pub fn amount(language: Language, value: &str) -> String {
    let (sign, digits) = value.strip_prefix('-').map_or(("", value), |rest| ("-", rest));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !whole.bytes().all(|b| b.is_ascii_digit()) || !cents.bytes().all(|b| b.is_ascii_digit()) {
        return printable(value);
    }
    let (gap, comma) = match language {
        Language::French => ('\u{202F}', ','),
        Language::English => (',', '.'),
    };
    let mut text = String::from(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(gap);
        }
        text.push(digit);
    }
    text.push(comma);
    text.push_str(cents);
    (cents.len()..2).for_each(|_| text.push('0'));
    text
}

struct Tables {
    ui: BTreeMap<String, String>,
    findings: BTreeMap<String, FindingText>,
}

macro_rules! ui {
    ($language:literal) => {
        [
            include_str!(concat!("../ui/", $language, ".toml")),
            include_str!(concat!("../ui/report.", $language, ".toml")),
            include_str!(concat!("../ui/nightly.", $language, ".toml")),
        ]
    };
}

macro_rules! areas {
    ($language:literal) => {
        [
            include_str!(concat!("../findings/validate.", $language, ".toml")),
            include_str!(concat!("../findings/reading.", $language, ".toml")),
            include_str!(concat!("../findings/pdf.", $language, ".toml")),
            include_str!(concat!("../findings/sign.", $language, ".toml")),
            include_str!(concat!("../findings/template.", $language, ".toml")),
            include_str!(concat!("../findings/gateway.", $language, ".toml")),
            include_str!(concat!("../findings/pipeline.", $language, ".toml")),
            include_str!(concat!("../findings/chorus_pro.", $language, ".toml")),
        ]
    };
}

fn tables(language: Language) -> &'static Tables {
    static FRENCH: OnceLock<Tables> = OnceLock::new();
    static ENGLISH: OnceLock<Tables> = OnceLock::new();
    match language {
        Language::French => FRENCH.get_or_init(|| load(&ui!("fr"), &areas!("fr"))),
        Language::English => ENGLISH.get_or_init(|| load(&ui!("en"), &areas!("en"))),
    }
}

/// The files are part of the program and a test reads them all; a file that cannot be read would show its keys.
fn load(ui: &[&str], areas: &[&str]) -> Tables {
    let mut flat = BTreeMap::new();
    for file in ui {
        flatten("", &toml::from_str(file).unwrap_or_default(), &mut flat);
    }
    let mut findings = BTreeMap::new();
    for area in areas {
        findings.extend(toml::from_str::<BTreeMap<String, FindingText>>(area).unwrap_or_default());
    }
    Tables { ui: flat, findings }
}

fn flatten(prefix: &str, table: &toml::Table, flat: &mut BTreeMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, flat),
            toml::Value::String(text) => {
                flat.insert(key, text.clone());
            }
            _ => {}
        }
    }
}

/// Puts values in for `{name}`; a name without a value becomes a dash. Values from outside are made printable.
fn fill(template: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + close];
        text.push_str(&rest[..open]);
        text.push_str(&value(name).map_or_else(|| "—".to_owned(), |value| keep_lines(&value)));
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    text
}

/// Line breaks of our own lists stay; every other control character is made visible.
fn keep_lines(value: &str) -> String {
    value.split('\n').map(printable).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    fn placeholders(text: &str) -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let (french, english) = (tables(Language::French), tables(Language::English));
        assert!(french.ui.len() > 50, "ui/fr.toml could not be read");
        assert_eq!(french.ui.keys().collect::<Vec<_>>(), english.ui.keys().collect::<Vec<_>>());
        assert_eq!(french.findings.keys().collect::<Vec<_>>(), english.findings.keys().collect::<Vec<_>>());
        for (key, text) in &french.ui {
            assert_eq!(placeholders(text), placeholders(&english.ui[key]), "{key}");
        }
        for (key, text) in &french.findings {
            let other = &english.findings[key];
            let all = |text: &FindingText| placeholders(&format!("{}{}{}", text.title, text.message, text.advice));
            assert_eq!(all(text), all(other), "{key}");
        }
    }

    #[test]
    fn every_area_can_be_read() {
        for area in areas!("fr").iter().chain(&areas!("en")) {
            toml::from_str::<BTreeMap<String, FindingText>>(area).unwrap();
        }
        for file in ui!("fr").iter().chain(&ui!("en")) {
            toml::from_str::<toml::Table>(file).unwrap();
        }
    }

    #[test]
    fn every_state_and_verdict_has_words() {
        for language in [Language::French, Language::English] {
            for name in State::ALL {
                assert!(knows(language, &format!("state.{name}")), "{name}");
            }
            for name in ["unreadable", "invalid", "not_checked", "valid"] {
                assert!(knows(language, &format!("verdict.{name}")), "{name}");
            }
        }
    }

    #[test]
    fn what_comes_from_outside_cannot_move_the_cursor() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202E}c"), "a\u{FFFD}[2Jb\u{FFFD}c");
    }

    #[test]
    fn amounts_are_written_as_the_language_does() {
        assert_eq!(amount(Language::French, "-1234567.5"), "-1\u{202F}234\u{202F}567,50");
        assert_eq!(amount(Language::English, "1234.56"), "1,234.56");
        assert_eq!(amount(Language::French, "abc"), "abc");
    }

    fn broken(rule: &str) -> Finding {
        Finding::fatal(facteur_model::finding::Layer::En16931, rule).official("the publisher's own sentence")
    }

    #[test]
    fn a_broken_official_rule_speaks_our_words_with_its_term_and_actor() {
        let spoken = speak(Language::French, &broken("BR-CO-10"));
        assert!(spoken.message.contains("BT-106"), "{}", spoken.message);
        assert_eq!((spoken.term.as_deref(), spoken.actor.as_deref()), (Some("BT-106"), Some("supplier")));
        assert_eq!(speak(Language::French, &broken("BR-CO-10").term("BG-22")).term.as_deref(), Some("BG-22"));
    }

    #[test]
    fn a_rule_speaks_by_the_artefact_s_id_and_where_that_has_no_text_by_its_canonical_key() {
        let finding = Finding { key: "BR-FR-05/BT-22".to_owned(), ..broken("BR-FR-05_BT-22-1") };
        let direct = speak(Language::English, &broken("BR-FR-05_BT-22-1"));
        assert_eq!(speak(Language::English, &finding), direct);
        let numbered = Finding { key: "BR-G-08".to_owned(), ..broken("FX-SCH-A-000390") };
        assert_eq!(speak(Language::English, &numbered), speak(Language::English, &broken("BR-G-08")));
        let listed = Finding { key: "CODE/BT-105".to_owned(), ..broken("FX-SCH-A-000390") };
        assert!(speak(Language::French, &listed).message.contains("BT-105"));
    }

    #[test]
    fn without_a_text_the_family_speaks_and_then_the_publisher() {
        let family = finding_text(Language::French, "UNREADABLE").unwrap();
        assert_eq!(speak(Language::French, &broken("UNREADABLE-4711")).title, family.title);
        let close = finding_text(Language::French, "UBL-CR").unwrap();
        assert_eq!(&speak(Language::French, &broken("UBL-CR-410")), close);
        assert_ne!(speak(Language::French, &broken("UBL-CR-666")).title, close.title);
        let unknown = speak(Language::French, &broken("BR-UNKNOWN-99"));
        assert_eq!(
            (unknown.title.as_str(), unknown.message.as_str()),
            ("BR-UNKNOWN-99", "the publisher's own sentence")
        );
    }

    #[test]
    fn a_rule_that_could_not_be_evaluated_is_not_said_to_be_broken() {
        let finding = Finding { evaluated: false, ..broken("BR-CO-10") };
        assert_eq!(speak(Language::French, &finding).message, "the publisher's own sentence");
    }
}
