//! Nodes and their values.

use std::borrow::Cow;
use std::ops::ControlFlow;

use facteur_xml::NodeId;
use rust_decimal::Decimal;

use super::index::Place;
use super::value::{Item, Items};
use super::{Evaluator, Focus, Outcome, here};
use crate::error::Dynamic;
use crate::xpath::expr::{Expr, Path, Predicate};
use crate::xpath::paths::gives_nodes;

impl<'d> Evaluator<'d> {
    /// The text of a node with all below it.
    pub(crate) fn string_value(&self, place: Place) -> Cow<'d, str> {
        let document = self.index.document;
        let Some(index) = place.index() else { return document.root().string_value() };
        if place.attribute != 0 {
            let number = place.attribute as usize - 1;
            let attribute = self.index.element_at(index).attributes().nth(number);
            return Cow::Borrowed(attribute.map_or("", |attribute| attribute.value()));
        }
        if self.index.is_text(index) {
            return Cow::Borrowed(document.text(NodeId(index)).unwrap_or(""));
        }
        match self.index.end(index) - index {
            1 => Cow::Borrowed(""),
            2 => match document.text(NodeId(index + 1)) {
                Some(text) => Cow::Borrowed(text),
                None => Cow::Borrowed(""),
            },
            _ => self.index.element_at(index).string_value(),
        }
    }

    /// The text of a node, paid for by what has to be gone through.
    pub(super) fn value_of(&self, place: Place) -> Outcome<Cow<'d, str>> {
        let inside = place.index().map_or(self.index.len(), |index| self.index.end(index) - index);
        let text = self.string_value(place);
        if let Cow::Owned(text) = &text {
            self.effort.spend_text(text.len())?;
        }
        self.effort.spend(u64::from(inside))?;
        Ok(text)
    }

    fn atom(&self, item: Item<'d>) -> Outcome<Item<'d>> {
        Ok(match item {
            Item::Node(place) => Item::Untyped(self.value_of(place)?),
            other => other,
        })
    }

    /// With nodes as their values.
    pub(super) fn atomized(&self, items: Items<'d>) -> Outcome<Items<'d>> {
        Ok(match items {
            Items::None => Items::None,
            Items::One(item) => Items::One(self.atom(item)?),
            Items::Many(items) if !items.iter().any(|item| matches!(item, Item::Node(_))) => Items::Many(items),
            Items::Many(items) => {
                let atoms: Outcome<Vec<Item<'d>>> = items.iter().map(|item| self.atom(item.clone())).collect();
                Items::Many(atoms?.into())
            }
        })
    }

    /// The values of an expression.
    pub(super) fn atoms(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        match expr {
            Expr::Path(path) if path.distinct && path.ordered => self.atoms_of(path, focus),
            _ => self.items(expr, focus).and_then(|items| self.atomized(items)),
        }
    }

    /// The values of the nodes of a path whose walk gives each once and in order.
    fn atoms_of(&self, path: &'d Path, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let mut first = None;
        let mut all = Vec::new();
        let mut take = |place| {
            let item = Item::Untyped(self.value_of(place)?);
            match first.take() {
                None if all.is_empty() => first = Some(item),
                None => all.push(item),
                Some(before) => all.extend([before, item]),
            }
            Ok(ControlFlow::Continue(()))
        };
        let _ = self.walk(path, focus, &mut take)?;
        Ok(match first {
            Some(item) => Items::One(item),
            None => all.into(),
        })
    }

    /// The one node that a path leads to, if it leads anywhere.
    pub(super) fn only(&self, path: &'d Path, focus: Focus<'_, 'd>) -> Outcome<Option<Place>> {
        let (mut found, mut several) = (None, false);
        let _ = self.walk(path, focus, &mut |place| {
            several = found.is_some();
            found = Some(place);
            Ok(if several { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        if several { Err(several_values()) } else { Ok(found) }
    }

    /// The one value of an expression, if it has any.
    pub(super) fn single(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Option<Item<'d>>> {
        if let Expr::Path(path) = expr
            && path.distinct
        {
            return self.only(path, focus)?.map(|place| self.value_of(place).map(Item::Untyped)).transpose();
        }
        match self.items(expr, focus)? {
            Items::None => Ok(None),
            Items::One(item) => self.atom(item).map(Some),
            Items::Many(_) => Err(several_values()),
        }
    }

    /// The nodes of an expression, each once and in document order.
    pub(super) fn places(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Vec<Place>> {
        match expr {
            Expr::Path(path) => self.path_places(path, focus),
            Expr::Union(parts) => {
                let mut places = Vec::new();
                for part in parts {
                    places.extend(self.places(part, focus)?);
                }
                places.sort_unstable();
                places.dedup();
                Ok(places)
            }
            Expr::Context => Ok(vec![here(focus)?]),
            other => {
                let items = self.items(other, focus)?;
                let node = |item: &Item<'d>| match item {
                    Item::Node(place) => Ok(*place),
                    _ => Err(Dynamic::new("XPTY0019", "a step from a value that is not a node")),
                };
                items.slice().iter().map(node).collect()
            }
        }
    }

    pub(super) fn filtered(
        &self,
        base: &'d Expr,
        predicates: &'d [Predicate],
        focus: Focus<'_, 'd>,
    ) -> Outcome<Items<'d>> {
        if gives_nodes(base) || !self.items(base, focus)?.slice().iter().any(|item| !matches!(item, Item::Node(_))) {
            let places = self.places(base, focus)?;
            let kept = self.select(places, predicates, focus)?;
            return Ok(kept.into_iter().map(Item::Node).collect::<Vec<_>>().into());
        }
        let mut items = self.items(base, focus)?;
        for predicate in predicates {
            let Expr::Number(position) = &predicate.expr else {
                return Err(Dynamic::new("XPDY0002", "a condition on values that are not nodes"));
            };
            let wanted = items.slice().iter().enumerate().find(|(at, _)| Decimal::from(at + 1) == *position);
            items = wanted.map_or(Items::None, |(_, item)| Items::One(item.clone()));
        }
        Ok(items)
    }
}

fn several_values() -> Dynamic {
    Dynamic::wrong_type("several values where one is wanted")
}
