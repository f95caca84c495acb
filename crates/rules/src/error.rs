//! What can go wrong: at load, and while an expression runs.

/// A rule set that cannot be used, with the construct and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}, line {line}: {detail}")]
pub struct LoadError {
    /// The file.
    pub name: String,
    /// Line in it, counted from 1.
    pub line: u32,
    /// What is not understood, and where in the rules.
    pub detail: String,
}

/// An expression that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Syntax(pub(crate) String);

impl Syntax {
    pub(crate) fn new(detail: impl Into<String>) -> Self {
        Self(detail.into())
    }
}

/// An error of one evaluation, with the code of the XPath specifications. In a box, since it is rare and every step of
/// an evaluation hands back either it or a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .0.0, .0.1)]
pub(crate) struct Dynamic(Box<(&'static str, String)>);

impl Dynamic {
    #[cold]
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new((code, detail.into())))
    }

    /// Whether the run may not go on, whatever else the rule says.
    pub(crate) fn is_limit(&self) -> bool {
        self.0.0.starts_with("SXLM")
    }

    /// More values than the place allows, or of the wrong type.
    #[cold]
    pub(crate) fn wrong_type(detail: impl Into<String>) -> Self {
        Self::new("XPTY0004", detail)
    }

    /// A value that is not one of the type it is cast to.
    #[cold]
    pub(crate) fn not_a(kind: &str, value: &str) -> Self {
        let shown: String = value.chars().take(60).collect();
        Self::new("FORG0001", format!("{shown:?} is not a {kind}"))
    }
}
