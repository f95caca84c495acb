//! Schematron compiled to XSLT by SchXslt: one template a rule, which notes the patterns that had their rule already.

use facteur_xml::Node;

use super::xslt::{function, message, variable};
use super::{Check, Pattern, Rule, SCHXSLT, SVRL, Schema, Source, XSL};
use crate::error::LoadError;

type Loaded<T> = Result<T, LoadError>;

/// Reads a transform.
pub(crate) fn read(source: Source<'_>, root: Node<'_>) -> Loaded<Schema> {
    let mut reader = Reader { source, schema: Schema::default(), rules: Vec::new(), applied: Vec::new() };
    for node in root.elements() {
        reader.top(node)?;
    }
    reader.finish(root)
}

struct Reader<'s, 'd> {
    source: Source<'s>,
    schema: Schema,
    rules: Vec<Found<'d>>,
    /// Modes that the document is taken through.
    applied: Vec<&'d str>,
}

struct Found<'d> {
    pattern: &'d str,
    mode: &'d str,
    priority: i64,
    rule: Rule,
}

impl<'d> Reader<'_, 'd> {
    fn top(&mut self, node: Node<'d>) -> Loaded<()> {
        match (node.namespace(), node.name()) {
            (Some(XSL), "output" | "mode") => Ok(()),
            (Some(XSL), "param" | "variable") => {
                if node.attribute("select").is_some() {
                    self.schema.globals.push(variable(self.source, node)?);
                }
                Ok(())
            }
            (Some(XSL), "function") => {
                if !node.attribute("name").is_some_and(|name| name.starts_with("schxslt:")) {
                    self.schema.functions.push(function(self.source, node)?);
                }
                Ok(())
            }
            (Some(XSL), "template") => self.template(node),
            (Some(XSL), _) => Err(self.source.unknown(node)),
            _ => Ok(()),
        }
    }

    fn template(&mut self, node: Node<'d>) -> Loaded<()> {
        match (node.attribute("name"), node.attribute("match"), node.attribute("mode")) {
            (Some("schxslt.validate"), ..) | (None, Some("text() | @*" | "/" | "*"), Some("#all")) => Ok(()),
            (Some(_), None, None) => self.pattern(node),
            (None, Some("root()" | "/"), None) => self.prefixes(node),
            (None, Some(context), Some(mode)) if mode != "#all" => self.rule(node, context, mode),
            _ => Err(self.source.unknown(node)),
        }
    }

    fn prefixes(&mut self, node: Node<'d>) -> Loaded<()> {
        for inside in node.descendants().filter(|inside| inside.is(SVRL, "ns-prefix-in-attribute-values")) {
            let prefix = self.source.wanted(inside, "prefix")?;
            self.schema.prefixes.insert(prefix, self.source.wanted(inside, "uri")?);
        }
        Ok(())
    }

    fn pattern(&mut self, node: Node<'d>) -> Loaded<()> {
        for inside in node.descendants().filter(|inside| inside.is(XSL, "apply-templates")) {
            match (inside.attribute("mode"), inside.attribute("select")) {
                (Some(mode), Some("root()" | "/")) => self.applied.push(mode),
                _ => return Err(self.source.error(inside.line(), "apply-templates elsewhere than on the document")),
            }
        }
        Ok(())
    }

    fn rule(&mut self, node: Node<'d>, context: &str, mode: &'d str) -> Loaded<()> {
        let source = self.source;
        let priority = node.attribute("priority").unwrap_or("0").parse();
        let priority = priority.map_err(|_| source.error(node.line(), "a priority that is not a whole number"))?;
        let mut rule = Rule {
            context: context.to_owned(),
            lets: Vec::new(),
            checks: Vec::new(),
            descends: true,
            line: node.line(),
        };
        let mut pattern = None;
        for part in node.elements() {
            match (part.namespace(), part.name()) {
                (Some(XSL), "param") if part.attribute("name") == Some("schxslt:patterns-matched") => {}
                (Some(XSL), "variable") => rule.lets.push(variable(source, part)?),
                (Some(XSL), "choose") => pattern = Some(self.body(part, &mut rule)?),
                _ => return Err(source.unknown(part)),
            }
        }
        let pattern = pattern.ok_or_else(|| source.unknown(node))?;
        self.rules.push(Found { pattern, mode, priority, rule });
        Ok(())
    }

    /// What the rule does where its pattern has had no rule yet.
    fn body(&self, choose: Node<'d>, rule: &mut Rule) -> Loaded<&'d str> {
        let otherwise = choose.elements().find(|part| part.is(XSL, "otherwise"));
        let otherwise = otherwise.ok_or_else(|| self.source.unknown(choose))?;
        let mut pattern = None;
        for part in otherwise.elements() {
            match (part.namespace(), part.name()) {
                (Some(XSL), "next-match") => {}
                (Some(SCHXSLT), "rule") => {
                    pattern = part.attribute("pattern");
                    for check in part.elements().filter(|check| !check.is(SVRL, "fired-rule")) {
                        rule.checks.push(self.check(check)?);
                    }
                }
                _ => return Err(self.source.unknown(part)),
            }
        }
        pattern.ok_or_else(|| self.source.unknown(otherwise))
    }

    /// An `if` that writes what it found: asserts are negated there already.
    fn check(&self, node: Node<'_>) -> Loaded<Check> {
        let parts: Vec<Node<'_>> = node.elements().collect();
        let [found] = parts[..] else { return Err(self.source.unknown(node)) };
        let written = found.namespace() == Some(SVRL) && matches!(found.name(), "failed-assert" | "successful-report");
        if !node.is(XSL, "if") || !written {
            return Err(self.source.unknown(node));
        }
        let own = |attribute| found.attribute(attribute).map(str::to_owned);
        let mut check = Check {
            report: true,
            test: self.source.wanted(node, "test")?,
            id: own("id"),
            flag: own("flag"),
            role: own("role"),
            message: Vec::new(),
            line: node.line(),
        };
        for part in found.elements() {
            match (part.namespace(), part.name()) {
                (Some(XSL), "attribute") => {}
                (Some(SVRL), "text" | "diagnostic-reference" | "property-reference") => {
                    message(self.source, part, &mut check.message)?;
                }
                _ => return Err(self.source.unknown(part)),
            }
        }
        Ok(check)
    }

    fn finish(mut self, root: Node<'_>) -> Loaded<Schema> {
        if self.rules.is_empty() {
            return Err(self.source.error(root.line(), "no rules"));
        }
        if let Some(stray) = self.rules.iter().find(|found| !self.applied.contains(&found.mode)) {
            return Err(self.source.error(stray.rule.line, format!("mode {} is never applied", stray.mode)));
        }
        self.rules.sort_by_key(|found| -found.priority);
        let mut names: Vec<&str> = Vec::new();
        for found in self.rules {
            let at = names.iter().position(|name| *name == found.pattern).unwrap_or_else(|| {
                names.push(found.pattern);
                self.schema.patterns.push(Pattern { attributes: true, rules: Vec::new() });
                names.len() - 1
            });
            self.schema.patterns[at].rules.push(found.rule);
        }
        Ok(self.schema)
    }
}
