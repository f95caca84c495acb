//! The overall payment period (*délai global de paiement*): when it started, when it ends, whose turn it is, what a
//! late payment costs. Pure computation over dated tables: `schemas/dgp.toml` says how long and from when,
//! `schemas/ecb_rates.toml` the rate of each half-year. Days are calendar days where the structure is, sums are exact
//! decimals.

mod calendar;
mod error;
mod interest;
mod period;
mod rates;
mod request;
mod rules;
mod start;

pub use calendar::{Zone, is_working_day, last_working_day};
pub use error::PeriodError;
pub use interest::{LateInterest, late_interest};
pub use period::{Assessment, Ineffective, Interrupted, Period, Share, assess};
pub use rates::Rates;
pub use request::{Interruption, Nature, Payer, PaymentRequest};
pub use rules::Rules;
pub use start::StartEvent;
