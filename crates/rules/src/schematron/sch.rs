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
            (Some(SCHEMATRON), "let") => schema.globals.push(variable(source, node, &[])?),
            (Some(SCHEMATRON), "include") => {
                return Err(source.error(node.line(), "element include: the schema has to be in one file"));
            }
            (Some(SCHEMATRON), "pattern") if is_abstract(node) => {}
            (Some(SCHEMATRON), "pattern") => {
                let pattern = instance(source, root, node, &mut schema.globals)?;
                schema.patterns.push(pattern);
            }
            (Some(XSL), "function") => schema.functions.push(function(source, node)?),
            _ => return Err(source.unknown(node)),
        }
    }
    Ok(schema)
}

/// What stands for the parameters of an abstract pattern, the longest name first.
type Parameters = [(String, String)];

/// An attribute with the parameters put in.
fn wanted(source: Source<'_>, node: Node<'_>, attribute: &str, parameters: &Parameters) -> Loaded<String> {
    let mut value = source.wanted(node, attribute)?;
    for (name, meaning) in parameters {
        value = put_in(&value, name, meaning);
    }
    Ok(value)
}

/// Puts a text in the place of `$name`, but not of `$names`.
fn put_in(text: &str, name: &str, meaning: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        done.push_str(before);
        let further = after.strip_prefix(name);
        let ends = |c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'));
        match further.filter(|further| further.chars().next().is_none_or(ends)) {
            Some(further) => {
                done.push_str(meaning);
                rest = further;
            }
            None => {
                done.push('$');
                rest = after;
            }
        }
    }
    done.push_str(rest);
    done
}

fn is_abstract(node: Node<'_>) -> bool {
    node.attribute("abstract") == Some("true")
}

/// A pattern, or an instance of an abstract one with its parameters.
fn instance(source: Source<'_>, root: Node<'_>, node: Node<'_>, globals: &mut Vec<Variable>) -> Loaded<Pattern> {
    if node.attribute("documents").is_some() {
        return Err(source.error(node.line(), "a pattern with documents"));
    }
    let Some(name) = node.attribute("is-a") else { return pattern(source, node, &[], globals) };
    let mut patterns = root.children_named("pattern").filter(|pattern| is_abstract(*pattern));
    let base = patterns.find(|pattern| pattern.attribute("id") == Some(name));
    let base = base.ok_or_else(|| source.error(node.line(), format!("is-a: there is no abstract pattern {name}")))?;
    let mut parameters = Vec::new();
    for part in node.elements() {
        match (part.namespace(), part.name()) {
            (Some(SCHEMATRON), "title" | "p") => {}
            (Some(SCHEMATRON), "param") => {
                parameters.push((source.wanted(part, "name")?, source.wanted(part, "value")?));
            }
            _ => return Err(source.unknown(part)),
        }
    }
    parameters.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    pattern(source, base, &parameters, globals)
}

fn variable(source: Source<'_>, node: Node<'_>, parameters: &Parameters) -> Loaded<Variable> {
    let (name, select) = (source.wanted(node, "name")?, wanted(source, node, "value", parameters)?);
    Ok(Variable { name, select, kind: node.attribute("as").map(str::to_owned), line: node.line() })
}

fn pattern(
    source: Source<'_>,
    node: Node<'_>,
    parameters: &Parameters,
    globals: &mut Vec<Variable>,
) -> Loaded<Pattern> {
    let mut pattern = Pattern { attributes: true, rules: Vec::new() };
    let rules: Vec<Node<'_>> = node.children_named("rule").collect();
    for part in node.elements() {
        match (part.namespace(), part.name()) {
            (Some(SCHEMATRON), "title" | "p") => {}
            (Some(SCHEMATRON), "let") => globals.push(variable(source, part, parameters)?),
            (Some(SCHEMATRON), "rule") if is_abstract(part) => {}
            (Some(SCHEMATRON), "rule") => {
                let mut rule = Rule {
                    context: wanted(source, part, "context", parameters)?,
                    lets: Vec::new(),
                    checks: Vec::new(),
                    descends: true,
                    line: part.line(),
                };
                fill(source, part, &rules, parameters, &mut rule)?;
                pattern.rules.push(rule);
            }
            _ => return Err(source.unknown(part)),
        }
    }
    Ok(pattern)
}

fn fill(
    source: Source<'_>,
    node: Node<'_>,
    siblings: &[Node<'_>],
    parameters: &Parameters,
    rule: &mut Rule,
) -> Loaded<()> {
    for part in node.elements() {
        match (part.namespace(), part.name()) {
            (Some(SCHEMATRON), "p") => {}
            (Some(SCHEMATRON), "let") => rule.lets.push(variable(source, part, parameters)?),
            (Some(SCHEMATRON), "assert" | "report") => rule.checks.push(check(source, part, parameters)?),
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
                fill(source, *base, siblings, parameters, rule)?;
            }
            _ => return Err(source.unknown(part)),
        }
    }
    Ok(())
}

fn check(source: Source<'_>, node: Node<'_>, parameters: &Parameters) -> Loaded<Check> {
    let own = |attribute| node.attribute(attribute).map(str::to_owned);
    let mut check = Check {
        report: node.name() == "report",
        test: wanted(source, node, "test", parameters)?,
        id: own("id"),
        flag: own("flag"),
        role: own("role"),
        message: Vec::new(),
        line: node.line(),
    };
    message(source, node, parameters, &mut check.message)?;
    Ok(check)
}

fn message(source: Source<'_>, node: Node<'_>, parameters: &Parameters, into: &mut Vec<Piece>) -> Loaded<()> {
    for child in node.children() {
        match child {
            Child::Text(text) => {
                let shown = |text: String, (name, meaning): &(String, String)| put_in(&text, name, meaning);
                into.push(Piece::Text(parameters.iter().fold(text.to_owned(), shown)));
            }
            Child::Element(part) => match (part.namespace(), part.name()) {
                (Some(SCHEMATRON), "value-of") => into.push(Piece::Value(wanted(source, part, "select", parameters)?)),
                (Some(SCHEMATRON), "name") => {
                    into.push(Piece::Value(format!("name({})", part.attribute("path").unwrap_or("."))));
                }
                (Some(SCHEMATRON), "emph" | "span" | "dir") => message(source, part, parameters, into)?,
                _ => return Err(source.unknown(part)),
            },
        }
    }
    Ok(())
}
