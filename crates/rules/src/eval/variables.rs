//! Variables, functions of the artefact's own, and what is kept of what was computed.

use std::cell::RefCell;

use super::index::Place;
use super::value::{self, Item, Items, widened};
use super::{Evaluator, Focus, Outcome};
use crate::error::Dynamic;
use crate::xpath::expr::{AtomicType, Expr, Slot};

/// A user's function, compiled.
#[derive(Debug)]
pub(crate) struct UserFunction {
    pub(crate) parameters: Vec<Kind>,
    /// Computed when first needed; they follow the parameters.
    pub(crate) lets: Vec<Let>,
    pub(crate) slots: usize,
    pub(crate) body: Expr,
    pub(crate) result: Kind,
}

/// A variable with the type that it is declared to have.
#[derive(Debug)]
pub(crate) struct Let {
    pub(crate) expr: Expr,
    pub(crate) kind: Kind,
}

/// A declared type: what, and how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) item: ItemKind,
    pub(crate) empty: bool,
    pub(crate) many: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Anything,
    Node,
    Atomic(AtomicType),
}

impl Kind {
    pub(crate) const ANYTHING: Self = Self { item: ItemKind::Anything, empty: true, many: true };
}

/// Variables of a rule or of a call.
pub(crate) struct Frame<'d> {
    slots: RefCell<Vec<Binding<'d>>>,
    /// What is computed when first needed, from `first` on, with `place` as context.
    lets: &'d [Let],
    first: usize,
    place: Option<Place>,
}

#[derive(Clone)]
enum Binding<'d> {
    Unset,
    Busy,
    Known(Result<Items<'d>, Dynamic>),
}

impl<'d> Frame<'d> {
    pub(crate) fn new(slots: usize, lets: &'d [Let], first: usize, place: Option<Place>) -> Self {
        Self { slots: RefCell::new(vec![Binding::Unset; slots]), lets, first, place }
    }

    pub(super) fn set(&self, slot: Slot, value: Items<'d>) {
        if let Some(binding) = self.slots.borrow_mut().get_mut(slot) {
            *binding = Binding::Known(Ok(value));
        }
    }
}

impl<'d> Evaluator<'d> {
    pub(super) fn memo(&self, number: usize, inner: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        if let Some(Some(known)) = self.memos.borrow().get(number) {
            return known.clone();
        }
        let value = self.items(inner, focus);
        if let Some(memo) = self.memos.borrow_mut().get_mut(number) {
            *memo = Some(value.clone());
        }
        value
    }

    /// A condition that depends on the node alone, kept for each node.
    pub(super) fn near(&self, number: usize, inner: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<bool> {
        let index = focus.place.filter(|place| place.attribute == 0).and_then(Place::index);
        let Some(index) = index.filter(|_| self.shared[number]) else { return self.truth(inner, focus) };
        let (word, shift) = (index as usize / 32, index % 32 * 2);
        match self.near.borrow()[number].get(word).map_or(0, |bits| bits >> shift & 3) {
            0 => {}
            known => return Ok(known == 2),
        }
        let truth = self.truth(inner, focus)?;
        let mut all = self.near.borrow_mut();
        let words = &mut all[number];
        if words.is_empty() {
            self.effort.spend(u64::from(self.index.len()) / 32)?;
            words.resize(self.index.len() as usize / 32 + 1, 0);
        }
        words[word] |= (1 + u64::from(truth)) << shift;
        Ok(truth)
    }

    /// A value that depends on the node alone, kept while the node is the same.
    pub(super) fn kept(&self, number: usize, inner: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let Some(place) = focus.place.filter(|_| self.repeated[number]) else { return self.items(inner, focus) };
        if let Some((known, value)) = &self.kept.borrow()[number]
            && *known == place
        {
            return Ok(value.clone());
        }
        let value = self.items(inner, focus)?;
        self.kept.borrow_mut()[number] = Some((place, value.clone()));
        Ok(value)
    }

    pub(super) fn variable(&self, frame: &Frame<'d>, slot: Slot) -> Outcome<Items<'d>> {
        let found = frame.slots.borrow().get(slot).cloned();
        match found {
            Some(Binding::Known(value)) => return value,
            Some(Binding::Unset) => {}
            Some(Binding::Busy) | None => return Err(Dynamic::new("XTDE0640", "a variable that refers to itself")),
        }
        let Some(declared) = slot.checked_sub(frame.first).and_then(|number| frame.lets.get(number)) else {
            return Err(Dynamic::new("XPST0008", "a variable without value"));
        };
        let put = |binding| frame.slots.borrow_mut()[slot] = binding;
        put(Binding::Busy);
        let value = self.items(&declared.expr, Focus { place: frame.place, frame });
        let value = value.and_then(|value| self.converted(value, declared.kind));
        put(Binding::Known(value.clone()));
        value
    }

    pub(super) fn user(&self, number: usize, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let function = &self.functions[number];
        let frame = Frame::new(function.slots, &function.lets, function.parameters.len(), None);
        for (slot, (argument, kind)) in arguments.iter().zip(&function.parameters).enumerate() {
            frame.set(slot, self.converted(self.items(argument, focus)?, *kind)?);
        }
        self.effort.spend(function.slots as u64)?;
        let value = self.items(&function.body, Focus { place: None, frame: &frame });
        self.converted(value?, function.result)
    }

    /// The function conversion rules.
    fn converted(&self, value: Items<'d>, kind: Kind) -> Outcome<Items<'d>> {
        if kind.item == ItemKind::Anything && kind.empty && kind.many {
            return Ok(value);
        }
        let ItemKind::Atomic(atomic) = kind.item else {
            let nodes = value.slice().iter().all(|item| matches!(item, Item::Node(_)));
            let wrong = kind.item == ItemKind::Node && !nodes;
            return if wrong {
                Err(Dynamic::wrong_type("a value where an element is wanted"))
            } else {
                counted(value, kind)
            };
        };
        let items = match self.atomized(value)? {
            Items::None => Items::None,
            Items::One(item) => Items::One(promoted(item, atomic)?),
            Items::Many(items) => {
                let all: Outcome<Vec<Item<'d>>> = items.iter().map(|item| promoted(item.clone(), atomic)).collect();
                all?.into()
            }
        };
        counted(items, kind)
    }
}

/// A value as the type that is declared, where it may become that without being asked to.
fn promoted(item: Item<'_>, kind: AtomicType) -> Outcome<Item<'_>> {
    Ok(match (&item, kind) {
        (Item::Untyped(_), AtomicType::String) => match item {
            Item::Untyped(text) => Item::Text(text),
            other => other,
        },
        (Item::Untyped(_), kind) => value::cast(&item, kind)?,
        (Item::Text(_), AtomicType::String)
        | (Item::Boolean(_), AtomicType::Boolean)
        | (Item::Date(..), AtomicType::Date)
        | (Item::Decimal(_), AtomicType::Decimal | AtomicType::Integer)
        | (Item::Double(_), AtomicType::Double) => item,
        (Item::Decimal(value), AtomicType::Double) => Item::Double(widened(*value)),
        _ => return Err(Dynamic::wrong_type("a value of another type than the function takes")),
    })
}

fn counted<'d>(value: Items<'d>, kind: Kind) -> Outcome<Items<'d>> {
    match value.slice().len() {
        0 if !kind.empty => Err(Dynamic::wrong_type("nothing where a value is wanted")),
        count if count > 1 && !kind.many => Err(Dynamic::wrong_type("several values where one is wanted")),
        _ => Ok(value),
    }
}
