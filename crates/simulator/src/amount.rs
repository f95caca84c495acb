//! Exact decimal amounts, kept as text from the invoice to the JSON answer: no binary floating point.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// An exact decimal number, spelled as JSON spells numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount(String);

impl Amount {
    /// Reads an XSD decimal (`+12.50`, `.5`, `007`); at most 19 digits, the gateway's limit.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
        if !all_digits || whole.len() + fraction.len() == 0 || whole.len() + fraction.len() > 19 {
            return None;
        }
        let whole = whole.trim_start_matches('0');
        let whole = if whole.is_empty() { "0" } else { whole };
        let sign = if negative { "-" } else { "" };
        let point = if fraction.is_empty() { "" } else { "." };
        Some(Self(format!("{sign}{whole}{point}{fraction}")))
    }

    /// Compares by value: `12.5` equals `12.50`.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.scaled().cmp(&other.scaled())
    }

    /// The value times 10^19: at most 19 digits on either side of the point, so it always fits.
    fn scaled(&self) -> i128 {
        let (negative, digits) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let value: i128 = format!("{whole}{fraction:0<19}").parse().unwrap_or(0);
        if negative { -value } else { value }
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(raw.get()).ok_or_else(|| serde::de::Error::custom("expected a plain decimal number"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spellings_become_json_numbers() {
        for (text, json) in [("+12.50", "12.50"), (".5", "0.5"), ("-007", "-7"), (" 3042.00 ", "3042.00"), ("5.", "5")]
        {
            assert_eq!(serde_json::to_string(&Amount::parse(text).unwrap()).unwrap(), json);
        }
        for text in ["", ".", "1 324,60", "1e3", "--1", "12345678901234567890"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn cents_survive_where_binary_floats_lose_them() {
        let amount: Amount = serde_json::from_str("9007199254740993.01").unwrap();
        assert_eq!(serde_json::to_string(&amount).unwrap(), "9007199254740993.01");
    }

    #[test]
    fn values_compare_whatever_their_spelling() {
        let amount = |text| Amount::parse(text).unwrap();
        assert_eq!(amount("12.5").compare(&amount("12.500")), Ordering::Equal);
        assert_eq!(amount("-1").compare(&amount("0.01")), Ordering::Less);
        assert_eq!(amount("9999999999999999999").compare(&amount("1")), Ordering::Greater);
    }
}
