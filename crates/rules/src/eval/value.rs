//! Values and their casts.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::index::Place;
use crate::error::Dynamic;
use crate::xpath::expr::{AtomicType, Relation};

/// One item.
#[derive(Debug, Clone)]
pub(crate) enum Item<'d> {
    Node(Place),
    /// The value of a node, whose type nobody stated.
    Untyped(Cow<'d, str>),
    Text(Cow<'d, str>),
    /// Integers are decimals without fraction.
    Decimal(Decimal),
    Double(f64),
    Boolean(bool),
    /// Minutes since the year 0, at the start of the day in UTC, with the value as written.
    Date(i64, Cow<'d, str>),
}

/// A sequence of items.
#[derive(Debug, Clone)]
pub(crate) enum Items<'d> {
    None,
    One(Item<'d>),
    Many(Rc<[Item<'d>]>),
}

impl<'d> Items<'d> {
    pub(crate) fn slice(&self) -> &[Item<'d>] {
        match self {
            Self::None => &[],
            Self::One(item) => std::slice::from_ref(item),
            Self::Many(items) => items,
        }
    }

    pub(crate) const fn boolean(value: bool) -> Self {
        Self::One(Item::Boolean(value))
    }

    pub(crate) const fn text(value: Cow<'d, str>) -> Self {
        Self::One(Item::Text(value))
    }

    /// The effective boolean value.
    pub(crate) fn truth(&self) -> Result<bool, Dynamic> {
        match self.slice() {
            [] => Ok(false),
            [Item::Node(_), ..] => Ok(true),
            [Item::Boolean(value)] => Ok(*value),
            [Item::Untyped(text) | Item::Text(text)] => Ok(!text.is_empty()),
            [Item::Decimal(value)] => Ok(!value.is_zero()),
            [Item::Double(value)] => Ok(*value != 0.0 && !value.is_nan()),
            _ => Err(Dynamic::new("FORG0006", "several values, or a date, where a condition stands")),
        }
    }
}

impl<'d> From<Vec<Item<'d>>> for Items<'d> {
    fn from(mut items: Vec<Item<'d>>) -> Self {
        match items.len() {
            0 => Self::None,
            1 => items.pop().map_or(Self::None, Self::One),
            _ => Self::Many(items.into()),
        }
    }
}

const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// A text as `xs:double`.
pub(crate) fn double(text: &str) -> Option<f64> {
    match text.trim_matches(is_blank) {
        "INF" | "+INF" => Some(f64::INFINITY),
        "-INF" => Some(f64::NEG_INFINITY),
        "NaN" => Some(f64::NAN),
        digits if digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E')) => {
            digits.parse().ok()
        }
        _ => None,
    }
}

/// A text as `xs:decimal`.
pub(crate) fn decimal(text: &str) -> Result<Decimal, Dynamic> {
    match short_decimal(text.as_bytes()) {
        Some(value) => Ok(value),
        None => any_decimal(text),
    }
}

/// The same for what amounts and rates are: at most 18 digits, without blanks around them.
fn short_decimal(text: &[u8]) -> Option<Decimal> {
    const LONGEST: usize = 18;
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > LONGEST {
        return None;
    }
    let (mut mantissa, mut scale, mut point) = (0_i64, 0_u32, None);
    for (at, &byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => mantissa = mantissa * 10 + i64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    if let Some(point) = point {
        scale = u32::try_from(digits.len() - point - 1).ok().filter(|_| digits.len() > 1)?;
        while scale > 0 && mantissa % 10 == 0 {
            (mantissa, scale) = (mantissa / 10, scale - 1);
        }
    }
    Some(Decimal::new(if negative { -mantissa } else { mantissa }, scale))
}

fn any_decimal(text: &str) -> Result<Decimal, Dynamic> {
    let digits = text.trim_matches(is_blank);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let digit = unsigned.bytes().any(|b| b.is_ascii_digit());
    let points = unsigned.bytes().filter(|&b| b == b'.').count();
    if !digit || points > 1 || !unsigned.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Err(Dynamic::not_a("decimal number", text));
    }
    let whole = if points == 1 { unsigned.trim_end_matches('0').trim_end_matches('.') } else { unsigned };
    let padded = match whole {
        "" => Cow::Borrowed("0"),
        whole if whole.starts_with('.') => Cow::Owned(format!("0{whole}")),
        whole => Cow::Borrowed(whole),
    };
    let padded = match padded.trim_start_matches('0') {
        "" => "0",
        rest if rest.starts_with('.') => &padded[padded.len() - rest.len() - 1..],
        rest => rest,
    };
    let value = Decimal::from_str_exact(padded);
    let value = value.map_err(|_| Dynamic::new("FOCA0006", format!("{} has too many digits", shown(text))))?;
    Ok(if digits.starts_with('-') { -value } else { value })
}

fn shown(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A decimal as the nearest `xs:double`.
pub(crate) fn widened(value: Decimal) -> f64 {
    const EXACT: i128 = 1 << 53;
    const POWERS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (mantissa, scale) = (value.mantissa(), value.scale() as usize);
    if mantissa.abs() < EXACT && scale < POWERS.len() {
        // Both are exact, so their quotient is rounded once.
        return mantissa.to_f64().unwrap_or(f64::NAN) / POWERS[scale];
    }
    value.to_string().parse().unwrap_or(f64::NAN)
}

/// A text as `xs:boolean`.
pub(crate) fn boolean(text: &str) -> Result<bool, Dynamic> {
    match text.trim_matches(is_blank) {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Dynamic::not_a("truth value", text)),
    }
}

/// A text as `xs:date`, in minutes.
pub(crate) fn date(text: &str) -> Result<i64, Dynamic> {
    let wrong = || Dynamic::not_a("date", text);
    let value = text.trim_matches(is_blank);
    if !value.is_ascii() || value.len() < 10 {
        return Err(wrong());
    }
    let (day, zone) = value.split_at(10);
    let bytes = day.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<i64> {
        day[range.clone()].bytes().all(|b| b.is_ascii_digit()).then(|| day[range].parse().ok()).flatten()
    };
    let (Some(year), Some(month), Some(date)) = (digits(0..4), digits(5..7), digits(8..10)) else {
        return Err(wrong());
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if bytes[4] != b'-' || bytes[7] != b'-' || !(1..=12).contains(&month) || !(1..=length).contains(&date) || year == 0
    {
        return Err(wrong());
    }
    let offset = zone_minutes(zone).ok_or_else(wrong)?;
    // Days in the order of the calendar are enough to compare; a month counts as 31 and a year as 12 of them.
    Ok(ordinal(year, month, date) * 1440 - offset)
}

/// Days since 1 March of the year 0.
const fn ordinal(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + (153 * month + 2) / 5 + day - 1
}

fn zone_minutes(zone: &str) -> Option<i64> {
    match zone {
        "" | "Z" => Some(0),
        _ if zone.len() == 6 && zone.as_bytes()[3] == b':' => {
            let sign = match zone.as_bytes()[0] {
                b'+' => 1,
                b'-' => -1,
                _ => return None,
            };
            let part =
                |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i64>().ok()).flatten();
            let (hours, minutes) = (part(&zone[1..3])?, part(&zone[4..6])?);
            (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
        }
        _ => None,
    }
}

/// A value as another type; never called with a node.
pub(crate) fn cast<'d>(item: &Item<'d>, kind: AtomicType) -> Result<Item<'d>, Dynamic> {
    let wrong = || Dynamic::wrong_type("a value that cannot be cast");
    Ok(match (kind, item) {
        (_, Item::Node(_)) => return Err(wrong()),
        (AtomicType::String, item) => Item::Text(string(item)),
        (AtomicType::Boolean, Item::Untyped(text) | Item::Text(text)) => Item::Boolean(boolean(text)?),
        (AtomicType::Boolean, Item::Boolean(value)) => Item::Boolean(*value),
        (AtomicType::Boolean, Item::Decimal(value)) => Item::Boolean(!value.is_zero()),
        (AtomicType::Boolean, Item::Double(value)) => Item::Boolean(*value != 0.0 && !value.is_nan()),
        (AtomicType::Date, Item::Untyped(text) | Item::Text(text)) => Item::Date(date(text)?, text.clone()),
        (AtomicType::Date, Item::Date(minutes, text)) => Item::Date(*minutes, text.clone()),
        (AtomicType::Decimal, Item::Untyped(text) | Item::Text(text)) => Item::Decimal(decimal(text)?),
        (AtomicType::Decimal, Item::Decimal(value)) => Item::Decimal(*value),
        (AtomicType::Integer, Item::Untyped(text) | Item::Text(text)) => {
            let whole = Some(decimal(text)?).filter(|_| !text.contains('.'));
            Item::Decimal(whole.ok_or_else(|| Dynamic::not_a("whole number", text))?)
        }
        (AtomicType::Integer, Item::Decimal(value)) => Item::Decimal(value.trunc()),
        (AtomicType::Decimal | AtomicType::Integer, Item::Boolean(value)) => {
            Item::Decimal(Decimal::from(u8::from(*value)))
        }
        (AtomicType::Decimal | AtomicType::Integer, Item::Double(value)) => {
            let exact =
                Decimal::from_f64_retain(*value).ok_or_else(|| Dynamic::not_a("decimal number", &value.to_string()))?;
            Item::Decimal(if kind == AtomicType::Integer { exact.trunc() } else { exact })
        }
        (AtomicType::Double, Item::Untyped(text) | Item::Text(text)) => {
            Item::Double(double(text).ok_or_else(|| Dynamic::not_a("number", text))?)
        }
        (AtomicType::Double, Item::Decimal(value)) => Item::Double(widened(*value)),
        (AtomicType::Double, Item::Double(value)) => Item::Double(*value),
        (AtomicType::Double, Item::Boolean(value)) => Item::Double(f64::from(u8::from(*value))),
        _ => return Err(wrong()),
    })
}

/// A value as text; never called with a node.
pub(crate) fn string<'d>(item: &Item<'d>) -> Cow<'d, str> {
    match item {
        Item::Node(_) => Cow::Borrowed(""),
        Item::Untyped(text) | Item::Text(text) | Item::Date(_, text) => text.clone(),
        Item::Decimal(value) => Cow::Owned(value.normalize().to_string()),
        Item::Boolean(true) => Cow::Borrowed("true"),
        Item::Boolean(false) => Cow::Borrowed("false"),
        Item::Double(value) => Cow::Owned(double_text(*value)),
    }
}

