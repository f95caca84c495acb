//! What is wrong with a template, on which line; each problem has a rule id, under which its sentences stand.

use facteur_model::finding::{Actor, Finding, Layer};
use serde::{Deserialize, Serialize};

/// A template that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TemplateError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "problem", rename_all = "kebab-case")]
pub enum Problem {
    /// Larger than any template.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotText,
    /// Not YAML.
    #[error("not YAML: {detail}")]
    Syntax {
        /// What the reader met.
        detail: String,
    },
    /// Anchors, aliases and tags are not read; nesting and number of values are limited.
    #[error("{what} is not allowed in a template")]
    NotAllowed {
        /// `alias`, `anchor`, `tag`, `depth`, `values`, `documents`.
        what: String,
    },
    /// The same key twice.
    #[error("the key {key} stands twice")]
    Twice {
        /// Which.
        key: String,
    },
    /// A key that no template has.
    #[error("unknown key {key}")]
    UnknownKey {
        /// Which.
        key: String,
        /// Those that may stand there.
        known: String,
    },
    /// A key that every template has.
    #[error("{key} is missing")]
    MissingKey {
        /// Which.
        key: String,
    },
    /// A list where a text belongs, or the like.
    #[error("{key} has to be {expected}")]
    WrongShape {
        /// Whose value.
        key: String,
        /// `text`, `list` or `table`.
        expected: String,
    },
    /// Another format than the one that is read.
    #[error("the format {found} is not read")]
    Format {
        /// As written.
        found: String,
    },
    /// A value that is none of those that are possible.
    #[error("{key}: {found} is not possible")]
    Value {
        /// Whose value.
        key: String,
        /// As written.
        found: String,
        /// What is possible.
        expected: String,
    },
    /// A keyword that would stand on any page.
    #[error("the keyword {found} is too short")]
    KeywordShort {
        /// As written.
        found: String,
    },
    /// A pattern that cannot be used.
    #[error("the pattern {found} cannot be used: {detail}")]
    Pattern {
        /// As written.
        found: String,
        /// Why.
        detail: String,
    },
    /// A `regex` has exactly one group: the value.
    #[error("the pattern {found} has {groups} groups and not one")]
    Groups {
        /// As written.
        found: String,
        /// How many.
        groups: usize,
    },
    /// A field is found in exactly one way.
    #[error("{key} is to be found by regex, by label or in a box, and by one of them only")]
    Ways {
        /// Which field.
        key: String,
    },
    /// A value that is another one on each invoice.
    #[error("{key} cannot be a constant")]
    NotConstant {
        /// Which field.
        key: String,
    },
}

impl Problem {
    /// The rule id, key of the sentences for people.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "TEMPLATE-SIZE",
            Self::NotText => "TEMPLATE-ENCODING",
            Self::Syntax { .. } => "TEMPLATE-SYNTAX",
            Self::NotAllowed { .. } => "TEMPLATE-NOT-ALLOWED",
            Self::Twice { .. } => "TEMPLATE-TWICE",
            Self::UnknownKey { .. } => "TEMPLATE-UNKNOWN-KEY",
            Self::MissingKey { .. } => "TEMPLATE-MISSING-KEY",
            Self::WrongShape { .. } => "TEMPLATE-SHAPE",
            Self::Format { .. } => "TEMPLATE-FORMAT",
            Self::Value { .. } => "TEMPLATE-VALUE",
            Self::KeywordShort { .. } => "TEMPLATE-KEYWORD",
            Self::Pattern { .. } => "TEMPLATE-PATTERN",
            Self::Groups { .. } => "TEMPLATE-GROUPS",
            Self::Ways { .. } => "TEMPLATE-WAYS",
            Self::NotConstant { .. } => "TEMPLATE-NOT-CONSTANT",
        }
    }
}

impl TemplateError {
    /// The same as a finding about `file`.
    #[must_use]
    pub fn finding(&self, file: &str) -> Finding {
        let finding = Finding::warning(Layer::Reading, self.problem.rule())
            .at(file, self.line)
            .arg("file", file)
            .actor(Actor::Administrator);
        match &self.problem {
            Problem::TooLarge { limit } => finding.expected(limit.to_string()),
            Problem::NotText => finding,
            Problem::Syntax { detail } => finding.found(detail.clone()),
            Problem::NotAllowed { what } | Problem::Format { found: what } | Problem::KeywordShort { found: what } => {
                finding.found(what.clone())
            }
            Problem::UnknownKey { key, known } => finding.arg("key", key.clone()).expected(known.clone()),
            Problem::Twice { key }
            | Problem::MissingKey { key }
            | Problem::Ways { key }
            | Problem::NotConstant { key } => finding.arg("key", key.clone()),
            Problem::WrongShape { key, expected } => finding.arg("key", key.clone()).expected(expected.clone()),
            Problem::Value { key, found, expected } => {
                finding.arg("key", key.clone()).found(found.clone()).expected(expected.clone())
            }
            Problem::Pattern { found, detail } => finding.found(found.clone()).arg("detail", detail.clone()),
            Problem::Groups { found, groups } => finding.found(found.clone()).arg("groups", groups.to_string()),
        }
    }
}
