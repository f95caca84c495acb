//! The immutable tree: elements, texts and attributes of one document, each with its place in the original.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use crate::Limits;
use crate::build::{Parts, build};
use crate::decode::{Decoded, Origin, decode};
use crate::error::{XmlError, XmlErrorKind};
use crate::names::{NONE, Name, Symbol, Symbols};

mod iterators;

pub use iterators::{Attribute, Attributes, Child, Children, Descendants, Elements};

/// `NodeData::name` of a text.
pub(crate) const TEXT: u32 = u32::MAX;

/// One element or text, in document order.
#[derive(Debug)]
pub(crate) struct NodeData {
    /// Index of the resolved name, or [`TEXT`].
    pub(crate) name: u32,
    pub(crate) parent: u32,
    /// Index after its last descendant, which is that of its next sibling if it has one.
    pub(crate) subtree_end: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Element: end of the start tag. Text: where its value begins.
    pub(crate) inner: u32,
    /// Element: index of the first attribute. Text: length of its value.
    pub(crate) extra: u32,
    /// Element: number of attributes. Text: 1 where the value is in the arena, 0 where it is the source itself.
    pub(crate) count: u32,
}

#[derive(Debug)]
pub(crate) struct AttributeData {
    pub(crate) name: u32,
    pub(crate) start: u32,
    pub(crate) length: u32,
    pub(crate) arena: bool,
}

/// One document: the decoded text and the tree over it. It owns everything and may be shared between threads.
pub struct Document {
    source: String,
    encoding: &'static str,
    origin: Origin,
    nodes: Vec<NodeData>,
    attributes: Vec<AttributeData>,
    arena: String,
    symbols: Symbols,
    names: Vec<Name>,
    lines: OnceLock<Vec<u32>>,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    /// Whatever is not well-formed, carries a DOCTYPE, is in another encoding than declared or goes over the limits;
    /// with its class and line.
    pub fn parse(bytes: &[u8], limits: &Limits) -> Result<Self, XmlError> {
        let most = limits.max_bytes.min(Limits::CEILING);
        if bytes.len() > most {
            let detail = format!("{} bytes, the limit is {most}", bytes.len());
            return Err(XmlError { kind: XmlErrorKind::TooLarge, line: 1, offset: most, detail });
        }
        let decoded = decode(bytes)?;
        match build(&decoded, limits) {
            Ok(parts) => Ok(Self::of(decoded, parts)),
            Err(fault) => Err(decoded.place(fault)),
        }
    }

    fn of(decoded: Decoded, parts: Parts) -> Self {
        Self {
            source: decoded.text,
            encoding: decoded.encoding,
            origin: decoded.origin,
            nodes: parts.nodes,
            attributes: parts.attributes,
            arena: parts.arena,
            symbols: parts.symbols,
            names: parts.names,
            lines: OnceLock::new(),
        }
    }

    /// The root element.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { document: self, index: 0 }
    }

    /// The element with that id, which must come from this document.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node<'_> {
        assert!(self.nodes.get(id.0 as usize).is_some_and(|node| node.name != TEXT), "no element has the id {}", id.0);
        Node { document: self, index: id.0 }
    }

    /// The encoding of the original: `UTF-8`, `UTF-16LE`, `UTF-16BE`, `ISO-8859-1`, `ISO-8859-15`, `windows-1252` or
    /// `US-ASCII`.
    #[must_use]
    pub const fn encoding(&self) -> &'static str {
        self.encoding
    }

    /// The whole document in UTF-8, without byte order mark; its declaration stands as it was written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Number of elements and texts; ids are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: a document has a root.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The number by which this document knows a local name, if any element or attribute has it.
    #[must_use]
    pub fn symbol(&self, local: &str) -> Option<Symbol> {
        self.symbols.find(local)
    }

    /// How many distinct names its elements and attributes have; [`Node::name_number`] is below it.
    #[must_use]
    pub fn name_count(&self) -> usize {
        self.names.len()
    }

    /// The text with that id, where it is a text.
    #[must_use]
    pub fn text(&self, id: NodeId) -> Option<&str> {
        let node = self.nodes.get(id.0 as usize).filter(|node| node.name == TEXT)?;
        Some(self.value(node.inner, node.extra, node.count == 1))
    }

    fn node_data(&self, index: u32) -> &NodeData {
        &self.nodes[index as usize]
    }

    fn value(&self, start: u32, length: u32, arena: bool) -> &str {
        let text = if arena { &self.arena } else { &self.source };
        &text[start as usize..(start + length) as usize]
    }

    fn line_at(&self, offset: u32) -> u32 {
        let lines = self.lines.get_or_init(|| {
            memchr::memchr_iter(b'\n', self.source.as_bytes()).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
        });
        u32::try_from(lines.partition_point(|&end| end < offset)).unwrap_or(u32::MAX - 1) + 1
    }

    fn original(&self, start: u32, end: u32) -> Range<usize> {
        self.origin.offset(&self.source, start as usize)..self.origin.offset(&self.source, end as usize)
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("encoding", &self.encoding).field("nodes", &self.nodes.len()).finish()
    }
}

/// The number of an element in its document, in document order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Node<'a> {
    document: &'a Document,
    index: u32,
}

impl<'a> Node<'a> {
    /// Its number.
    #[must_use]
    pub const fn id(self) -> NodeId {
        NodeId(self.index)
    }

