//! Names, attributes and namespaces of the tree under construction.

use super::{Builder, position};
use crate::characters::is_ncname;
use crate::error::{Fault, XmlErrorKind, excerpt};
use crate::names::{NONE, Name, Symbol};
use crate::tag::{RawAttribute, normalise};
use crate::tree::AttributeData;

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// The namespace declarations in force. Equal generations have equal declarations.
pub(super) struct Scope {
    pub(super) bindings: Vec<(Symbol, Symbol)>,
    pub(super) generation: u32,
    newest: u32,
}

/// A name as written, split once, with its last resolutions.
#[derive(Clone, Copy)]
pub(super) struct Spelling {
    role: Role,
    prefix: Symbol,
    local: Symbol,
    element: Resolution,
    attribute: Resolution,
}

#[derive(Clone, Copy)]
struct Resolution {
    generation: u32,
    name: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Unseen,
    Ordinary,
    DefaultDeclaration,
    PrefixDeclaration,
}

const UNRESOLVED: Resolution = Resolution { generation: 0, name: 0 };
const UNSEEN: Spelling =
    Spelling { role: Role::Unseen, prefix: NONE, local: NONE, element: UNRESOLVED, attribute: UNRESOLVED };

impl Scope {
    pub(super) fn new() -> Self {
        Self { bindings: Vec::with_capacity(16), generation: 1, newest: 1 }
    }
}

