//! What depends on nothing but the document is evaluated once.

use super::deps::{needs, of_predicates};
use super::expr::{Axis, Expr, Function, Path, Predicate, Start, Step, StepKind, Test};
use super::keys::{Keys, Values};
use super::paths;
use crate::hash::{Table, fingerprint};

/// The memos of a rule set: equal expressions share one.
#[derive(Debug, Default)]
pub(crate) struct Memos {
    numbers: Table<(u64, u64), usize>,
    /// Conditions that depend on a node alone: their numbers, and for each whether it stands in several places.
    near: Table<(u64, u64), usize>,
    shared: Vec<bool>,
    /// Values that depend on a node alone: the same of them.
    kept: Table<(u64, u64), usize>,
    repeated: Vec<bool>,
    keys: Keys,
}

impl Memos {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// For each condition that depends on a node alone, whether it stands in several places; the same for values; what
    /// paths ask for by value.
    pub(crate) fn finish(self) -> (Vec<bool>, Vec<bool>, Vec<Values>) {
        (self.shared, self.repeated, self.keys.finish())
    }

    /// Wraps whatever can be evaluated once.
    pub(crate) fn hoist(&mut self, expr: Expr) -> Expr {
        if matches!(
            expr,
            Expr::Memo(..) | Expr::Near(..) | Expr::Kept(..) | Expr::Literal(_) | Expr::Number(_) | Expr::Global(_)
        ) {
            return expr;
        }
        if needs(&expr).nothing() && walks(&expr) {
            let inner = self.below(expr);
            return self.memo(inner);
        }
        self.below(expr)
    }

    fn memo(&mut self, expr: Expr) -> Expr {
        let next = self.numbers.len();
        let number = *self.numbers.entry(fingerprint(&expr)).or_insert(next);
        Expr::Memo(number, Box::new(expr))
    }

    /// A value of a node: kept while the node stays the same, where it stands in several places.
    fn kept(&mut self, expr: Expr) -> Expr {
        let needed = needs(&expr);
        if !needed.focus || needed.locals != 0 {
            return expr;
        }
        let next = self.repeated.len();
        let number = *self.kept.entry(fingerprint(&expr)).or_insert(next);
        match self.repeated.get_mut(number) {
            Some(repeated) => *repeated = true,
            None => self.repeated.push(false),
        }
        Expr::Kept(number, Box::new(expr))
    }

    #[allow(clippy::boxed_local, reason = "expressions hold their parts in boxes")]
    fn boxed(&mut self, expr: Box<Expr>) -> Box<Expr> {
        Box::new(self.hoist(*expr))
    }

    fn all(&mut self, exprs: Vec<Expr>) -> Vec<Expr> {
        exprs.into_iter().map(|expr| self.hoist(expr)).collect()
    }

    /// Conditions: of a path only whether it leads anywhere is kept.
    fn conditions(&mut self, exprs: Vec<Expr>) -> Vec<Expr> {
        let condition = |expr| match expr {
            path @ Expr::Path(_) if needs(&path).nothing() => Expr::Call(Function::Boolean, vec![path]),
            other => other,
        };
        exprs.into_iter().map(|expr| self.hoist(condition(expr))).collect()
    }

    fn below(&mut self, expr: Expr) -> Expr {
        match expr {
            Expr::Sequence(all) => Expr::Sequence(self.all(all)),
            Expr::Or(all) => Expr::Or(self.conditions(all)),
            Expr::And(all) => Expr::And(self.conditions(all)),
            Expr::Call(function, mut all) if looks_only(function, &all) => {
                let path = all.pop().map(|path| self.below(path));
                Expr::Call(function, path.into_iter().collect())
            }
            Expr::Union(all) => Expr::Union(self.all(all)),
            Expr::Call(Function::Sum, all) => {
                let sum = Expr::Call(Function::Sum, self.all(all));
                self.kept(sum)
            }
            Expr::Call(function, all) => Expr::Call(function, self.all(all)),
            Expr::User(number, all) => Expr::User(number, self.all(all)),
            Expr::General(relation, a, b) => Expr::General(relation, self.boxed(a), self.boxed(b)),
            Expr::Value(relation, a, b) => Expr::Value(relation, self.boxed(a), self.boxed(b)),
            Expr::Arithmetic(operation, a, b) => Expr::Arithmetic(operation, self.boxed(a), self.boxed(b)),
            Expr::AnyOf(inner, set) if matches!(*inner, Expr::Path(_)) => {
                Expr::AnyOf(Box::new(self.below(*inner)), set)
            }
            Expr::AnyOf(inner, set) => Expr::AnyOf(self.boxed(inner), set),
            Expr::Negate(inner) => Expr::Negate(self.boxed(inner)),
            Expr::Matching(kind, inner, regex, text) => Expr::Matching(kind, self.boxed(inner), regex, text),
            Expr::Cast(kind, optional, inner) => {
                let walked = matches!(*inner, Expr::Path(_));
                let cast = Expr::Cast(kind, optional, self.boxed(inner));
                if walked { self.kept(cast) } else { cast }
            }
            Expr::OneWord(list, set, inner) => Expr::OneWord(list, set, self.boxed(inner)),
            Expr::InList(list, set, inner) => Expr::InList(list, set, self.boxed(inner)),
            Expr::InCodes(set, inner) => Expr::InCodes(set, self.boxed(inner)),
            Expr::If(a, b, c) => Expr::If(self.boxed(a), self.boxed(b), self.boxed(c)),
            Expr::For(slot, values, body) => Expr::For(slot, self.boxed(values), self.boxed(body)),
            Expr::Quantified(every, slot, values, body) => {
                Expr::Quantified(every, slot, self.boxed(values), self.boxed(body))
            }
            Expr::Path(path) => self.path(path),
            Expr::Filter(base, predicates) => Expr::Filter(self.boxed(base), self.predicates(predicates)),
            Expr::Map(path, body) => match self.path(path) {
                Expr::Path(path) if matches!(*body, Expr::Cast(..)) => {
                    let mapped = Expr::Map(path, self.boxed(body));
                    self.kept(mapped)
                }
                Expr::Path(path) => Expr::Map(path, self.boxed(body)),
                other => Expr::Map(
                    Path {
                        start: Start::Expr(Box::new(other)),
                        steps: Vec::new(),
                        distinct: true,
                        ordered: true,
                        needed: Vec::new(),
                        needed_attributes: Vec::new(),
                        keyed: None,
                    },
                    self.boxed(body),
                ),
            },
            other => other,
        }
    }

