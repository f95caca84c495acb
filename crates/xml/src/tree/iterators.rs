//! Walking the tree.

use std::slice;

use super::{AttributeData, Document, Node, TEXT};
use crate::names::{NONE, Name};

/// A child element or text.
#[derive(Debug, Clone, Copy)]
pub enum Child<'a> {
    /// An element.
    Element(Node<'a>),
    /// Text, with line ends normalised and references resolved.
    Text(&'a str),
}

/// The children of an element; see [`Node::children`].
#[derive(Debug, Clone)]
pub struct Children<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

impl<'a> Children<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        Self { document: node.document, next: node.index + 1, end: node.data().subtree_end }
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = Child<'a>;

    fn next(&mut self) -> Option<Child<'a>> {
        if self.next >= self.end {
            return None;
        }
        let index = self.next;
        let data = self.document.node_data(index);
        self.next = data.subtree_end;
        Some(if data.name == TEXT {
            Child::Text(self.document.value(data.inner, data.extra, data.count == 1))
        } else {
            Child::Element(Node { document: self.document, index })
        })
    }
}

/// The child elements of an element; see [`Node::elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a>(Children<'a>);

impl<'a> Elements<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        Self(Children::of(node))
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        self.0.find_map(|child| match child {
            Child::Element(node) => Some(node),
            Child::Text(_) => None,
        })
    }
}

/// The elements below an element; see [`Node::descendants`].
#[derive(Debug, Clone)]
pub struct Descendants<'a> {
    document: &'a Document,
    next: u32,
    end: u32,
}

impl<'a> Descendants<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        Self { document: node.document, next: node.index + 1, end: node.data().subtree_end }
    }
}

impl<'a> Iterator for Descendants<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        while self.next < self.end {
            let index = self.next;
            self.next += 1;
            if self.document.node_data(index).name != TEXT {
                return Some(Node { document: self.document, index });
            }
        }
        None
    }
}

/// An attribute of an element.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    document: &'a Document,
    data: &'a AttributeData,
}

impl<'a> Attribute<'a> {
    /// Its local name.
    #[must_use]
    pub fn name(self) -> &'a str {
        self.document.symbols.get(self.resolved().local)
    }

    /// The number of its name in this document; see [`Node::name_number`].
    #[must_use]
    pub const fn name_number(self) -> u32 {
        self.data.name
    }

    /// Its prefix, as written.
    #[must_use]
    pub fn prefix(self) -> Option<&'a str> {
        let prefix = self.resolved().prefix;
        (prefix != NONE).then(|| self.document.symbols.get(prefix))
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(self) -> Option<&'a str> {
        let namespace = self.resolved().namespace;
        (namespace != NONE).then(|| self.document.symbols.get(namespace))
    }

    /// Its value, normalised.
    #[must_use]
    pub fn value(self) -> &'a str {
        self.document.value(self.data.start, self.data.length, self.data.arena)
    }

    /// Whether it is that attribute of that namespace (empty for none).
    #[must_use]
    pub fn is(self, namespace: &str, local: &str) -> bool {
        self.name() == local && self.namespace().unwrap_or("") == namespace
    }

    fn resolved(self) -> &'a Name {
        &self.document.names[self.data.name as usize]
    }
}

/// The attributes of an element; see [`Node::attributes`].
#[derive(Debug, Clone)]
pub struct Attributes<'a> {
    document: &'a Document,
    rest: slice::Iter<'a, AttributeData>,
}

impl<'a> Attributes<'a> {
    pub(super) fn of(node: Node<'a>) -> Self {
        let first = node.data().extra as usize;
        let last = first + node.data().count as usize;
        Self { document: node.document, rest: node.document.attributes[first..last].iter() }
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        self.rest.next().map(|data| Attribute { document: self.document, data })
    }
}
