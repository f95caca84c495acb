//! From events to the tree, in one pass, with every check that the event reader leaves to its user.

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::Limits;
use crate::characters::{check_characters, is_blank, is_ncname};
use crate::decode::Decoded;
use crate::error::{Fault, XmlErrorKind, excerpt};
use crate::names::{NONE, Name, Names, Symbol, Symbols};
use crate::prolog::{check_comment, check_instruction, doctype, find_root};
use crate::tag::{RawAttribute, normalise, resolve, split};
use crate::tree::{AttributeData, NodeData, TEXT};

const XML_NAMESPACE: &str = "http://www.w3.org/XML/1998/namespace";
const XMLNS_NAMESPACE: &str = "http://www.w3.org/2000/xmlns/";

/// What the tree is made of.
pub(crate) struct Parts {
    pub(crate) nodes: Vec<NodeData>,
    pub(crate) attributes: Vec<AttributeData>,
    pub(crate) arena: String,
    pub(crate) symbols: Symbols,
    pub(crate) names: Vec<Name>,
}

/// Builds the tree of a decoded document.
pub(crate) fn build(decoded: &Decoded, limits: &Limits) -> Result<Parts, Fault> {
    let source = decoded.text.as_str();
    let root = find_root(source, decoded.body)?;
    check_characters(source)?;
    let mut builder = Builder::new(source, limits);
    builder.run(root)?;
    Ok(Parts {
        nodes: builder.nodes,
        attributes: builder.attributes,
        arena: builder.arena,
        symbols: builder.symbols,
        names: builder.names.list,
    })
}

struct Builder<'s> {
    source: &'s str,
    limits: &'s Limits,
    /// Whether the source holds any carriage return, and any `]]>`: most documents hold neither.
    returns: bool,
    brackets: bool,
    nodes: Vec<NodeData>,
    attributes: Vec<AttributeData>,
    arena: String,
    symbols: Symbols,
    names: Names,
    spellings: Vec<Spelling>,
    open: Vec<Open>,
    scope: Scope,
    run: Option<Run>,
    tag: Vec<RawAttribute>,
}

/// An element whose end tag has not come yet.
struct Open {
    node: u32,
    bindings: usize,
    generation: u32,
}

/// Text of one element so far; it goes on across comments, CDATA and references.
struct Run {
    start: usize,
    end: usize,
    /// Where its value begins in the arena; `None` while the source itself is the value.
    arena: Option<usize>,
}

/// The namespace declarations in force. Equal generations have equal declarations.
struct Scope {
    bindings: Vec<(Symbol, Symbol)>,
    generation: u32,
    newest: u32,
}

/// A name as written, split once, with its last resolutions.
#[derive(Clone, Copy)]
struct Spelling {
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

impl<'s> Builder<'s> {
    fn new(source: &'s str, limits: &'s Limits) -> Self {
        let bytes = source.as_bytes();
        let expected = (bytes.len() / 24).clamp(16, 1 << 20);
        Self {
            source,
            limits,
            returns: memchr::memchr(b'\r', bytes).is_some(),
            brackets: memchr::memmem::find(bytes, b"]]>").is_some(),
            nodes: Vec::with_capacity(expected),
            attributes: Vec::with_capacity(expected / 4),
            arena: String::new(),
            symbols: Symbols::new(),
            names: Names::default(),
            spellings: Vec::with_capacity(256),
            open: Vec::with_capacity(16),
            scope: Scope { bindings: Vec::with_capacity(16), generation: 1, newest: 1 },
            run: None,
            tag: Vec::with_capacity(8),
        }
    }

    fn run(&mut self, root: usize) -> Result<(), Fault> {
        let mut reader = Reader::from_str(&self.source[root..]);
        let mut start = root;
        loop {
            let event = reader
                .read_event()
                .map_err(|error| Fault::malformed(root + offset(reader.error_position()), error.to_string()))?;
            let end = root + offset(reader.buffer_position());
            match event {
                Event::Text(_) => self.text(start, end)?,
                Event::Start(_) => self.start(start, end, 1)?,
                Event::End(_) => self.end(end)?,
                Event::Empty(_) => {
                    self.start(start, end, 2)?;
                    self.end(end)?;
                }
                Event::GeneralRef(_) => self.reference(start, end)?,
                Event::CData(_) => self.cdata(start, end)?,
                Event::Comment(_) => check_comment(&self.source[start..end], start)?,
                Event::PI(_) | Event::Decl(_) => check_instruction(&self.source[start..end], start)?,
                Event::DocType(_) => return Err(doctype(start)),
                Event::Eof => break,
            }
            start = end;
        }
        match self.open.last() {
            Some(open) => {
                let line = self.nodes[open.node as usize].start as usize;
                Err(Fault::malformed(line, "the element is not closed: the file is cut off"))
            }
            None => Ok(()),
        }
    }

