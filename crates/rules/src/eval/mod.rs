//! The evaluation of expressions on one document.

use std::borrow::Cow;
use std::cell::RefCell;
use std::ops::ControlFlow;

use crate::error::Dynamic;
use crate::xpath::expr::{Expr, Function, Matching, Slot};
use crate::xpath::keys::Values;

mod axes;
mod compare;
mod contexts;
mod effort;
mod functions;
mod gathered;
pub(crate) mod index;
mod known;
mod nodes;
mod numbers;
mod texts;
pub(crate) mod value;
pub(crate) mod variables;
mod walk;

use effort::Effort;
use gathered::Gathered;
use index::{Index, Place};
use value::{Item, Items, string};
use variables::{Frame, Let, UserFunction};

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Focus<'f, 'd> {
    pub(crate) place: Option<Place>,
    pub(crate) frame: &'f Frame<'d>,
}

/// What expressions of a rule set share.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    pub(crate) functions: Vec<UserFunction>,
    pub(crate) globals: Vec<Let>,
    /// Slots of the frame of the global variables.
    pub(crate) slots: usize,
    /// How many expressions are kept for the whole document.
    pub(crate) memos: usize,
    /// Conditions kept for each node: whether they stand in several places, so that it is worth it.
    pub(crate) shared: Vec<bool>,
    /// The same for values kept for a node.
    pub(crate) repeated: Vec<bool>,
    /// What paths ask for by value.
    pub(crate) values: Vec<Values>,
}

/// Evaluates on one document.
pub(crate) struct Evaluator<'d> {
    pub(crate) index: Index<'d>,
    functions: &'d [UserFunction],
    globals: Frame<'d>,
    memos: RefCell<Vec<Option<Outcome<Items<'d>>>>>,
    shared: &'d [bool],
    /// For each condition two bits a node: not known yet, false, true.
    near: RefCell<Vec<Vec<u64>>>,
    repeated: &'d [bool],
    /// For each value kept for a node, the node and the value.
    kept: RefCell<Vec<Option<(Place, Items<'d>)>>>,
    values: &'d [Values],
    gathered: RefCell<Vec<Gathered>>,
    pub(super) effort: Effort,
}

type Outcome<T> = Result<T, Dynamic>;

impl<'d> Evaluator<'d> {
    pub(crate) fn new(index: Index<'d>, compiled: &'d Compiled) -> Self {
        let Compiled { functions, globals, slots, memos, shared, repeated, values } = compiled;
        Self {
            effort: Effort::new(index.len(), index.document.source().len()),
            index,
            functions,
            globals: Frame::new((*slots).max(globals.len()), globals, 0, Some(Place::DOCUMENT)),
            memos: RefCell::new(vec![None; *memos]),
            shared,
            near: RefCell::new(vec![Vec::new(); shared.len()]),
            repeated,
            kept: RefCell::new(vec![None; repeated.len()]),
            values,
            gathered: RefCell::new(vec![Gathered::Unknown; values.len()]),
        }
    }

    /// The effective boolean value of an expression.
    pub(crate) fn truth(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<bool> {
        self.effort.enter()?;
        match expr {
            Expr::Or(all) => self.decided(all, true, focus),
            Expr::And(all) => self.decided(all, false, focus),
            Expr::General(relation, left, right) => self.general(*relation, left, right, focus),
            Expr::Value(relation, left, right) => Ok(self.value(*relation, left, right, focus)?.unwrap_or(false)),
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
            Expr::Near(number, inner) => self.near(*number, inner, focus),
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
            Expr::OneWord(list, members, value) => {
                let text = self.text(value, focus)?;
                Ok(match text.as_ref() {
                    "" => list.contains("  "),
                    text => members.contains(text) && !text.contains(' '),
                })
            }
            Expr::InCodes(members, value) => {
                let values = self.atoms(value, focus)?;
                Ok(values.slice().iter().any(|value| members.contains(string(value).as_ref())))
            }
            Expr::Matching(Matching::Matches, subject, regex, _) => Ok(regex.0.is_match(&self.text(subject, focus)?)),
            _ => self.items(expr, focus)?.truth(),
        }
    }

    fn append(&self, items: &mut Vec<Item<'d>>, more: Items<'d>) -> Outcome<()> {
        let texts = more.slice().iter().map(|item| match item {
            Item::Untyped(Cow::Owned(text)) | Item::Text(Cow::Owned(text)) => text.len() as u64 / 16,
            _ => 1,
        });
        self.effort.spend(texts.sum())?;
        items.extend_from_slice(more.slice());
        Ok(())
    }

    /// Whether any part has the truth value that decides. An error in one part says nothing where another part decides:
    /// XPath leaves the order to the processor (§3.6), and Saxon begins with what costs it least.
    fn decided(&self, all: &'d [Expr], by: bool, focus: Focus<'_, 'd>) -> Outcome<bool> {
        let mut error = None;
        for part in all {
            match self.truth(part, focus) {
                Ok(value) if value == by => return Ok(by),
                Ok(_) => {}
                Err(limit) if limit.is_limit() => return Err(limit),
                Err(first) => error = error.or(Some(first)),
            }
        }
        error.map_or(Ok(!by), Err)
    }

    /// The value of an expression.
    pub(crate) fn items(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        self.effort.enter()?;
        match expr {
            Expr::Literal(text) => Ok(Items::text(Cow::Borrowed(text))),
            Expr::Number(value) => Ok(Items::One(Item::Decimal(*value))),
            Expr::Sequence(all) => {
                let mut items = Vec::with_capacity(all.len());
                for part in all {
                    self.append(&mut items, self.items(part, focus)?)?;
                }
                Ok(items.into())
            }
            Expr::Value(relation, left, right) => {
                Ok(self.value(*relation, left, right, focus)?.map_or(Items::None, Items::boolean))
            }
            Expr::Arithmetic(..) | Expr::Negate(_) => Ok(self.operand(expr, focus)?.map_or(Items::None, Items::from)),
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
                    self.append(&mut items, self.items(body, focus)?)?;
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
                    self.append(&mut items, self.items(body, focus)?)?;
                }
                Ok(items.into())
            }
            Expr::Call(function, arguments) => self.call(*function, arguments, focus),
            Expr::Matching(matching, subject, regex, text) => self.matching(*matching, subject, &regex.0, text, focus),
            Expr::User(number, arguments) => self.user(*number, arguments, focus),
            Expr::Cast(kind, optional, inner) => match self.single(inner, focus)? {
                Some(item) => Ok(Items::One(value::cast(&item, *kind)?)),
                None if *optional => Ok(Items::None),
                None => Err(Dynamic::wrong_type("nothing where a value is cast")),
            },
            Expr::Memo(number, inner) => self.memo(*number, inner, focus),
            Expr::Kept(number, inner) => self.kept(*number, inner, focus),
            _ => self.truth(expr, focus).map(Items::boolean),
        }
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
