//! Schematron compiled to XSLT 2 by the ISO skeleton.

use facteur_xml::{Child, Node};

use super::{Check, Function, Pattern, Piece, Rule, SVRL, Schema, Source, Variable, XSL};
use crate::error::LoadError;

type Loaded<T> = Result<T, LoadError>;

/// Templates of the skeleton that only name places.
const PLACES: [&str; 6] = [
    "schematron-select-full-path",
    "schematron-get-full-path",
    "schematron-get-full-path-2",
    "schematron-get-full-path-3",
    "generate-id-from-path",
    "generate-id-2",
];

/// Reads a stylesheet.
pub(crate) fn read(source: Source<'_>, root: Node<'_>) -> Loaded<Schema> {
    if root.attribute("xpath-default-namespace").is_some() {
        return Err(source.error(root.line(), "xpath-default-namespace"));
    }
    let mut reader = Reader { source, schema: Schema::default(), modes: Vec::new(), templates: Vec::new() };
    for node in root.elements() {
        reader.top(node)?;
    }
    reader.finish(root)
}

struct Reader<'s, 'd> {
    source: Source<'s>,
    schema: Schema,
    /// Modes in the order in which the document is taken through them.
    modes: Vec<&'d str>,
    templates: Vec<Template<'d>>,
}

struct Template<'d> {
    mode: &'d str,
    priority: i64,
    node: Node<'d>,
}

impl<'d> Reader<'_, 'd> {
    fn top(&mut self, node: Node<'d>) -> Loaded<()> {
        match (node.namespace(), node.name()) {
            (Some(XSL), "output") | (Some(SVRL), "text") => Ok(()),
            (Some(XSL), "param" | "variable") => {
                // Those of the skeleton have no select; whoever refers to one fails to load.
                if node.attribute("select").is_some() {
                    self.schema.globals.push(variable(self.source, node)?);
                }
                Ok(())
            }
            (Some(XSL), "function") => {
                let function = function(self.source, node)?;
                self.schema.functions.push(function);
                Ok(())
            }
            (Some(XSL), "template") => self.template(node),
            _ => Err(self.source.unknown(node)),
        }
    }

    fn template(&mut self, node: Node<'d>) -> Loaded<()> {
        let pattern = node.attribute("match");
        match node.attribute("mode") {
            Some(mode) if PLACES.contains(&mode) => Ok(()),
            Some(mode) => {
                let priority = node.attribute("priority").unwrap_or("0").parse();
                let priority =
                    priority.map_err(|_| self.source.error(node.line(), "a priority that is not a whole number"))?;
                self.templates.push(Template { mode, priority, node });
                Ok(())
            }
            None if pattern == Some("/") => self.setup(node),
            None if pattern == Some("text()") => Ok(()),
            None => Err(self.source.error(node.line(), format!("template {pattern:?} without mode"))),
        }
    }

    /// The template that takes the document through its patterns.
    fn setup(&mut self, node: Node<'d>) -> Loaded<()> {
        for inside in node.descendants() {
            match (inside.namespace(), inside.name()) {
                (Some(SVRL), "ns-prefix-in-attribute-values") => {
                    let prefix = self.source.wanted(inside, "prefix")?;
                    let namespace = self.source.wanted(inside, "uri")?;
                    self.schema.prefixes.insert(prefix, namespace);
                }
                (Some(XSL), "apply-templates") => self.mode(inside)?,
                (Some(SVRL), "schematron-output" | "active-pattern" | "text")
                | (Some(XSL), "comment" | "value-of" | "attribute" | "text") => {}
                _ => return Err(self.source.unknown(inside)),
            }
        }
        Ok(())
    }

    fn mode(&mut self, node: Node<'d>) -> Loaded<()> {
        match (node.attribute("mode"), node.attribute("select")) {
            (Some(mode), Some("/")) => {
                self.modes.push(mode);
                Ok(())
            }
            (None, None) => Ok(()),
            _ => Err(self.source.error(node.line(), "apply-templates elsewhere than on the document")),
        }
    }

    fn finish(mut self, root: Node<'d>) -> Loaded<Schema> {
        if self.modes.is_empty() {
            return Err(self.source.error(root.line(), "no pattern is applied"));
        }
        if let Some(stray) = self.templates.iter().find(|template| !self.modes.contains(&template.mode)) {
            return Err(self.source.error(stray.node.line(), format!("mode {} is never applied", stray.mode)));
        }
        self.templates.sort_by_key(|template| -template.priority);
        for mode in std::mem::take(&mut self.modes) {
            let pattern = self.pattern(mode)?;
            self.schema.patterns.push(pattern);
        }
        Ok(self.schema)
    }

    fn pattern(&self, mode: &str) -> Loaded<Pattern> {
        let mut pattern = Pattern::default();
        let mut default = false;
        for template in self.templates.iter().filter(|template| template.mode == mode) {
            let context = self.source.wanted(template.node, "match")?;
            match (context.as_str(), template.priority) {
                ("text()", -1) => {}
                ("@*|node()", -2) => {
                    default = true;
                    for node in template.node.elements() {
                        pattern.attributes |= self.goes_on(node, mode)?;
                    }
                }
                _ => pattern.rules.push(self.rule(template.node, context, mode)?),
            }
        }
        if default { Ok(pattern) } else { Err(self.source.error(1, format!("mode {mode} has no default template"))) }
    }

    /// Whether an apply-templates goes on to attributes too.
    fn goes_on(&self, node: Node<'_>, mode: &str) -> Loaded<bool> {
        if node.attribute("mode") != Some(mode) || !node.is(XSL, "apply-templates") {
            return Err(self.source.unknown(node));
        }
        match node.attribute("select").unwrap_or("node()").replace(' ', "").as_str() {
            "@*|*" | "@*|node()" => Ok(true),
            "*" | "node()" | "*|comment()|processing-instruction()" => Ok(false),
            other => Err(self.source.error(node.line(), format!("apply-templates on {other}"))),
        }
    }

    fn rule(&self, node: Node<'_>, context: String, mode: &str) -> Loaded<Rule> {
        let mut rule = Rule { context, lets: Vec::new(), checks: Vec::new(), descends: false, line: node.line() };
        for part in node.elements() {
            match (part.namespace(), part.name()) {
                (Some(SVRL), "fired-rule") => {}
                (Some(XSL), "variable") => rule.lets.push(variable(self.source, part)?),
                (Some(XSL), "choose") => rule.checks.push(self.assert(part)?),
                (Some(XSL), "if") => rule.checks.push(self.report(part)?),
                (Some(XSL), "apply-templates") => {
                    self.goes_on(part, mode)?;
                    rule.descends = true;
                }
                _ => return Err(self.source.unknown(part)),
            }
        }
        Ok(rule)
    }

    fn assert(&self, node: Node<'_>) -> Loaded<Check> {
        let parts: Vec<Node<'_>> = node.elements().collect();
        let [when, otherwise] = parts[..] else { return Err(self.source.unknown(node)) };
        let empty = when.is(XSL, "when") && when.elements().next().is_none();
        if !empty || !otherwise.is(XSL, "otherwise") {
            return Err(self.source.unknown(node));
        }
        let test = self.source.wanted(when, "test")?;
        self.check(otherwise, "failed-assert", test)
    }

    fn report(&self, node: Node<'_>) -> Loaded<Check> {
        let test = self.source.wanted(node, "test")?;
        let check = self.check(node, "successful-report", test)?;
        Ok(Check { report: true, ..check })
    }

    fn check(&self, around: Node<'_>, name: &str, test: String) -> Loaded<Check> {
        let parts: Vec<Node<'_>> = around.elements().collect();
        let [node] = parts[..] else { return Err(self.source.unknown(around)) };
        if !node.is(SVRL, name) {
            return Err(self.source.unknown(node));
        }
        let own = |attribute| node.attribute(attribute).map(str::to_owned);
        let mut check =
            Check { test, id: own("id"), flag: own("flag"), role: own("role"), line: node.line(), ..Check::default() };
        for part in node.elements() {
            match (part.namespace(), part.name()) {
                (Some(XSL), "attribute") => self.attribute(part, &mut check)?,
                (Some(SVRL), "text" | "diagnostic-reference" | "property-reference") => {
                    message(self.source, part, &mut check.message)?;
                }
                _ => return Err(self.source.unknown(part)),
            }
        }
        Ok(check)
    }

    fn attribute(&self, node: Node<'_>, check: &mut Check) -> Loaded<()> {
        let value = || node.text().trim().to_owned();
        match node.attribute("name") {
            Some("location" | "see" | "subject" | "test" | "icon" | "fpi") => {}
            Some("id") => check.id = Some(value()),
            Some("flag") => check.flag = Some(value()),
            Some("role") => check.role = Some(value()),
            _ => return Err(self.source.unknown(node)),
        }
        Ok(())
    }
}