impl Builder<'_> {
    /// The symbol of the name that stands at `start..end`, checked the first time that it is seen.
    pub(super) fn spell(&mut self, start: usize, end: usize) -> Result<Symbol, Fault> {
        let raw = &self.source[start..end];
        let symbol = self.symbol(raw, start)?;
        let index = usize::from(symbol.0);
        if self.spellings.len() <= index {
            self.spellings.resize(index + 16, UNSEEN);
        }
        if self.spellings[index].role == Role::Unseen {
            self.spellings[index] = self.first_seen(raw, symbol, start)?;
        }
        Ok(symbol)
    }

    fn first_seen(&mut self, raw: &str, symbol: Symbol, offset: usize) -> Result<Spelling, Fault> {
        let (prefix, local) = raw.split_once(':').map_or((None, raw), |(prefix, local)| (Some(prefix), local));
        if !is_ncname(local) || !prefix.is_none_or(is_ncname) {
            return Err(Fault::malformed(offset, format!("{:?} is not a name", excerpt(raw))));
        }
        let role = match (prefix, local) {
            (None, "xmlns") => Role::DefaultDeclaration,
            (Some("xmlns"), _) => Role::PrefixDeclaration,
            _ => Role::Ordinary,
        };
        let (prefix, local) = match prefix {
            Some(prefix) => (self.symbol(prefix, offset)?, self.symbol(local, offset)?),
            None => (NONE, symbol),
        };
        Ok(Spelling { role, prefix, local, ..UNSEEN })
    }

    fn symbol(&mut self, text: &str, offset: usize) -> Result<Symbol, Fault> {
        let full = || Fault::new(XmlErrorKind::TooManyNodes, offset, "more distinct names than any invoice has");
        self.symbols.intern(text).ok_or_else(full)
    }

    pub(super) fn element_name(&mut self, symbol: Symbol, offset: usize) -> Result<u32, Fault> {
        let spelling = self.spellings[usize::from(symbol.0)];
        if spelling.element.generation == self.scope.generation {
            return Ok(spelling.element.name);
        }
        if spelling.role == Role::PrefixDeclaration {
            return Err(Fault::malformed(offset, "the prefix xmlns is not for elements"));
        }
        let namespace = self.namespace(spelling.prefix, offset)?;
        let name = self.names.number(Name { prefix: spelling.prefix, local: spelling.local, namespace });
        self.spellings[usize::from(symbol.0)].element = Resolution { generation: self.scope.generation, name };
        Ok(name)
    }

    fn attribute_name(&mut self, symbol: Symbol, offset: usize) -> Result<u32, Fault> {
        let spelling = self.spellings[usize::from(symbol.0)];
        // Without prefix an attribute is in no namespace, whatever is in force.
        let generation = if spelling.prefix == NONE { 1 } else { self.scope.generation };
        if spelling.attribute.generation == generation {
            return Ok(spelling.attribute.name);
        }
        let namespace = if spelling.prefix == NONE { NONE } else { self.namespace(spelling.prefix, offset)? };
        let name = self.names.number(Name { prefix: spelling.prefix, local: spelling.local, namespace });
        self.spellings[usize::from(symbol.0)].attribute = Resolution { generation, name };
        Ok(name)
    }

    /// The namespace that a prefix stands for here.
    fn namespace(&mut self, prefix: Symbol, offset: usize) -> Result<Symbol, Fault> {
        if let Some((_, namespace)) = self.scope.bindings.iter().rev().find(|(bound, _)| *bound == prefix) {
            return Ok(*namespace);
        }
        if prefix == NONE {
            return Ok(NONE);
        }
        if self.symbols.get(prefix) == "xml" {
            return self.symbol(XML_NAMESPACE, offset);
        }
        let detail = format!("the prefix {:?} is not declared", excerpt(self.symbols.get(prefix)));
        Err(Fault::malformed(offset, detail))
    }

    /// Takes the namespace declarations of a tag.
    pub(super) fn declarations(&mut self, tag: &[RawAttribute]) -> Result<(), Fault> {
        let before = self.scope.bindings.len();
        for attribute in tag {
            let symbol = self.spell(attribute.name.0, attribute.name.1)?;
            let spelling = self.spellings[usize::from(symbol.0)];
            let prefix = match spelling.role {
                Role::DefaultDeclaration => NONE,
                Role::PrefixDeclaration => spelling.local,
                Role::Ordinary | Role::Unseen => continue,
            };
            if self.scope.bindings[before..].iter().any(|(bound, _)| *bound == prefix) {
                return Err(Fault::malformed(attribute.name.0, "the same namespace declaration twice"));
            }
            let namespace = self.declared_namespace(prefix, attribute)?;
            if self.scope.bindings.len() >= self.limits.max_bindings {
                let detail = format!("more than {} namespace declarations at one place", self.limits.max_bindings);
                return Err(Fault::new(XmlErrorKind::TooManyAttributes, attribute.name.0, detail));
            }
            self.scope.bindings.push((prefix, namespace));
        }
        if self.scope.bindings.len() > before {
            self.scope.newest += 1;
            self.scope.generation = self.scope.newest;
        }
        Ok(())
    }

    fn declared_namespace(&mut self, prefix: Symbol, attribute: &RawAttribute) -> Result<Symbol, Fault> {
        let offset = attribute.name.0;
        let mut uri = String::new();
        normalise(&self.source[attribute.value.0..attribute.value.1], attribute.value.0, &mut uri)?;
        let name = self.symbols.get(prefix);
        let allowed = match (name, uri.as_str()) {
            ("xml", uri) => uri == XML_NAMESPACE,
            ("xmlns", _) | (_, XML_NAMESPACE | XMLNS_NAMESPACE) => false,
            (name, "") => name.is_empty(),
            _ => true,
        };
        if allowed {
            self.symbol(&uri, offset)
        } else {
            Err(Fault::malformed(offset, "a namespace declaration that Namespaces in XML does not allow"))
        }
    }

    /// Takes the attributes of a tag that are not namespace declarations.
    pub(super) fn ordinary_attributes(&mut self, tag: &[RawAttribute]) -> Result<(), Fault> {
        let first = self.attributes.len();
        for attribute in tag {
            let symbol = self.spell(attribute.name.0, attribute.name.1)?;
            if self.spellings[usize::from(symbol.0)].role != Role::Ordinary {
                continue;
            }
            let name = self.attribute_name(symbol, attribute.name.0)?;
            if self.attributes[first..].iter().any(|other| self.same_attribute(other.name, name)) {
                let detail = format!("attribute {:?} twice", excerpt(self.symbols.get(symbol)));
                return Err(Fault::malformed(attribute.name.0, detail));
            }
            let data = self.attribute_value(name, attribute)?;
            self.attributes.push(data);
        }
        Ok(())
    }

    /// Whether two names are one attribute: the same local part in the same namespace.
    fn same_attribute(&self, one: u32, other: u32) -> bool {
        let (a, b) = (self.names.list[one as usize], self.names.list[other as usize]);
        one == other || (a.local == b.local && a.namespace == b.namespace)
    }

    fn attribute_value(&mut self, name: u32, attribute: &RawAttribute) -> Result<AttributeData, Fault> {
        let (start, end) = attribute.value;
        if !attribute.raw {
            return Ok(AttributeData { name, start: position(start), length: position(end - start), arena: false });
        }
        let value = self.arena.len();
        normalise(&self.source[start..end], start, &mut self.arena)?;
        let length = position(self.arena.len() - value);
        Ok(AttributeData { name, start: position(value), length, arena: true })
    }
}
