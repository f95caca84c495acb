//! From rules as written to rules as they run.

use std::collections::HashMap;

use super::codes::Codes;
use super::{Check, Function, Piece, Rule, Schema, Source, Variable};
use crate::error::{LoadError, Syntax};
use crate::eval::Compiled;
use crate::eval::variables::{ItemKind, Kind, Let, UserFunction};
use crate::ruleset::{CompiledCheck, CompiledRule, Part, RuleSet};
use crate::run::forbidden::Forbidden;
use crate::xpath::expr::{AtomicType, Expr};
use crate::xpath::hoist::Memos;
use crate::xpath::names::NameTable;
use crate::xpath::parser::{Local, Scope, parse};
use crate::xpath::pattern::alternatives;

/// Compiles every expression of a schema.
pub(crate) fn compile(source: Source<'_>, schema: Schema, codes: &Codes<'_>) -> Result<RuleSet, LoadError> {
    let functions = schema.functions.iter().map(|f| (f.name.clone(), f.parameters.len())).collect();
    let mut compiler = Compiler {
        source,
        codes,
        prefixes: schema.prefixes,
        functions,
        globals: Vec::new(),
        names: NameTable::default(),
        memos: Memos::default(),
    };
    let (globals, slots) = compiler.globals(&schema.globals)?;
    let functions = schema.functions.iter().map(|function| compiler.function(function)).collect::<Result<_, _>>()?;
    let mut rules = Vec::new();
    let mut attributes = Vec::new();
    for (pattern, raw) in schema.patterns.iter().enumerate() {
        attributes.push(raw.attributes);
        for rule in &raw.rules {
            rules.push(compiler.rule(pattern, rule)?);
        }
    }
    let memos = compiler.memos.len();
    let (shared, repeated, values) = compiler.memos.finish();
    let compiled = Compiled { functions, globals, slots, memos, shared, repeated, values };
    Ok(RuleSet::new(source.name, compiler.names, compiled, attributes, rules))
}

struct Compiler<'c> {
    source: Source<'c>,
    codes: &'c Codes<'c>,
    prefixes: HashMap<String, String>,
    functions: Vec<(String, usize)>,
    /// Names of the global variables so far: one may refer to those before it.
    globals: Vec<String>,
    names: NameTable,
    memos: Memos,
}

/// Variables in force while the expressions of one rule are compiled.
#[derive(Default)]
struct Locals {
    known: Vec<(String, Local)>,
    slots: usize,
}

