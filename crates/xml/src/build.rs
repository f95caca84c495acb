//! From events to the tree, in one pass, with every check that the event reader leaves to its user.

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use crate::Limits;
use crate::characters::{check_characters, is_blank};
use crate::decode::Decoded;
use crate::error::{Fault, XmlErrorKind};
use crate::names::{Name, Names, Symbols};
use crate::prolog::{check_comment, check_instruction, doctype, find_root};
use crate::tag::{RawAttribute, resolve, split};
use crate::tree::{AttributeData, NodeData, TEXT};

mod names;

use names::{Scope, Spelling};

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
            scope: Scope::new(),
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
