//! What there is to know of a rule: our texts, the publisher's own, the term, the source, an example.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use facteur_validate::chorus_pro::b2g;
use facteur_validate::keys;
use facteur_validate::packs::{ArtefactKind, Installed, PackError, Packs};
use facteur_xml::{Document, Limits, Node};
use serde::{Deserialize, Serialize};

use crate::error::PipelineError;

const EXAMPLES: &str = include_str!("../../../schemas/examples.toml");
/// Ids that are offered for one that is not known.
const NEAREST: usize = 5;

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// An official artefact: see [`Explanation::official`].
    Artefact,
    /// XP Z12-012, annex A, sheet of the rules for public buyers.
    AfnorAnnexA,
    /// What Chorus Pro refuses on the channel of the approved platforms.
    ChorusPro,
    /// The external specifications of the historic channel.
    ChorusProHistoric,
    /// The XML Schema of the document's root.
    Schema,
    /// This program.
    Facteur,
}

/// A rule in the words of its publisher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Official {
    /// The artefact (`family@version`).
    pub artefact: String,
    /// The id that it has there; in Factur-X that is not the one of EN 16931.
    pub id: String,
    /// What the artefact says of its weight, where it does.
    pub flag: Option<String>,
    /// The XPath expression that has to hold.
    pub test: String,
    /// The text.
    pub text: String,
}

/// An example: what breaks the rule, and what keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// What breaks it.
    pub wrong: String,
    /// What keeps it.
    pub right: String,
}

/// Everything but the sentences, which are in `texts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The rule's id as it is written.
    pub rule: String,
    /// What it is called whatever the artefact, where that is one thing.
    pub key: Option<String>,
    /// The terms concerned, the first one first.
    pub terms: Vec<String>,
    /// Where it comes from.
    pub source: Source,
    /// What its publisher says, artefact by artefact.
    pub official: Vec<Official>,
    /// An example, where there is one.
    pub example: Option<Example>,
}

/// The rules that are known here.
pub struct Rules {
    official: BTreeMap<String, Vec<Official>>,
    ours: BTreeSet<String>,
}

impl Rules {
    /// Reads the artefacts installed in `packs`; `ours` are the keys that we have sentences for.
    ///
    /// # Errors
    /// The folder of the packs, or an artefact in it, cannot be read.
    pub fn open(packs: &Path, ours: impl IntoIterator<Item = String>) -> Result<Self, PipelineError> {
        let failed = |error: PackError| PipelineError::Packs(error.to_string());
        let mut official: BTreeMap<String, Vec<Official>> = BTreeMap::new();
        let packs = Packs::open(packs).map_err(failed)?;
        for installed in packs.list().iter().filter(|installed| installed.artefact.kind == ArtefactKind::Schematron) {
            for rule in read(installed).map_err(failed)? {
                for name in names(&rule) {
                    official.entry(name).or_default().push(rule.clone());
                }
            }
        }
        let ours = ours.into_iter().chain(b2g::RULES.iter().map(|rule| rule.id.to_owned())).collect();
        Ok(Self { official, ours })
    }

