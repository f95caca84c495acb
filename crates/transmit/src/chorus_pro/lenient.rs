//! Reading what the gateway writes: values that may be missing, `null`, a number or a string; a list that may be a
//! single object; dates in five shapes. Nothing goes through a binary fraction: numbers are taken from their text.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde_json::value::RawValue;
use time::format_description::well_known::Iso8601;
use time::{Date, Duration, OffsetDateTime, UtcOffset};

/// A JSON object. An array is none: `serde` would take it for a structure without names.
pub(super) fn object<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, serde_json::Error> {
    if body.trim_ascii_start().first() == Some(&b'{') {
        serde_json::from_slice(body)
    } else {
        Err(serde_json::Error::custom("not a JSON object"))
    }
}

/// A text, whether it was written as a string, a number or a boolean; `None` if missing, `null`, empty or a structure.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let raw = Option::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| text_of(&raw)))
}

/// A whole number, whether it was written as a number or a string.
pub(super) fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(text(deserializer)?.and_then(|text| text.parse().ok()))
}

/// An exact amount, from the very digits of the answer.
pub(super) fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Ok(text(deserializer)?.and_then(|text| parse_amount(&text)))
}

/// A day as `YYYY-MM-DD`, from a date, a date and time, or milliseconds since 1970.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(text(deserializer)?.and_then(|text| parse_day(&text)))
}

/// A list, a single object standing for a list of one, or nothing.
pub(super) fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else { return Ok(Vec::new()) };
    let text = raw.get().trim();
    if text.starts_with('[') {
        let items: Vec<Option<T>> = serde_json::from_str(text).map_err(D::Error::custom)?;
        return Ok(items.into_iter().flatten().collect());
    }
    if text.starts_with('{') {
        return Ok(vec![serde_json::from_str(text).map_err(D::Error::custom)?]);
    }
    Ok(Vec::new())
}

fn text_of(raw: &RawValue) -> Option<String> {
    let written = raw.get().trim();
    let text = match written.as_bytes().first()? {
        b'"' => serde_json::from_str::<String>(written).ok()?,
        b'[' | b'{' => return None,
        _ => written.to_owned(),
    };
    let text = text.trim();
    (!text.is_empty() && text != "null").then(|| text.to_owned())
}

fn parse_amount(text: &str) -> Option<Decimal> {
    if text.contains(['e', 'E']) { Decimal::from_scientific(text).ok() } else { Decimal::from_str_exact(text).ok() }
}

fn parse_day(text: &str) -> Option<String> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() > 8 {
        let milliseconds: i128 = text.parse().ok()?;
        let moment = OffsetDateTime::from_unix_timestamp_nanos(milliseconds.checked_mul(1_000_000)?).ok()?;
        return Some(french_day(moment).to_string());
    }
    let written = Date::parse(text.get(..10)?, &Iso8601::DATE).ok()?;
    match OffsetDateTime::parse(&with_colon_in_offset(text), &Iso8601::PARSING) {
        Ok(moment) => Some(french_day(moment).to_string()),
        Err(_) => Some(written.to_string()),
    }
}

/// The day meant by a moment. A day that was written as midnight in Paris and turned into UTC on the way reads
/// 22:00 or 23:00 of the day before.
fn french_day(moment: OffsetDateTime) -> Date {
    let (hour, minute, second) = moment.time().as_hms();
    let is_shifted_midnight = moment.offset() == UtcOffset::UTC && minute == 0 && second == 0 && hour >= 22;
    if is_shifted_midnight { (moment + Duration::hours(2)).date() } else { moment.date() }
}

/// `+0100`, as some Java formatters write it, becomes `+01:00`.
fn with_colon_in_offset(text: &str) -> String {
    let digits_follow = |at: usize| text.get(at..).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    match text.rfind(['+', '-']) {
        Some(at) if at > 10 && text.len() == at + 5 && digits_follow(at + 1) => {
            format!("{}:{}", &text[..at + 3], &text[at + 3..])
        }
        _ => text.to_owned(),
    }
}

/// An identifier as the gateway expects it back: the number it is, where it is one.
pub(super) fn identifier(text: &str) -> serde_json::Value {
    text.parse::<u64>().map_or_else(|_| text.into(), Into::into)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "text")]
        id: Option<String>,
        #[serde(default, deserialize_with = "amount")]
        total: Option<Decimal>,
        #[serde(default, deserialize_with = "list")]
        rows: Vec<Row>,
    }

    fn row(json: &str) -> Row {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_text_may_be_a_number_or_missing() {
        assert_eq!(row(r#"{"id":3123988}"#).id.as_deref(), Some("3123988"));
        assert_eq!(row(r#"{"id":" 3123988 "}"#).id.as_deref(), Some("3123988"));
        assert_eq!(row(r#"{"id":"d\u00e9j\u00e0"}"#).id.as_deref(), Some("déjà"));
        for nothing in [r#"{"id":null}"#, r#"{"id":""}"#, "{}", r#"{"id":[1]}"#, r#"{"id":{"a":1}}"#] {
            assert_eq!(row(nothing).id, None, "{nothing}");
        }
    }

    #[test]
    fn amounts_keep_every_digit() {
        for (json, amount) in [
            (r#"{"total":0.1}"#, "0.1"),
            (r#"{"total":"1324.60"}"#, "1324.60"),
            (r#"{"total":-1324.60}"#, "-1324.60"),
            (r#"{"total":12345678901234567.89}"#, "12345678901234567.89"),
            (r#"{"total":1.2E3}"#, "1200"),
            (r#"{"total":1E2}"#, "100"),
        ] {
            assert_eq!(row(json).total.unwrap().to_string(), amount, "{json}");
        }
        assert_eq!(row(r#"{"total":"1 324,60"}"#).total, None);
        assert_eq!(row(r#"{"total":null}"#).total, None);
    }

    #[test]
    fn a_list_may_be_one_object_or_nothing() {
        assert_eq!(row(r#"{"rows":[{"id":1},null,{"id":2}]}"#).rows.len(), 2);
        assert_eq!(row(r#"{"rows":{"id":1}}"#).rows.len(), 1);
        for nothing in [r#"{"rows":null}"#, r#"{"rows":""}"#, "{}", r#"{"rows":[]}"#] {
            assert!(row(nothing).rows.is_empty(), "{nothing}");
        }
    }

    #[test]
    fn an_array_is_no_object() {
        assert!(object::<Row>(br#" {"id":1}"#).is_ok());
        for body in [&br#"[1, 2, []]"#[..], b"", b"null", b"7"] {
            assert!(object::<Row>(body).is_err());
        }
    }

    #[test]
    fn days_are_read_in_every_shape() {
        for (written, day) in [
            ("2026-09-14", "2026-09-14"),
            ("2026-09-14T00:00:00.000+02:00", "2026-09-14"),
            ("2026-09-14T00:00:00.000+0200", "2026-09-14"),
            ("2026-09-13T22:00:00.000+0000", "2026-09-14"),
            ("2026-09-13T22:00:00Z", "2026-09-14"),
            ("2026-12-13T23:00:00.000Z", "2026-12-14"),
            ("2026-09-14T10:17:25.536+01:00", "2026-09-14"),
            ("2016-10-25 17:42", "2016-10-25"),
            ("1789336800000", "2026-09-14"),
        ] {
            assert_eq!(parse_day(written).as_deref(), Some(day), "{written}");
        }
        for nonsense in ["14/09/2026", "", "2026-13-01", "tomorrow", "2026-9-1"] {
            assert_eq!(parse_day(nonsense), None, "{nonsense}");
        }
    }
}
