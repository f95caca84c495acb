//! Hardened reading of XML: bytes in, one immutable tree out.
//!
//! Every byte is treated as hostile. [`Document::parse`] refuses, in linear time and with the line, whatever is not
//! well-formed XML 1.0 with namespaces, carries a DOCTYPE (so no entity is ever expanded or fetched), is in an
//! encoding other than the one it declares, or goes over the [`Limits`]. What it returns owns the whole text: each
//! node knows its name, its namespace, its place in the original bytes and its line.
//!
//! ```
//! use facteur_xml::{Document, Limits};
//!
//! let document = Document::parse(b"<a xmlns='urn:x'><b c='1'>two</b></a>", &Limits::default())?;
//! let b = document.root().child("b").expect("there is one");
//! assert_eq!((b.text().as_ref(), b.attribute("c"), b.namespace()), ("two", Some("1"), Some("urn:x")));
//! # Ok::<(), facteur_xml::XmlError>(())
//! ```

mod build;
mod characters;
mod decode;
mod error;
mod names;
mod prolog;
mod scan;
mod tag;
mod tree;

pub use error::{XmlError, XmlErrorKind};
pub use names::Symbol;
pub use tree::{Attribute, Attributes, Child, Children, Descendants, Document, Elements, Node, NodeId};

/// What a document may cost; whatever goes over is refused before it is read further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest document, in bytes as it came (never more than [`Limits::CEILING`]).
    pub max_bytes: usize,
    /// Deepest nesting of elements; the root is at depth 1.
    pub max_depth: u32,
    /// Most attributes and namespace declarations on one element.
    pub max_attributes: usize,
    /// Most elements, texts and attributes together.
    pub max_nodes: usize,
    /// Most namespace declarations in force at one place.
    pub max_bindings: usize,
}

impl Limits {
    /// No document above this size is read, whatever the limits say: positions are kept in 32 bits.
    pub const CEILING: usize = 1 << 30;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bytes: 20 * 1024 * 1024,
            max_depth: 128,
            max_attributes: 64,
            max_nodes: 2_000_000,
            max_bindings: 256,
        }
    }
}
