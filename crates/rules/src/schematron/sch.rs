//! Schematron as it is written: `.sch`.

use facteur_xml::{Child, Node};

use super::xslt::function;
use super::{Check, Pattern, Piece, Rule, SCHEMATRON, Schema, Source, Variable, XSL};
use crate::error::LoadError;

type Loaded<T> = Result<T, LoadError>;

/// Reads a schema.
pub(crate) fn read(source: Source<'_>, root: Node<'_>) -> Loaded<Schema> {
    let mut schema = Schema::default();
    for node in root.elements() {
        match (node.namespace(), node.name()) {
            (Some(SCHEMATRON), "title" | "p" | "phase" | "diagnostics") => {}
            (Some(SCHEMATRON), "ns") => {
                schema.prefixes.insert(source.wanted(node, "prefix")?, source.wanted(node, "uri")?);
            }
            (Some(SCHEMATRON), "let") => schema.globals.push(variable(source, node)?),
            (Some(SCHEMATRON), "pattern") => {
                let pattern = pattern(source, node, &mut schema.globals)?;
                schema.patterns.push(pattern);
            }
            (Some(XSL), "function") => schema.functions.push(function(source, node)?),
            _ => return Err(source.unknown(node)),
        }
    }
    Ok(schema)
}

fn variable(source: Source<'_>, node: Node<'_>) -> Loaded<Variable> {
    let (name, select) = (source.wanted(node, "name")?, source.wanted(node, "value")?);
    Ok(Variable { name, select, kind: node.attribute("as").map(str::to_owned), line: node.line() })
}

fn pattern(source: Source<'_>, node: Node<'_>, globals: &mut Vec<Variable>) -> Loaded<Pattern> {
    for unsupported in ["abstract", "is-a", "documents"] {
        if node.attribute(unsupported).is_some_and(|value| value != "false") {
            return Err(source.error(node.line(), format!("a pattern with {unsupported}")));
        }
    }
    let mut pattern = Pattern { attributes: true, rules: Vec::new() };
    let rules: Vec<Node<'_>> = node.children_named("rule").collect();
    for part in node.elements() {
        match (part.namespace(), part.name()) {
            (Some(SCHEMATRON), "title" | "p") => {}
            (Some(SCHEMATRON), "let") => globals.push(variable(source, part)?),
            (Some(SCHEMATRON), "rule") if part.attribute("abstract") == Some("true") => {}
            (Some(SCHEMATRON), "rule") => {
                let mut rule = Rule {
                    context: source.wanted(part, "context")?,
                    lets: Vec::new(),
                    checks: Vec::new(),
                    descends: true,
                    line: part.line(),
                };
                fill(source, part, &rules, &mut rule)?;
                pattern.rules.push(rule);
            }
            _ => return Err(source.unknown(part)),
        }
    }
    Ok(pattern)
}

fn fill(source: Source<'_>, node: Node<'_>, siblings: &[Node<'_>], rule: &mut Rule) -> Loaded<()> {
    for part in node.elements() {
        match (part.namespace(), part.name()) {
            (Some(SCHEMATRON), "p") => {}
            (Some(SCHEMATRON), "let") => rule.lets.push(variable(source, part)?),
            (Some(SCHEMATRON), "assert" | "report") => rule.checks.push(check(source, part)?),
            (Some(SCHEMATRON), "extends") => {
                let name = source.wanted(part, "rule")?;
                let base = siblings
                    .iter()
                    .find(|rule| rule.attribute("id") == Some(&name) && rule.attribute("abstract") == Some("true"));
                let base =
                    base.ok_or_else(|| source.error(part.line(), format!("there is no abstract rule {name}")))?;
                if base.children_named("extends").next().is_some() {
                    return Err(source.error(part.line(), "an abstract rule that extends another"));
                }
                fill(source, *base, siblings, rule)?;
            }
            _ => return Err(source.unknown(part)),
        }
    }
    Ok(())
}

fn check(source: Source<'_>, node: Node<'_>) -> Loaded<Check> {
    let own = |attribute| node.attribute(attribute).map(str::to_owned);
    let mut check = Check {
        report: node.name() == "report",
        test: source.wanted(node, "test")?,
        id: own("id"),
        flag: own("flag"),
        role: own("role"),
        message: Vec::new(),
        line: node.line(),
    };
    message(source, node, &mut check.message)?;
    Ok(check)
}

fn message(source: Source<'_>, node: Node<'_>, into: &mut Vec<Piece>) -> Loaded<()> {
    for child in node.children() {
        match child {
            Child::Text(text) => into.push(Piece::Text(text.to_owned())),
            Child::Element(part) => match (part.namespace(), part.name()) {
                (Some(SCHEMATRON), "value-of") => into.push(Piece::Value(source.wanted(part, "select")?)),
                (Some(SCHEMATRON), "name") => {
                    into.push(Piece::Value(format!("name({})", part.attribute("path").unwrap_or("."))));
                }
                (Some(SCHEMATRON), "emph" | "span" | "dir") => message(source, part, into)?,
                _ => return Err(source.unknown(part)),
            },
        }
    }
    Ok(())
}
