//! Canonical keys: what a rule is called whatever artefact it comes from, and the business term that it is about.
//!
//! The same rule has one id in EN16931-UBL, another in the French extension, a number in Factur-X, and some ids are
//! misspelt. `schemas/keys.tsv` says of each fatal rule which one it is; a test compares it with the artefacts.

use std::sync::OnceLock;

use facteur_model::finding::Finding;

const TABLE: &str = include_str!("../../../schemas/keys.tsv");
/// Stands for the term of whatever element breaks the rule.
const OF_THE_ELEMENT: &str = "*";

/// One rule of an artefact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The artefact's own id.
    pub rule: &'static str,
    /// Our key, the same in every artefact.
    pub key: &'static str,
    /// The term, `None` where it is that of the element concerned.
    pub term: Option<&'static str>,
}

/// What is known of an artefact's rule, by its own id.
#[must_use]
pub fn of(rule: &str) -> Option<Known> {
    let table = table();
    table.binary_search_by(|known| known.rule.cmp(rule)).ok().map(|index| table[index])
}

/// The rules that one key stands for, in every artefact.
pub fn rules_of(key: &str) -> impl Iterator<Item = Known> {
    table().iter().filter(move |known| known.key.eq_ignore_ascii_case(key)).copied()
}

/// Every canonical key, each as often as it has rules.
pub fn all() -> impl Iterator<Item = Known> {
    table().iter().copied()
}

/// A finding of an official rule under its canonical key and term.
pub(crate) fn named(mut finding: Finding) -> Finding {
    let known = meant(&finding).or_else(|| of(&finding.rule));
    if let Some(known) = known.filter(|_| finding.evaluated) {
        known.key.clone_into(&mut finding.key);
    }
    if finding.term.is_none() {
        finding.term = match known {
            Some(known) => known.term.map(str::to_owned),
            None => term_in(&finding.rule),
        };
    }
    finding
}

/// Factur-X numbers its rules, some numbers mean one rule in one profile and another in the next; where the text
/// begins with the id of a rule, it is that one: `[BR-CO-10]-Sum of …`.
fn meant(finding: &Finding) -> Option<Known> {
    if !finding.rule.starts_with("FX-") {
        return None;
    }
    let (id, _) = finding.official.as_deref()?.strip_prefix('[')?.split_once(']')?;
    of(id.trim())
}

/// The business term in the id of a rule that is not in the table: `BR-FR-05_BT-22_PMD`.
fn term_in(rule: &str) -> Option<String> {
    let mut terms = rule.split('_').skip(1).filter_map(|part| {
        let (family, rest) = part.split_once('-')?;
        let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
        (matches!(family, "BT" | "BG") && !number.is_empty()).then(|| format!("{family}-{number}"))
    });
    terms.next()
}

fn table() -> &'static [Known] {
    static PARSED: OnceLock<Vec<Known>> = OnceLock::new();
    PARSED.get_or_init(|| {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        let known = lines.filter_map(|line| {
            let mut cells = line.split('\t');
            let (rule, key, term) = (cells.next()?, cells.next()?, cells.next()?);
            Some(Known { rule, key, term: Some(term).filter(|term| *term != OF_THE_ELEMENT) })
        });
        known.collect()
    })
}

#[cfg(test)]
mod tests {
    use facteur_model::finding::Layer;

    use super::*;

    fn keyed(rule: &str, official: &str) -> (String, Option<String>) {
        let finding = named(Finding::fatal(Layer::BrFr, rule).official(official));
        (finding.key, finding.term)
    }

    fn pair(key: &str, term: &str) -> (String, Option<String>) {
        (key.to_owned(), Some(term.to_owned()))
    }

    #[test]
    fn the_table_is_sorted_and_whole() {
        assert_eq!(table().len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        assert!(table().len() > 1_700, "{}", table().len());
        assert!(table().windows(2).all(|pair| pair[0].rule < pair[1].rule), "not sorted by rule");
        let is_term = |term: &str| ["BT-", "BG-", "EXT-FR-FE-"].iter().any(|start| term.starts_with(start));
        for known in table() {
            assert!(!known.key.is_empty() && known.term.is_none_or(is_term), "{known:?}");
        }
    }

    #[test]
    fn one_rule_has_one_key_in_every_artefact() {
        for rule in ["BR-CO-10", "BR-FREXT-CO-10", "BR-FXEXT-CO-10"] {
            assert_eq!(keyed(rule, ""), pair("BR-CO-10", "BT-106"), "{rule}");
        }
        assert_eq!(keyed("UBL-SR-49", ""), keyed("CII-SR-461", ""));
        assert_eq!(keyed("BR-FR-05_BT-22-1", ""), keyed("BR-FR-05_BT-22_PMT", ""));
        assert_eq!(keyed("BR-FR-01_BT-25", ""), pair("BR-FR-01/BT-25", "BT-25"));
    }

    #[test]
    fn misspelt_ids_are_known_for_what_they_are() {
        assert_eq!(keyed("BR-FR-08_BT-151-2", ""), pair("BR-FR-15/BT-151", "BT-151"));
        assert_eq!(keyed("BR-FR-15_BT-95_BT-151", ""), pair("BR-FR-15/BT-151", "BT-151"));
        assert_eq!(keyed("BR-FR-30_BT-21", ""), keyed("BR-FR-31_BT-21", ""));
        assert_eq!(keyed("CII-FREXTDT-027", "").0, "CII-DT-027");
    }

    #[test]
    fn a_number_with_two_meanings_is_told_apart_by_its_text() {
        assert_eq!(
            keyed("FX-SCH-A-000390", "Value of 'ram:ReasonCode' is not allowed."),
            pair("CODE/BT-105", "BT-105")
        );
        assert_eq!(keyed("FX-SCH-A-000390", "[BR-FXEXT-G-08b] - In a VAT …"), pair("BR-G-08", "BT-116"));
    }

    #[test]
    fn a_rule_of_a_later_release_keeps_its_id_and_the_term_in_it() {
        assert_eq!(keyed("BR-FR-99_BT-22_PMD", ""), pair("BR-FR-99_BT-22_PMD", "BT-22"));
        assert_eq!(keyed("BR-NEW-1", ""), ("BR-NEW-1".to_owned(), None));
    }

    #[test]
    fn what_could_not_be_evaluated_keeps_the_key_that_says_so() {
        let mut finding = Finding::fatal(Layer::En16931, "BR-CO-10");
        finding.evaluated = false;
        "RULES-NOT-EVALUATED".clone_into(&mut finding.key);
        let finding = named(finding);
        assert_eq!((finding.key.as_str(), finding.term.as_deref()), ("RULES-NOT-EVALUATED", Some("BT-106")));
    }
}