fn double_text(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "INF".to_owned() } else { "-INF".to_owned() }
    } else if size == 0.0 || (1e-6..1e6).contains(&size) {
        format!("{value}")
    } else {
        let text = format!("{value:E}");
        match text.split_once('E') {
            Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
            _ => text,
        }
    }
}

/// Compares as a general comparison does (`value` false) or a value comparison (`value` true).
pub(crate) fn compare(a: &Item<'_>, b: &Item<'_>, relation: Relation, value: bool) -> Result<bool, Dynamic> {
    let number = |text: &str| double(text).ok_or_else(|| Dynamic::not_a("number", text));
    let ordering = match (a, b) {
        (Item::Untyped(x) | Item::Text(x), Item::Untyped(y) | Item::Text(y)) => Some(x.as_ref().cmp(y)),
        (Item::Decimal(x), Item::Decimal(y)) => Some(x.cmp(y)),
        (Item::Double(x), Item::Double(y)) => x.partial_cmp(y),
        (Item::Decimal(x), Item::Double(y)) => widened(*x).partial_cmp(y),
        (Item::Double(x), Item::Decimal(y)) => x.partial_cmp(&widened(*y)),
        (Item::Boolean(x), Item::Boolean(y)) => Some(x.cmp(y)),
        (Item::Date(x, _), Item::Date(y, _)) => Some(x.cmp(y)),
        (Item::Untyped(x), Item::Decimal(y)) if !value => number(x)?.partial_cmp(&widened(*y)),
        (Item::Decimal(x), Item::Untyped(y)) if !value => widened(*x).partial_cmp(&number(y)?),
        (Item::Untyped(x), Item::Double(y)) if !value => number(x)?.partial_cmp(y),
        (Item::Double(x), Item::Untyped(y)) if !value => x.partial_cmp(&number(y)?),
        (Item::Untyped(x), Item::Boolean(y)) if !value => Some(boolean(x)?.cmp(y)),
        (Item::Boolean(x), Item::Untyped(y)) if !value => Some(x.cmp(&boolean(y)?)),
        (Item::Untyped(x), Item::Date(y, _)) if !value => Some(date(x)?.cmp(y)),
        (Item::Date(x, _), Item::Untyped(y)) if !value => Some(x.cmp(&date(y)?)),
        _ => return Err(Dynamic::wrong_type("values of types that cannot be compared")),
    };
    Ok(holds(ordering, relation))
}

pub(super) const fn holds(ordering: Option<Ordering>, relation: Relation) -> bool {
    match (ordering, relation) {
        (None, relation) => matches!(relation, Relation::Ne),
        (Some(Ordering::Equal), relation) => matches!(relation, Relation::Eq | Relation::Le | Relation::Ge),
        (Some(Ordering::Less), relation) => matches!(relation, Relation::Ne | Relation::Lt | Relation::Le),
        (Some(Ordering::Greater), relation) => matches!(relation, Relation::Ne | Relation::Gt | Relation::Ge),
    }
}