    pub(crate) fn predicates(&mut self, predicates: Vec<Predicate>) -> Vec<Predicate> {
        let hoisted = |predicate: Predicate| match predicate.positional {
            true => Predicate { expr: self.hoist(predicate.expr), positional: true },
            false => Predicate { expr: self.condition(predicate.expr), positional: false },
        };
        predicates.into_iter().map(hoisted).collect()
    }

    /// A condition of a node: kept for each node, where it stands in several places.
    fn condition(&mut self, expr: Expr) -> Expr {
        let expr = self.hoist(expr);
        let needed = needs(&expr);
        if matches!(expr, Expr::Near(..)) || !needed.focus || needed.locals != 0 || !walks(&expr) {
            return expr;
        }
        let next = self.shared.len();
        let number = *self.near.entry(fingerprint(&expr)).or_insert(next);
        match self.shared.get_mut(number) {
            Some(shared) => *shared = true,
            None => self.shared.push(false),
        }
        Expr::Near(number, Box::new(expr))
    }

    /// A path from the root keeps the nodes of its longest beginning that needs no variable.
    fn path(&mut self, path: Path) -> Expr {
        let start = match path.start {
            Start::Expr(expr) => Start::Expr(self.boxed(expr)),
            other => other,
        };
        let steps: Vec<Step> = path.steps.into_iter().map(|step| self.step(step)).collect();
        if !matches!(start, Start::Root) || !steps.iter().any(|step| step_needs(step) != 0) {
            return self.keys.keyed(paths::path(start, steps));
        }
        let (before, after) = split(steps);
        if !before.iter().any(costly) {
            return paths::path(start, before.into_iter().chain(after).collect());
        }
        let known = self.memo(paths::path(Start::Root, before));
        paths::path(Start::Expr(Box::new(known)), after)
    }

    fn step(&mut self, step: Step) -> Step {
        let kind = match step.kind {
            StepKind::Nodes(expr) => StepKind::Nodes(self.boxed(expr)),
            axis => axis,
        };
        Step::new(kind, self.predicates(step.predicates))
    }
}

/// Whether a function looks at the nodes of a path without needing them all at hand: it can stop at the first.
fn looks_only(function: Function, arguments: &[Expr]) -> bool {
    let looks =
        matches!(function, Function::Exists | Function::Empty | Function::Not | Function::Boolean | Function::Count);
    looks && matches!(arguments, [Expr::Path(_)])
}

fn step_needs(step: &Step) -> u128 {
    let nodes = match &step.kind {
        StepKind::Axis(..) => 0,
        StepKind::Nodes(expr) => needs(expr).locals,
    };
    nodes | of_predicates(&step.predicates).locals
}

fn costly(step: &Step) -> bool {
    !step.predicates.is_empty() || matches!(step.kind, StepKind::Axis(Axis::Descendant | Axis::DescendantOrSelf, _))
}

/// Cuts before the first predicate that needs a variable.
fn split(steps: Vec<Step>) -> (Vec<Step>, Vec<Step>) {
    let cut = steps.iter().position(|step| step_needs(step) != 0).unwrap_or(steps.len());
    let mut before = steps;
    let mut after = before.split_off(cut);
    let Some(first) = after.first_mut() else { return (before, after) };
    let plain_axis = matches!(first.kind, StepKind::Axis(..)) && !paths::positional(&first.predicates);
    if plain_axis {
        let free = first.predicates.iter().position(|p| needs(&p.expr).locals != 0).unwrap_or(0);
        let bound = first.predicates.split_off(free);
        let own = StepKind::Axis(Axis::SelfNode, Test::Node);
        let rest = std::mem::replace(first, Step::new(own, bound));
        before.push(rest);
    }
    (before, after)
}

/// Whether there is anything to save.
fn walks(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) | Expr::Map(..) | Expr::User(..) | Expr::Filter(..) | Expr::Union(_) => true,
        Expr::Sequence(all) if all.len() > 1 && all.iter().all(|one| matches!(one, Expr::Literal(_))) => true,
        Expr::Sequence(all) | Expr::Or(all) | Expr::And(all) | Expr::Call(_, all) => all.iter().any(walks),
        Expr::General(_, a, b) | Expr::Value(_, a, b) | Expr::Arithmetic(_, a, b) => walks(a) || walks(b),
        Expr::AnyOf(inner, _) | Expr::Negate(inner) | Expr::Matching(_, inner, ..) | Expr::Cast(_, _, inner) => {
            walks(inner)
        }
        Expr::Kept(_, inner) => walks(inner),
        Expr::InList(_, _, inner) | Expr::OneWord(_, _, inner) | Expr::InCodes(_, inner) => walks(inner),
        Expr::If(a, b, c) => walks(a) || walks(b) || walks(c),
        Expr::For(_, a, b) | Expr::Quantified(_, _, a, b) => walks(a) || walks(b),
        _ => false,
    }
}