    /// The document it belongs to.
    #[must_use]
    pub const fn document(self) -> &'a Document {
        self.document
    }

    /// Its local name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.document.symbols.get(self.resolved().local)
    }

    /// The number of its local name.
    #[must_use]
    pub fn symbol(self) -> Symbol {
        self.resolved().local
    }

    /// The number of its name (prefix, local part and namespace) in this document; equal names have equal numbers.
    #[must_use]
    pub fn name_number(self) -> u32 {
        self.data().name
    }

    /// Its prefix, as written.
    #[must_use]
    pub fn prefix(self) -> Option<&'a str> {
        self.some(self.resolved().prefix)
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(self) -> Option<&'a str> {
        self.some(self.resolved().namespace)
    }

    /// Whether it is that element of that namespace.
    #[must_use]
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.name() == local && self.namespace().unwrap_or("") == namespace
    }

    /// The element around it.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        (self.index != 0).then(|| Node { document: self.document, index: self.data().parent })
    }

    /// Its child elements.
    #[must_use]
    pub fn elements(self) -> Elements<'a> {
        Elements::of(self)
    }

    /// Its child elements and texts. A text goes on across comments, CDATA and references.
    #[must_use]
    pub fn children(self) -> Children<'a> {
        Children::of(self)
    }

    /// Every element below it, in document order.
    #[must_use]
    pub fn descendants(self) -> Descendants<'a> {
        Descendants::of(self)
    }

    /// Its first child element with that local name, in any namespace.
    #[must_use]
    pub fn child(self, local: &str) -> Option<Self> {
        let symbol = self.document.symbol(local)?;
        self.elements().find(|child| child.symbol() == symbol)
    }

    /// Its child elements with that local name, in any namespace.
    pub fn children_named(self, local: &str) -> impl Iterator<Item = Self> + use<'a> {
        let symbol = self.document.symbol(local);
        self.elements().filter(move |child| Some(child.symbol()) == symbol)
    }

    /// The first child of the first child … along those local names.
    #[must_use]
    pub fn descend(self, locals: &[&str]) -> Option<Self> {
        locals.iter().try_fold(self, |node, local| node.child(local))
    }

    /// The value of its attribute of that name in no namespace.
    #[must_use]
    pub fn attribute(self, local: &str) -> Option<&'a str> {
        self.attributes().find(|a| a.is("", local)).map(Attribute::value)
    }

    /// The value of its attribute of that name in that namespace.
    #[must_use]
    pub fn attribute_ns(self, namespace: &str, local: &str) -> Option<&'a str> {
        self.attributes().find(|a| a.is(namespace, local)).map(Attribute::value)
    }

    /// Its attributes, without namespace declarations.
    #[must_use]
    pub fn attributes(self) -> Attributes<'a> {
        Attributes::of(self)
    }

    /// Its own text: that of its direct text children, read across comments, CDATA and references.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        joined(self.children().filter_map(|child| match child {
            Child::Text(text) => Some(text),
            Child::Element(_) => None,
        }))
    }

    /// Its string value in the sense of XPath: the text of all its descendants.
    #[must_use]
    pub fn string_value(self) -> Cow<'a, str> {
        let document = self.document;
        let inside = self.index + 1..self.data().subtree_end;
        joined(
            inside
                .map(|index| document.node_data(index))
                .filter(|node| node.name == TEXT)
                .map(|node| document.value(node.inner, node.extra, node.count == 1)),
        )
    }

    /// Where it stands in the original bytes, from `<` to after its end tag, whatever their encoding.
    #[must_use]
    pub fn byte_range(self) -> Range<usize> {
        self.document.original(self.data().start, self.data().end)
    }

    /// Where its start tag stands in the original bytes.
    #[must_use]
    pub fn start_tag_range(self) -> Range<usize> {
        self.document.original(self.data().start, self.data().inner)
    }

    /// The line of its start tag, counted from 1.
    #[must_use]
    pub fn line(self) -> u32 {
        self.document.line_at(self.data().start)
    }

    /// The id after that of its last descendant: `id().0 + 1..subtree_end().0` are the nodes inside it.
    #[must_use]
    pub fn subtree_end(self) -> NodeId {
        NodeId(self.data().subtree_end)
    }

    /// Its place, in the document's own prefixes: `/Invoice/cac:InvoiceLine[2]/cbc:ID`. An index stands where there
    /// are several siblings of that name.
    #[must_use]
    pub fn path(self) -> String {
        let mut steps = Vec::new();
        let mut node = Some(self);
        while let Some(here) = node {
            steps.push(here);
            node = here.parent();
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            step.push_step(&mut path);
        }
        path
    }

    fn push_step(self, path: &mut String) {
        path.push('/');
        if let Some(prefix) = self.prefix() {
            path.push_str(prefix);
            path.push(':');
        }
        path.push_str(self.name());
        let Some(parent) = self.parent() else { return };
        let same = |other: &Node<'_>| {
            let (a, b) = (self.resolved(), other.resolved());
            a.local == b.local && a.namespace == b.namespace
        };
        let (before, all) = parent
            .elements()
            .filter(same)
            .fold((0, 0), |(before, all), sibling| (before + u32::from(sibling.index <= self.index), all + 1));
        if all > 1 {
            path.push_str(&format!("[{before}]"));
        }
    }

    fn data(self) -> &'a NodeData {
        self.document.node_data(self.index)
    }

    fn resolved(self) -> &'a Name {
        &self.document.names[self.data().name as usize]
    }

    fn some(self, symbol: Symbol) -> Option<&'a str> {
        (symbol != NONE).then(|| self.document.symbols.get(symbol))
    }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({} {})", self.index, self.path())
    }
}

fn joined<'a>(mut texts: impl Iterator<Item = &'a str>) -> Cow<'a, str> {
    let Some(first) = texts.next() else { return Cow::Borrowed("") };
    texts.fold(Cow::Borrowed(first), |all, next| all + next)
}