impl Compiler<'_> {
    /// Compiles one expression; slots beyond those known are added to `locals`.
    fn raw(&mut self, text: &str, locals: &mut Locals) -> Result<Expr, Syntax> {
        let codes = |file: &str, number: &rust_decimal::Decimal| self.codes.list(file, number);
        let mut scope = Scope {
            names: &mut self.names,
            prefixes: &self.prefixes,
            globals: &self.globals,
            functions: &self.functions,
            codes: &codes,
            locals: std::mem::take(&mut locals.known),
            slots: locals.slots,
        };
        let expr = parse(text, &mut scope);
        locals.slots = scope.slots;
        locals.known = scope.locals;
        expr
    }

    fn expr(&mut self, text: &str, line: u32, locals: &mut Locals) -> Result<Expr, LoadError> {
        let expr = self.placed(text, line, locals)?;
        Ok(self.memos.hoist(expr))
    }

    /// The same before anything in it is kept.
    fn placed(&mut self, text: &str, line: u32, locals: &mut Locals) -> Result<Expr, LoadError> {
        let source = self.source;
        let placed = |error: Syntax| source.error(line, format!("{error}, in: {}", shown(text)));
        self.raw(text, locals).map_err(placed)
    }

    fn globals(&mut self, variables: &[Variable]) -> Result<(Vec<Let>, usize), LoadError> {
        let mut lets = Vec::new();
        let mut locals = Locals { known: Vec::new(), slots: variables.len() };
        for variable in variables {
            // A global variable is a value of the document: no memo within it may wait for itself.
            let expr = self.raw(&variable.select, &mut locals);
            let expr = expr.map_err(|error| self.source.error(variable.line, error.to_string()))?;
            lets.push(Let { expr, kind: self.kind(variable.kind.as_deref(), variable.line)? });
            self.globals.push(variable.name.clone());
        }
        Ok((lets, locals.slots))
    }

    fn lets(&mut self, variables: &[Variable], locals: &mut Locals) -> Result<Vec<Let>, LoadError> {
        // Lets have the slots right after the parameters; what they bind inside comes after all of them.
        let first = locals.slots;
        locals.slots += variables.len();
        let mut lets = Vec::new();
        for (number, variable) in variables.iter().enumerate() {
            let raw = self.placed(&variable.select, variable.line, locals)?;
            let local = match &raw {
                raw if variable.kind.is_none() && is_constant(raw) => Local::Constant(raw.clone()),
                _ => Local::Slot(first + number),
            };
            let expr = self.memos.hoist(raw);
            lets.push(Let { expr, kind: self.kind(variable.kind.as_deref(), variable.line)? });
            locals.known.push((variable.name.clone(), local));
        }
        Ok(lets)
    }

    fn function(&mut self, function: &Function) -> Result<UserFunction, LoadError> {
        let mut locals = Locals::default();
        let mut parameters = Vec::new();
        for (name, kind) in &function.parameters {
            locals.known.push((name.clone(), Local::Slot(locals.slots)));
            locals.slots += 1;
            parameters.push(self.kind(kind.as_deref(), function.line)?);
        }
        let lets = self.lets(&function.lets, &mut locals)?;
        let body = self.expr(&function.body, function.line, &mut locals)?;
        let result = self.kind(function.kind.as_deref(), function.line)?;
        Ok(UserFunction { parameters, lets, slots: locals.slots, body, result })
    }

    fn kind(&self, declared: Option<&str>, line: u32) -> Result<Kind, LoadError> {
        let Some(declared) = declared.map(str::trim) else { return Ok(Kind::ANYTHING) };
        let (name, empty, many) = match declared.as_bytes().last() {
            Some(b'?') => (&declared[..declared.len() - 1], true, false),
            Some(b'*') => (&declared[..declared.len() - 1], true, true),
            Some(b'+') => (&declared[..declared.len() - 1], false, true),
            _ => (declared, false, false),
        };
        let item = match name {
            "item()" => ItemKind::Anything,
            "element()" | "node()" => ItemKind::Node,
            _ => {
                let atomic = name.strip_prefix("xs:").or(name.strip_prefix("xsd:")).and_then(AtomicType::find);
                ItemKind::Atomic(atomic.ok_or_else(|| self.source.error(line, format!("type {declared}")))?)
            }
        };
        Ok(Kind { item, empty, many })
    }

    fn rule(&mut self, pattern: usize, rule: &Rule) -> Result<CompiledRule, LoadError> {
        let source = self.source;
        let placed =
            |error: Syntax| source.error(rule.line, format!("{error}, in the context: {}", shown(&rule.context)));
        let mut around = Locals::default();
        let context = self.raw(&rule.context, &mut around).map_err(placed)?;
        let mut alternatives = alternatives(context).map_err(placed)?;
        for link in alternatives.iter_mut().flat_map(|alternative| &mut alternative.links) {
            link.predicates = self.memos.predicates(std::mem::take(&mut link.predicates));
        }
        let mut locals = Locals::default();
        let lets = self.lets(&rule.lets, &mut locals)?;
        let mut checks = Vec::new();
        for check in &rule.checks {
            checks.push(self.check(check, &mut locals)?);
        }
        Ok(CompiledRule {
            pattern,
            alternatives,
            context_slots: around.slots,
            lets,
            slots: locals.slots,
            forbidden: Forbidden::of(&checks),
            checks,
            descends: rule.descends,
        })
    }

    fn check(&mut self, check: &Check, locals: &mut Locals) -> Result<CompiledCheck, LoadError> {
        let test = self.expr(&check.test, check.line, locals)?;
        let mut message = Vec::new();
        for piece in &check.message {
            message.push(match piece {
                Piece::Text(text) => Part::Text(text.clone()),
                Piece::Value(text) => Part::Value(self.expr(text, check.line, locals)?),
            });
        }
        Ok(CompiledCheck {
            report: check.report,
            source: check.test.clone(),
            test,
            id: check.id.clone().filter(|id| !id.is_empty()),
            flag: check.flag.clone().filter(|flag| !flag.is_empty()),
            role: check.role.clone().filter(|role| !role.is_empty()),
            message,
        })
    }
}

/// Whether a variable of that value can be put wherever it is named.
fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(_) => true,
        Expr::Sequence(all) => !all.is_empty() && all.iter().all(|one| matches!(one, Expr::Literal(_))),
        _ => false,
    }
}

fn shown(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}
