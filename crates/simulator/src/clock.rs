//! Simulated time: the system clock plus what `POST /simulator/clock` added, never going backwards, and the
//! date spellings of the gateway (Paris time).

use std::time::{SystemTime, UNIX_EPOCH};

use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset};

/// Milliseconds since 1970-01-01T00:00:00Z, in simulated time.
pub type Millis = i64;

const DATE: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
const COMPACT_DATE: &[BorrowedFormatItem<'static>] = format_description!("[year][month][day]");
const TIMESTAMP: &[BorrowedFormatItem<'static>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3][offset_hour sign:mandatory]:[offset_minute]"
);

/// The simulator's clock: system time plus an offset.
#[derive(Debug, Default)]
pub struct Clock {
    offset: Millis,
    last: Millis,
}

impl Clock {
    /// The present simulated instant; never earlier than an instant already given out.
    pub fn now(&mut self) -> Millis {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let system = Millis::try_from(elapsed).unwrap_or(Millis::MAX / 2);
        self.last = self.last.max(system.saturating_add(self.offset));
        self.last
    }

    /// Moves simulated time forward.
    pub fn advance(&mut self, by: Millis) {
        self.offset = self.offset.saturating_add(by.max(0));
    }

    /// Takes over the instant of a replayed record, so that time does not go back at a restart.
    pub fn catch_up(&mut self, at: Millis) {
        self.last = self.last.max(at);
    }
}

/// `2026-09-14`: the spelling of `dateDepot`.
pub fn date(at: Millis) -> String {
    paris(at).format(DATE).unwrap_or_default()
}

/// `2018-02-16T15:10:25.536+01:00`: the spelling of every other instant.
pub fn timestamp(at: Millis) -> String {
    paris(at).format(TIMESTAMP).unwrap_or_default()
}

/// The instant at which a calendar day (`2026-09-14`) begins in Paris.
pub fn day_start(day: &str) -> Option<Millis> {
    Date::parse(day, DATE).ok().map(|date| millis(date.with_time(Time::MIDNIGHT)))
}

/// A calendar day spelled `2026-09-14` (a time zone may follow, as XSD allows).
pub fn iso_day(text: &str) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    let zone = rest.is_empty() || rest == "Z" || (rest.len() == 6 && rest.starts_with(['+', '-']));
    (zone && Date::parse(day, DATE).is_ok()).then(|| day.to_owned())
}

/// A calendar day spelled `20260914` (CII format 102), given back as `2026-09-14`.
pub fn compact_day(text: &str) -> Option<String> {
    Date::parse(text, COMPACT_DATE).ok()?.format(DATE).ok()
}

/// Bounds of a search period: a day, or an instant with or without a zone. `end` asks for the last
/// millisecond covered by the text.
pub fn search_bound(text: &str, end: bool) -> Option<Millis> {
    if text.len() == 10 {
        let start = day_start(text)?;
        return Some(if end { start + 86_400_000 - 1 } else { start });
    }
    if let Ok(instant) = OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339) {
        return Some(to_millis(instant));
    }
    let day = Date::parse(text.get(..10)?, DATE).ok()?;
    let hours = format_description!("[hour]:[minute]:[second]");
    let clock = Time::parse(text.get(11..19)?, hours).ok()?;
    Some(millis(PrimitiveDateTime::new(day, clock)))
}

fn paris(at: Millis) -> OffsetDateTime {
    let utc = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000);
    let utc = utc.unwrap_or(OffsetDateTime::UNIX_EPOCH);
    utc.to_offset(paris_offset(utc))
}

/// Central European time: summer time from the last Sunday of March to that of October, at 01:00 UTC.
fn paris_offset(utc: OffsetDateTime) -> UtcOffset {
    let change = |month| last_sunday(utc.year(), month).with_hms(1, 0, 0).map(PrimitiveDateTime::assume_utc);
    let summer = match (change(Month::March), change(Month::October)) {
        (Ok(start), Ok(end)) => start <= utc && utc < end,
        _ => false,
    };
    UtcOffset::from_hms(if summer { 2 } else { 1 }, 0, 0).unwrap_or(UtcOffset::UTC)
}

fn last_sunday(year: i32, month: Month) -> Date {
    let last = Date::from_calendar_date(year, month, 31).unwrap_or(Date::MIN);
    let back = time::Duration::days(i64::from(last.weekday().number_days_from_sunday()));
    last.saturating_sub(back)
}

fn millis(local: PrimitiveDateTime) -> Millis {
    let guess = local.assume_utc();
    to_millis(local.assume_offset(paris_offset(guess)))
}

fn to_millis(instant: OffsetDateTime) -> Millis {
    Millis::try_from(instant.unix_timestamp_nanos() / 1_000_000).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn summer_and_winter_have_their_offset() {
        assert_eq!(timestamp(1_518_790_225_536), "2018-02-16T15:10:25.536+01:00");
        assert_eq!(timestamp(1_784_550_000_000), "2026-07-20T14:20:00.000+02:00");
    }

    #[test]
    fn a_day_begins_at_midnight_in_paris() {
        let start = day_start("2026-07-20").unwrap();
        assert_eq!(timestamp(start), "2026-07-20T00:00:00.000+02:00");
        assert_eq!(date(start - 1), "2026-07-19");
        assert_eq!(search_bound("2026-07-20", true), Some(start + 86_399_999));
        assert_eq!(search_bound("2026-07-20T00:00:00.000+02:00", false), Some(start));
        assert_eq!(search_bound("2026-07-20T00:00:00", false), Some(start));
        assert_eq!(search_bound("yesterday", false), None);
    }

    #[test]
    fn days_are_checked() {
        assert_eq!(iso_day("2026-02-30"), None);
        assert_eq!(iso_day("2026-02-28Z").as_deref(), Some("2026-02-28"));
        assert_eq!(compact_day("20260228").as_deref(), Some("2026-02-28"));
    }

    #[test]
    fn time_never_goes_back() {
        let mut clock = Clock::default();
        let first = clock.now();
        clock.advance(3_600_000);
        let second = clock.now();
        assert!(second >= first + 3_600_000);
        clock.advance(-10_000_000);
        assert!(clock.now() >= second);
    }
}