    /// What is known of a rule, however its letters are written.
    #[must_use]
    pub fn explain(&self, name: &str) -> Option<Explanation> {
        let known = |id: &&String| id.eq_ignore_ascii_case(name.trim());
        let rule = self.ours.iter().find(known).or_else(|| self.official.keys().find(known))?.clone();
        let official = self.official.get(&rule).cloned().unwrap_or_default();
        let native = b2g::RULES.iter().find(|native| native.id == rule);
        let known: BTreeSet<(&str, Option<&str>)> = match keys::of(&rule) {
            Some(known) => BTreeSet::from([(known.key, known.term)]),
            None => {
                official.iter().filter_map(|part| keys::of(&part.id)).map(|known| (known.key, known.term)).collect()
            }
        };
        let mut own: Vec<&str> = known.iter().filter_map(|(_, term)| *term).collect();
        own.dedup();
        let mut terms: Vec<String> =
            native.map(|native| native.term).into_iter().chain(own).map(str::to_owned).collect();
        for term in official.iter().flat_map(|official| terms_in(&official.text)) {
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        let source = source_of(&rule, !official.is_empty());
        let example = examples().remove(&rule);
        let keys: BTreeSet<&str> = known.iter().map(|(key, _)| *key).collect();
        let key = (keys.len() == 1).then(|| keys.first().map(|key| (*key).to_owned())).flatten();
        Some(Explanation { rule, key, terms, source, official, example })
    }

    /// The known ids that are most like `name`, best first.
    #[must_use]
    pub fn nearest(&self, name: &str) -> Vec<&str> {
        let name = name.trim().to_ascii_uppercase();
        let ids: BTreeSet<&str> = self.ours.iter().chain(self.official.keys()).map(String::as_str).collect();
        let mut ranked: Vec<(usize, &str)> = ids.into_iter().map(|id| (distance(&name, id), id)).collect();
        ranked.sort_unstable();
        ranked.into_iter().take(NEAREST).map(|(_, id)| id).collect()
    }
}

/// The examples, by rule.
#[must_use]
pub fn examples() -> BTreeMap<String, Example> {
    toml::from_str(EXAMPLES).unwrap_or_default()
}

fn source_of(rule: &str, official: bool) -> Source {
    match rule {
        _ if rule.starts_with("BR-FR-CPRO-") => Source::AfnorAnnexA,
        _ if rule.starts_with("CPRO-HIST-") => Source::ChorusProHistoric,
        _ if rule.starts_with("CPRO-") => Source::ChorusPro,
        _ if rule.starts_with("XSD") => Source::Schema,
        _ if official || rule.starts_with("BR-") || rule.starts_with("FX-") => Source::Artefact,
        _ => Source::Facteur,
    }
}

/// Every assertion of an artefact. Publishers compile them to XSLT: an `svrl:failed-assert` each, with the id as
/// attribute or as `xsl:attribute`; a plain Schematron has `assert`.
fn read(installed: &Installed) -> Result<Vec<Official>, PackError> {
    let mut rules = Vec::new();
    let entry = &installed.artefact.entry;
    for (_, bytes) in installed.contents()?.into_iter().filter(|(name, _)| name == entry) {
        let limits = Limits { max_attributes: 256, ..Limits::default() };
        let Ok(document) = Document::parse(&bytes, &limits) else { continue };
        let root = document.root();
        rules.extend(root.descendants().filter_map(|node| assertion(node, &installed.artefact.label())));
    }
    Ok(rules)
}

fn assertion(node: Node<'_>, artefact: &str) -> Option<Official> {
    if !matches!(node.name(), "failed-assert" | "successful-report" | "assert" | "report") {
        return None;
    }
    let value = |name: &str| {
        let computed = || node.children_named("attribute").find(|child| child.attribute("name") == Some(name));
        node.attribute(name).map(str::to_owned).or_else(|| computed().map(|child| child.text().trim().to_owned()))
    };
    let text = node.child("text").unwrap_or(node).string_value();
    Some(Official {
        artefact: artefact.to_owned(),
        id: value("id").filter(|id| !id.is_empty())?,
        flag: value("flag").or_else(|| value("role")),
        test: squeezed(node.attribute("test").unwrap_or_default()),
        text: squeezed(&text),
    })
}

/// Its own id; its canonical key; the rule that this is one assertion of (`BR-FR-05` of `BR-FR-05_BT-22`); the one that
/// its text begins with: `[BR-CO-10]-Sum of …`.
fn names(rule: &Official) -> BTreeSet<String> {
    let bracketed = rule.text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(id, _)| id.trim());
    let bracketed = bracketed.filter(|id| !id.is_empty() && !id.contains(' '));
    let key = keys::of(&rule.id).map(|known| known.key);
    let whole = |id: &'_ str| id.split(['_', '/']).next().filter(|id| id.contains('-')).map(str::to_owned);
    let wholes = std::iter::once(rule.id.as_str()).chain(key).filter_map(whole);
    std::iter::once(rule.id.as_str()).chain(bracketed).chain(key).map(str::to_owned).chain(wholes).collect()
}

