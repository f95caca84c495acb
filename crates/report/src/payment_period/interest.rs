//! What a late payment costs: interest and the flat fee for recovery.

use facteur_model::date::Date;
use rust_decimal::{Decimal, RoundingStrategy};

use super::error::PeriodError;
use super::period::Period;
use super::rates::Rates;
use super::rules::Rules;

const CENTS: u32 = 2;

/// What is due for a late payment, as the statement (*état liquidatif*) shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateInterest {
    /// What was paid late.
    pub principal: Decimal,
    /// First day of interest: the day after the end of the period (CCP L. 2192-13).
    pub first: Date,
    /// Last day: that of payment, included (CCP R. 2192-32), or today while nothing is paid.
    pub last: Date,
    /// Days.
    pub days: i64,
    /// The central bank's rate, in per cent.
    pub central_bank_rate: Decimal,
    /// That rate and the points over it, in per cent.
    pub rate: Decimal,
    /// The interest, rounded to cents once, at the end.
    pub interest: Decimal,
    /// The fee for recovery.
    pub fee: Decimal,
    /// Both.
    pub total: Decimal,
    /// Until when both are to be paid; none while the principal is not.
    pub pay_by: Option<Date>,
    /// The articles applied, and where the rate was read.
    pub sources: Vec<String>,
}

/// What is due, as things stand `today`; none where payment is in time, or nothing is to be paid.
///
/// # Errors
/// When the rate of the half-year is not known: nothing is guessed.
pub fn late_interest(
    rules: &Rules,
    rates: &Rates,
    period: &Period,
    principal: Decimal,
    today: Date,
) -> Result<Option<LateInterest>, PeriodError> {
    let (Some(end), true) = (period.end, principal > Decimal::ZERO && period.late_days > 0) else { return Ok(None) };
    let first = end.plus_days(1);
    let rate = rates.on(first)?;
    let central_bank_rate = rate.percent.decimal();
    let (interest, fee) = (rules.interest(period.start)?, rules.recovery_fee(period.start)?);
    let percent = central_bank_rate + interest.what.points.decimal();
    let due = product(principal, percent, period.late_days)
        .and_then(|product| product.checked_div(Decimal::from(interest.what.year_days) * Decimal::ONE_HUNDRED))
        .ok_or(PeriodError::TooLarge)?;
    let due = due.round_dp_with_strategy(CENTS, RoundingStrategy::MidpointAwayFromZero);
    let read = format!("{} ({} %)", rate.source, rate.percent);
    Ok(Some(LateInterest {
        principal,
        first,
        last: period.paid.unwrap_or(today),
        days: period.late_days,
        central_bank_rate,
        rate: percent,
        interest: due,
        fee: fee.what.amount.decimal(),
        total: due.checked_add(fee.what.amount.decimal()).ok_or(PeriodError::TooLarge)?,
        pay_by: period.paid.map(|paid| paid.plus_days(interest.what.pay_within_days)),
        sources: [interest.source.clone(), fee.source.clone(), vec![read]].concat(),
    }))
}

fn product(principal: Decimal, percent: Decimal, days: i64) -> Option<Decimal> {
    principal.checked_mul(percent)?.checked_mul(Decimal::from(days))
}
