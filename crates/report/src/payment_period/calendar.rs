//! Legal days: what day it is where the structure is, and which days banks and offices rest.

use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;

const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const SATURDAY: u8 = 6;
const SUNDAY: u8 = 7;
const MARCH: u8 = 3;
const OCTOBER: u8 = 10;
const NOVEMBER: u8 = 11;

/// Where a structure is: its legal days begin at midnight there. Names are those of the tz database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Zone {
    /// Metropolitan France.
    #[default]
    #[serde(rename = "Europe/Paris")]
    Paris,
    /// Guadeloupe, Saint-Martin, Saint-Barthélemy.
    #[serde(rename = "America/Guadeloupe")]
    Guadeloupe,
    /// Martinique.
    #[serde(rename = "America/Martinique")]
    Martinique,
    /// Guyane.
    #[serde(rename = "America/Cayenne")]
    Cayenne,
    /// Saint-Pierre-et-Miquelon: summer time as in Canada.
    #[serde(rename = "America/Miquelon")]
    Miquelon,
    /// La Réunion.
    #[serde(rename = "Indian/Reunion")]
    Reunion,
    /// Mayotte.
    #[serde(rename = "Indian/Mayotte")]
    Mayotte,
    /// Nouvelle-Calédonie.
    #[serde(rename = "Pacific/Noumea")]
    Noumea,
    /// Polynésie française (Tahiti).
    #[serde(rename = "Pacific/Tahiti")]
    Tahiti,
    /// Wallis-et-Futuna.
    #[serde(rename = "Pacific/Wallis")]
    Wallis,
}

impl Zone {
    /// The name in the tz database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Paris => "Europe/Paris",
            Self::Guadeloupe => "America/Guadeloupe",
            Self::Martinique => "America/Martinique",
            Self::Cayenne => "America/Cayenne",
            Self::Miquelon => "America/Miquelon",
            Self::Reunion => "Indian/Reunion",
            Self::Mayotte => "Indian/Mayotte",
            Self::Noumea => "Pacific/Noumea",
            Self::Tahiti => "Pacific/Tahiti",
            Self::Wallis => "Pacific/Wallis",
        }
    }

    /// The day there at that instant: the legal date of a notification.
    #[must_use]
    pub fn day(self, at: Timestamp) -> Date {
        day_of(at.plus_millis(self.offset(at)))
    }

    /// The legal day of a moment as a gateway writes it: with an offset it is moved to the zone; without one it is the
    /// day that is written.
    #[must_use]
    pub fn day_of_text(self, text: &str) -> Option<Date> {
        if let Ok(moment) = time::OffsetDateTime::parse(text.trim(), &Rfc3339) {
            let milliseconds = i64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()?;
            return Some(self.day(Timestamp(milliseconds)));
        }
        Date::parse(text.trim().get(..10)?).ok()
    }

    /// What clocks show there at that instant: the day, and the minutes since midnight on their faces.
    #[must_use]
    pub fn face(self, at: Timestamp) -> (Date, u16) {
        let there = at.plus_millis(self.offset(at));
        let minutes = there.0.rem_euclid(24 * HOUR) / MINUTE;
        (day_of(there), u16::try_from(minutes).unwrap_or_default())
    }

    /// The instant at which a day begins there.
    #[must_use]
    pub fn start(self, day: Date) -> Timestamp {
        let midnight = midnight_utc(day);
        // Clocks are changed in the night, but never at midnight: the offset an hour before it is that of midnight.
        let about = midnight.plus_millis(-self.standard());
        midnight.plus_millis(-self.offset(about.plus_millis(-HOUR)))
    }

    /// How far the clocks there are before UTC, in milliseconds.
    fn offset(self, at: Timestamp) -> i64 {
        let is_summer = match self {
            Self::Paris => is_summer_in_europe(at),
            Self::Miquelon => is_summer_in_miquelon(at),
            _ => false,
        };
        self.standard() + if is_summer { HOUR } else { 0 }
    }

    const fn standard(self) -> i64 {
        HOUR * match self {
            Self::Paris => 1,
            Self::Guadeloupe | Self::Martinique => -4,
            Self::Cayenne | Self::Miquelon => -3,
            Self::Reunion => 4,
            Self::Mayotte => 3,
            Self::Noumea => 11,
            Self::Tahiti => -10,
            Self::Wallis => 12,
        }
    }
}

