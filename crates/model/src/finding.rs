//! What a check found, as codes and arguments; the sentences are in the `texts` crate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The ordered layers of a validation; `Reading` is what the reader itself noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layer {
    /// Is it well-formed, within the limits, without DOCTYPE?
    Syntax,
    /// Does it follow the XML Schema of its root and profile?
    Xsd,
    /// What the reader noticed: identifiers whose check digit fails, terms that it could not map, attachments.
    Reading,
    /// The semantic rules of EN 16931.
    En16931,
    /// The rules of the Factur-X profile.
    FacturX,
    /// The rules of EXTENDED-CTC-FR.
    CtcFr,
    /// The French rules BR-FR.
    BrFr,
    /// What Chorus Pro demands of a deposit.
    ChorusPro,
}

impl Layer {
    /// Every layer, in the order in which they run.
    pub const ALL: [Self; 8] = [
        Self::Syntax,
        Self::Xsd,
        Self::Reading,
        Self::En16931,
        Self::FacturX,
        Self::CtcFr,
        Self::BrFr,
        Self::ChorusPro,
    ];

    /// The spelling of the JSON contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Xsd => "xsd",
            Self::Reading => "reading",
            Self::En16931 => "en16931",
            Self::FacturX => "factur-x",
            Self::CtcFr => "ctc-fr",
            Self::BrFr => "br-fr",
            Self::ChorusPro => "chorus-pro",
        }
    }

    /// The layer that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.as_str() == name)
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document is not valid while this stands.
    Fatal,
    /// Worth a look; does not change the verdict.
    Warning,
}

/// Who has to act on a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// Whoever wrote the invoice.
    Supplier,
    /// The clerk or department that handles it.
    Service,
    /// Whoever runs this installation.
    Administrator,
}

/// One thing that a check found, in codes and arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The layer that found it.
    pub layer: Layer,
    /// The artefact's own rule id, unchanged; our own ids are upper case with dashes (`CPRO-HIST-NUMBER`, `XML-DOCTYPE`).
    pub rule: String,
    /// Our canonical key, under which the texts stand; the rule id where the two are the same.
    pub key: String,
    /// Whether it makes the document invalid.
    pub severity: Severity,
    /// False when the rule could not be evaluated: then the finding is fatal and says why.
    pub evaluated: bool,
    /// The business term concerned (`BT-1`, `BG-25`), where known.
    pub term: Option<String>,
    /// Where in the document: `/Invoice/cac:InvoiceLine[2]/cbc:ID`, or the name of an attachment.
    pub path: Option<String>,
    /// Line in the original file, counted from 1.
    pub line: Option<u32>,
    /// What stands there.
    pub found: Option<String>,
    /// What should stand there.
    pub expected: Option<String>,
    /// Arguments of the sentence.
    pub args: BTreeMap<String, String>,
    /// Who has to act.
    pub actor: Actor,
    /// The text of the rule's own publisher, verbatim.
    pub official: Option<String>,
}

impl Finding {
    /// A fatal finding whose key is its rule, for the supplier to act on; the builder methods add the rest.
    #[must_use]
    pub fn fatal(layer: Layer, rule: &str) -> Self {
        Self {
            layer,
            rule: rule.to_owned(),
            key: rule.to_owned(),
            severity: Severity::Fatal,
            evaluated: true,
            term: None,
            path: None,
            line: None,
            found: None,
            expected: None,
            args: BTreeMap::new(),
            actor: Actor::Supplier,
            official: None,
        }
    }

    /// As [`Finding::fatal`], but only a warning.
    #[must_use]
    pub fn warning(layer: Layer, rule: &str) -> Self {
        Self { severity: Severity::Warning, ..Self::fatal(layer, rule) }
    }

    /// Sets the business term.
    #[must_use]
    pub fn term(mut self, term: &str) -> Self {
        self.term = Some(term.to_owned());
        self
    }

    /// Sets the place: path and line.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, line: u32) -> Self {
        self.path = Some(path.into());
        self.line = Some(line);
        self
    }

    /// Sets what was found.
    #[must_use]
    pub fn found(mut self, value: impl Into<String>) -> Self {
        self.found = Some(value.into());
        self
    }

    /// Sets what was expected.
    #[must_use]
    pub fn expected(mut self, value: impl Into<String>) -> Self {
        self.expected = Some(value.into());
        self
    }

    /// Adds an argument of the sentence.
    #[must_use]
    pub fn arg(mut self, name: &str, value: impl Into<String>) -> Self {
        self.args.insert(name.to_owned(), value.into());
        self
    }

    /// Sets who has to act.
    #[must_use]
    pub fn actor(mut self, actor: Actor) -> Self {
        self.actor = actor;
        self
    }

    /// Sets the publisher's own text.
    #[must_use]
    pub fn official(mut self, text: impl Into<String>) -> Self {
        self.official = Some(text.into());
        self
    }
}

/// The judgement on a document. A crash or an unknown construct is never `Valid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not a readable document: not well-formed, DOCTYPE, over the limits, damaged.
    Unreadable,
    /// At least one fatal finding.
    Invalid,
    /// No fatal finding, but a layer that was required could not run.
    NotChecked,
    /// Every required layer ran and passed.
    Valid,
}

impl Verdict {
    /// The spelling of the JSON contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Invalid => "invalid",
            Self::NotChecked => "not_checked",
            Self::Valid => "valid",
        }
    }

    /// The verdict that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unreadable, Self::Invalid, Self::NotChecked, Self::Valid]
            .into_iter()
            .find(|verdict| verdict.as_str() == name)
    }
}

/// What became of one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LayerStatus {
    /// It ran and found nothing fatal.
    Passed,
    /// It ran and found something fatal.
    Failed,
    /// It was not asked for, or an earlier layer made it pointless.
    Skipped,
    /// It should have run and could not (no artefact, unknown profile).
    NotEvaluable,
}

/// One line of the report: a layer, with what it was checked against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerResult {
    /// Which layer.
    pub layer: Layer,
    /// The artefact used (`family@version`), where there is one.
    #[serde(default)]
    pub artefact: Option<String>,
    /// What became of it.
    pub status: LayerStatus,
    /// How long it took, in microseconds.
    #[serde(default)]
    pub micros: u64,
}
