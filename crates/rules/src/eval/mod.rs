//! The evaluation of expressions on one document.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use rust_decimal::Decimal;

use crate::error::Dynamic;
use crate::xpath::expr::{AtomicType, Expr, Function, Matching, Operation, Relation, Slot};
use crate::xpath::paths::gives_nodes;

pub(crate) mod functions;
pub(crate) mod index;
pub(crate) mod value;
mod walk;

use index::{Index, Place};
use value::{Item, Items, compare, string, widened};

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

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Focus<'f, 'd> {
    pub(crate) place: Option<Place>,
    pub(crate) frame: &'f Frame<'d>,
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

    fn set(&self, slot: Slot, value: Items<'d>) {
        if let Some(binding) = self.slots.borrow_mut().get_mut(slot) {
            *binding = Binding::Known(Ok(value));
        }
    }
}

/// Evaluates on one document.
pub(crate) struct Evaluator<'d> {
    pub(crate) index: Index<'d>,
    functions: &'d [UserFunction],
    globals: Frame<'d>,
    memos: RefCell<Vec<Option<Result<Items<'d>, Dynamic>>>>,
    depth: Cell<u32>,
}

type Outcome<T> = Result<T, Dynamic>;

impl<'d> Evaluator<'d> {
    pub(crate) fn new(
        index: Index<'d>,
        functions: &'d [UserFunction],
        globals: &'d [Let],
        memos: usize,
        slots: usize,
    ) -> Self {
        let globals = Frame::new(slots.max(globals.len()), globals, 0, Some(Place::DOCUMENT));
        Self { index, functions, globals, memos: RefCell::new(vec![None; memos]), depth: Cell::new(0) }
    }

