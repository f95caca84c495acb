//! From text to the tree, in one pass, with every check that XML 1.0 and Namespaces in XML ask for.

use crate::Limits;
use crate::characters::{check_characters, is_blank};
use crate::decode::Decoded;
use crate::error::{Fault, XmlErrorKind, excerpt};
use crate::names::{Name, Names, Symbols};
use crate::prolog::{check_comment, check_instruction, doctype, find_root};
use crate::scan::{cdata_end, comment_end, instruction_end, name_end, reference_end, starts_doctype, tag_end};
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
    /// Where its name stands in its start tag.
    name: (usize, usize),
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
        let symbols = Symbols::new();
        let expected = (bytes.len() / 16).clamp(16, 1 << 20);
        Self {
            source,
            limits,
            returns: memchr::memchr(b'\r', bytes).is_some(),
            brackets: memchr::memmem::find(bytes, b"]]>").is_some(),
            nodes: Vec::with_capacity(expected),
            attributes: Vec::with_capacity(expected / 4),
            arena: String::new(),
            names: Names::new(&symbols),
            symbols,
            spellings: Vec::with_capacity(256),
            open: Vec::with_capacity(16),
            scope: Scope::new(),
            run: None,
            tag: Vec::with_capacity(8),
        }
    }

    fn run(&mut self, root: usize) -> Result<(), Fault> {
        let bytes = self.source.as_bytes();
        let mut at = root;
        while let Some(&byte) = bytes.get(at) {
            at = match byte {
                b'<' => self.markup(at)?,
                b'&' => self.reference(at)?,
                _ => self.text(at)?,
            };
        }
        match self.open.last() {
            Some(open) => {
                let line = self.nodes[open.node as usize].start as usize;
                Err(Fault::malformed(line, "the element is not closed: the file is cut off"))
            }
            None => Ok(()),
        }
    }

    /// Takes what begins with `<`; returns its end, as all of these do.
    fn markup(&mut self, at: usize) -> Result<usize, Fault> {
        let source = self.source;
        let rest = &source.as_bytes()[at..];
        match rest {
            [_, b'/', ..] => self.end_tag(at),
            [_, b'?', ..] => {
                let end = instruction_end(source, at)?;
                check_instruction(&source[at..end], at)?;
                Ok(end)
            }
            [_, b'!', b'-', b'-', ..] => {
                let end = comment_end(source, at)?;
                check_comment(&source[at..end], at)?;
                Ok(end)
            }
            [_, b'!', b'[', ..] => self.cdata(at),
            [_, b'!', ..] if starts_doctype(rest) => Err(doctype(at)),
            [_, b'!', ..] => Err(Fault::malformed(at, "neither a comment nor CDATA")),
            _ => self.start_tag(at),
        }
    }

    fn start_tag(&mut self, start: usize) -> Result<usize, Fault> {
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
            name: (start + 1, name_end(self.source.as_bytes(), start + 1)),
        };
        let (end, empty) = tag_end(self.source, start, opened.name.1)?;
        let first = self.attributes.len();
        let name = self.tag(start, opened.name.1, end - if empty { 2 } else { 1 })?;
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
        if empty {
            self.close(&opened, end);
        } else {
            self.open.push(opened);
        }
        Ok(end)
    }

    /// Takes the name and the attributes of a tag whose name ends at `name_end`; returns the name.
    fn tag(&mut self, start: usize, name_end: usize, end: usize) -> Result<u32, Fault> {
        if name_end == end {
            let spelling = self.spell(start + 1, name_end)?;
            return self.element_name(spelling, start);
        }
        let mut tag = std::mem::take(&mut self.tag);
        split(self.source, name_end, end, self.limits, &mut tag)?;
        let spelling = self.spell(start + 1, name_end)?;
        self.declarations(&tag)?;
        let name = self.element_name(spelling, start)?;
        self.ordinary_attributes(&tag)?;
        self.tag = tag;
        Ok(name)
    }

    fn end_tag(&mut self, start: usize) -> Result<usize, Fault> {
        self.flush()?;
        let Some(closed) = self.open.pop() else {
            return Err(Fault::malformed(start, "an end tag without its start tag"));
        };
        let bytes = self.source.as_bytes();
        let name = &bytes[closed.name.0..closed.name.1];
        let from = start + "</".len();
        let after = from + name.len();
        let end = match bytes.get(after) {
            Some(b'>') if bytes[from..].starts_with(name) => after + 1,
            _ => self.other_end(start, &closed)?,
        };
        self.close(&closed, end);
        Ok(end)
    }

    /// An end tag that is not just `</`, the name and `>`.
    #[cold]
    fn other_end(&self, start: usize, closed: &Open) -> Result<usize, Fault> {
        let from = start + "</".len();
        let Some(length) = memchr::memchr(b'>', &self.source.as_bytes()[from..]) else {
            return Err(Fault::malformed(start, "the end tag is not closed"));
        };
        let found = self.source[from..from + length].trim_end_matches([' ', '\t', '\r', '\n']);
        let wanted = &self.source[closed.name.0..closed.name.1];
        if found != wanted {
            let detail = format!("the end tag of {:?} where that of {:?} belongs", excerpt(found), excerpt(wanted));
            return Err(Fault::malformed(start, detail));
        }
        Ok(from + length + 1)
    }

    fn close(&mut self, closed: &Open, end: usize) {
        let after = position(self.nodes.len());
        let node = &mut self.nodes[closed.node as usize];
        node.end = position(end);
        node.subtree_end = after;
        self.scope.bindings.truncate(closed.bindings);
        self.scope.generation = closed.generation;
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
    fn text(&mut self, start: usize) -> Result<usize, Fault> {
        let rest = &self.source.as_bytes()[start..];
        let end = start + memchr::memchr2(b'<', b'&', rest).unwrap_or(rest.len());
        let raw = &self.source[start..end];
        if self.open.is_empty() {
            return if is_blank(raw) { Ok(end) } else { Err(Fault::malformed(start, "text outside the root element")) };
        }
        if self.brackets && raw.contains("]]>") {
            return Err(Fault::malformed(start, "\"]]>\" in text"));
        }
        self.append(start, end, raw);
        Ok(end)
    }

    fn cdata(&mut self, start: usize) -> Result<usize, Fault> {
        let end = cdata_end(self.source, start)?;
        if self.open.is_empty() {
            return Err(Fault::malformed(start, "CDATA outside the root element"));
        }
        let inside = start + "<![CDATA[".len()..end - "]]>".len();
        self.append(inside.start, inside.end, &self.source[inside.clone()]);
        Ok(end)
    }

    fn reference(&mut self, start: usize) -> Result<usize, Fault> {
        if self.open.is_empty() {
            return Err(Fault::malformed(start, "text outside the root element"));
        }
        let end = reference_end(self.source, start)?;
        let character = resolve(&self.source[start + 1..end - 1], start)?;
        self.extend_in_arena(start, end);
        self.arena.push(character);
        Ok(end)
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
