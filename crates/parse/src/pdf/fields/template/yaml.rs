//! YAML as a template uses it: tables, lists and texts, each with its line. Whatever makes YAML dangerous or surprising
//! is refused: aliases (the bombs), anchors, tags, several documents; a number or `yes` is a text like any other.

use saphyr_parser::{Event, Parser, ScanError};

use super::problem::{Problem, TemplateError};

/// Deepest nesting of a template.
const DEPTH_MAX: usize = 8;
/// Most values of a template, its keys included.
const VALUES_MAX: usize = 2_000;
/// Longest detail of the reader that is kept.
const DETAIL_MAX: usize = 120;

/// A value with the line on which it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: u32,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    List(Vec<Node>),
    Table(Vec<(Key, Node)>),
}

/// The key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) line: u32,
    pub(super) name: String,
}

/// What is being filled.
enum Open {
    List(u32, Vec<Node>),
    Table(u32, Vec<(Key, Node)>, Option<Key>),
}

/// The one document of a text.
pub(super) fn parse(text: &str) -> Result<Node, TemplateError> {
    let mut builder = Builder { open: Vec::new(), root: None, values: 0 };
    for step in Parser::new_from_str(text) {
        let (event, span) = step.map_err(|error| syntax(&error))?;
        let line = line_of(span.start.line());
        builder.event(event, line)?;
    }
    builder.root.ok_or(TemplateError { line: 1, problem: Problem::MissingKey { key: "format".to_owned() } })
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line.max(1)).unwrap_or(u32::MAX)
}

fn syntax(error: &ScanError) -> TemplateError {
    let detail = error.info().chars().take(DETAIL_MAX).collect();
    TemplateError { line: line_of(error.marker().line()), problem: Problem::Syntax { detail } }
}

fn not_allowed(line: u32, what: &str) -> TemplateError {
    TemplateError { line, problem: Problem::NotAllowed { what: what.to_owned() } }
}

struct Builder {
    open: Vec<Open>,
    root: Option<Node>,
    values: usize,
}

impl Builder {
    fn event(&mut self, event: Event<'_>, line: u32) -> Result<(), TemplateError> {
        match event {
            Event::Alias(_) => Err(not_allowed(line, "alias")),
            Event::Scalar(text, _, anchor, tag) => {
                self.count(line, anchor, tag.is_some())?;
                self.text(line, text.into_owned())
            }
            Event::SequenceStart(anchor, tag) => {
                self.count(line, anchor, tag.is_some())?;
                self.begin(line, Open::List(line, Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.count(line, anchor, tag.is_some())?;
                self.begin(line, Open::Table(line, Vec::new(), None))
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List(line, items)) => self.put(Node { line, value: Value::List(items) }),
                Some(Open::Table(line, rows, _)) => self.put(Node { line, value: Value::Table(rows) }),
                None => Ok(()),
            },
            Event::DocumentStart(_) if self.root.is_some() => Err(not_allowed(line, "documents")),
            _ => Ok(()),
        }
    }

    fn count(&mut self, line: u32, anchor: usize, tagged: bool) -> Result<(), TemplateError> {
        self.values += 1;
        if self.values > VALUES_MAX {
            return Err(not_allowed(line, "values"));
        }
        if anchor > 0 {
            return Err(not_allowed(line, "anchor"));
        }
        if tagged { Err(not_allowed(line, "tag")) } else { Ok(()) }
    }

    fn begin(&mut self, line: u32, open: Open) -> Result<(), TemplateError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(not_allowed(line, "depth"));
        }
        if let Some(Open::Table(_, _, None)) = self.open.last() {
            return Err(key_shape(line));
        }
        self.open.push(open);
        Ok(())
    }

    fn text(&mut self, line: u32, text: String) -> Result<(), TemplateError> {
        if let Some(Open::Table(_, rows, key @ None)) = self.open.last_mut() {
            if rows.iter().any(|(known, _)| known.name == text) {
                return Err(TemplateError { line, problem: Problem::Twice { key: text } });
            }
            *key = Some(Key { line, name: text });
            return Ok(());
        }
        self.put(Node { line, value: Value::Text(text) })
    }

    fn put(&mut self, node: Node) -> Result<(), TemplateError> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, items)) => items.push(node),
            Some(Open::Table(_, rows, key)) => match key.take() {
                Some(key) => rows.push((key, node)),
                None => return Err(key_shape(node.line)),
            },
        }
        Ok(())
    }
}

/// A key is a text.
fn key_shape(line: u32) -> TemplateError {
    TemplateError { line, problem: Problem::WrongShape { key: "?".to_owned(), expected: "text".to_owned() } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn problem(text: &str) -> (u32, &'static str) {
        let error = parse(text).unwrap_err();
        (error.line, error.problem.rule())
    }

    #[test]
    fn tables_lists_and_texts_have_their_lines() {
        let node = parse("a: 1\nb:\n  - yes\n  - 'x: y'\n").unwrap();
        let Value::Table(rows) = node.value else { panic!("no table") };
        assert_eq!((rows[0].0.line, rows[0].0.name.as_str()), (1, "a"));
        assert_eq!(rows[0].1.value, Value::Text("1".to_owned()));
        let Value::List(items) = &rows[1].1.value else { panic!("no list") };
        assert_eq!(items[1], Node { line: 4, value: Value::Text("x: y".to_owned()) });
    }

    #[test]
    fn what_makes_yaml_dangerous_is_refused_with_its_line() {
        assert_eq!(problem("a: &x [1]\nb: *x\n"), (1, "TEMPLATE-NOT-ALLOWED"));
        assert_eq!(problem("a: 1\nb: *x\n"), (2, "TEMPLATE-SYNTAX"));
        assert_eq!(problem("a: 1\nb: !!binary x\n"), (2, "TEMPLATE-NOT-ALLOWED"));
        assert_eq!(problem("a: 1\n---\nb: 2\n"), (2, "TEMPLATE-NOT-ALLOWED"));
        assert_eq!(problem("a: 1\na: 2\n"), (2, "TEMPLATE-TWICE"));
        assert_eq!(problem("a: [1\n"), (2, "TEMPLATE-SYNTAX"));
        assert_eq!(problem(&("[".repeat(20) + &"]".repeat(20))).1, "TEMPLATE-NOT-ALLOWED");
        assert_eq!(problem(&"[".repeat(50_000)).1, "TEMPLATE-SYNTAX");
        assert_eq!(problem(&format!("a: [{}]", "1,".repeat(5_000))).1, "TEMPLATE-NOT-ALLOWED");
        assert_eq!(problem("? [a]\n: b\n").1, "TEMPLATE-SHAPE");
        assert_eq!(problem("").1, "TEMPLATE-MISSING-KEY");
    }
}
