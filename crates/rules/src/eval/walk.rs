//! Walking paths.

use std::ops::ControlFlow;

use super::index::Place;
use super::{Evaluator, Focus, Outcome, here};
use crate::error::Dynamic;
use crate::eval::value::Item;
use crate::xpath::expr::{Axis, Expr, Path, Predicate, Start, Step, StepKind, Test};
use crate::xpath::names::NameId;
use crate::xpath::paths::positional;
use crate::xpath::pattern::{Alternative, Link};

/// What a visitor says: go on, or enough.
type Flow = Outcome<ControlFlow<()>>;
type Visit<'v> = dyn FnMut(Place) -> Flow + 'v;

impl<'d> Evaluator<'d> {
    /// Shows a visitor the nodes of a path, as they come.
    pub(super) fn walk(&self, path: &'d Path, focus: Focus<'_, 'd>, visit: &mut Visit<'_>) -> Flow {
        let lacking = path.needed.iter().any(|&id| self.index.lacks(id))
            || path.needed_attributes.iter().any(|&id| self.index.lacks_attribute(id));
        if lacking {
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

    fn steps_from(&self, expr: &'d Expr, steps: &'d [Step], focus: Focus<'_, 'd>, visit: &mut Visit<'_>) -> Flow {
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

    fn steps(&self, steps: &'d [Step], place: Place, focus: Focus<'_, 'd>, visit: &mut Visit<'_>) -> Flow {
        let Some((step, rest)) = steps.split_first() else { return visit(place) };
        match &step.kind {
            StepKind::Axis(axis, test) if !positional(&step.predicates) => {
                let mut next = |found: Place| {
                    if self.keeps(&step.predicates, found, focus)? {
                        self.steps(rest, found, focus, visit)
                    } else {
                        Ok(ControlFlow::Continue(()))
                    }
                };
                self.axis(*axis, *test, place, &mut next)
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

    fn select_and_go_on(
        &self,
        found: Vec<Place>,
        step: &'d Step,
        rest: &'d [Step],
        focus: Focus<'_, 'd>,
        visit: &mut Visit<'_>,
    ) -> Flow {
        for place in self.select(found, &step.predicates, focus)? {
            if self.steps(rest, place, focus, visit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn keeps(&self, predicates: &'d [Predicate], place: Place, focus: Focus<'_, 'd>) -> Outcome<bool> {
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

/// Axes.
impl Evaluator<'_> {
    fn axis(&self, axis: Axis, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        match axis {
            Axis::Child => self.children(test, place, visit),
            Axis::Attribute => self.attributes(test, place, visit),
            Axis::SelfNode => self.own(test, place, visit),
            Axis::Parent => match self.index.parent(place) {
                Some(parent) => self.own(test, parent, visit),
                None => Ok(ControlFlow::Continue(())),
            },
            Axis::Descendant => self.descendants(test, place, visit),
            Axis::DescendantOrSelf => {
                if self.own(test, place, visit)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                self.descendants(test, place, visit)
            }
            Axis::Ancestor => self.ancestors(test, self.index.parent(place), visit),
            Axis::AncestorOrSelf => self.ancestors(test, Some(place), visit),
            Axis::Preceding => self.preceding(test, place, visit),
            Axis::Following => {
                let from = place.index().map_or(self.index.len(), |index| self.index.end(index));
                self.between(test, from, self.index.len(), visit)
            }
            Axis::PrecedingSibling | Axis::FollowingSibling => self.siblings(axis, test, place, visit),
        }
    }

    /// The nodes inside a place: their numbers begin and end there.
    fn inside(&self, place: Place) -> (u32, u32) {
        match place.index() {
            None => (0, self.index.len()),
            Some(_) if place.attribute != 0 => (0, 0),
            Some(index) => (index + 1, self.index.end(index)),
        }
    }

    fn children(&self, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        let (mut at, end) = self.inside(place);
        if let Test::Name(id) = test {
            return self.children_named(id, place, (at, end), visit);
        }
        while at < end {
            if self.index.passes(at, test) && visit(Place::of(at))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            at = self.index.end(at);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn children_named(&self, id: NameId, place: Place, (from, to): (u32, u32), visit: &mut Visit<'_>) -> Flow {
        if let Some(few) = self.index.few(id) {
            for &at in few {
                if place.attribute == 0 && self.index.is_child(at, place) && visit(Place::of(at))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        let mut at = from;
        while at < to {
            if self.index.id(at) == id && visit(Place::of(at))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            at = self.index.end(at);
        }
        Ok(ControlFlow::Continue(()))
    }

    fn descendants(&self, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        let (from, to) = self.inside(place);
        self.between(test, from, to, visit)
    }

    fn between(&self, test: Test, from: u32, to: u32, visit: &mut Visit<'_>) -> Flow {
        if let Test::Name(id) = test {
            for &at in self.index.named(id, from, to) {
                if visit(Place::of(at))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        for at in from..to {
            if self.index.passes(at, test) && visit(Place::of(at))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn attributes(&self, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        let Some(index) = place.index().filter(|&index| place.attribute == 0 && !self.index.is_text(index)) else {
            return Ok(ControlFlow::Continue(()));
        };
        for (number, attribute) in (1..).zip(self.index.element_at(index).attributes()) {
            let passes = self.index.attribute_passes(attribute.name_number(), test);
            if passes && visit(Place { node: place.node, attribute: number })?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn own(&self, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        let passes = match place.index() {
            None => test == Test::Node,
            // The principal kind of these axes is the element.
            Some(_) if place.attribute != 0 => test == Test::Node,
            Some(index) => self.index.passes(index, test),
        };
        if passes { visit(place) } else { Ok(ControlFlow::Continue(())) }
    }

    fn ancestors(&self, test: Test, from: Option<Place>, visit: &mut Visit<'_>) -> Flow {
        let mut next = from;
        while let Some(place) = next {
            if self.own(test, place, visit)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            next = self.index.parent(place);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Everything that ends before the place begins.
    fn preceding(&self, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        let Some(index) = place.index() else { return Ok(ControlFlow::Continue(())) };
        let mut before = |found: Place| {
            let around = found.index().is_some_and(|at| self.index.end(at) > index);
            if around { Ok(ControlFlow::Continue(())) } else { visit(found) }
        };
        self.between(test, 0, index, &mut before)
    }

    fn siblings(&self, axis: Axis, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
        let Some(parent) = self.index.parent(place).filter(|_| place.attribute == 0) else {
            return Ok(ControlFlow::Continue(()));
        };
        let mut found = Vec::new();
        let _ = self.children(test, parent, &mut |sibling| {
            let wanted = if axis == Axis::PrecedingSibling { sibling < place } else { sibling > place };
            if wanted {
                found.push(sibling);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if axis == Axis::PrecedingSibling {
            found.reverse();
        }
        for sibling in found {
            if visit(sibling)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// Contexts of rules.
impl<'d> Evaluator<'d> {
    /// Whether a node is what a context asks for. An error in a predicate means that it is not.
    pub(crate) fn matches(&self, alternative: &'d Alternative, place: Place, focus: Focus<'_, 'd>) -> bool {
        match alternative.links.split_last() {
            None => alternative.rooted && place == Place::DOCUMENT,
            Some((last, before)) => {
                self.link(last, place, focus) && self.reaches(alternative, before, last.loose, place, focus)
            }
        }
    }

    fn link(&self, link: &'d Link, place: Place, focus: Focus<'_, 'd>) -> bool {
        let Some(index) = place.index() else { return false };
        let passes = if link.attribute {
            let number = (place.attribute as usize).checked_sub(1);
            let attribute = number.and_then(|number| self.index.element_at(index).attributes().nth(number));
            attribute.is_some_and(|attribute| self.index.attribute_passes(attribute.name_number(), link.test))
        } else {
            place.attribute == 0 && self.index.passes(index, link.test)
        };
        passes && self.keeps(&link.predicates, place, focus).unwrap_or(false)
    }

    /// Whether what is around the node is what the links before ask for.
    fn reaches(
        &self,
        alternative: &Alternative,
        before: &'d [Link],
        loose: bool,
        place: Place,
        focus: Focus<'_, 'd>,
    ) -> bool {
        let Some((link, further)) = before.split_last() else {
            return !alternative.rooted || loose || self.index.parent(place) == Some(Place::DOCUMENT);
        };
        let mut next = self.index.parent(place);
        while let Some(around) = next {
            if self.link(link, around, focus) && self.reaches(alternative, further, link.loose, around, focus) {
                return true;
            }
            next = if loose { self.index.parent(around) } else { None };
        }
        false
    }
}
