//! One vocabulary of statuses, `schemas/statuses.toml`: our state, Chorus Pro's word, the AFNOR code and the state of the
//! payment order side by side, told as who did what. "Paid" is never said without a payment date.

use std::sync::OnceLock;

use facteur_model::date::Date;
use facteur_model::lifecycle::State;
use facteur_texts::{Language, printable, say};
use serde::Deserialize;

use crate::wording::day;

const TABLE: &str = include_str!("../../../schemas/statuses.toml");

/// The vocabulary.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    #[serde(rename = "schema")]
    _schema: String,
    status: Vec<Status>,
}

/// One status, in every spelling.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// Our name for it, the key of its words.
    pub id: String,
    /// Our states in which it is seen.
    #[serde(default)]
    pub states: Vec<State>,
    /// Chorus Pro's words for the invoice.
    #[serde(default)]
    pub chorus: Vec<String>,
    /// AFNOR codes.
    #[serde(default)]
    pub afnor: Vec<String>,
    /// State of the payment order.
    pub order: Option<String>,
    /// Who did it.
    pub who: String,
    /// Who has to act next, where somebody has to.
    pub waits_for: Option<String>,
    /// Whether it is a payment, and may be called so once the date is known.
    #[serde(default)]
    pub paid: bool,
}

/// The vocabulary of this release.
#[must_use]
pub fn vocabulary() -> &'static Vocabulary {
    static VOCABULARY: OnceLock<Vocabulary> = OnceLock::new();
    // The table is part of the program, and a test reads it; one that cannot be read would show the gateway's words.
    VOCABULARY.get_or_init(|| toml::from_str(TABLE).unwrap_or_default())
}

impl Vocabulary {
    /// Every status.
    #[must_use]
    pub fn statuses(&self) -> &[Status] {
        &self.status
    }

    /// The status of Chorus Pro's word.
    #[must_use]
    pub fn of_chorus(&self, word: &str) -> Option<&Status> {
        self.status.iter().find(|status| status.chorus.iter().any(|known| known == word))
    }

    /// The statuses that an AFNOR code can stand for; 204 stands for four.
    pub fn of_afnor<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Status> {
        self.status.iter().filter(move |status| status.afnor.iter().any(|known| known == code))
    }

    /// The status of an invoice: the gateway's word where it gave one, else that of our state.
    #[must_use]
    pub fn of(&self, state: State, invoice_state: Option<&str>) -> Option<&Status> {
        let said = invoice_state.and_then(|word| self.of_chorus(word));
        said.filter(|status| status.states.contains(&state))
            .or_else(|| self.status.iter().find(|status| status.states.contains(&state)))
    }
}

impl Status {
    /// The status in a word or two. A payment is called so with its date only.
    #[must_use]
    pub fn word(&self, language: Language, paid: Option<Date>) -> String {
        match paid.filter(|_| self.paid) {
            Some(date) => say(language, "status_word.paid", &[("date", &day(language, date))]),
            None => say(language, &format!("status_word.{}", self.id), &[]),
        }
    }

    /// Who did what, as a sentence.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        say(language, &format!("status_told.{}", self.id), &[])
    }
}

/// What Chorus Pro's word means: who did what. An unknown word is shown as it is.
#[must_use]
pub fn told(language: Language, word: &str) -> String {
    vocabulary().of_chorus(word).map_or_else(|| printable(word), |status| status.told(language))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_state_of_ours_has_a_status_and_every_status_its_words() {
        let known: Vocabulary = toml::from_str(TABLE).unwrap();
        for state in State::ALL {
            assert!(known.of(*state, None).is_some(), "{state}");
        }
        let mut ids = BTreeSet::new();
        for status in &known.status {
            assert!(ids.insert(&status.id), "{} stands twice", status.id);
            for language in [Language::French, Language::English] {
                for key in ["status_word", "status_told"] {
                    assert!(facteur_texts::knows(language, &format!("{key}.{}", status.id)), "{key}.{}", status.id);
                }
                assert!(facteur_texts::knows(language, &format!("who.{}", status.who)), "who.{}", status.who);
            }
        }
    }

    #[test]
    fn each_word_of_the_gateway_is_one_status() {
        let words: Vec<&String> = vocabulary().status.iter().flat_map(|status| &status.chorus).collect();
        assert_eq!(words.len(), words.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(vocabulary().of_afnor("204").count(), 4);
    }

    #[test]
    fn refused_rejected_and_order_rejected_are_three_things() {
        let language = Language::French;
        let named = |id: &str| vocabulary().status.iter().find(|status| status.id == id).unwrap();
        let words = ["refused", "rejected_by_platform", "order_rejected"].map(|id| named(id).word(language, None));
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), 3, "{words:?}");
        let who = ["refused", "rejected_by_platform", "order_rejected"].map(|id| named(id).who.as_str());
        assert_eq!(who, ["recipient", "platform", "accountant"]);
    }

    #[test]
    fn paid_is_never_said_without_a_date() {
        let payment = vocabulary().of_chorus("MISE_EN_PAIEMENT").unwrap();
        assert!(!payment.word(Language::French, None).contains("payée"));
        let date = Date::parse("2026-05-12").unwrap();
        assert_eq!(payment.word(Language::French, Some(date)), "payée le 12/05/2026");
        for status in vocabulary().statuses().iter().filter(|status| status.id != payment.id) {
            for language in [Language::French, Language::English] {
                let word = status.word(language, Some(date));
                assert!(!word.starts_with("payée") && !word.starts_with("paid"), "{word}");
            }
        }
    }

    #[test]
    fn an_unknown_word_of_the_gateway_is_kept() {
        assert_eq!(told(Language::French, "NOUVEAU_MOT"), "NOUVEAU_MOT");
    }
}