/// The terms that a text names: `BT-106`, `BG-25`, `EXT-FR-FE-01`.
#[must_use]
pub fn terms_in(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
    let is_term = |word: &&str| {
        let number = ["BT-", "BG-", "EXT-FR-FE-BG-", "EXT-FR-FE-"].iter().find_map(|start| word.strip_prefix(start));
        number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit() || b == b'-') && !number.is_empty())
    };
    words.filter(is_term).map(str::to_owned).collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters to add, remove or change to make one of the other.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, other) in right.iter().enumerate() {
            let change = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ARTEFACT: &str = r#"<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:svrl="s">
        <svrl:failed-assert test="a  =  b"><xsl:attribute name="id">FX-1</xsl:attribute>
        <svrl:text>[BR-CO-10]-Sum of  lines (BT-106) of <xsl:value-of select="."/> BG-25 BT-x</svrl:text>
        </svrl:failed-assert><svrl:failed-assert test="c"/></xsl:stylesheet>"#;

    fn rules() -> Rules {
        let document = Document::parse(ARTEFACT.as_bytes(), &Limits::default()).unwrap();
        let read = document.root().descendants().filter_map(|node| assertion(node, "X@1"));
        let mut official: BTreeMap<String, Vec<Official>> = BTreeMap::new();
        for rule in read {
            names(&rule).into_iter().for_each(|name| official.entry(name).or_default().push(rule.clone()));
        }
        Rules { official, ours: BTreeSet::from(["CPRO-HIST-IBAN".to_owned(), "BR-FR-CPRO-24".to_owned()]) }
    }

    #[test]
    fn an_official_rule_is_found_under_both_its_names() {
        let explanation = rules().explain("br-co-10").unwrap();
        assert_eq!((explanation.rule.as_str(), explanation.source), ("BR-CO-10", Source::Artefact));
        assert_eq!(explanation.terms, ["BT-106", "BG-25"]);
        assert_eq!(explanation.official[0].id, "FX-1");
        assert_eq!(explanation.official[0].test, "a = b");
        assert_eq!(rules().explain("FX-1").unwrap().official, explanation.official);
    }

    #[test]
    fn an_assertion_is_found_under_the_rule_that_it_is_a_part_of() {
        let official = |id: &str| Official {
            artefact: "X@1".into(),
            id: id.into(),
            flag: None,
            test: String::new(),
            text: "[BR-FR-05] one two".into(),
        };
        assert_eq!(
            names(&official("BR-FR-05_BT-22")),
            BTreeSet::from(["BR-FR-05", "BR-FR-05_BT-22"].map(str::to_owned))
        );
        assert_eq!(names(&official("BR-FR-05")), BTreeSet::from(["BR-FR-05".to_owned()]));
    }

    #[test]
    fn our_own_rules_name_their_term_and_source() {
        let explanation = rules().explain("BR-FR-CPRO-24").unwrap();
        assert_eq!((explanation.terms, explanation.source), (vec!["BT-23".to_owned()], Source::AfnorAnnexA));
        assert_eq!(rules().explain("CPRO-HIST-IBAN").unwrap().source, Source::ChorusProHistoric);
    }

    #[test]
    fn an_unknown_rule_has_neighbours() {
        let rules = rules();
        assert_eq!(rules.explain("BR-CO-01"), None);
        assert_eq!(rules.nearest("BR-CO-01")[0], "BR-CO-10");
        assert_eq!(rules.nearest("cpro-hist-iban ")[0], "CPRO-HIST-IBAN");
    }

    #[test]
    fn the_examples_can_be_read() {
        let examples = examples();
        assert!(examples.len() >= 10, "{}", examples.len());
        assert!(examples.values().all(|example| example.wrong != example.right));
    }

    #[test]
    fn distances_count_single_changes() {
        assert_eq!(distance("BR-1", "BR-1"), 0);
        assert_eq!(distance("BR-1", "BR-12"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
