//! Why bytes are not a document that we read.

/// The class of a refusal; each has its own sentence for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum XmlErrorKind {
    /// No bytes, or nothing but blanks.
    Empty,
    /// Does not begin as XML does.
    NotXml,
    /// Over [`Limits::max_bytes`](crate::Limits::max_bytes).
    TooLarge,
    /// Over [`Limits::max_depth`](crate::Limits::max_depth).
    TooDeep,
    /// Over [`Limits::max_attributes`](crate::Limits::max_attributes) or `max_bindings`.
    TooManyAttributes,
    /// Over [`Limits::max_nodes`](crate::Limits::max_nodes), or too many distinct names.
    TooManyNodes,
    /// Carries a DOCTYPE.
    Doctype,
    /// In an encoding that we do not read, or not in the one that it declares.
    Encoding,
    /// Breaks a rule of XML 1.0 or of Namespaces in XML 1.0.
    Malformed,
}

/// A refusal, with its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {detail}")]
pub struct XmlError {
    /// Its class.
    pub kind: XmlErrorKind,
    /// Line in the original, counted from 1.
    pub line: u32,
    /// Offset in the original bytes.
    pub offset: usize,
    /// What exactly was found, in English.
    pub detail: String,
}

/// A refusal at an offset of the decoded text, before it is placed in the original.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) kind: XmlErrorKind,
    pub(crate) offset: usize,
    pub(crate) detail: String,
}

impl Fault {
    pub(crate) fn new(kind: XmlErrorKind, offset: usize, detail: impl Into<String>) -> Self {
        Self { kind, offset, detail: detail.into() }
    }

    pub(crate) fn malformed(offset: usize, detail: impl Into<String>) -> Self {
        Self::new(XmlErrorKind::Malformed, offset, detail)
    }
}

/// A piece of the document for a message: never more than a few characters of it.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 40;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
