//! The first day of a period, and what happened on it.

use facteur_model::date::Date;

use super::error::PeriodError;
use super::request::PaymentRequest;
use super::rules::{Row, Rules, Start, StartRule};

/// What started the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StartEvent {
    /// The payer was notified that the request is available.
    Available,
    /// The performance came later than the notification, or the notification is not known.
    Performed,
    /// Nobody noted the reception: the date of the request and two days.
    Presumed,
    /// The owner received the final account.
    FinalAccount,
    /// The contractor agreed with the subcontractor's request.
    Agreed,
    /// The contractor was silent until the end of the time to answer.
    Silence,
    /// The postal notice says that the contractor did not take the request.
    PostalNotice,
    /// The contract was notified.
    ContractNotified,
    /// The guarantee for the advance came in.
    GuaranteeReceived,
}

impl StartEvent {
    /// The name in data and texts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Performed => "performed",
            Self::Presumed => "presumed",
            Self::FinalAccount => "final_account",
            Self::Agreed => "agreed",
            Self::Silence => "silence",
            Self::PostalNotice => "postal_notice",
            Self::ContractNotified => "contract_notified",
            Self::GuaranteeReceived => "guarantee_received",
        }
    }
}

/// The first day of a period, what happened on it, and the row that says so.
type Found<'a> = (Date, StartEvent, &'a Row<Start>);

/// The start of the period; none while the event has not happened.
pub(super) fn find<'a>(rules: &'a Rules, request: &PaymentRequest) -> Result<Option<Found<'a>>, PeriodError> {
    let mut outside = None;
    for row in rules.starts(request.nature) {
        let Some((day, event)) = first_day(&row.what, request) else { continue };
        if row.holds(day) {
            return Ok(Some((day, event, row)));
        }
        outside = Some(day);
    }
    outside.map_or(Ok(None), |day| Err(PeriodError::NoRow { what: "start", day }))
}

fn first_day(start: &Start, request: &PaymentRequest) -> Option<(Date, StartEvent)> {
    match start.rule {
        StartRule::LaterOfAvailabilityAndPerformance => availability_or_performance(start, request),
        StartRule::FinalAccount => request.final_account.map(|day| (day, StartEvent::FinalAccount)),
        StartRule::Agreement => agreement(start, request),
        StartRule::Advance => advance(request),
    }
}

/// CCP R. 2192-12 to R. 2192-15.
fn availability_or_performance(start: &Start, request: &PaymentRequest) -> Option<(Date, StartEvent)> {
    let available = request.available.map(|day| (day, StartEvent::Available));
    let performed = request.performed.map(|day| (day, StartEvent::Performed));
    match (available, performed) {
        (Some(available), Some(performed)) if performed.0 > available.0 => Some(performed),
        (Some(available), _) => Some(available),
        (None, Some(performed)) => Some(performed),
        (None, None) => request.requested.map(|day| (day.plus_days(start.presumed_days), StartEvent::Presumed)),
    }
}

/// CCP R. 2192-23, R. 2193-12: an agreement counts even where it came in after the time to answer was over, if that
/// time had not made it an agreement before.
fn agreement(start: &Start, request: &PaymentRequest) -> Option<(Date, StartEvent)> {
    let silence = request.submitted.map(|day| (day.plus_days(start.silence_days), StartEvent::Silence));
    let agreed = request.agreed.map(|day| (day, StartEvent::Agreed));
    let notice = request.postal_notice.map(|day| (day, StartEvent::PostalNotice));
    let explicit = agreed.or(notice);
    match (explicit, silence) {
        (Some(explicit), Some(silence)) if silence.0 < explicit.0 => Some(silence),
        (Some(explicit), _) => Some(explicit),
        (None, silence) => silence,
    }
}

/// CCP R. 2192-24, R. 2192-25.
fn advance(request: &PaymentRequest) -> Option<(Date, StartEvent)> {
    let notified = request.contract_notified?;
    if !request.guarantee_demanded {
        return Some((notified, StartEvent::ContractNotified));
    }
    let guarantee = request.guarantee_received?;
    Some(if guarantee > notified {
        (guarantee, StartEvent::GuaranteeReceived)
    } else {
        (notified, StartEvent::ContractNotified)
    })
}