/// A variable with its select.
pub(crate) fn variable(source: Source<'_>, node: Node<'_>) -> Loaded<Variable> {
    Ok(Variable {
        name: source.wanted(node, "name")?,
        select: source.wanted(node, "select")?,
        kind: node.attribute("as").map(str::to_owned),
        line: node.line(),
    })
}

/// A function: parameters, variables, one expression.
pub(crate) fn function(source: Source<'_>, node: Node<'_>) -> Loaded<Function> {
    let mut function = Function {
        name: source.wanted(node, "name")?,
        parameters: Vec::new(),
        lets: Vec::new(),
        body: String::new(),
        kind: node.attribute("as").map(str::to_owned),
        line: node.line(),
    };
    for part in node.elements() {
        match (part.namespace(), part.name()) {
            (Some(XSL), "param") => {
                let name = source.wanted(part, "name")?;
                function.parameters.push((name, part.attribute("as").map(str::to_owned)));
            }
            (Some(XSL), "variable") => function.lets.push(variable(source, part)?),
            (Some(XSL), "sequence" | "value-of") if function.body.is_empty() => {
                function.body = source.wanted(part, "select")?
            }
            _ => return Err(source.unknown(part)),
        }
    }
    if function.body.is_empty() { Err(source.unknown(node)) } else { Ok(function) }
}

/// Text with values in it.
pub(crate) fn message(source: Source<'_>, node: Node<'_>, into: &mut Vec<Piece>) -> Loaded<()> {
    for child in node.children() {
        match child {
            Child::Text(text) => into.push(Piece::Text(text.to_owned())),
            Child::Element(part) => match (part.namespace(), part.name()) {
                (Some(XSL), "value-of") => into.push(Piece::Value(source.wanted(part, "select")?)),
                (Some(XSL), "text") => into.push(Piece::Text(part.text().into_owned())),
                (Some(XSL), _) => return Err(source.unknown(part)),
                _ => message(source, part, into)?,
            },
        }
    }
    Ok(())
}
