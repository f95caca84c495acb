//! The time window of the night, by the clocks of Paris.

use std::fmt;

use facteur_model::clock::Timestamp;
use facteur_report::payment_period::Zone;
use serde::{Deserialize, Serialize};

const MINUTE: i64 = 60_000;
const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// A time on the face of a clock, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(u16);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a time of day like 22:30");
        let (hours, minutes) = text.split_once([':', 'h']).ok_or_else(wrong)?;
        let number = |part: &str, most: u16| -> Option<u16> {
            let short = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse().ok().filter(|value: &u16| short && *value < most)
        };
        let (hours, minutes) = number(hours, 24).zip(number(minutes, 60)).ok_or_else(wrong)?;
        Ok(Self(hours * 60 + minutes))
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// From one time of the day until another, over midnight where the first is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Its beginning; without one it is always open.
    pub from: Option<TimeOfDay>,
    /// Its end; without one it never ends.
    pub until: Option<TimeOfDay>,
}

impl Window {
    /// Whether it is open at that instant.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        let (Some(from), Some(until)) = (self.from, self.until) else { return true };
        let minutes = TimeOfDay(Zone::Paris.face(now).1);
        if from < until { (from..until).contains(&minutes) } else { minutes >= from || minutes < until }
    }

    /// The next instant at which the clocks show its end.
    #[must_use]
    pub fn end(&self, now: Timestamp) -> Option<Timestamp> {
        let until = self.until?;
        let minutes = Zone::Paris.face(now).1;
        let ahead = (until.0 + MINUTES_OF_A_DAY - minutes) % MINUTES_OF_A_DAY;
        let ahead = if ahead == 0 { MINUTES_OF_A_DAY } else { ahead };
        let whole_minute = now.plus_millis(-now.0.rem_euclid(MINUTE));
        let guess = whole_minute.plus_millis(i64::from(ahead) * MINUTE);
        // In the two nights in which the clocks change, the guess is an hour off.
        let shown = i64::from(Zone::Paris.face(guess).1);
        let off = (i64::from(until.0) - shown + 720).rem_euclid(1440) - 720;
        let moved = guess.plus_millis(off * MINUTE);
        // A time that the clocks skip in March is taken as the hour after it.
        Some(if Zone::Paris.face(moved).1 == until.0 { moved } else { guess })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> Timestamp {
        let format = &time::format_description::well_known::Rfc3339;
        Timestamp(time::OffsetDateTime::parse(text, format).unwrap().unix_timestamp() * 1000)
    }

    fn window(from: &str, until: &str) -> Window {
        let time = |text: &str| Some(TimeOfDay::try_from(text.to_owned()).unwrap());
        Window { from: time(from), until: time(until) }
    }

    #[test]
    fn a_window_over_midnight_is_open_on_both_sides_of_it() {
        let night = window("22:00", "05:30");
        for (text, open, end) in [
            ("2026-11-23T21:00:00Z", true, "2026-11-24T04:30:00Z"),
            ("2026-11-23T20:59:59Z", false, "2026-11-24T04:30:00Z"),
            ("2026-11-24T04:29:59Z", true, "2026-11-24T04:30:00Z"),
            ("2026-11-24T04:30:00Z", false, "2026-11-25T04:30:00Z"),
            // The clocks go forward at 01:00 UTC on 29 March, and back on 25 October.
            ("2026-03-28T22:00:00Z", true, "2026-03-29T03:30:00Z"),
            ("2026-10-24T21:00:00Z", true, "2026-10-25T04:30:00Z"),
        ] {
            assert_eq!(night.is_open(at(text)), open, "{text}");
            assert_eq!(night.end(at(text)), Some(at(end)), "{text}");
        }
    }

    #[test]
    fn a_time_of_day_is_read_or_refused() {
        for (text, shown) in [("22:05", "22:05"), ("5:30", "05:30"), ("0:00", "00:00"), ("22h30", "22:30")] {
            assert_eq!(TimeOfDay::try_from(text.to_owned()).unwrap().to_string(), shown);
        }
        for text in ["24:00", "12:60", "12", "", "a:b", "+1:30", "012:00", "12:00:00"] {
            assert!(TimeOfDay::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_end_is_ahead_within_a_day_and_an_hour_and_the_clocks_show_it(
            now in 1_700_000_000_000_i64..1_900_000_000_000,
            until in 0_u16..1440,
        ) {
            let window = Window { from: None, until: Some(TimeOfDay(until)) };
            let end = window.end(Timestamp(now)).unwrap();
            prop_assert!(end.0 > now - 3_600_000 && end.0 <= now + 25 * 3_600_000);
            let skipped = (120..180).contains(&until);
            prop_assert!(skipped || Zone::Paris.face(end).1 == until);
        }
    }
}
