//! Comparisons.

use std::ops::ControlFlow;

use super::numbers::gives_number;
use super::texts::gives_text;
use super::value::{Item, compare, holds};
use super::{Evaluator, Focus, Outcome, here};
use crate::error::Dynamic;
use crate::xpath::expr::{Expr, Function, Path, Relation};

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
            Expr::Call(function, arguments) if gives_text(*function) => {
                Ok(accepts(&self.text_call(*function, arguments, focus)?))
            }
            Expr::Map(path, body) if path.distinct => match &**body {
                Expr::Call(function, arguments) if gives_text(*function) => {
                    self.any_mapped(path, *function, arguments, focus, accepts)
                }
                _ => self.any_value(values, focus, accepts),
            },
            _ => self.any_value(values, focus, accepts),
        }
    }

    /// `path/normalize-space(x) = …`. Every value is computed before one is looked at, as any of them may be in error.
    fn any_mapped(
        &self,
        path: &'d Path,
        function: Function,
        arguments: &'d [Expr],
        focus: Focus<'_, 'd>,
        accepts: impl Fn(&str) -> bool,
    ) -> Outcome<bool> {
        let mut found = false;
        let _ = self.walk(path, focus, &mut |place| {
            let text = self.text_call(function, arguments, Focus { place: Some(place), ..focus })?;
            self.effort.spend_text(text.len())?;
            found |= accepts(&text);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(found)
    }

    fn any_value(&self, values: &'d Expr, focus: Focus<'_, 'd>, accepts: impl Fn(&str) -> bool) -> Outcome<bool> {
        for value in self.atoms(values, focus)?.slice() {
            match value {
                Item::Untyped(text) | Item::Text(text) if accepts(text) => return Ok(true),
                Item::Untyped(_) | Item::Text(_) => {}
                _ => return Err(Dynamic::wrong_type("values of types that cannot be compared")),
            }
        }
        Ok(false)
    }

    pub(super) fn general(
        &self,
        relation: Relation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<bool> {
        match (left, right) {
            (Expr::Call(function, arguments), Expr::Literal(text)) if gives_text(*function) => {
                let value = self.text_call(*function, arguments, focus)?;
                self.effort.spend_text(value.len())?;
                return Ok(holds(Some(value.as_ref().cmp(text)), relation));
            }
            (left, right) if gives_number(right) && gives_number(left) => {
                return self.general_number(relation, left, right, focus);
            }
            _ => {}
        }
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

    /// A general comparison of two numbers.
    fn general_number(
        &self,
        relation: Relation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<bool> {
        let right = self.operand(right, focus);
        if matches!(right, Ok(None)) {
            return Ok(false);
        }
        let left = self.operand(left, focus)?;
        // With nothing on one side, whatever stands on the other one is not asked.
        if left.is_none() && !right.as_ref().is_err_and(Dynamic::is_limit) {
            return Ok(false);
        }
        Ok(left.zip(right?).is_some_and(|(left, right)| left.holds(relation, right)))
    }

    /// A value comparison; nothing where one side is nothing.
    pub(super) fn value(
        &self,
        relation: Relation,
        left: &'d Expr,
        right: &'d Expr,
        focus: Focus<'_, 'd>,
    ) -> Outcome<Option<bool>> {
        if gives_number(left) && gives_number(right) {
            let Some(left) = self.operand(left, focus)? else { return Ok(None) };
            return Ok(self.operand(right, focus)?.map(|right| left.holds(relation, right)));
        }
        let Some(left) = self.single(left, focus)? else { return Ok(None) };
        let Some(right) = self.single(right, focus)? else { return Ok(None) };
        compare(&left, &right, relation, true).map(Some)
    }
}
