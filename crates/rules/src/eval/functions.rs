//! The functions of XPath that rules use.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

use regex::Regex;
use rust_decimal::Decimal;

use super::compare::as_double;
use super::index::Place;
use super::value::{Item, Items, cast, compare, double, string, widened};
use super::{Evaluator, Focus, Outcome};
use crate::error::Dynamic;
use crate::xpath::expr::{AtomicType, Expr, Function, Matching, Relation};

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
            Function::Concat => {
                let mut all = String::new();
                for argument in arguments {
                    let part = self.any_text(argument, focus)?;
                    self.effort.spend_text(part.len())?;
                    all.push_str(&part);
                }
                Items::text(all.into())
            }
            Function::String => Items::text(self.string_of(&arguments[0], focus)?),
            Function::NormalizeSpace => Items::text(normalized(text(0)?)),
            Function::UpperCase => Items::text(uppercase(text(0)?)),
            Function::LowerCase => Items::text(text(0)?.to_lowercase().into()),
            Function::StringLength => Items::One(Item::Decimal(length(&text(0)?).into())),
            Function::SubstringBefore => {
                let part = text(1)?;
                Items::text(part_of(text(0)?, |all| all.split_once(part.as_ref()).map_or("", |(before, _)| before)))
            }
            Function::SubstringAfter => {
                let part = text(1)?;
                Items::text(part_of(text(0)?, |all| all.split_once(part.as_ref()).map_or("", |(_, after)| after)))
            }
            Function::Translate => Items::text(self.translated(&text(0)?, &text(1)?, &text(2)?)?.into()),
            Function::Substring => self.substring(arguments, focus)?,
            Function::StringJoin => self.joined(arguments, focus)?,
            Function::DistinctValues => self.distinct(&arguments[0], focus)?,
            Function::Number => Items::One(Item::Double(self.number(&arguments[0], focus)?)),
            Function::Sum => Items::One(self.sum(&arguments[0], focus)?),
            Function::Abs | Function::Round | Function::Floor | Function::Ceiling => {
                match self.operand(&arguments[0], focus)? {
                    Some(item) => Items::One(rounded(function, &item)),
                    None => Items::None,
                }
            }
            Function::Name | Function::LocalName | Function::NamespaceUri => {
                Items::text(self.name(function, &arguments[0], focus)?)
            }
            Function::Document => return Err(Dynamic::new("FODC0002", "a document outside a code list")),
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

    /// A string argument: the value, or the empty string for nothing.
    pub(super) fn text(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        match self.single(expr, focus)? {
            None => Ok(Cow::Borrowed("")),
            Some(Item::Untyped(text) | Item::Text(text)) => {
                self.effort.spend_text(text.len())?;
                Ok(text)
            }
            Some(_) => Err(Dynamic::wrong_type("a number, date or truth value where a text is wanted")),
        }
    }

    fn any_text(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        Ok(self.single(expr, focus)?.map_or(Cow::Borrowed(""), |item| string(&item)))
    }

    fn string_of(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        match self.items(expr, focus)?.slice() {
            [] => Ok(Cow::Borrowed("")),
            [Item::Node(place)] => self.value_of(*place),
            [item] => Ok(string(item)),
            _ => Err(Dynamic::wrong_type("several values where one is wanted")),
        }
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

    fn count(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<u64> {
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

    fn substring(&self, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let text = self.text(&arguments[0], focus)?;
        let position = |expr: &'d Expr| -> Outcome<f64> {
            let item = self.operand(expr, focus)?;
            let item = item.ok_or_else(|| Dynamic::wrong_type("nothing where a position is wanted"))?;
            Ok((as_double(&item) + 0.5).floor())
        };
        let start = position(&arguments[1])?;
        let end = match arguments.get(2) {
            Some(length) => start + position(length)?,
            None => f64::INFINITY,
        };
        let kept = text.chars().zip(1_u32..).filter(|&(_, at)| f64::from(at) >= start && f64::from(at) < end);
        Ok(Items::text(kept.map(|(c, _)| c).collect::<String>().into()))
    }

    fn joined(&self, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Items<'d>> {
        let values = self.atoms(&arguments[0], focus)?;
        let between = match arguments.get(1) {
            Some(between) => self.text(between, focus)?,
            None => Cow::Borrowed(""),
        };
        self.effort.spend_text(values.slice().iter().map(|value| string(value).len() + between.len()).sum())?;
        let joined = values.slice().iter().map(string).collect::<Vec<_>>().join(&between);
        Ok(Items::text(joined.into()))
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

    fn number(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<f64> {
        Ok(match self.single(expr, focus)? {
            None => f64::NAN,
            Some(Item::Untyped(text) | Item::Text(text)) => double(&text).unwrap_or(f64::NAN),
            Some(item) => cast(&item, AtomicType::Double).map_or(f64::NAN, |item| as_double(&item)),
        })
    }

    fn sum(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Item<'d>> {
        let values = self.atoms(expr, focus)?;
        let mut total = Item::Decimal(Decimal::ZERO);
        let mut first = true;
        for value in values.slice() {
            let value = match value {
                Item::Untyped(_) => cast(value, AtomicType::Double)?,
                Item::Decimal(_) | Item::Double(_) => value.clone(),
                _ => return Err(Dynamic::new("FORG0006", "a sum of something other than numbers")),
            };
            total = match (&total, &value) {
                _ if first => value,
                (Item::Decimal(x), Item::Decimal(y)) => Item::Decimal(
                    x.checked_add(*y).ok_or_else(|| Dynamic::new("FOAR0002", "a sum too large to calculate with"))?,
                ),
                (x, y) => Item::Double(as_double(x) + as_double(y)),
            };
            first = false;
        }
        Ok(total)
    }

    fn name(&self, function: Function, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        let items = self.items(expr, focus)?;
        match items.slice() {
            [] => Ok(Cow::Borrowed("")),
            [Item::Node(place)] => Ok(self.name_of(function, *place)),
            _ => Err(Dynamic::wrong_type("the name of several nodes, or of a value")),
        }
    }

    fn name_of(&self, function: Function, place: Place) -> Cow<'d, str> {
        let Some(index) = place.index().filter(|&index| !self.index.is_text(index)) else { return Cow::Borrowed("") };
        let element = self.index.element_at(index);
        let attribute = (place.attribute as usize).checked_sub(1).and_then(|number| element.attributes().nth(number));
        let (prefix, local, namespace) = match attribute {
            Some(attribute) => (attribute.prefix(), attribute.name(), attribute.namespace()),
            None => (element.prefix(), element.name(), element.namespace()),
        };
        match (function, prefix) {
            (Function::NamespaceUri, _) => Cow::Borrowed(namespace.unwrap_or("")),
            (Function::Name, Some(prefix)) => Cow::Owned(format!("{prefix}:{local}")),
            _ => Cow::Borrowed(local),
        }
    }

    fn translated(&self, text: &str, from: &str, to: &str) -> Outcome<String> {
        self.effort.spend(text.len() as u64 * (1 + from.len() as u64))?;
        let to: Vec<char> = to.chars().collect();
        let map = |c: char| match from.chars().position(|known| known == c) {
            Some(at) => to.get(at).copied(),
            None => Some(c),
        };
        Ok(text.chars().filter_map(map).collect())
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

/// A part of a text, without a copy where that is possible.
fn part_of<'d>(text: Cow<'d, str>, part: impl Fn(&str) -> &str) -> Cow<'d, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

fn uppercase(text: Cow<'_, str>) -> Cow<'_, str> {
    let already = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_lowercase());
    if already { text } else { text.to_uppercase().into() }
}

fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().count() }
}

/// With one blank between words, and none around.
fn normalized(text: Cow<'_, str>) -> Cow<'_, str> {
    let blank = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let mut before = true;
    let is_normal = text.bytes().all(|byte| {
        let wrong = blank(byte) && (before || byte != b' ');
        before = blank(byte);
        !wrong
    });
    if text.is_empty() || (is_normal && !before) {
        return text;
    }
    let words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
    Cow::Owned(words.collect::<Vec<_>>().join(" "))
}

/// `round` goes to the nearest whole number, and up from the middle.
fn rounded<'d>(function: Function, item: &Item<'d>) -> Item<'d> {
    match (function, item) {
        (Function::Abs, Item::Decimal(value)) => Item::Decimal(value.abs()),
        (Function::Round, Item::Decimal(value)) => Item::Decimal(half_up(*value)),
        (Function::Floor, Item::Decimal(value)) => Item::Decimal(value.floor()),
        (Function::Ceiling, Item::Decimal(value)) => Item::Decimal(value.ceil()),
        (Function::Abs, item) => Item::Double(as_double(item).abs()),
        (Function::Round, item) => Item::Double((as_double(item) + 0.5).floor()),
        (Function::Floor, item) => Item::Double(as_double(item).floor()),
        (_, item) => Item::Double(as_double(item).ceil()),
    }
}

fn half_up(value: Decimal) -> Decimal {
    let floor = value.floor();
    if widened(value - floor) >= 0.5 { floor + Decimal::ONE } else { floor }
}