    fn start(&mut self, start: usize, end: usize, closing: usize) -> Result<(), Fault> {
        self.flush()?;
        if self.open.is_empty() && !self.nodes.is_empty() {
            return Err(Fault::malformed(start, "a second root element"));
        }
        if self.open.len() >= self.limits.max_depth as usize {
            let detail = format!("elements nested more than {} deep", self.limits.max_depth);
            return Err(Fault::new(XmlErrorKind::TooDeep, start, detail));
        }
        let opened = Open {
            node: position(self.nodes.len()),
            bindings: self.scope.bindings.len(),
            generation: self.scope.generation,
        };
        let mut tag = std::mem::take(&mut self.tag);
        let name_end = split(self.source, start + 1, end - closing, self.limits, &mut tag)?;
        let spelling = self.spell(start + 1, name_end)?;
        let first = self.attributes.len();
        if !tag.is_empty() {
            self.declarations(&tag)?;
        }
        let name = self.element_name(spelling, start)?;
        if !tag.is_empty() {
            self.ordinary_attributes(&tag, first)?;
        }
        let node = NodeData {
            name,
            parent: self.open.last().map_or(0, |parent| parent.node),
            subtree_end: 0,
            start: position(start),
            end: 0,
            inner: position(end),
            extra: position(first),
            count: position(self.attributes.len() - first),
        };
        self.push(node)?;
        self.open.push(opened);
        self.tag = tag;
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<(), Fault> {
        self.flush()?;
        let Some(closed) = self.open.pop() else {
            return Err(Fault::malformed(end, "an end tag without its start tag"));
        };
        let after = position(self.nodes.len());
        let node = &mut self.nodes[closed.node as usize];
        node.end = position(end);
        node.subtree_end = after;
        self.scope.bindings.truncate(closed.bindings);
        self.scope.generation = closed.generation;
        Ok(())
    }

    fn push(&mut self, node: NodeData) -> Result<(), Fault> {
        if self.nodes.len() + self.attributes.len() >= self.limits.max_nodes {
            let detail = format!("more than {} elements, texts and attributes", self.limits.max_nodes);
            return Err(Fault::new(XmlErrorKind::TooManyNodes, node.start as usize, detail));
        }
        self.nodes.push(node);
        Ok(())
    }
}

/// Text.
impl Builder<'_> {
    fn text(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        let raw = &self.source[start..end];
        if self.open.is_empty() {
            return if is_blank(raw) { Ok(()) } else { Err(Fault::malformed(start, "text outside the root element")) };
        }
        if self.brackets && raw.contains("]]>") {
            return Err(Fault::malformed(start, "\"]]>\" in text"));
        }
        self.append(start, end, raw);
        Ok(())
    }

    fn cdata(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        if self.open.is_empty() {
            return Err(Fault::malformed(start, "CDATA outside the root element"));
        }
        let inside = start + "<![CDATA[".len()..end - "]]>".len();
        self.append(inside.start, inside.end, &self.source[inside.clone()]);
        Ok(())
    }

    fn reference(&mut self, start: usize, end: usize) -> Result<(), Fault> {
        if self.open.is_empty() {
            return Err(Fault::malformed(start, "text outside the root element"));
        }
        let character = resolve(&self.source[start + 1..end - 1], start)?;
        self.extend_in_arena(start, end);
        self.arena.push(character);
        Ok(())
    }

    /// Adds a piece of the source to the running text, with its line ends normalised (section 2.11).
    fn append(&mut self, start: usize, end: usize, raw: &str) {
        if raw.is_empty() {
            return;
        }
        let returns = self.returns && raw.contains('\r');
        if self.run.is_none() && !returns {
            self.run = Some(Run { start, end, arena: None });
            return;
        }
        self.extend_in_arena(start, end);
        if returns {
            push_normalised(raw, &mut self.arena);
        } else {
            self.arena.push_str(raw);
        }
    }

    /// Makes the running text one that is kept in the arena, and extends it over `start..end` of the source.
    fn extend_in_arena(&mut self, start: usize, end: usize) {
        let run = self.run.get_or_insert(Run { start, end: start, arena: None });
        if run.arena.is_none() {
            run.arena = Some(self.arena.len());
            self.arena.push_str(&self.source[run.start..run.end]);
        }
        run.end = end;
    }

    fn flush(&mut self) -> Result<(), Fault> {
        let Some(run) = self.run.take() else { return Ok(()) };
        let (value, length) = match run.arena {
            Some(value) => (value, self.arena.len() - value),
            None => (run.start, run.end - run.start),
        };
        self.push(NodeData {
            name: TEXT,
            parent: self.open.last().map_or(0, |parent| parent.node),
            subtree_end: position(self.nodes.len() + 1),
            start: position(run.start),
            end: position(run.end),
            inner: position(value),
            extra: position(length),
            count: u32::from(run.arena.is_some()),
        })
    }
}

/// Names, attributes and namespaces.
impl Builder<'_> {
    /// The symbol of the name that stands at `start..end`, checked the first time that it is seen.
    fn spell(&mut self, start: usize, end: usize) -> Result<Symbol, Fault> {
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

    fn element_name(&mut self, symbol: Symbol, offset: usize) -> Result<u32, Fault> {
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
    fn declarations(&mut self, tag: &[RawAttribute]) -> Result<(), Fault> {
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
    fn ordinary_attributes(&mut self, tag: &[RawAttribute], first: usize) -> Result<(), Fault> {
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

/// Line ends as XML wants them: `\r\n` and a lone `\r` become `\n`.
fn push_normalised(raw: &str, into: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.find('\r') {
        into.push_str(&rest[..at]);
        into.push('\n');
        rest = rest[at..].strip_prefix("\r\n").unwrap_or(&rest[at + 1..]);
    }
    into.push_str(rest);
}

/// Offsets fit: no document is larger than [`Limits::CEILING`].
fn position(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}
