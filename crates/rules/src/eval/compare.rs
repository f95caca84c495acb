//! Comparisons and arithmetic.

use std::ops::ControlFlow;

use rust_decimal::Decimal;

use super::value::{self, Item, Items, compare, widened};
use super::{Evaluator, Focus, Outcome, here};
use crate::error::Dynamic;
use crate::xpath::expr::{AtomicType, Expr, Operation, Relation};

impl<'d> Evaluator<'d> {
    pub(super) fn any_of(
        &self,
        values: &'d Expr,
        focus: Focus<'_, 'd>,
        accepts: impl Fn(&str) -> bool,
    ) -> Outcome<bool> {
        match values {
            Expr::Context => Ok(accepts(&self.value_of(here(focus)?)?)),
            Expr::Path(path) => {
                let mut look = |place| {
                    let found = accepts(&self.value_of(place)?);
                    Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
                };
                Ok(self.walk(path, focus, &mut look)?.is_break())
            }
            other => {
                for value in self.atoms(other, focus)?.slice() {
                    match value {
                        Item::Untyped(text) | Item::Text(text) if accepts(text) => return Ok(true),
                        Item::Untyped(_) | Item::Text(_) => {}
                        _ => return Err(Dynamic::wrong_type("values of types that cannot be compared")),
                    }
                }
                Ok(false)
            }
        }
    }

    pub(super) fn general(
        &self,
        relation: Relation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<bool> {
        let right = self.atoms(right, focus);
        if right.as_ref().is_ok_and(|right| right.slice().is_empty()) {
            return Ok(false);
        }
        let left = self.atoms(left, focus)?;
        // With nothing on one side, whatever stands on the other one is not asked.
        if left.slice().is_empty() && !right.as_ref().is_err_and(Dynamic::is_limit) {
            return Ok(false);
        }
        let right = right?;
        self.effort.spend(left.slice().len() as u64 * right.slice().len() as u64)?;
        for a in left.slice() {
            for b in right.slice() {
                if compare(a, b, relation, false)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    pub(super) fn value(
        &self,
        relation: Relation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<Items<'d>> {
        let Some(left) = self.single(left, focus)? else { return Ok(Items::None) };
        let Some(right) = self.single(right, focus)? else { return Ok(Items::None) };
        compare(&left, &right, relation, true).map(Items::boolean)
    }

    pub(super) fn operand(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Option<Item<'d>>> {
        match self.single(expr, focus)? {
            Some(item @ Item::Untyped(_)) => value::cast(&item, AtomicType::Double).map(Some),
            Some(item @ (Item::Decimal(_) | Item::Double(_))) => Ok(Some(item)),
            Some(_) => Err(Dynamic::wrong_type("arithmetic on something other than numbers")),
            None => Ok(None),
        }
    }

    pub(super) fn arithmetic(
        &self,
        operation: Operation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<Items<'d>> {
        let Some(left) = self.operand(left, focus)? else { return Ok(Items::None) };
        let Some(right) = self.operand(right, focus)? else { return Ok(Items::None) };
        let item = match (&left, &right) {
            (Item::Decimal(x), Item::Decimal(y)) => Item::Decimal(exact(operation, *x, *y)?),
            _ => Item::Double(inexact(operation, as_double(&left), as_double(&right))),
        };
        Ok(Items::One(item))
    }

    pub(super) fn negated(&self, inner: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        Ok(match self.operand(inner, focus)? {
            Some(Item::Decimal(value)) => Items::One(Item::Decimal(-value)),
            Some(Item::Double(value)) => Items::One(Item::Double(-value)),
            _ => Items::None,
        })
    }
}

pub(super) fn as_double(item: &Item<'_>) -> f64 {
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
