//! One request: its period, the interruption, whose turn it is, how many days are left.

use facteur_model::date::Date;

use super::calendar::last_working_day;
use super::error::PeriodError;
use super::request::{Interruption, Nature, PaymentRequest};
use super::rules::{Length, Row, Rules};
use super::start::{self, StartEvent};

/// Days after the order that stand for a reception that the accountant did not note (décret 2013-269, art. 13).
const ORDER_PRESUMED_DAYS: i64 = 2;

/// What the rules say of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assessment {
    /// There is no period for this.
    Exempt {
        /// What it is.
        nature: Nature,
        /// Why.
        sources: Vec<String>,
    },
    /// The contractor refused the subcontractor's request in time: nothing is due.
    NotDue {
        /// When.
        refused: Date,
    },
    /// What starts the period has not happened, or nobody wrote down when.
    NotStarted,
    /// It runs, is interrupted, or is over.
    Period(Box<Period>),
}

/// A period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// First day (`DteDebDgp`); it is not counted itself.
    pub start: Date,
    /// What happened on it.
    pub event: StartEvent,
    /// Days that the payer has by law.
    pub legal_days: i64,
    /// The interruption that has effect.
    pub interruption: Option<Interrupted>,
    /// Interruptions without effect, and why.
    pub ineffective: Vec<(Interruption, Ineffective)>,
    /// Last day on which payment is in time (`DteFinDgp`, the interruption included); none while it is interrupted.
    pub end: Option<Date>,
    /// The last working day until then.
    pub pay_by: Option<Date>,
    /// Length without the interruption (`DureeDgp`): end = start + this + the days of the interruption.
    pub running_days: Option<i64>,
    /// Last day on which the order can reach the accountant so that his own days are left.
    pub order_by: Option<Date>,
    /// Days until the end, while nothing is paid; negative when it is over. None when paid or interrupted.
    pub days_left: Option<i64>,
    /// Days by which payment is late: until it was made, or until today.
    pub late_days: i64,
    /// The authorising officer's days.
    pub authorising_officer: Share,
    /// The public accountant's days; none where there is no public accountant.
    pub accountant: Option<Share>,
    /// The day of payment.
    pub paid: Option<Date>,
    /// The articles applied.
    pub sources: Vec<String>,
}

/// An interruption that has effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interrupted {
    /// The creditor received the notification.
    pub notified: Date,
    /// Everything missing had come in.
    pub completed: Option<Date>,
    /// Days that were left when it was notified.
    pub balance: i64,
    /// Days of the new period, from `completed` on.
    pub new_days: i64,
}

/// Why an interruption has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ineffective {
    /// There was one already.
    Second,
    /// The order had been issued by then.
    AfterOrder,
    /// Nothing was running any more, or not yet.
    NotRunning,
}

impl Ineffective {
    /// The name in data and texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::AfterOrder => "after_order",
            Self::NotRunning => "not_running",
        }
    }
}

/// One side's days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// What it has.
    pub allowed: i64,
    /// What it took, so far or in all; none before its turn.
    pub used: Option<i64>,
}

/// Assesses a request as things stand `today`.
///
/// # Errors
/// When a table has no row for the day, or the dates contradict each other.
pub fn assess(rules: &Rules, request: &PaymentRequest, today: Date) -> Result<Assessment, PeriodError> {
    if let Some(row) = rules.exemption(request.nature) {
        return Ok(Assessment::Exempt { nature: request.nature, sources: row.source.clone() });
    }
    let Some((first, event, start)) = start::find(rules, request)? else {
        return Ok(request.refused.map_or(Assessment::NotStarted, |refused| Assessment::NotDue { refused }));
    };
    if let Some(refused) =
        request.refused.filter(|refused| *refused <= first && request.nature == Nature::Subcontractor)
    {
        return Ok(Assessment::NotDue { refused });
    }
    let length = rules.length(request.payer, first)?;
    let (interruption, ineffective) = interruptions(rules, request, first, length.what.days)?;
    let mut sources = [start.source.clone(), length.source.clone()].concat();
    if !request.interruptions.is_empty() {
        sources.extend(rules.interruption(first)?.source.clone());
    }
    let spell = Spell { first, length, interruption };
    Ok(Assessment::Period(Box::new(spell.period(request, today, event, ineffective, sources))))
}

