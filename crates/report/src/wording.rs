//! Days and sums as the language writes them.

use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use facteur_texts::Language;
use rust_decimal::Decimal;

use crate::payment_period::Zone;

/// Counts below are read without help.
const APART: u64 = 10_000;

/// A day: `12/05/2026` in French, `2026-05-12` in English.
#[must_use]
pub fn day(language: Language, date: Date) -> String {
    match language {
        Language::French => format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year()),
        Language::English => date.to_string(),
    }
}

/// An instant, as the clocks in Paris show it: `12/05/2026 06:30` in French, `2026-05-12 06:30` in English.
#[must_use]
pub fn clock_time(language: Language, at: Timestamp) -> String {
    clock_time_in(Zone::Paris, language, at)
}

/// An instant, as the clocks there show it.
#[must_use]
pub fn clock_time_in(zone: Zone, language: Language, at: Timestamp) -> String {
    let (date, minutes) = zone.face(at);
    format!("{} {:02}:{:02}", day(language, date), minutes / 60, minutes % 60)
}

/// A sum with at least two decimals.
#[must_use]
pub fn sum(language: Language, value: Decimal) -> String {
    facteur_texts::amount(language, &value.normalize().to_string())
}

/// A count; from ten thousand on with its thousands apart.
#[must_use]
pub fn count(language: Language, value: i64) -> String {
    if value.unsigned_abs() < APART {
        return value.to_string();
    }
    let grouped = facteur_texts::amount(language, &value.to_string());
    // That writes decimals, of which a count has none.
    grouped.rsplit_once([',', '.']).map_or(grouped.clone(), |(whole, _)| whole.to_owned())
}

/// A number that is no sum, with at least one decimal.
#[must_use]
pub fn measure(language: Language, value: Decimal) -> String {
    let mut value = value.normalize();
    if value.scale() == 0 {
        value.rescale(1);
    }
    let text = value.to_string();
    if language == Language::French { text.replace('.', ",") } else { text }
}

/// A currency as people write it.
#[must_use]
pub fn currency(code: &str) -> String {
    if code == "EUR" { "€".to_owned() } else { facteur_texts::printable(code) }
}
