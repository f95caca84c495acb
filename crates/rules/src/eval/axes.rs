//! Axes: where a step leads.

use std::ops::ControlFlow;

use super::Evaluator;
use super::index::Place;
use super::walk::{Flow, Visit};
use crate::xpath::expr::{Axis, Test};

impl Evaluator<'_> {
    pub(super) fn axis(&self, axis: Axis, test: Test, place: Place, visit: &mut Visit<'_>) -> Flow {
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
            for at in self.index.children_named(place, id) {
                if visit(Place::of(at))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        while at < end {
            self.effort.spend(1)?;
            if self.index.passes(at, test) && visit(Place::of(at))?.is_break() {
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
            let named = self.index.named(id, from, to);
            self.effort.spend(1 + named.len() as u64 / 4)?;
            for &at in named {
                if visit(Place::of(at))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        self.effort.spend(u64::from(to.saturating_sub(from)))?;
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
            self.effort.spend(1)?;
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
