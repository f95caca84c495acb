//! A day of the calendar, as invoices write it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day. Printed and serialised as `YYYY-MM-DD`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(time::Date);

/// Why a text is not a [`Date`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not written in the form that was asked for.
    #[error("expected a date written {0}")]
    Form(&'static str),
    /// Written correctly, but the calendar has no such day.
    #[error("no such day in the calendar")]
    NoSuchDay,
    /// A format code that is no day (UNTDID 2379; read are 102, 203, 204 and 205).
    #[error("unknown date format")]
    Format,
}

impl Date {
    /// The day of that year, month (1–12) and day.
    ///
    /// # Errors
    /// [`DateError::NoSuchDay`].
    pub fn new(year: i32, month: u8, day: u8) -> Result<Self, DateError> {
        let month = time::Month::try_from(month).map_err(|_| DateError::NoSuchDay)?;
        time::Date::from_calendar_date(year, month, day).map(Self).map_err(|_| DateError::NoSuchDay)
    }

    /// Reads `xs:date`: `YYYY-MM-DD`, with or without a time zone, which does not move the day.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn parse(text: &str) -> Result<Self, DateError> {
        const FORM: DateError = DateError::Form("YYYY-MM-DD");
        let text = text.trim();
        let (day, zone) = (text.get(..10).ok_or(FORM)?, text.get(10..).ok_or(FORM)?);
        let bytes = day.as_bytes();
        if bytes[4] != b'-' || bytes[7] != b'-' || !is_time_zone(zone) {
            return Err(FORM);
        }
        Self::from_digits(&day[..4], &day[5..7], &day[8..]).ok_or(FORM)?
    }

    /// Reads a date in a UNTDID 2379 format: `102` (`YYYYMMDD`), or the day of `203`, `204`, `205`
    /// (date and time). Without a format, both `YYYYMMDD` and `YYYY-MM-DD` are taken.
    ///
    /// # Errors
    /// [`DateError`].
    pub fn parse_formatted(text: &str, format: Option<&str>) -> Result<Self, DateError> {
        let text = text.trim();
        match format.map(str::trim) {
            Some("102") => Self::parse_compact(text, 8),
            Some("203") => Self::parse_compact(text, 12),
            Some("204") => Self::parse_compact(text, 14),
            Some("205") => Self::parse_compact(text.get(..12).unwrap_or(text), 12),
            Some("") | None => Self::parse_compact(text, 8).or_else(|_| Self::parse(text)),
            Some(_) => Err(DateError::Format),
        }
    }

    /// The calendar year, which is part of the key of uniqueness of an invoice.
    #[must_use]
    pub const fn year(self) -> i32 {
        self.0.year()
    }

    /// Month, 1 to 12.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.0.month() as u8
    }

    /// Day of the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.0.day()
    }

    /// Days from `earlier` to this day; negative where it comes before.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        (self.0 - earlier.0).whole_days()
    }

    /// The day so many days later (earlier when negative); stays at the ends of the calendar.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        let end = if days < 0 { time::Date::MIN } else { time::Date::MAX };
        let step = time::Duration::seconds(days.saturating_mul(86_400));
        Self(self.0.checked_add(step).unwrap_or(end))
    }

    /// Day of the week, 1 for Monday to 7 for Sunday (ISO 8601).
    #[must_use]
    pub const fn weekday(self) -> u8 {
        self.0.weekday().number_from_monday()
    }

    fn parse_compact(text: &str, length: usize) -> Result<Self, DateError> {
        const FORM: DateError = DateError::Form("YYYYMMDD");
        if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FORM);
        }
        Self::from_digits(&text[..4], &text[4..6], &text[6..8]).ok_or(FORM)?
    }

    fn from_digits(year: &str, month: &str, day: &str) -> Option<Result<Self, DateError>> {
        let number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u16>().ok())?;
        let (month, day) = (u8::try_from(number(month)?).ok()?, u8::try_from(number(day)?).ok()?);
        Some(Self::new(i32::from(number(year)?), month, day))
    }
}

fn is_time_zone(text: &str) -> bool {
    match text.as_bytes() {
        [] | [b'Z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year(), self.month(), self.day())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_syntaxes_give_the_same_day() {
        let day = Date::new(2026, 11, 23).unwrap();
        assert_eq!(Date::parse("2026-11-23"), Ok(day));
        assert_eq!(Date::parse("2026-11-23+01:00"), Ok(day));
        assert_eq!(Date::parse("2026-11-23Z"), Ok(day));
        assert_eq!(Date::parse_formatted("20261123", Some("102")), Ok(day));
        assert_eq!(Date::parse_formatted("202611231706", Some("203")), Ok(day));
        assert_eq!(Date::parse_formatted("2026-11-23", None), Ok(day));
    }

    #[test]
    fn days_that_do_not_exist_are_refused() {
        assert_eq!(Date::parse("2026-02-29"), Err(DateError::NoSuchDay));
        assert_eq!(Date::parse_formatted("20261301", Some("102")), Err(DateError::NoSuchDay));
        for text in ["", "23/11/2026", "2026-1-1", "2026-11-23T10:00:00", "+026-11-23", "2026-11-é", "２０２６-11-23"]
        {
            assert!(Date::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Date::parse_formatted("202611", Some("610")), Err(DateError::Format));
    }

    #[test]
    fn days_are_counted_across_months() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(day("2026-03-01").days_since(day("2026-02-01")), 28);
        assert_eq!(day("2026-02-01").days_since(day("2026-03-01")), -28);
    }

    #[test]
    fn days_are_added_across_leap_days_and_stop_at_the_ends() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(day("2028-02-28").plus_days(2), day("2028-03-01"));
        assert_eq!(day("2027-02-28").plus_days(-59), day("2026-12-31"));
        assert_eq!(day("2026-11-23").plus_days(i64::MAX).year(), 9999);
        assert_eq!(day("2026-11-23").weekday(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(text in "\\PC{0,20}", format in proptest::option::of("[0-9]{0,3}")) {
            let _ = Date::parse(&text);
            let _ = Date::parse_formatted(&text, format.as_deref());
        }

        #[test]
        fn printing_and_reading_again_gives_the_same_day(year in 1900..2200_i32, month in 1..=12_u8, day in 1..=28_u8) {
            let date = Date::new(year, month, day).unwrap();
            prop_assert_eq!(Date::parse(&date.to_string()), Ok(date));
        }
    }
}
