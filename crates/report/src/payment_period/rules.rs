//! `schemas/dgp.toml`: how long and from when, by date.

use std::sync::OnceLock;

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use serde::Deserialize;

use super::error::PeriodError;
use super::request::{Nature, Payer};

const TABLE: &str = "dgp.toml";
const BUILT_IN: &str = include_str!("../../../../schemas/dgp.toml");

/// The dated table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    #[serde(rename = "schema")]
    _schema: Schema,
    length: Vec<Row<Length>>,
    start: Vec<Row<Start>>,
    exempt: Vec<Row<Exempt>>,
    interruption: Vec<Row<NewPeriod>>,
    interest: Vec<Row<Interest>>,
    recovery_fee: Vec<Row<Fee>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Schema {
    #[serde(rename = "facteur-dgp/1")]
    One,
}

/// A row of the table: what it says, and when it holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Row<T> {
    from: Date,
    until: Option<Date>,
    /// The articles that say so.
    pub source: Vec<String>,
    /// What they say.
    #[serde(flatten)]
    pub what: T,
}

/// How long a payer has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Length {
    payer: Payer,
    /// Calendar days.
    pub days: i64,
    /// The public accountant's part, where there is one.
    pub accountant_days: Option<i64>,
}

/// When a period starts.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Start {
    nature: Nature,
    /// How the day is found.
    pub rule: StartRule,
    /// Days after the request that stand for a reception that nobody noted.
    #[serde(default)]
    pub presumed_days: i64,
    /// Days after which a contractor's silence is an agreement.
    #[serde(default)]
    pub silence_days: i64,
}

/// How the first day is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartRule {
    /// The later of the notification and the performance.
    LaterOfAvailabilityAndPerformance,
    /// The final account came in.
    FinalAccount,
    /// The contractor agreed, or was silent.
    Agreement,
    /// The contract was notified, and the guarantee came in.
    Advance,
}

/// What has no period.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Exempt {
    nature: Nature,
}

/// The period after an interruption.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NewPeriod {
    /// Its days, where the balance is not longer.
    pub new_days: i64,
}

/// Interest for late payment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Interest {
    /// Points over the central bank's rate.
    pub points: Amount,
    /// Days of a year.
    pub year_days: i64,
    /// Days within which interest and fee are paid after the principal.
    pub pay_within_days: i64,
}

/// The flat fee for recovery.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Fee {
    /// In euros.
    pub amount: Amount,
}

impl Rules {
    /// The table of this release.
    ///
    /// # Errors
    /// [`PeriodError::Table`].
    pub fn built_in() -> Result<&'static Self, PeriodError> {
        static RULES: OnceLock<Result<Rules, PeriodError>> = OnceLock::new();
        RULES.get_or_init(|| Self::parse(BUILT_IN)).as_ref().map_err(Clone::clone)
    }

    /// A table in the same form.
    ///
    /// # Errors
    /// [`PeriodError::Table`].
    pub fn parse(text: &str) -> Result<Self, PeriodError> {
        toml::from_str(text).map_err(|error| PeriodError::Table { table: TABLE, what: error.message().to_owned() })
    }

    /// The length for a payer of a period that starts on `day`.
    pub(super) fn length(&self, payer: Payer, day: Date) -> Result<&Row<Length>, PeriodError> {
        find(&self.length, day, |row| row.payer == payer).ok_or(PeriodError::NoRow { what: "length", day })
    }

    /// Every way a period of that nature has started; the day decides among them.
    pub(super) fn starts(&self, nature: Nature) -> impl Iterator<Item = &Row<Start>> {
        self.start.iter().filter(move |row| row.what.nature == nature)
    }

    /// The row that says that there is no period.
    pub(super) fn exemption(&self, nature: Nature) -> Option<&Row<Exempt>> {
        self.exempt.iter().rev().find(|row| row.what.nature == nature)
    }

    pub(super) fn interruption(&self, day: Date) -> Result<&Row<NewPeriod>, PeriodError> {
        find(&self.interruption, day, |_| true).ok_or(PeriodError::NoRow { what: "interruption", day })
    }

    pub(super) fn interest(&self, day: Date) -> Result<&Row<Interest>, PeriodError> {
        find(&self.interest, day, |_| true).ok_or(PeriodError::NoRow { what: "interest", day })
    }

    pub(super) fn recovery_fee(&self, day: Date) -> Result<&Row<Fee>, PeriodError> {
        find(&self.recovery_fee, day, |_| true).ok_or(PeriodError::NoRow { what: "recovery fee", day })
    }
}

impl<T> Row<T> {
    /// Whether the row holds on that day.
    pub(super) fn holds(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
}

fn find<T>(rows: &[Row<T>], day: Date, fits: impl Fn(&T) -> bool) -> Option<&Row<T>> {
    rows.iter().find(|row| row.holds(day) && fits(&row.what))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_table_of_this_release_is_whole() {
        let rules = Rules::built_in().unwrap();
        let day = Date::parse("2026-11-23").unwrap();
        for payer in Payer::ALL {
            assert!(rules.length(payer, day).unwrap().what.days >= 30, "{payer:?}");
        }
        assert_eq!(rules.interest(day).unwrap().what.points, Amount::parse("8").unwrap());
        assert_eq!(rules.recovery_fee(day).unwrap().what.amount, Amount::parse("40").unwrap());
        let before = Date::parse("2019-03-31").unwrap();
        assert_eq!(rules.length(Payer::State, before), Err(PeriodError::NoRow { what: "length", day: before }));
    }

    #[test]
    fn a_later_row_holds_from_its_day_on() {
        let older = BUILT_IN.replacen(
            "from = \"2019-04-01\"\ndays = 30",
            "from = \"2019-04-01\"\nuntil = \"2026-12-31\"\ndays = 30",
            1,
        );
        let text = older + "\n[[length]]\npayer = \"state\"\nfrom = \"2027-01-01\"\ndays = 25\nsource = []\n";
        let rules = Rules::parse(&text).unwrap();
        let length = |day: &str| rules.length(Payer::State, Date::parse(day).unwrap()).unwrap().what.days;
        assert_eq!((length("2026-12-31"), length("2027-01-01")), (30, 25));
    }

    #[test]
    fn a_table_of_another_form_is_refused() {
        for text in ["", "schema = \"facteur-dgp/2\"", &BUILT_IN.replace("days = 50", "days = \"fifty\"")] {
            assert!(matches!(Rules::parse(text), Err(PeriodError::Table { .. })));
        }
    }
}
