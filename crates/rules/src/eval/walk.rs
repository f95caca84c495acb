//! Walking paths.

use std::ops::ControlFlow;

use super::index::Place;
use super::{Evaluator, Focus, Outcome, here};
use crate::error::Dynamic;
use crate::eval::value::Item;
use crate::xpath::expr::{Axis, Expr, Path, Predicate, Start, Step, StepKind, Test};
use crate::xpath::names::NameId;

/// What a visitor says: go on, or enough.
pub(super) type Flow = Outcome<ControlFlow<()>>;
pub(super) type Visit<'v> = dyn FnMut(Place) -> Flow + 'v;

impl<'d> Evaluator<'d> {
    /// Shows a visitor the nodes of a path, as they come.
    pub(super) fn walk<V>(&self, path: &'d Path, focus: Focus<'_, 'd>, visit: &mut V) -> Flow
    where
        V: FnMut(Place) -> Flow,
    {
        if self.leads_nowhere(path) {
            return Ok(ControlFlow::Continue(()));
        }
        match &path.start {
            Start::Context => self.steps(&path.steps, here(focus)?, focus, visit),
            Start::Root => self.steps(&path.steps, Place::DOCUMENT, focus, visit),
            Start::Expr(expr) => {
                if let Expr::Memo(..) | Expr::Local(_) | Expr::Global(_) = **expr {
                    return self.steps_from(expr, &path.steps, focus, visit);
                }
                for place in self.places(expr, focus)? {
                    if self.steps(&path.steps, place, focus, visit)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    fn steps_from<V>(&self, expr: &'d Expr, steps: &'d [Step], focus: Focus<'_, 'd>, visit: &mut V) -> Flow
    where
        V: FnMut(Place) -> Flow,
    {
        for item in self.items(expr, focus)?.slice() {
            let Item::Node(place) = item else {
                return Err(Dynamic::new("XPTY0019", "a step from a value that is not a node"));
            };
            if self.steps(steps, *place, focus, visit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The nodes of a path, each once and in document order.
    pub(super) fn path_places(&self, path: &'d Path, focus: Focus<'_, 'd>) -> Outcome<Vec<Place>> {
        let mut places = Vec::new();
        let _ = self.walk(path, focus, &mut |place| {
            places.push(place);
            Ok(ControlFlow::Continue(()))
        })?;
        if !path.ordered || !path.distinct {
            places.sort_unstable();
            places.dedup();
        }
        Ok(places)
    }

    fn steps<V>(&self, steps: &'d [Step], place: Place, focus: Focus<'_, 'd>, visit: &mut V) -> Flow
    where
        V: FnMut(Place) -> Flow,
    {
        let Some((step, rest)) = steps.split_first() else { return visit(place) };
        if let Some((id, rest)) = every_attribute(place, step, rest) {
            return self.attributes_anywhere(id, rest, focus, visit);
        }
        match &step.kind {
            StepKind::Axis(Axis::Child, Test::Name(id)) if !step.positional => {
                for at in self.index.children_named(place, *id) {
                    if self.go_on(step, rest, Place::of(at), focus, visit)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Ok(ControlFlow::Continue(()))
            }
            StepKind::Axis(Axis::Attribute, Test::Name(id)) if !step.positional => {
                match self.index.attribute_named(place, *id) {
                    Some(found) => self.go_on(step, rest, found, focus, visit),
                    None => Ok(ControlFlow::Continue(())),
                }
            }
            StepKind::Axis(Axis::Descendant, Test::Name(id)) if !step.positional && place == Place::DOCUMENT => {
                let named = self.index.all(*id);
                self.effort.spend(1 + named.len() as u64 / 4)?;
                for &at in named {
                    if self.go_on(step, rest, Place::of(at), focus, visit)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                Ok(ControlFlow::Continue(()))
            }
            StepKind::Axis(axis, test) if !step.positional => {
                self.axis(*axis, *test, place, &mut |found| self.go_on(step, rest, found, focus, visit))
            }
            StepKind::Axis(axis, test) => {
                let mut found = Vec::new();
                let _ = self.axis(*axis, *test, place, &mut |place| {
                    found.push(place);
                    Ok(ControlFlow::Continue(()))
                })?;
                self.select_and_go_on(found, step, rest, focus, visit)
            }
            StepKind::Nodes(expr) => {
                let found = self.places(expr, Focus { place: Some(place), ..focus })?;
                self.select_and_go_on(found, step, rest, focus, visit)
            }
        }
    }

    /// `//@name`: only elements that have attributes are looked at.
    fn attributes_anywhere<V>(&self, id: NameId, rest: &'d [Step], focus: Focus<'_, 'd>, visit: &mut V) -> Flow
    where
        V: FnMut(Place) -> Flow,
    {
        let with = self.index.with_attributes();
        self.effort.spend(with.len() as u64)?;
        for &at in with {
            if let Some(found) = self.index.attribute_named(Place::of(at), id)
                && self.steps(rest, found, focus, visit)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Goes on from a node that a step led to, if its predicates keep it.
    fn go_on<V>(&self, step: &'d Step, rest: &'d [Step], found: Place, focus: Focus<'_, 'd>, visit: &mut V) -> Flow
    where
        V: FnMut(Place) -> Flow,
    {
        self.effort.spend(1)?;
        if !step.predicates.is_empty() && !self.keeps(&step.predicates, found, focus)? {
            return Ok(ControlFlow::Continue(()));
        }
        if rest.is_empty() { visit(found) } else { self.steps(rest, found, focus, visit) }
    }

    fn select_and_go_on<V>(
        &self,
        found: Vec<Place>,
        step: &'d Step,
        rest: &'d [Step],
        focus: Focus<'_, 'd>,
        visit: &mut V,
    ) -> Flow
    where
        V: FnMut(Place) -> Flow,
    {
        for place in self.select(found, &step.predicates, focus)? {
            if self.steps(rest, place, focus, visit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    pub(super) fn keeps(&self, predicates: &'d [Predicate], place: Place, focus: Focus<'_, 'd>) -> Outcome<bool> {
        for predicate in predicates {
            if !self.truth(&predicate.expr, Focus { place: Some(place), ..focus })? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Keeps what passes every predicate, by position where the predicate is a number.
    pub(super) fn select(
        &self,
        mut places: Vec<Place>,
        predicates: &'d [Predicate],
        focus: Focus<'_, 'd>,
    ) -> Outcome<Vec<Place>> {
        for predicate in predicates {
            let mut kept = Vec::new();
            for (at, place) in places.into_iter().enumerate() {
                let focus = Focus { place: Some(place), ..focus };
                if self.selects(predicate, at + 1, focus)? {
                    kept.push(place);
                }
            }
            places = kept;
        }
        Ok(places)
    }

    fn selects(&self, predicate: &'d Predicate, position: usize, focus: Focus<'_, 'd>) -> Outcome<bool> {
        if !predicate.positional {
            return self.truth(&predicate.expr, focus);
        }
        let value = self.items(&predicate.expr, focus)?;
        match value.slice() {
            [Item::Decimal(wanted)] => Ok(*wanted == rust_decimal::Decimal::from(position)),
            #[allow(clippy::cast_precision_loss, reason = "no document has 2^52 nodes")]
            [Item::Double(wanted)] => Ok((*wanted - position as f64).abs() < f64::EPSILON),
            _ => value.truth(),
        }
    }
}

/// The name in `//@name`, and what comes after it.
fn every_attribute<'s>(place: Place, step: &Step, rest: &'s [Step]) -> Option<(NameId, &'s [Step])> {
    let anywhere = matches!(step.kind, StepKind::Axis(Axis::DescendantOrSelf, Test::Node));
    match rest.split_first() {
        Some((Step { kind: StepKind::Axis(Axis::Attribute, Test::Name(id)), predicates, .. }, rest))
            if anywhere && place == Place::DOCUMENT && step.predicates.is_empty() && predicates.is_empty() =>
        {
            Some((*id, rest))
        }
        _ => None,
    }
}
