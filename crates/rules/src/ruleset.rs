//! A compiled rule set, and its run over a document.

use std::sync::OnceLock;

use facteur_xml::{Document, Node, NodeId};

use crate::error::{Dynamic, LoadError};
use crate::eval::index::Index;
use crate::eval::variables::Let;
use crate::eval::{Compiled, Evaluator};
use crate::run::Run;
use crate::run::forbidden::Forbidden;
use crate::schematron::codes::Codes;
use crate::schematron::{Source, compile, read};
use crate::xpath::expr::{Expr, Test};
use crate::xpath::names::{NameId, NameTable};
use crate::xpath::pattern::Alternative;

/// The rules of one artefact, compiled. Shared between threads.
#[derive(Debug)]
pub struct RuleSet {
    name: String,
    names: NameTable,
    compiled: Compiled,
    /// For each pattern, whether it looks at attributes.
    pub(crate) attributes: Vec<bool>,
    pub(crate) rules: Vec<CompiledRule>,
    /// For each name of an element, which rules may fit it, in the order in which they are tried.
    pub(crate) elements: Vec<Vec<Candidate>>,
    /// Those of them that the name itself does not rule out, as the first document with that name writes it.
    fitting: Vec<OnceLock<Fitting>>,
    pub(crate) on_attributes: Vec<Candidate>,
    pub(crate) on_document: Vec<Candidate>,
    /// Variables that contexts bind, at most.
    pub(crate) context_slots: usize,
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
    /// Those of the checks that only say that something may not be there, as one.
    pub(crate) forbidden: Forbidden,
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

/// Rules that may fit an element with that prefix.
#[derive(Debug)]
struct Fitting {
    prefix: Option<Box<str>>,
    candidates: Vec<Candidate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) rule: usize,
    pub(crate) alternative: usize,
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
        let evaluator = Evaluator::new(Index::new(document, &self.names), &self.compiled);
        Run::new(self, &evaluator).document()
    }

    /// The rules that may fit elements of a name as far as the name decides it, found out once for all documents that
    /// write it with the same prefix; `None` for another prefix, and for names that no rule mentions.
    pub(crate) fn fitting(
        &self,
        id: NameId,
        example: Node<'_>,
        named: impl Fn(&Candidate) -> Result<bool, Dynamic>,
    ) -> Option<&[Candidate]> {
        let place = self.fitting.get(usize::from(id)).filter(|_| id != 0)?;
        let known = match place.get() {
            Some(known) => known,
            None => {
                let mut candidates = Vec::new();
                for candidate in &self.elements[usize::from(id)] {
                    // What a document has no effort left for says nothing of the next one.
                    if named(candidate).ok()? {
                        candidates.push(*candidate);
                    }
                }
                place.get_or_init(|| Fitting { prefix: example.prefix().map(Box::from), candidates })
            }
        };
        (known.prefix.as_deref() == example.prefix()).then_some(&known.candidates[..])
    }

    pub(crate) fn new(
        name: &str,
        names: NameTable,
        compiled: Compiled,
        attributes: Vec<bool>,
        rules: Vec<CompiledRule>,
    ) -> Self {
        let mut set = Self {
            name: name.to_owned(),
            elements: vec![Vec::new(); names.len()],
            fitting: (0..names.len()).map(|_| OnceLock::new()).collect(),
            names,
            compiled,
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
