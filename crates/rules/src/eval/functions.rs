//! The functions of XPath that rules use.

use std::borrow::Cow;
use std::collections::HashSet;

use regex::Regex;

use super::numbers::rounded;
use super::texts::length;
use super::value::{Item, Items, compare, string};
use super::{Evaluator, Focus, Outcome};
use crate::error::Dynamic;
use crate::xpath::expr::{Expr, Function, Matching, Relation};

impl<'d> Evaluator<'d> {
    pub(super) fn call(&self, function: Function, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let text = |number: usize| self.text(&arguments[number], focus);
        Ok(match function {
            Function::True => Items::boolean(true),
            Function::False => Items::boolean(false),
            Function::Not => Items::boolean(!self.truth(&arguments[0], focus)?),
            Function::Boolean => Items::boolean(self.truth(&arguments[0], focus)?),
            Function::Exists => Items::boolean(self.any_item(&arguments[0], focus)?),
            Function::Empty => Items::boolean(!self.any_item(&arguments[0], focus)?),
            Function::Count => Items::One(Item::Decimal(self.count(&arguments[0], focus)?.into())),
            Function::Contains => Items::boolean(text(0)?.contains(text(1)?.as_ref())),
            Function::StartsWith => Items::boolean(text(0)?.starts_with(text(1)?.as_ref())),
            Function::EndsWith => Items::boolean(text(0)?.ends_with(text(1)?.as_ref())),
            Function::StringLength => Items::One(Item::Decimal(length(&text(0)?).into())),
            Function::DistinctValues => self.distinct(&arguments[0], focus)?,
            Function::Number => Items::One(Item::Double(self.number(&arguments[0], focus)?)),
            Function::Sum => self.sum(&arguments[0], focus)?.into(),
            Function::Abs | Function::Round | Function::Floor | Function::Ceiling => {
                self.operand(&arguments[0], focus)?.map_or(Items::None, |number| rounded(function, number).into())
            }
            Function::Document => return Err(Dynamic::new("FODC0002", "a document outside a code list")),
            _ => Items::text(self.text_call(function, arguments, focus)?),
        })
    }

    /// `ends-with(name(), 'Amount')`, where the local name alone decides it: contexts ask it of every element.
    pub(super) fn name_ends(&self, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Option<bool> {
        let [Expr::Call(Function::Name, of), Expr::Literal(end)] = arguments else { return None };
        let index = focus.place.filter(|place| place.attribute == 0)?.index()?;
        if !matches!(of[..], [Expr::Context]) || self.index.is_text(index) {
            return None;
        }
        let local = self.index.element_at(index).name();
        (end.len() <= local.len()).then(|| local.ends_with(&**end))
    }

    /// The values as a message shows them: separated by blanks.
    pub(crate) fn shown(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<String> {
        let values = self.atoms(expr, focus)?;
        Ok(values.slice().iter().map(string).collect::<Vec<_>>().join(" "))
    }

    fn any_item(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<bool> {
        match expr {
            Expr::Path(_) => self.truth(expr, focus),
            other => Ok(!self.items(other, focus)?.slice().is_empty()),
        }
    }

    fn distinct(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let values = self.atoms(expr, focus)?;
        let mut texts = HashSet::new();
        let mut kept: Vec<Item<'d>> = Vec::new();
        for value in values.slice() {
            self.effort
                .spend(1 + if matches!(value, Item::Untyped(_) | Item::Text(_)) { 0 } else { kept.len() as u64 })?;
            let new = match value {
                Item::Untyped(text) | Item::Text(text) => texts.insert(text.clone()),
                other => !kept.iter().any(|known| compare(known, other, Relation::Eq, true).unwrap_or(false)),
            };
            if new {
                kept.push(match value {
                    Item::Untyped(text) => Item::Text(text.clone()),
                    other => other.clone(),
                });
            }
        }
        Ok(kept.into())
    }

    pub(super) fn matching(
        &self,
        matching: Matching,
        subject: &'d Expr,
        regex: &'d Regex,
        replacement: &'d str,
        focus: Focus<'_, 'd>,
    ) -> Outcome<Items<'d>> {
        let text = self.text(subject, focus)?;
        self.effort.spend_text(text.len().saturating_mul(16 + replacement.len()))?;
        Ok(match matching {
            Matching::Matches => Items::boolean(regex.is_match(&text)),
            Matching::Replace => {
                Items::text(regex.replace_all(&text, regex::NoExpand(replacement)).into_owned().into())
            }
            Matching::Tokenize if text.is_empty() => Items::None,
            Matching::Tokenize => {
                let tokens: Vec<Item<'d>> = match &text {
                    Cow::Borrowed(text) => regex.split(text).map(|part| Item::Text(Cow::Borrowed(part))).collect(),
                    Cow::Owned(text) => regex.split(text).map(|part| Item::Text(part.to_owned().into())).collect(),
                };
                tokens.into()
            }
        })
    }
}
