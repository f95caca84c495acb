//! A compiled rule set, and its run over a document.

use facteur_xml::{Document, NodeId};

use crate::error::{Dynamic, LoadError};
use crate::eval::index::{Index, Place};
use crate::eval::{Evaluator, Focus, Frame, Let, UserFunction};
use crate::schematron::codes::Codes;
use crate::schematron::{Source, compile, read};
use crate::xpath::expr::{Expr, Test};
use crate::xpath::names::NameTable;
use crate::xpath::pattern::Alternative;

/// The rules of one artefact, compiled. Shared between threads.
#[derive(Debug)]
pub struct RuleSet {
    name: String,
    names: NameTable,
    memos: usize,
    globals: Vec<Let>,
    global_slots: usize,
    functions: Vec<UserFunction>,
    /// For each pattern, whether it looks at attributes.
    attributes: Vec<bool>,
    rules: Vec<CompiledRule>,
    /// For each name of an element, which rules may fit it, in the order in which they are tried.
    elements: Vec<Vec<Candidate>>,
    on_attributes: Vec<Candidate>,
    on_document: Vec<Candidate>,
    /// Variables that contexts bind, at most.
    context_slots: usize,
}

/// An assert that failed, a report that spoke, or a check that could not be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its id in the artefact.
    pub id: Option<String>,
    /// Its flag (`fatal`, `warning`), as the artefact writes it.
    pub flag: Option<String>,
    /// Its role, as the artefact writes it.
    pub role: Option<String>,
    /// The expression.
    pub test: String,
    /// The element that was checked.
    pub node: NodeId,
    /// The artefact's own text, with the values in it.
    pub message: String,
    /// False where the test ended in an error; `reason` then says in which.
    pub evaluated: bool,
    /// Why it could not be evaluated.
    pub reason: Option<String>,
}

#[derive(Debug)]
pub(crate) struct CompiledRule {
    pub(crate) pattern: usize,
    pub(crate) alternatives: Vec<Alternative>,
    pub(crate) context_slots: usize,
    pub(crate) lets: Vec<Let>,
    pub(crate) slots: usize,
    pub(crate) checks: Vec<CompiledCheck>,
    pub(crate) descends: bool,
}

#[derive(Debug)]
pub(crate) struct CompiledCheck {
    pub(crate) report: bool,
    pub(crate) source: String,
    pub(crate) test: Expr,
    pub(crate) id: Option<String>,
    pub(crate) flag: Option<String>,
    pub(crate) role: Option<String>,
    pub(crate) message: Vec<Part>,
}

#[derive(Debug)]
pub(crate) enum Part {
    Text(String),
    Value(Expr),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    rule: usize,
    alternative: usize,
}

impl RuleSet {
    /// Loads an artefact: Schematron, or its compiled form. `resolve` gives the files beside it by name.
    ///
    /// # Errors
    /// Anything that is not understood, with its line: no rule is ever left out.
    pub fn load(name: &str, entry: &[u8], resolve: &dyn Fn(&str) -> Option<Vec<u8>>) -> Result<Self, LoadError> {
        let codes = Codes::new(resolve);
        compile::compile(Source { name }, read(name, entry)?, &codes)
    }

    /// The name that it was loaded under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many asserts and reports it has.
    #[must_use]
    pub fn checks(&self) -> usize {
        self.rules.iter().map(|rule| rule.checks.len()).sum()
    }

    /// Runs every rule over a document: what failed, by pattern and then in document order.
    #[must_use]
    pub fn evaluate(&self, document: &Document) -> Vec<Failure> {
        let index = Index::new(document, &self.names);
        let evaluator = Evaluator::new(index, &self.functions, &self.globals, self.memos, self.global_slots);
        let mut run = Run {
            rules: self,
            evaluator: &evaluator,
            contexts: Frame::new(self.context_slots, &[], 0, None),
            closed: vec![0; self.attributes.len()],
            found: Vec::new(),
        };
        run.document();
        run.found.sort_by_key(|(pattern, _)| *pattern);
        run.found.into_iter().map(|(_, failure)| failure).collect()
    }

    pub(crate) fn new(
        name: &str,
        names: NameTable,
        memos: usize,
        (globals, global_slots): (Vec<Let>, usize),
        functions: Vec<UserFunction>,
        attributes: Vec<bool>,
        rules: Vec<CompiledRule>,
    ) -> Self {
        let mut set = Self {
            name: name.to_owned(),
            elements: vec![Vec::new(); names.len()],
            names,
            memos,
            globals,
            global_slots,
            functions,
            attributes,
            context_slots: rules.iter().map(|rule| rule.context_slots).max().unwrap_or(0),
            rules,
            on_attributes: Vec::new(),
            on_document: Vec::new(),
        };
        set.list();
        set
    }

