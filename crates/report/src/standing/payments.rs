//! The payment period of an invoice, from what the gateway said of it. On the deposit road it is the recipient's period:
//! it tells when payment is due, and what is due when it is late.

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::lifecycle::State;
use facteur_store::record::GatewayEvent;
use facteur_store::report::Entry;

use super::collect::{nature, signed};
use super::{Query, Tables};
use crate::payment_period::{
    Assessment, Interruption, LateInterest, Nature, PaymentRequest, Period, PeriodError, assess, late_interest,
};

/// An invoice with its period.
pub(super) struct Payment {
    /// What the rules say.
    pub assessment: Assessment,
    /// What a late payment costs; none where it is in time, or an error where the rate is not known.
    pub interest: Result<Option<LateInterest>, PeriodError>,
}

impl Payment {
    /// The period, where there is one.
    pub(super) fn period(&self) -> Option<&Period> {
        match &self.assessment {
            Assessment::Period(period) => Some(period),
            _ => None,
        }
    }
}

/// Assesses an invoice as things stand today.
pub(super) fn payment(
    tables: Tables<'_>,
    query: &Query,
    entry: &Entry,
    events: &[GatewayEvent],
) -> Result<Payment, PeriodError> {
    let request = request(query, entry, events);
    // A refused invoice is not paid: a new one with another number follows it, with a period of its own.
    let assessment = match refused(query, entry, events) {
        Some(refused) => Assessment::NotDue { refused },
        None => assess(tables.rules, &request, query.today())?,
    };
    let interest = match &assessment {
        Assessment::Period(period) => {
            late_interest(tables.rules, tables.rates, period, request.principal.decimal(), query.today())
        }
        _ => Ok(None),
    };
    Ok(Payment { assessment, interest })
}

/// The days that count, as far as the gateway told them.
fn request(query: &Query, entry: &Entry, events: &[GatewayEvent]) -> PaymentRequest {
    let first = |code: &str| days(query, events, code).min();
    let principal = signed(entry).map_or(Amount::ZERO, Amount::from);
    let mut request = PaymentRequest::new(nature(entry), query.payer, principal);
    request.available = first("MISE_A_DISPOSITION");
    request.final_account = request.available;
    if request.nature == Nature::Subcontractor {
        // The request is put on the portal; the contractor agrees or refuses there as first validator.
        request.submitted = first("DEPOSEE");
        request.agreed = first("VALIDEE_1");
        request.refused = first("REFUSEE_1");
    }
    request.interruptions = interruptions(query, events);
    request.ordered = first("MANDATEE");
    request.order_received = first("MISE_A_DISPOSITION_COMPTABLE");
    request.paid = paid(query, events);
    request
}

fn refused(query: &Query, entry: &Entry, events: &[GatewayEvent]) -> Option<Date> {
    let heard = || days(query, events, "REJETEE").max().unwrap_or_else(|| query.day(entry.since));
    (entry.state == State::Refused).then(heard)
}

/// The day on which payment was ordered from the bank, the only one that makes an invoice "paid".
pub(super) fn paid(query: &Query, events: &[GatewayEvent]) -> Option<Date> {
    days(query, events, "MISE_EN_PAIEMENT").max()
}

/// Each suspension, and the first completion after it.
fn interruptions(query: &Query, events: &[GatewayEvent]) -> Vec<Interruption> {
    let mut suspended: Vec<Date> = days(query, events, "SUSPENDUE").collect();
    suspended.sort_unstable();
    suspended.dedup();
    let completed = |notified: Date| days(query, events, "COMPLETEE").filter(|day| *day >= notified).min();
    suspended.into_iter().map(|notified| Interruption { notified, completed: completed(notified) }).collect()
}

/// The legal days on which the gateway said a word: those on which it happened, or was heard where that is not told.
pub(super) fn days<'a>(query: &'a Query, events: &'a [GatewayEvent], code: &'a str) -> impl Iterator<Item = Date> + 'a {
    let said = move |event: &&GatewayEvent| event.code == code && event.subject == "invoice";
    let told = |event: &GatewayEvent| event.happened.as_deref().and_then(|text| query.zone.day_of_text(text));
    events.iter().filter(said).map(move |event| told(event).unwrap_or_else(|| query.day(event.seen_at)))
}
