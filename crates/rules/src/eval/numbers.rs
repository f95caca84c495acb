//! Numbers: arithmetic and the functions that give one, without a value around it.

use std::ops::ControlFlow;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::texts::length;
use super::value::{self, Item, Items, cast, double, holds, widened};
use super::{Evaluator, Focus, Outcome};
use crate::error::Dynamic;
use crate::xpath::expr::{AtomicType, Expr, Function, Operation, Relation};

/// A number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    Decimal(Decimal),
    Double(f64),
}

impl Number {
    pub(super) fn double(self) -> f64 {
        match self {
            Self::Decimal(value) => widened(value),
            Self::Double(value) => value,
        }
    }

    fn of(item: &Item<'_>) -> Option<Self> {
        match item {
            Item::Decimal(value) => Some(Self::Decimal(*value)),
            Item::Double(value) => Some(Self::Double(*value)),
            _ => None,
        }
    }

    /// Compares two numbers.
    pub(super) fn holds(self, relation: Relation, other: Self) -> bool {
        let order = match (self, other) {
            (Self::Decimal(x), Self::Decimal(y)) => Some(x.cmp(&y)),
            _ => self.double().partial_cmp(&other.double()),
        };
        holds(order, relation)
    }
}

impl<'d> From<Number> for Items<'d> {
    fn from(number: Number) -> Self {
        Self::One(match number {
            Number::Decimal(value) => Item::Decimal(value),
            Number::Double(value) => Item::Double(value),
        })
    }
}

/// Whether an expression gives numbers, or nothing, or an error.
pub(super) fn gives_number(expr: &Expr) -> bool {
    match expr {
        Expr::Number(_) | Expr::Arithmetic(..) | Expr::Negate(_) => true,
        Expr::Cast(kind, ..) => matches!(kind, AtomicType::Decimal | AtomicType::Integer | AtomicType::Double),
        Expr::Memo(_, inner) | Expr::Kept(_, inner) => gives_number(inner),
        Expr::Call(function, _) => matches!(
            function,
            Function::Abs
                | Function::Round
                | Function::Floor
                | Function::Ceiling
                | Function::Sum
                | Function::Count
                | Function::StringLength
                | Function::Number
        ),
        _ => false,
    }
}