    /// Files every rule under the names that its last step may have. Rules come by pattern, then by precedence.
    fn list(&mut self) {
        for (rule, compiled) in self.rules.iter().enumerate() {
            for (alternative, known) in compiled.alternatives.iter().enumerate() {
                let candidate = Candidate { rule, alternative };
                match known.links.last() {
                    None => self.on_document.push(candidate),
                    Some(last) if last.attribute => self.on_attributes.push(candidate),
                    Some(last) => match last.test {
                        Test::Name(id) => self.elements[usize::from(id)].push(candidate),
                        _ => self.elements.iter_mut().for_each(|list| list.push(candidate)),
                    },
                }
            }
        }
    }
}

struct Run<'r> {
    rules: &'r RuleSet,
    evaluator: &'r Evaluator<'r>,
    contexts: Frame<'r>,
    /// For each pattern, the node up to which it does not look, because a rule ended it there.
    closed: Vec<u32>,
    found: Vec<(usize, Failure)>,
}

impl<'r> Run<'r> {
    fn document(&mut self) {
        self.place(Place::DOCUMENT, &self.rules.on_document, 0);
        let attributes = !self.rules.on_attributes.is_empty();
        for at in 0..self.evaluator.index.len() {
            if self.evaluator.index.is_text(at) {
                continue;
            }
            let candidates = &self.rules.elements[usize::from(self.evaluator.index.id(at))];
            self.place(Place::of(at), candidates, at);
            if attributes {
                self.attributes(at);
            }
        }
    }

    fn attributes(&mut self, at: u32) {
        let count = self.evaluator.index.element_at(at).attributes().count();
        for number in 1..=u32::try_from(count).unwrap_or(u32::MAX) {
            let candidates = &self.rules.on_attributes;
            self.place(Place { node: at + 1, attribute: number }, candidates, at);
        }
    }

    /// Runs, for each pattern, the first rule that fits.
    fn place(&mut self, place: Place, candidates: &'r [Candidate], at: u32) {
        let mut done = None;
        for candidate in candidates {
            let rule = &self.rules.rules[candidate.rule];
            let open = Some(rule.pattern) != done && self.closed[rule.pattern] <= at;
            let reached = place.attribute == 0 || self.rules.attributes[rule.pattern];
            let alternative = &rule.alternatives[candidate.alternative];
            let fits = open && reached && {
                let focus = Focus { place: Some(place), frame: &self.contexts };
                self.evaluator.matches(alternative, place, focus)
            };
            if fits {
                done = Some(rule.pattern);
                if !rule.descends {
                    let end = place.index().map_or(self.evaluator.index.len(), |index| self.evaluator.index.end(index));
                    self.closed[rule.pattern] = if place.attribute == 0 { end } else { self.closed[rule.pattern] };
                }
                self.rule(rule, place);
            }
        }
    }

    fn rule(&mut self, rule: &'r CompiledRule, place: Place) {
        let frame = Frame::new(rule.slots, &rule.lets, 0, Some(place));
        for check in &rule.checks {
            let focus = Focus { place: Some(place), frame: &frame };
            match self.evaluator.truth(&check.test, focus) {
                Ok(truth) if truth != check.report => {}
                Ok(_) => self.fail(rule, check, focus, None),
                Err(error) => self.fail(rule, check, focus, Some(error)),
            }
        }
    }

    fn fail(&mut self, rule: &CompiledRule, check: &'r CompiledCheck, focus: Focus<'_, 'r>, error: Option<Dynamic>) {
        let mut message = String::new();
        for part in &check.message {
            match part {
                Part::Text(text) => message.push_str(text),
                Part::Value(expr) => {
                    message.push_str(&self.evaluator.shown(expr, focus).unwrap_or_else(|_| "…".to_owned()))
                }
            }
        }
        let node = focus.place.and_then(Place::index).unwrap_or(0);
        let failure = Failure {
            id: check.id.clone(),
            flag: check.flag.clone(),
            role: check.role.clone(),
            test: check.source.clone(),
            node: NodeId(node),
            message: message.split_whitespace().collect::<Vec<_>>().join(" "),
            evaluated: error.is_none(),
            reason: error.map(|error| error.to_string()),
        };
        self.found.push((rule.pattern, failure));
    }
}