    /// The effective boolean value of an expression.
    pub(crate) fn truth(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<bool> {
        match expr {
            Expr::Or(all) => self.any(all, focus),
            Expr::And(all) => {
                for part in all {
                    if !self.truth(part, focus)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Expr::General(relation, left, right) => self.general(*relation, left, right, focus),
            Expr::AnyOf(values, set) => self.any_of(values, focus, |text| set.contains(text)),
            Expr::If(condition, yes, no) => {
                if self.truth(condition, focus)? {
                    self.truth(yes, focus)
                } else {
                    self.truth(no, focus)
                }
            }
            Expr::Quantified(every, slot, values, body) => self.quantified(*every, *slot, values, body, focus),
            Expr::Path(path) => Ok(self.walk(path, focus, &mut |_| Ok(ControlFlow::Break(())))?.is_break()),
            Expr::Call(Function::Not | Function::Empty, arguments) if is_condition(expr, arguments) => {
                Ok(!self.truth(&arguments[0], focus)?)
            }
            Expr::Call(Function::Exists | Function::Boolean, arguments) if is_condition(expr, arguments) => {
                self.truth(&arguments[0], focus)
            }
            Expr::Call(Function::EndsWith, arguments) => match self.name_ends(arguments, focus) {
                Some(known) => Ok(known),
                None => self.items(expr, focus)?.truth(),
            },
            Expr::Call(Function::True, _) => Ok(true),
            Expr::Call(Function::False, _) => Ok(false),
            Expr::InList(list, members, value) => {
                let text = self.text(value, focus)?;
                Ok(if text.is_empty() || text.contains(' ') {
                    list.contains(&format!(" {text} "))
                } else {
                    members.contains(text.as_ref())
                })
            }
            Expr::InCodes(members, value) => {
                let values = self.atoms(value, focus)?;
                Ok(values.slice().iter().any(|value| members.contains(string(value).as_ref())))
            }
            Expr::Matching(Matching::Matches, subject, regex, _) => Ok(regex.is_match(&self.text(subject, focus)?)),
            _ => self.items(expr, focus)?.truth(),
        }
    }

    fn any(&self, all: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<bool> {
        for part in all {
            if self.truth(part, focus)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The value of an expression.
    pub(crate) fn items(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        match expr {
            Expr::Literal(text) => Ok(Items::text(Cow::Borrowed(text))),
            Expr::Number(value) => Ok(Items::One(Item::Decimal(*value))),
            Expr::Sequence(all) => {
                let mut items = Vec::with_capacity(all.len());
                for part in all {
                    items.extend_from_slice(self.items(part, focus)?.slice());
                }
                Ok(items.into())
            }
            Expr::Value(relation, left, right) => self.value(*relation, left, right, focus),
            Expr::Arithmetic(operation, left, right) => self.arithmetic(*operation, left, right, focus),
            Expr::Negate(inner) => self.negated(inner, focus),
            Expr::Union(_) | Expr::Path(_) => {
                let places = self.places(expr, focus)?;
                Ok(places.into_iter().map(Item::Node).collect::<Vec<_>>().into())
            }
            Expr::If(condition, yes, no) => {
                if self.truth(condition, focus)? {
                    self.items(yes, focus)
                } else {
                    self.items(no, focus)
                }
            }
            Expr::For(slot, values, body) => {
                let mut items = Vec::new();
                for value in self.items(values, focus)?.slice() {
                    focus.frame.set(*slot, Items::One(value.clone()));
                    items.extend_from_slice(self.items(body, focus)?.slice());
                }
                Ok(items.into())
            }
            Expr::Local(slot) => self.variable(focus.frame, *slot),
            Expr::Global(number) => self.variable(&self.globals, *number),
            Expr::Context => Ok(Items::One(Item::Node(here(focus)?))),
            Expr::Filter(base, predicates) => self.filtered(base, predicates, focus),
            Expr::Map(path, body) => {
                let mut items = Vec::new();
                for place in self.path_places(path, focus)? {
                    let focus = Focus { place: Some(place), ..focus };
                    items.extend_from_slice(self.items(body, focus)?.slice());
                }
                Ok(items.into())
            }
            Expr::Call(function, arguments) => self.call(*function, arguments, focus),
            Expr::Matching(matching, subject, regex, text) => self.matching(*matching, subject, regex, text, focus),
            Expr::User(number, arguments) => self.user(*number, arguments, focus),
            Expr::Cast(kind, optional, inner) => match self.single(inner, focus)? {
                Some(item) => Ok(Items::One(value::cast(&item, *kind)?)),
                None if *optional => Ok(Items::None),
                None => Err(Dynamic::wrong_type("nothing where a value is cast")),
            },
            Expr::Memo(number, inner) => self.memo(*number, inner, focus),
            _ => self.truth(expr, focus).map(Items::boolean),
        }
    }

    fn memo(&self, number: usize, inner: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        if let Some(Some(known)) = self.memos.borrow().get(number) {
            return known.clone();
        }
        let value = self.items(inner, focus);
        if let Some(memo) = self.memos.borrow_mut().get_mut(number) {
            *memo = Some(value.clone());
        }
        value
    }

    fn variable(&self, frame: &Frame<'d>, slot: Slot) -> Outcome<Items<'d>> {
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

    fn user(&self, number: usize, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        const DEEPEST: u32 = 64;
        let function = &self.functions[number];
        let frame = Frame::new(function.slots, &function.lets, function.parameters.len(), None);
        for (slot, (argument, kind)) in arguments.iter().zip(&function.parameters).enumerate() {
            frame.set(slot, self.converted(self.items(argument, focus)?, *kind)?);
        }
        if self.depth.get() >= DEEPEST {
            return Err(Dynamic::new("SXLM0001", "functions call each other too deep"));
        }
        self.depth.set(self.depth.get() + 1);
        let value = self.items(&function.body, Focus { place: None, frame: &frame });
        self.depth.set(self.depth.get() - 1);
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
        let mut items = Vec::with_capacity(1);
        for item in self.atomized(&value).slice() {
            items.push(match (item, atomic) {
                (Item::Untyped(_), atomic) => value::cast(item, atomic)?,
                (Item::Text(_), AtomicType::String)
                | (Item::Boolean(_), AtomicType::Boolean)
                | (Item::Date(..), AtomicType::Date)
                | (Item::Decimal(_), AtomicType::Decimal | AtomicType::Integer)
                | (Item::Double(_), AtomicType::Double) => item.clone(),
                (Item::Decimal(value), AtomicType::Double) => Item::Double(widened(*value)),
                _ => return Err(Dynamic::wrong_type("a value of another type than the function takes")),
            });
        }
        counted(items.into(), kind)
    }

    fn quantified(
        &self,
        every: bool,
        slot: Slot,
        values: &'d Expr,
        body: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<bool> {
        for value in self.items(values, focus)?.slice() {
            focus.frame.set(slot, Items::One(value.clone()));
            if self.truth(body, focus)? != every {
                return Ok(!every);
            }
        }
        Ok(every)
    }
}

/// Comparisons and arithmetic.
impl<'d> Evaluator<'d> {
    fn any_of(&self, values: &'d Expr, focus: Focus<'_, 'd>, accepts: impl Fn(&str) -> bool) -> Outcome<bool> {
        match values {
            Expr::Context => Ok(accepts(&self.string_value(here(focus)?))),
            Expr::Path(path) => {
                let mut look = |place| {
                    let found = accepts(&self.string_value(place));
                    Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                };
                Ok(self.walk(path, focus, &mut look)?.is_break())
            }
            other => {
                let values = self.atoms(other, focus)?;
                Ok(values.slice().iter().any(|value| accepts(&string(value))))
            }
        }
    }

    fn general(&self, relation: Relation, left: &'d Expr, right: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<bool> {
        let right = self.atoms(right, focus)?;
        if right.slice().is_empty() {
            return Ok(false);
        }
        let left = self.atoms(left, focus)?;
        for a in left.slice() {
            for b in right.slice() {
                if compare(a, b, relation, false)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn value(&self, relation: Relation, left: &'d Expr, right: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let (Some(left), Some(right)) = (self.single(left, focus)?, self.single(right, focus)?) else {
            return Ok(Items::None);
        };
        compare(&left, &right, relation, true).map(Items::boolean)
    }

    /// The one value of an expression, if it has any.
    fn single(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Option<Item<'d>>> {
        let items = self.atoms(expr, focus)?;
        match items {
            Items::None => Ok(None),
            Items::One(item) => Ok(Some(item)),
            Items::Many(_) => Err(Dynamic::wrong_type("several values where one is wanted")),
        }
    }

    fn operand(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Option<Item<'d>>> {
        match self.single(expr, focus)? {
            Some(item @ Item::Untyped(_)) => value::cast(&item, AtomicType::Double).map(Some),
            Some(item @ (Item::Decimal(_) | Item::Double(_))) => Ok(Some(item)),
            Some(_) => Err(Dynamic::wrong_type("arithmetic on something other than numbers")),
            None => Ok(None),
        }
    }

    fn arithmetic(
        &self,
        operation: Operation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<Items<'d>> {
        let (Some(left), Some(right)) = (self.operand(left, focus)?, self.operand(right, focus)?) else {
            return Ok(Items::None);
        };
        let item = match (&left, &right) {
            (Item::Decimal(x), Item::Decimal(y)) => Item::Decimal(exact(operation, *x, *y)?),
            _ => Item::Double(inexact(operation, as_double(&left), as_double(&right))),
        };
        Ok(Items::One(item))
    }

    fn negated(&self, inner: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        Ok(match self.operand(inner, focus)? {
            Some(Item::Decimal(value)) => Items::One(Item::Decimal(-value)),
            Some(Item::Double(value)) => Items::One(Item::Double(-value)),
            _ => Items::None,
        })
    }
}

/// Nodes and their values.
impl<'d> Evaluator<'d> {
    /// The text of a node with all below it.
    pub(crate) fn string_value(&self, place: Place) -> Cow<'d, str> {
        let Some(index) = place.index() else { return self.index.document.root().string_value() };
        if place.attribute != 0 {
            let number = place.attribute as usize - 1;
            let attribute = self.index.element_at(index).attributes().nth(number);
            return Cow::Borrowed(attribute.map_or("", |attribute| attribute.value()));
        }
        if self.index.is_text(index) {
            return Cow::Borrowed(self.index.document.text(facteur_xml::NodeId(index)).unwrap_or(""));
        }
        self.index.element_at(index).string_value()
    }

    /// With nodes as their values.
    fn atomized(&self, items: &Items<'d>) -> Items<'d> {
        let atom = |item: &Item<'d>| match item {
            Item::Node(place) => Item::Untyped(self.string_value(*place)),
            other => other.clone(),
        };
        match items {
            Items::None => Items::None,
            Items::One(item) => Items::One(atom(item)),
            Items::Many(items) => Items::Many(items.iter().map(atom).collect()),
        }
    }

    /// The values of an expression.
    fn atoms(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        if let Expr::Path(path) = expr
            && path.distinct
            && path.ordered
        {
            let mut first = None;
            let mut rest = Vec::new();
            let mut take = |place| {
                let item = Item::Untyped(self.string_value(place));
                if first.is_none() {
                    first = Some(item)
                } else {
                    rest.push(item)
                }
                Ok(ControlFlow::Continue(()))
            };
            let _ = self.walk(path, focus, &mut take)?;
            return Ok(match (first, rest.is_empty()) {
                (None, _) => Items::None,
                (Some(item), true) => Items::One(item),
                (Some(item), false) => Items::Many(std::iter::once(item).chain(rest).collect()),
            });
        }
        match self.items(expr, focus)? {
            items if items.slice().iter().any(|item| matches!(item, Item::Node(_))) => Ok(self.atomized(&items)),
            items => Ok(items),
        }
    }

    /// The nodes of an expression, each once and in document order.
    fn places(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Vec<Place>> {
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

    fn filtered(
        &self,
        base: &'d Expr,
        predicates: &'d [crate::xpath::expr::Predicate],
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

fn counted<'d>(value: Items<'d>, kind: Kind) -> Outcome<Items<'d>> {
    match value.slice().len() {
        0 if !kind.empty => Err(Dynamic::wrong_type("nothing where a value is wanted")),
        count if count > 1 && !kind.many => Err(Dynamic::wrong_type("several values where one is wanted")),
        _ => Ok(value),
    }
}

/// Whether the truth of its argument is all that the function needs: a condition for `not`, nodes for `exists`.
fn is_condition(call: &Expr, arguments: &[Expr]) -> bool {
    let Some(argument) = arguments.first() else { return false };
    match call {
        Expr::Call(Function::Not | Function::Boolean, _) => true,
        _ => matches!(argument, Expr::Path(_)),
    }
}

fn here(focus: Focus<'_, '_>) -> Outcome<Place> {
    focus.place.ok_or_else(|| Dynamic::new("XPDY0002", "there is no context item"))
}

fn as_double(item: &Item<'_>) -> f64 {
    match item {
        Item::Decimal(value) => widened(*value),
        Item::Double(value) => *value,
        _ => f64::NAN,
    }
}

fn exact(operation: Operation, x: Decimal, y: Decimal) -> Outcome<Decimal> {
    let zero = matches!(operation, Operation::Divide | Operation::Mod) && y.is_zero();
    if zero {
        return Err(Dynamic::new("FOAR0001", "division by zero"));
    }
    let value = match operation {
        Operation::Add => x.checked_add(y),
        Operation::Subtract => x.checked_sub(y),
        Operation::Multiply => x.checked_mul(y),
        Operation::Divide => x.checked_div(y),
        Operation::Mod => x.checked_rem(y),
    };
    value.ok_or_else(|| Dynamic::new("FOAR0002", "a number too large to calculate with"))
}

fn inexact(operation: Operation, x: f64, y: f64) -> f64 {
    match operation {
        Operation::Add => x + y,
        Operation::Subtract => x - y,
        Operation::Multiply => x * y,
        Operation::Divide => x / y,
        Operation::Mod => x % y,
    }
}
