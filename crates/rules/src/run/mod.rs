//! One run of a rule set over a document.

use std::collections::BTreeSet;
use std::rc::Rc;

use facteur_xml::NodeId;

use crate::error::Dynamic;
use crate::eval::index::Place;
use crate::eval::variables::Frame;
use crate::eval::{Evaluator, Focus};
use crate::ruleset::{Candidate, CompiledCheck, CompiledRule, Failure, Part, RuleSet};

pub(crate) mod forbidden;

/// A run under way.
pub(crate) struct Run<'r> {
    rules: &'r RuleSet,
    evaluator: &'r Evaluator<'r>,
    contexts: Frame<'r>,
    /// For each pattern, the node up to which it does not look, because a rule ended it there.
    closed: Vec<u32>,
    /// For each rule that was wanted so far, the checks that the names in the document do not decide by themselves.
    open: Vec<Option<Rc<[u32]>>>,
    found: Vec<(usize, Failure)>,
}

impl<'r> Run<'r> {
    pub(crate) fn new(rules: &'r RuleSet, evaluator: &'r Evaluator<'r>) -> Self {
        Self {
            rules,
            evaluator,
            contexts: Frame::new(rules.context_slots, &[], 0, None),
            closed: vec![0; rules.attributes.len()],
            open: vec![None; rules.rules.len()],
            found: Vec::new(),
        }
    }

    /// Goes over the document: what failed, by pattern and then in document order.
    pub(crate) fn document(mut self) -> Vec<Failure> {
        self.place(Place::DOCUMENT, &self.rules.on_document, 0);
        let by_name = self.candidates();
        let attributes = !self.rules.on_attributes.is_empty();
        for at in 0..self.evaluator.index.len() {
            if self.evaluator.index.is_text(at) {
                continue;
            }
            let candidates = &by_name[self.evaluator.index.name(at)];
            if !candidates.is_empty() {
                self.place(Place::of(at), candidates, at);
            }
            if attributes {
                self.attributes(at);
            }
        }
        self.found.sort_by_key(|(pattern, _)| *pattern);
        self.found.into_iter().map(|(_, failure)| failure).collect()
    }

    /// For each name of the document, the rules that may fit an element of that name in it.
    fn candidates(&self) -> Vec<Vec<Candidate>> {
        let focus = Focus { place: None, frame: &self.contexts };
        let of_name = |(id, example): (u16, Option<u32>)| {
            let Some(example) = example.map(Place::of) else { return Vec::new() };
            let focus = Focus { place: Some(example), ..focus };
            let may_match = |candidate: &&Candidate| {
                let alternative = &self.rules.rules[candidate.rule].alternatives[candidate.alternative];
                self.evaluator.may_match(alternative, example, focus)
            };
            self.rules.elements[usize::from(id)].iter().filter(may_match).copied().collect()
        };
        self.evaluator.index.names().map(of_name).collect()
    }

    fn attributes(&mut self, at: u32) {
        let count = self.evaluator.index.element_at(at).attributes().count();
        for number in 1..=u32::try_from(count).unwrap_or(u32::MAX) {
            let candidates = &self.rules.on_attributes;
            self.place(Place { node: at + 1, attribute: number }, candidates, at);
        }
    }

    /// Runs, for each pattern, the first rule that fits.
    fn place(&mut self, place: Place, candidates: &[Candidate], at: u32) {
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
                self.rule(candidate.rule, place);
            }
        }
    }

    fn rule(&mut self, number: usize, place: Place) {
        let rule = &self.rules.rules[number];
        let found =
            if place.attribute == 0 { rule.forbidden.found(&self.evaluator.index, place) } else { BTreeSet::new() };
        let open = self.open(number);
        if open.is_empty() && found.is_empty() {
            return;
        }
        let frame = Frame::new(rule.slots, &rule.lets, 0, Some(place));
        let focus = Focus { place: Some(place), frame: &frame };
        if found.is_empty() {
            open.iter().for_each(|&check| self.check(rule, &rule.checks[check as usize], focus));
            return;
        }
        for check in open.iter().copied().chain(found.iter().copied()).collect::<BTreeSet<_>>() {
            let compiled = &rule.checks[check as usize];
            if found.contains(&check) {
                self.fail(rule, compiled, focus, None);
            } else {
                self.check(rule, compiled, focus);
            }
        }
    }

    fn open(&mut self, number: usize) -> Rc<[u32]> {
        let rules = self.rules;
        let (rule, evaluator) = (&rules.rules[number], self.evaluator);
        let passes = |check: &'r CompiledCheck| evaluator.known(&check.test) == Some(!check.report);
        let open =
            || rule.forbidden.others.iter().copied().filter(|&check| !passes(&rule.checks[check as usize])).collect();
        Rc::clone(self.open[number].get_or_insert_with(open))
    }

    fn check(&mut self, rule: &CompiledRule, check: &'r CompiledCheck, focus: Focus<'_, 'r>) {
        match self.evaluator.truth(&check.test, focus) {
            Ok(truth) if truth != check.report => {}
            Ok(_) => self.fail(rule, check, focus, None),
            Err(error) => self.fail(rule, check, focus, Some(error)),
        }
    }

    /// Notes a failure. A check whose text cannot be made was not evaluated either: the reference gives up on both.
    fn fail(&mut self, rule: &CompiledRule, check: &'r CompiledCheck, focus: Focus<'_, 'r>, error: Option<Dynamic>) {
        let mut message = String::new();
        let mut error = error;
        for part in &check.message {
            match part {
                Part::Text(text) => message.push_str(text),
                Part::Value(expr) => match self.evaluator.shown(expr, focus) {
                    Ok(text) => message.push_str(&text),
                    Err(reason) => {
                        message.push('…');
                        error = error.or(Some(reason));
                    }
                },
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
