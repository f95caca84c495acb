//! Rules as they are written, whatever the form of the artefact.

use std::collections::HashMap;

use facteur_xml::{Document, Limits, Node};

use crate::error::LoadError;

pub(crate) mod codes;
pub(crate) mod compile;
pub(crate) mod sch;
pub(crate) mod schxslt;
pub(crate) mod xslt;

pub(crate) const SVRL: &str = "http://purl.oclc.org/dsdl/svrl";
pub(crate) const SCHEMATRON: &str = "http://purl.oclc.org/dsdl/schematron";
pub(crate) const SCHXSLT: &str = "https://doi.org/10.5281/zenodo.1495494";
pub(crate) const XSL: &str = "http://www.w3.org/1999/XSL/Transform";

/// A schema before its expressions are compiled.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(crate) prefixes: HashMap<String, String>,
    pub(crate) globals: Vec<Variable>,
    pub(crate) functions: Vec<Function>,
    pub(crate) patterns: Vec<Pattern>,
}

/// A named value.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) select: String,
    /// Its declared type, if any.
    pub(crate) kind: Option<String>,
    pub(crate) line: u32,
}

/// A function of the artefact's own.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Names and types.
    pub(crate) parameters: Vec<(String, Option<String>)>,
    pub(crate) lets: Vec<Variable>,
    pub(crate) body: String,
    pub(crate) kind: Option<String>,
    pub(crate) line: u32,
}

/// Rules of which the first that fits a node is the only one.
#[derive(Debug, Default)]
pub(crate) struct Pattern {
    /// Whether attributes are looked at too.
    pub(crate) attributes: bool,
    pub(crate) rules: Vec<Rule>,
}

/// A context with its checks.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) context: String,
    pub(crate) lets: Vec<Variable>,
    pub(crate) checks: Vec<Check>,
    /// Whether the pattern goes on below a node that the rule fits.
    pub(crate) descends: bool,
    pub(crate) line: u32,
}

/// An assert, or a report.
#[derive(Debug, Clone, Default)]
pub(crate) struct Check {
    pub(crate) report: bool,
    pub(crate) test: String,
    pub(crate) id: Option<String>,
    pub(crate) flag: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) message: Vec<Piece>,
    pub(crate) line: u32,
}

/// A piece of a message.
#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Value(String),
}

/// Where something is being loaded from, for errors.
#[derive(Clone, Copy)]
pub(crate) struct Source<'s> {
    pub(crate) name: &'s str,
}

impl Source<'_> {
    pub(crate) fn error(self, line: u32, detail: impl Into<String>) -> LoadError {
        LoadError { name: self.name.to_owned(), line, detail: detail.into() }
    }

    /// An element that is not understood where it stands.
    pub(crate) fn unknown(self, node: Node<'_>) -> LoadError {
        let parent = node.parent().map_or("", |parent| parent.name());
        self.error(node.line(), format!("element {} in {parent}", node.name()))
    }

    pub(crate) fn wanted(self, node: Node<'_>, attribute: &str) -> Result<String, LoadError> {
        let value = node.attribute(attribute).map(str::to_owned);
        value.ok_or_else(|| self.error(node.line(), format!("element {} without {attribute}", node.name())))
    }
}

/// Reads an artefact of any form.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Result<Schema, LoadError> {
    let source = Source { name };
    let limits = Limits { max_bytes: 64 << 20, max_nodes: 8_000_000, ..Limits::default() };
    let document = Document::parse(bytes, &limits).map_err(|error| source.error(error.line, error.detail))?;
    let root = document.root();
    let declared = prefixes(bytes, root);
    let mut schema = match (root.namespace(), root.name()) {
        (Some(XSL), "stylesheet" | "transform") if declared.iter().any(|(_, namespace)| namespace == SCHXSLT) => {
            schxslt::read(source, root)?
        }
        (Some(XSL), "stylesheet" | "transform") => xslt::read(source, root)?,
        (Some(SCHEMATRON), "schema") => sch::read(source, root)?,
        _ => return Err(source.unknown(root)),
    };
    for (prefix, namespace) in declared {
        schema.prefixes.entry(prefix).or_insert(namespace);
    }
    Ok(schema)
}

/// The prefixes declared on the root element.
fn prefixes(bytes: &[u8], root: Node<'_>) -> Vec<(String, String)> {
    let tag = bytes.get(root.start_tag_range()).map(String::from_utf8_lossy).unwrap_or_default();
    let mut found = Vec::new();
    let mut rest = tag.as_ref();
    while let Some(at) = rest.find("xmlns:") {
        rest = &rest[at + 6..];
        let Some((prefix, after)) = rest.split_once('=') else { break };
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some((namespace, further)) = after[1..].split_once(quote) else { break };
        found.push((prefix.trim().to_owned(), namespace.to_owned()));
        rest = further;
    }
    found
}