/// Whether offices work that day: neither a weekend nor one of the eleven public holidays (Code du travail, L. 3133-1).
/// It never moves a payment period, which counts calendar days; it says when to pay in time.
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    !matches!(day.weekday(), SATURDAY | SUNDAY) && !is_public_holiday(day)
}

/// The last working day that is not after `day`.
#[must_use]
pub fn last_working_day(day: Date) -> Date {
    (0..10).map(|back| day.plus_days(-back)).find(|day| is_working_day(*day)).unwrap_or(day)
}

fn is_public_holiday(day: Date) -> bool {
    const FIXED: [(u8, u8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    /// Easter Monday, Ascension Day, Whit Monday: days after Easter.
    const MOVING: [i64; 3] = [1, 39, 50];
    FIXED.contains(&(day.month(), day.day()))
        || easter(day.year()).is_some_and(|easter| MOVING.contains(&day.days_since(easter)))
}

/// Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876).
fn easter(year: i32) -> Option<Date> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let sum = h + l - 7 * m + 114;
    Date::new(year, u8::try_from(sum / 31).ok()?, u8::try_from(sum % 31 + 1).ok()?).ok()
}

/// Directive 2000/84/EC: from the last Sunday of March to the last of October, at 01:00 UTC.
fn is_summer_in_europe(at: Timestamp) -> bool {
    let year = at.utc().year();
    let change = |month| last_sunday(year, month).map(|day| midnight_utc(day).plus_millis(HOUR));
    is_between(at, change(MARCH), change(OCTOBER))
}

/// As in Canada: from the second Sunday of March to the first of November, at two in the morning there.
fn is_summer_in_miquelon(at: Timestamp) -> bool {
    let year = at.utc().year();
    let begins = first_sunday(year, MARCH).map(|day| midnight_utc(day.plus_days(7)).plus_millis(5 * HOUR));
    let ends = first_sunday(year, NOVEMBER).map(|day| midnight_utc(day).plus_millis(4 * HOUR));
    is_between(at, begins, ends)
}

fn is_between(at: Timestamp, begins: Option<Timestamp>, ends: Option<Timestamp>) -> bool {
    begins.zip(ends).is_some_and(|(begins, ends)| begins <= at && at < ends)
}

fn first_sunday(year: i32, month: u8) -> Option<Date> {
    let first = Date::new(year, month, 1).ok()?;
    Some(first.plus_days(i64::from(SUNDAY - first.weekday())))
}

fn last_sunday(year: i32, month: u8) -> Option<Date> {
    let last = Date::new(year, month, 31).ok()?;
    Some(last.plus_days(-i64::from(last.weekday() % SUNDAY)))
}

fn midnight_utc(day: Date) -> Timestamp {
    let days = Date::new(1970, 1, 1).map_or(0, |epoch| day.days_since(epoch));
    Timestamp(days.saturating_mul(24 * HOUR))
}

fn day_of(at: Timestamp) -> Date {
    let utc = at.utc();
    // A calendar value always is a day.
    Date::new(utc.year(), u8::from(utc.month()), utc.day()).unwrap_or_else(|_| day_of(Timestamp(0)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn midnight_in_paris_is_before_midnight_in_utc() {
        for (text, wanted) in [
            ("2026-01-15T22:59:59Z", "2026-01-15"),
            ("2026-01-15T23:00:00Z", "2026-01-16"),
            ("2026-07-14T21:59:59Z", "2026-07-14"),
            ("2026-07-14T22:00:00Z", "2026-07-15"),
            // The night of the change: winter time until 01:00 UTC on 29 March.
            ("2026-03-28T22:59:59Z", "2026-03-28"),
            ("2026-03-28T23:00:00Z", "2026-03-29"),
            ("2026-10-24T22:00:00Z", "2026-10-25"),
            ("2026-10-25T22:59:59Z", "2026-10-25"),
            ("2026-11-23T00:30:00.000+01:00", "2026-11-23"),
            ("2026-11-22T18:30:00-05:00", "2026-11-23"),
            ("2026-11-23 08:00:00", "2026-11-23"),
        ] {
            assert_eq!(Zone::Paris.day_of_text(text), Some(day(wanted)), "{text}");
        }
        assert_eq!(Zone::Paris.day_of_text("hier"), None);
    }

    #[test]
    fn the_same_instant_is_another_day_overseas() {
        for (zone, text, wanted) in [
            (Zone::Reunion, "2026-01-15T20:00:00Z", "2026-01-16"),
            (Zone::Mayotte, "2026-01-15T20:00:00Z", "2026-01-15"),
            (Zone::Martinique, "2026-01-16T03:59:59Z", "2026-01-15"),
            (Zone::Cayenne, "2026-01-16T03:59:59Z", "2026-01-16"),
            (Zone::Tahiti, "2026-01-16T09:00:00Z", "2026-01-15"),
            (Zone::Noumea, "2026-01-15T13:00:00Z", "2026-01-16"),
            (Zone::Wallis, "2026-01-15T12:00:00Z", "2026-01-16"),
            (Zone::Guadeloupe, "2026-01-16T04:00:00Z", "2026-01-16"),
            // Summer time there: UTC−2.
            (Zone::Miquelon, "2026-07-15T02:00:00Z", "2026-07-15"),
            (Zone::Miquelon, "2026-01-15T02:00:00Z", "2026-01-14"),
            // The nights of the changes.
            (Zone::Miquelon, "2026-03-08T04:59:59Z", "2026-03-08"),
            (Zone::Miquelon, "2026-11-01T01:59:59Z", "2026-10-31"),
            (Zone::Miquelon, "2026-11-02T02:59:59Z", "2026-11-01"),
        ] {
            assert_eq!(zone.day_of_text(text), Some(day(wanted)), "{zone:?} {text}");
        }
    }

    #[test]
    fn the_clocks_of_paris_go_forward_in_march_and_back_in_october() {
        let at = |text: &str| {
            let moment = time::OffsetDateTime::parse(text, &Rfc3339).unwrap();
            Zone::Paris.face(Timestamp(moment.unix_timestamp() * 1000))
        };
        for (text, date, minutes) in [
            ("2026-11-23T22:30:59Z", "2026-11-23", 23 * 60 + 30),
            ("2026-11-23T23:00:00Z", "2026-11-24", 0),
            ("2026-03-29T00:59:00Z", "2026-03-29", 119),
            ("2026-03-29T01:00:00Z", "2026-03-29", 180),
            ("2026-10-25T00:59:00Z", "2026-10-25", 179),
            ("2026-10-25T01:00:00Z", "2026-10-25", 120),
        ] {
            assert_eq!(at(text), (day(date), minutes), "{text}");
        }
    }

    #[test]
    fn easter_and_the_days_that_follow_it() {
        for (year, easter_day) in
            [(2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2027, "2027-03-28")]
        {
            assert_eq!(easter(year), Some(day(easter_day)));
        }
        for holiday in ["2026-04-06", "2026-05-14", "2026-05-25", "2026-05-08", "2026-12-25", "2026-11-11"] {
            assert!(!is_working_day(day(holiday)), "{holiday}");
        }
        assert_eq!(last_working_day(day("2026-05-10")), day("2026-05-07"));
        assert_eq!(last_working_day(day("2026-11-23")), day("2026-11-23"));
    }

    proptest! {
        #[test]
        fn a_day_begins_where_the_day_before_ends(days in 0..40_000_i64) {
            let day = Date::new(1996, 1, 1).unwrap().plus_days(days);
            for zone in [Zone::Paris, Zone::Miquelon, Zone::Reunion, Zone::Tahiti, Zone::Wallis] {
                let start = zone.start(day);
                prop_assert_eq!(zone.day(start), day);
                prop_assert_eq!(zone.day(start.plus_millis(-1)), day.plus_days(-1));
            }
        }

        #[test]
        fn there_is_a_working_day_within_a_week(days in 0..40_000_i64) {
            let day = Date::new(1996, 1, 1).unwrap().plus_days(days);
            let last = last_working_day(day);
            prop_assert!(is_working_day(last));
            prop_assert!((0..7).contains(&day.days_since(last)));
        }
    }
}