impl<'d> Evaluator<'d> {
    /// The number that an expression gives as an operand, if it gives anything.
    pub(super) fn operand(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Option<Number>> {
        self.effort.spend(1)?;
        match expr {
            Expr::Number(value) => Ok(Some(Number::Decimal(*value))),
            Expr::Arithmetic(operation, left, right) => self.calculated(*operation, left, right, focus),
            Expr::Negate(inner) => Ok(self.operand(inner, focus)?.map(|number| match number {
                Number::Decimal(value) => Number::Decimal(-value),
                Number::Double(value) => Number::Double(-value),
            })),
            Expr::Call(Function::Count, arguments) => {
                Ok(Some(Number::Decimal(self.count(&arguments[0], focus)?.into())))
            }
            Expr::Call(Function::StringLength, arguments) => {
                Ok(Some(Number::Decimal(length(&self.text(&arguments[0], focus)?).into())))
            }
            Expr::Call(Function::Sum, arguments) => self.sum(&arguments[0], focus).map(Some),
            Expr::Call(Function::Number, arguments) => Ok(Some(Number::Double(self.number(&arguments[0], focus)?))),
            Expr::Call(
                function @ (Function::Abs | Function::Round | Function::Floor | Function::Ceiling),
                arguments,
            ) => Ok(self.operand(&arguments[0], focus)?.map(|number| rounded(*function, number))),
            _ => match self.single(expr, focus)? {
                Some(item @ Item::Untyped(_)) => Ok(Number::of(&value::cast(&item, AtomicType::Double)?)),
                Some(item) => match Number::of(&item) {
                    Some(number) => Ok(Some(number)),
                    None => Err(Dynamic::wrong_type("arithmetic on something other than numbers")),
                },
                None => Ok(None),
            },
        }
    }

    fn calculated(
        &self,
        operation: Operation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<Option<Number>> {
        let Some(left) = self.operand(left, focus)? else { return Ok(None) };
        let Some(right) = self.operand(right, focus)? else { return Ok(None) };
        Ok(Some(match (left, right) {
            (Number::Decimal(x), Number::Decimal(y)) => Number::Decimal(exact(operation, x, y)?),
            _ => Number::Double(inexact(operation, left.double(), right.double())),
        }))
    }

    pub(super) fn count(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<u64> {
        if let Expr::Path(path) = expr
            && path.distinct
        {
            let mut count = 0;
            let _ = self.walk(path, focus, &mut |_| {
                count += 1;
                Ok(ControlFlow::Continue(()))
            })?;
            return Ok(count);
        }
        Ok(self.items(expr, focus)?.slice().len() as u64)
    }

    pub(super) fn number(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<f64> {
        Ok(match self.single(expr, focus)? {
            None => f64::NAN,
            Some(Item::Untyped(text) | Item::Text(text)) => double(&text).unwrap_or(f64::NAN),
            Some(item) => {
                let number = cast(&item, AtomicType::Double).ok().as_ref().and_then(Number::of);
                number.map_or(f64::NAN, Number::double)
            }
        })
    }

    pub(super) fn sum(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Number> {
        let values = self.atoms(expr, focus)?;
        let mut total = None;
        for value in values.slice() {
            let number = match value {
                Item::Untyped(_) => Number::of(&cast(value, AtomicType::Double)?),
                other => Number::of(other),
            };
            let number = number.ok_or_else(|| Dynamic::new("FORG0006", "a sum of something other than numbers"))?;
            total = Some(match (total, number) {
                (None, first) => first,
                (Some(Number::Decimal(x)), Number::Decimal(y)) => Number::Decimal(
                    x.checked_add(y).ok_or_else(|| Dynamic::new("FOAR0002", "a sum too large to calculate with"))?,
                ),
                (Some(x), y) => Number::Double(x.double() + y.double()),
            });
        }
        Ok(total.unwrap_or(Number::Decimal(Decimal::ZERO)))
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
        Operation::Divide => shifted(x, y).or_else(|| x.checked_div(y)),
        Operation::Mod => x.checked_rem(y),
    };
    value.ok_or_else(|| Dynamic::new("FOAR0002", "a number too large to calculate with"))
}

/// A small number by a hundred, which is how rules round to cents: the point moves.
fn shifted(x: Decimal, y: Decimal) -> Option<Decimal> {
    const SCALE_MAX: u32 = 12;
    let hundred = y.scale() == 0 && y.mantissa() == 100;
    let mut mantissa = i64::try_from(x.mantissa()).ok().filter(|_| hundred && x.scale() <= SCALE_MAX)?;
    let mut scale = x.scale() + 2;
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    Some(Decimal::new(mantissa, scale))
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

/// `round` goes to the nearest whole number, and up from the middle.
pub(super) fn rounded(function: Function, number: Number) -> Number {
    match (function, number) {
        (Function::Abs, Number::Decimal(value)) => Number::Decimal(value.abs()),
        (Function::Round, Number::Decimal(value)) => Number::Decimal(half_up(value)),
        (Function::Floor, Number::Decimal(value)) => Number::Decimal(value.floor()),
        (Function::Ceiling, Number::Decimal(value)) => Number::Decimal(value.ceil()),
        (Function::Abs, Number::Double(value)) => Number::Double(value.abs()),
        (Function::Round, Number::Double(value)) => Number::Double((value + 0.5).floor()),
        (Function::Floor, Number::Double(value)) => Number::Double(value.floor()),
        (_, Number::Double(value)) => Number::Double(value.ceil()),
        (_, other) => other,
    }
}

fn half_up(value: Decimal) -> Decimal {
    if value.scale() == 0 {
        return value;
    }
    if let Some(mantissa) = value.mantissa().to_i64()
        && let Some(unit) = 10_i64.checked_pow(value.scale())
    {
        let up = mantissa.rem_euclid(unit) >= unit / 2;
        return Decimal::from(mantissa.div_euclid(unit) + i64::from(up));
    }
    let floor = value.floor();
    if widened(value - floor) >= 0.5 { floor + Decimal::ONE } else { floor }
}
