//! One run of a rule set over a document.

use std::collections::BTreeSet;

use facteur_xml::NodeId;

use crate::error::Dynamic;
use crate::eval::index::Place;
use crate::eval::variables::Frame;
use crate::eval::{Evaluator, Focus};
use crate::ruleset::{Candidate, CompiledCheck, CompiledRule, Failure, Part, RuleSet};
use crate::xpath::pattern::Alternative;

pub(crate) mod forbidden;

/// A run under way.
pub(crate) struct Run<'r> {
    rules: &'r RuleSet,
    evaluator: &'r Evaluator<'r>,
    contexts: Frame<'r>,
    /// For each pattern, the node up to which it does not look, because a rule ended it there.
    closed: Vec<u32>,
    /// For each rule that was wanted so far, where its checks stand in `undecided`.
    open: Vec<Option<(usize, usize)>>,
    /// The checks that the names in the document do not decide by themselves, rule after rule.
    undecided: Vec<u32>,
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
            undecided: Vec::with_capacity(rules.rules.len()),
            found: Vec::new(),
        }
    }

    /// Goes over the document: what failed, by pattern and then in document order.
    pub(crate) fn document(mut self) -> Vec<Failure> {
        self.place(Place::DOCUMENT, &self.rules.on_document, 0);
        let (candidates, by_name) = self.candidates();
        let attributes = !self.rules.on_attributes.is_empty();
        for at in 0..self.evaluator.index.len() {
            if self.evaluator.index.is_text(at) {
                continue;
            }
            let (first, last) = by_name[self.evaluator.index.name(at)];
            if first < last {
                self.place(Place::of(at), &candidates[first..last], at);
            }
            if attributes {
                self.attributes(at);
            }
        }
        self.found.sort_by_key(|(pattern, _)| *pattern);
        self.found.into_iter().map(|(_, failure)| failure).collect()
    }

    /// The rules that may fit an element, name after name of the document, and where those of each name stand.
    fn candidates(&self) -> (Vec<Candidate>, Vec<(usize, usize)>) {
        let (evaluator, mut all) = (self.evaluator, Vec::with_capacity(self.rules.rules.len()));
        let of_name = |(id, example): (u16, Option<u32>)| {
            let first = all.len();
            if let Some(example) = example {
                let named = |candidate: &Candidate| {
                    let focus = Focus { place: Some(Place::of(example)), frame: &self.contexts };
                    evaluator.may_have_that_name(self.alternative(candidate), Place::of(example), focus)
                };
                let present = |candidate: &Candidate| !evaluator.lacks_any(self.alternative(candidate));
                match self.rules.fitting(id, evaluator.index.element_at(example), named) {
                    Some(known) => all.extend(known.iter().copied().filter(present)),
                    None => {
                        let candidates = self.rules.elements[usize::from(id)].iter().copied();
                        all.extend(
                            candidates.filter(|candidate| present(candidate) && named(candidate).unwrap_or(false)),
                        );
                    }
                }
            }
            (first, all.len())
        };
        let by_name = evaluator.index.names().map(of_name).collect();
        (all, by_name)
    }

    fn alternative(&self, candidate: &Candidate) -> &'r Alternative {
        &self.rules.rules[candidate.rule].alternatives[candidate.alternative]
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
        let (first, last) = self.open(number);
        if first == last && found.is_empty() {
            return;
        }
        let frame = Frame::new(rule.slots, &rule.lets, 0, Some(place));
        let focus = Focus { place: Some(place), frame: &frame };
        if found.is_empty() {
            for at in first..last {
                self.check(rule, &rule.checks[self.undecided[at] as usize], focus);
            }
            return;
        }
        for check in self.undecided[first..last].iter().copied().chain(found.iter().copied()).collect::<BTreeSet<_>>() {
            let compiled = &rule.checks[check as usize];
            if found.contains(&check) {
                self.fail(rule, compiled, focus, None);
            } else {
                self.check(rule, compiled, focus);
            }
        }
    }

    fn open(&mut self, number: usize) -> (usize, usize) {
        if let Some(known) = self.open[number] {
            return known;
        }
        let (rule, evaluator) = (&self.rules.rules[number], self.evaluator);
        let passes = |check: &'r CompiledCheck| evaluator.known(&check.test) == Some(!check.report);
        let first = self.undecided.len();
        let open = rule.forbidden.others.iter().copied().filter(|&check| !passes(&rule.checks[check as usize]));
        self.undecided.extend(open);
        *self.open[number].insert((first, self.undecided.len()))
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