/// The interruption that has effect, and the others with the reason.
type Sorted = (Option<Interrupted>, Vec<(Interruption, Ineffective)>);

fn interruptions(rules: &Rules, request: &PaymentRequest, first: Date, days: i64) -> Result<Sorted, PeriodError> {
    let (mut effective, mut without) = (None, Vec::new());
    for one in &request.interruptions {
        if let Some(completed) = one.completed.filter(|completed| *completed < one.notified) {
            return Err(PeriodError::InterruptionOrder { notified: one.notified, completed });
        }
        let end = first.plus_days(days);
        let why = if effective.is_some() {
            Ineffective::Second
        } else if request.ordered.is_some_and(|ordered| ordered <= one.notified) {
            Ineffective::AfterOrder
        } else if one.notified < first || one.notified > end || request.paid.is_some_and(|paid| paid <= one.notified) {
            Ineffective::NotRunning
        } else {
            let balance = end.days_since(one.notified);
            let new_days = balance.max(rules.interruption(first)?.what.new_days);
            effective = Some(Interrupted { notified: one.notified, completed: one.completed, balance, new_days });
            continue;
        };
        without.push((*one, why));
    }
    Ok((effective, without))
}

/// What is needed to lay the days out.
struct Spell<'a> {
    first: Date,
    length: &'a Row<Length>,
    interruption: Option<Interrupted>,
}

impl Spell<'_> {
    fn period(
        &self,
        request: &PaymentRequest,
        today: Date,
        event: StartEvent,
        ineffective: Vec<(Interruption, Ineffective)>,
        sources: Vec<String>,
    ) -> Period {
        let end = self.end();
        let reached = request.paid.unwrap_or(today);
        let accountant_days = self.length.what.accountant_days;
        Period {
            start: self.first,
            event,
            legal_days: self.length.what.days,
            interruption: self.interruption,
            ineffective,
            end,
            pay_by: end.map(last_working_day),
            running_days: end.map(|end| end.days_since(self.first) - self.suspended_until(end)),
            order_by: end.zip(accountant_days).map(|(end, days)| end.plus_days(-days)),
            days_left: end.filter(|_| request.paid.is_none()).map(|end| end.days_since(today)),
            late_days: end.map_or(0, |end| reached.days_since(end).max(0)),
            authorising_officer: self.authorising_officer(request, today),
            accountant: accountant_days.map(|allowed| Share { allowed, used: accountant_used(request, today) }),
            paid: request.paid,
            sources,
        }
    }

    fn end(&self) -> Option<Date> {
        match self.interruption {
            None => Some(self.first.plus_days(self.length.what.days)),
            Some(one) => one.completed.map(|completed| completed.plus_days(one.new_days)),
        }
    }

    /// Days of the interruption that lie before `day`.
    fn suspended_until(&self, day: Date) -> i64 {
        self.interruption.map_or(0, |one| {
            let last = one.completed.map_or(day, |completed| completed.min(day));
            last.days_since(one.notified).max(0)
        })
    }

    /// From the first day until the accountant has the order, without the interruption.
    fn authorising_officer(&self, request: &PaymentRequest, today: Date) -> Share {
        let length = &self.length.what;
        let last = order_received(request).or(request.paid).unwrap_or(today);
        let used = last.days_since(self.first) - self.suspended_until(last);
        Share { allowed: length.days - length.accountant_days.unwrap_or(0), used: Some(used.max(0)) }
    }
}

fn order_received(request: &PaymentRequest) -> Option<Date> {
    request.order_received.or_else(|| request.ordered.map(|ordered| ordered.plus_days(ORDER_PRESUMED_DAYS)))
}

fn accountant_used(request: &PaymentRequest, today: Date) -> Option<i64> {
    let received = order_received(request)?;
    Some(request.paid.unwrap_or(today).days_since(received).max(0))
}
