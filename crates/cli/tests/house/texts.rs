//! Everything that a person may be told has its sentence, in both languages.

use std::collections::BTreeSet;

use facteur_texts::{Language, finding_text, knows};

use crate::source::{Source, none, product};

const LANGUAGES: [Language; 2] = [Language::French, Language::English];

/// Capitals with hyphens that are no rule of ours: encodings, terms of extensions, the number that asks whether search
/// works.
fn is_another_name(literal: &str) -> bool {
    const OTHERS: [&str; 6] = ["UTF-", "ISO-", "WINDOWS-", "CPP-", "EXT-", "FACTEUR-CONTROLE"];
    OTHERS.iter().any(|start| literal.starts_with(start))
}

/// The names of libxml2's schema errors: all of them share the text of `XSD`.
const SCHEMA_ERRORS: &str = "crates/validate/src/xsd/message.rs";

fn looks_like_a_rule(literal: &str) -> bool {
    let parts: Vec<_> = literal.split('-').collect();
    let capitals = |part: &&str| !part.is_empty() && part.chars().all(|letter| letter.is_ascii_uppercase());
    parts.len() > 1 && parts[0].len() > 2 && parts.iter().all(capitals) && !is_another_name(literal)
}

#[test]
fn every_rule_and_reason_has_a_sentence_in_both_languages() {
    const MAKERS: [&str; 7] = ["parse", "validate", "sign", "pipeline", "transmit", "xml", "cli"];
    let mut rules = BTreeSet::new();
    let makes = |source: &&Source| MAKERS.contains(&source.krate.as_str()) && source.path != SCHEMA_ERRORS;
    for source in product().iter().filter(makes) {
        rules.extend(source.literals.iter().filter(|literal| looks_like_a_rule(literal)).cloned());
    }
    assert!(rules.len() > 60, "only {} rules were found in the sources", rules.len());
    let silent = |rule: &String| LANGUAGES.iter().any(|language| finding_text(*language, rule).is_none());
    none("no text in crates/texts/findings", rules.into_iter().filter(silent).collect());
}

#[test]
fn every_sentence_that_is_asked_for_exists() {
    let sections: BTreeSet<_> = facteur_texts::keys(Language::French)
        .filter_map(|key| key.split_once('.'))
        .map(|(section, _)| section)
        .collect();
    let key_letters = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || "._-".contains(letter);
    let is_key = |literal: &str| {
        literal.chars().all(key_letters)
            && literal.split_once('.').is_some_and(|(section, name)| sections.contains(section) && !name.is_empty())
            && !["toml", "db", "xml", "key", "pem", "lock"].iter().any(|end| literal.ends_with(&format!(".{end}")))
            // Points at which a test ends the process.
            && ![".before_", ".after_"].iter().any(|point| literal.contains(point))
    };
    let mut asked = BTreeSet::new();
    for source in
        product().iter().filter(|source| ["cli", "report", "pipeline", "texts"].contains(&source.krate.as_str()))
    {
        asked.extend(source.literals.iter().filter(|literal| is_key(literal)).cloned());
    }
    assert!(asked.len() > 40, "only {} keys were found in the sources", asked.len());
    let unknown = |key: &String| LANGUAGES.iter().any(|language| !knows(*language, key));
    none("no text in crates/texts/ui", asked.into_iter().filter(unknown).collect());
}
