//! `schemas/ecb_rates.toml`: the European Central Bank's rate on the first day of each half-year.

use std::sync::OnceLock;

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use serde::Deserialize;

use super::error::PeriodError;

const TABLE: &str = "ecb_rates.toml";
const BUILT_IN: &str = include_str!("../../../../schemas/ecb_rates.toml");

/// The rates of the main refinancing operations, by half-year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    #[serde(rename = "schema")]
    _schema: Schema,
    rate: Vec<Rate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Schema {
    #[serde(rename = "facteur-ecb-rates/1")]
    One,
}

/// The rate of one half-year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    half_year: Date,
    /// In per cent.
    pub percent: Amount,
    /// The day from which it was in force.
    pub since: Date,
    /// Where it was read.
    pub source: String,
}

impl Rates {
    /// The rates of this release.
    ///
    /// # Errors
    /// [`PeriodError::Table`].
    pub fn built_in() -> Result<&'static Self, PeriodError> {
        static RATES: OnceLock<Result<Rates, PeriodError>> = OnceLock::new();
        RATES.get_or_init(|| Self::parse(BUILT_IN)).as_ref().map_err(Clone::clone)
    }

    /// Rates in the same form.
    ///
    /// # Errors
    /// [`PeriodError::Table`].
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        toml::from_str(text).map_err(|error| PeriodError::Table { table: TABLE, what: error.message().to_owned() })
    }

    /// These rates, and for the half-years that they lack, or that the others know better, the others.
    #[must_use]
    pub fn completed_with(&self, others: &Self) -> Self {
        let mut rate: Vec<Rate> = others.rate.clone();
        let is_new = |known: &&Rate| !others.rate.iter().any(|other| other.half_year == known.half_year);
        rate.extend(self.rate.iter().filter(is_new).cloned());
        rate.sort_by_key(|rate| rate.half_year);
        Self { _schema: Schema::One, rate }
    }

    /// The rate in force on the first day of the half-year of `day`.
    ///
    /// # Errors
    /// [`PeriodError::NoRate`]: a rate is never guessed.
    pub fn on(&self, day: Date) -> Result<&Rate, PeriodError> {
        let half_year = half_year_of(day);
        self.rate.iter().find(|rate| rate.half_year == half_year).ok_or(PeriodError::NoRate(half_year))
    }
}

/// The first day of the half-year of `day`.
fn half_year_of(day: Date) -> Date {
    let month = if day.month() < 7 { 1 } else { 7 };
    Date::new(day.year(), month, 1).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_rate_was_in_force_on_the_first_day_of_its_half_year() {
        let rates = Rates::built_in().unwrap();
        for rate in &rates.rate {
            assert_eq!(half_year_of(rate.half_year), rate.half_year);
            assert!(rate.since <= rate.half_year, "{}", rate.half_year);
            assert!(!rate.source.is_empty());
        }
        for pair in rates.rate.windows(2) {
            let days = pair[1].half_year.days_since(pair[0].half_year);
            assert!((181..=184).contains(&days), "no gap after {}", pair[0].half_year);
        }
    }

    #[test]
    fn a_table_of_ones_own_completes_the_built_in_one() {
        let row = |half_year: &str, percent: &str| {
            format!(
                "[[rate]]\nhalf_year = \"{half_year}\"\npercent = \"{percent}\"\nsince = \"2025-06-11\"\nsource = \"s\"\n"
            )
        };
        let own =
            format!("schema = \"facteur-ecb-rates/1\"\n{}{}", row("2031-07-01", "1.75"), row("2026-01-01", "2.00"));
        let all = Rates::built_in().unwrap().completed_with(&Rates::parse(&own).unwrap());
        let on = |day: &str| all.on(Date::parse(day).unwrap()).unwrap().percent.to_string();
        assert_eq!([on("2031-09-09"), on("2026-02-01"), on("2025-02-01")], ["1.75", "2.00", "3.15"]);
    }

    #[test]
    fn an_unknown_half_year_is_named() {
        let day = Date::parse("2031-09-09").unwrap();
        let unknown = Date::parse("2031-07-01").unwrap();
        assert_eq!(Rates::built_in().unwrap().on(day), Err(PeriodError::NoRate(unknown)));
    }
}
