//! Our texts of the official rules (EN 16931, EXTENDED-CTC-FR, BR-FR, Factur-X), under the artefacts' own ids.
//!
//! They are many and most runs need few of them: they are read when the first one is asked for.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::{FindingText, Language};

type Texts = BTreeMap<String, FindingText>;

macro_rules! files {
    ($language:literal) => {
        [
            include_str!(concat!("../../../schemas/messages/", $language, ".toml")),
            include_str!(concat!("../../../schemas/messages/factur-x.", $language, ".toml")),
        ]
    };
}

pub(crate) fn text(language: Language, rule: &str) -> Option<&'static FindingText> {
    texts(language).get(rule)
}

pub(crate) fn keys(language: Language) -> impl Iterator<Item = &'static str> {
    texts(language).keys().map(String::as_str)
}

fn texts(language: Language) -> &'static Texts {
    static FRENCH: OnceLock<Texts> = OnceLock::new();
    static ENGLISH: OnceLock<Texts> = OnceLock::new();
    match language {
        Language::French => FRENCH.get_or_init(|| load(&files!("fr"))),
        Language::English => ENGLISH.get_or_init(|| load(&files!("en"))),
    }
}

/// The files are part of the program and a test reads them all; without a text, the official one is shown.
fn load(files: &[&str]) -> Texts {
    files.iter().flat_map(|file| toml::from_str::<Texts>(file).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_file_can_be_read_and_no_rule_stands_twice() {
        for files in [files!("fr"), files!("en")] {
            let read: Vec<Texts> = files.iter().map(|file| toml::from_str(file).unwrap()).collect();
            let distinct = load(&files).len();
            assert_eq!(read.iter().map(Texts::len).sum::<usize>(), distinct);
            assert!(distinct > 600, "only {distinct} rules have a text");
        }
    }

    #[test]
    fn both_languages_speak_of_the_same_rules_terms_and_actors() {
        let (french, english) = (texts(Language::French), texts(Language::English));
        assert_eq!(french.keys().collect::<Vec<_>>(), english.keys().collect::<Vec<_>>());
        for (rule, text) in french {
            let other = &english[rule];
            assert_eq!((&text.term, &text.actor), (&other.term, &other.actor), "{rule}");
            assert_ne!(text.message, other.message, "{rule}");
        }
    }

    #[test]
    fn every_rule_says_what_is_wrong_what_to_correct_and_who_acts() {
        for language in [Language::French, Language::English] {
            for (rule, text) in texts(language) {
                let spoken = [&text.title, &text.message, &text.advice];
                assert!(spoken.iter().all(|sentence| sentence.trim().len() > 5), "{rule}");
                assert!(spoken.iter().all(|sentence| !sentence.contains(['{', '}'])), "{rule}: placeholder");
                let actor = text.actor.as_deref();
                assert!(matches!(actor, Some("supplier" | "service" | "administrator")), "{rule}: {actor:?}");
                let term = text.term.as_deref();
                assert!(term.is_none_or(is_term), "{rule}: {term:?}");
            }
        }
    }

    fn is_term(term: &str) -> bool {
        ["BT-", "BG-", "EXT-FR-FE-"].iter().any(|prefix| term.starts_with(prefix))
    }
}
