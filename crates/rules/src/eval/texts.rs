//! Texts: the functions that give one, and whatever stands where one is wanted, without a value around it.

use std::borrow::Cow;

use super::index::Place;
use super::value::{Item, string};
use super::{Evaluator, Focus, Outcome, here};
use crate::error::Dynamic;
use crate::xpath::expr::{Expr, Function};

/// Whether the function always gives exactly one text.
pub(super) const fn gives_text(function: Function) -> bool {
    matches!(
        function,
        Function::Concat
            | Function::String
            | Function::NormalizeSpace
            | Function::UpperCase
            | Function::LowerCase
            | Function::SubstringBefore
            | Function::SubstringAfter
            | Function::Translate
            | Function::Substring
            | Function::StringJoin
            | Function::Name
            | Function::LocalName
            | Function::NamespaceUri
    )
}

impl<'d> Evaluator<'d> {
    /// A string argument: the value, or the empty string for nothing.
    pub(super) fn text(&self, expr: &'d Expr, focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        let text = match expr {
            Expr::Literal(text) => return Ok(Cow::Borrowed(text)),
            Expr::Context => self.value_of(here(focus)?)?,
            Expr::Path(path) if path.distinct => match self.only(path, focus)? {
                Some(place) => self.value_of(place)?,
                None => return Ok(Cow::Borrowed("")),
            },
            Expr::Call(function, arguments) if gives_text(*function) => self.text_call(*function, arguments, focus)?,
            _ => match self.single(expr, focus)? {
                None => Cow::Borrowed(""),
                Some(Item::Untyped(text) | Item::Text(text)) => text,
                Some(_) => return Err(Dynamic::wrong_type("a number, date or truth value where a text is wanted")),
            },
        };
        self.effort.spend_text(text.len())?;
        Ok(text)
    }

    /// A function that gives a text.
    pub(super) fn text_call(
        &self,
        function: Function,
        arguments: &'d [Expr],
        focus: Focus<'_, 'd>,
    ) -> Outcome<Cow<'d, str>> {
        let text = |number: usize| self.text(&arguments[number], focus);
        Ok(match function {
            Function::NormalizeSpace => normalized(text(0)?),
            Function::UpperCase => uppercase(text(0)?),
            Function::LowerCase => text(0)?.to_lowercase().into(),
            Function::SubstringBefore => {
                let part = text(1)?;
                part_of(text(0)?, |all| all.split_once(part.as_ref()).map_or("", |(before, _)| before))
            }
            Function::SubstringAfter => {
                let part = text(1)?;
                part_of(text(0)?, |all| all.split_once(part.as_ref()).map_or("", |(_, after)| after))
            }
            Function::String => self.string_of(&arguments[0], focus)?,
            Function::Concat => {
                let mut all = String::new();
                for argument in arguments {
                    let part = self.any_text(argument, focus)?;
                    self.effort.spend_text(part.len())?;
                    all.push_str(&part);
                }
                all.into()
            }
            Function::Translate => self.translated(&text(0)?, &text(1)?, &text(2)?)?.into(),
            Function::Substring => self.substring(arguments, focus)?,
            Function::StringJoin => self.joined(arguments, focus)?,
            _ => self.name(function, &arguments[0], focus)?,
        })
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

    fn substring(&self, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        let text = self.text(&arguments[0], focus)?;
        let position = |expr: &'d Expr| -> Outcome<f64> {
            let number = self.operand(expr, focus)?;
            let number = number.ok_or_else(|| Dynamic::wrong_type("nothing where a position is wanted"))?;
            Ok((number.double() + 0.5).floor())
        };
        let start = position(&arguments[1])?;
        let end = match arguments.get(2) {
            Some(length) => start + position(length)?,
            None => f64::INFINITY,
        };
        let kept = text.chars().zip(1_u32..).filter(|&(_, at)| f64::from(at) >= start && f64::from(at) < end);
        Ok(kept.map(|(c, _)| c).collect::<String>().into())
    }

    fn joined(&self, arguments: &'d [Expr], focus: Focus<'_, 'd>) -> Outcome<Cow<'d, str>> {
        let values = self.atoms(&arguments[0], focus)?;
        let between = match arguments.get(1) {
            Some(between) => self.text(between, focus)?,
            None => Cow::Borrowed(""),
        };
        self.effort.spend_text(values.slice().iter().map(|value| string(value).len() + between.len()).sum())?;
        let joined = values.slice().iter().map(string).collect::<Vec<_>>().join(&between);
        Ok(joined.into())
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

pub(super) fn length(text: &str) -> usize {
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
