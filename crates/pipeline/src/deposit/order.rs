//! The order in which invoices leave, where it matters: a credit note, or an invoice that refers to an earlier one
//! (BT-25), never overtakes it. The gateway handles flows in any order, so the earlier one has to be integrated first.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_store::change::Reason;
use facteur_store::record::Invoice;
use facteur_xml::{Document, Limits};

use super::Dispatcher;
use super::parcel::Ready;
use crate::error::PipelineError;

/// Whether an invoice with this XML has to wait; `None` when its turn has come.
pub(super) async fn turn(
    dispatcher: &Dispatcher,
    invoice: &Invoice,
    xml: &[u8],
) -> Result<Option<Ready>, PipelineError> {
    for number in preceding(invoice, xml) {
        let Some(supplier) = &invoice.supplier_siren else { return Ok(None) };
        let known = dispatcher.store.invoices_of_number(&invoice.siren, supplier, &number).await?;
        // Of two with one number the one that arrived is the one meant; the other waits for a person.
        if known.iter().any(|earlier| concerns(earlier, invoice) && arrived(earlier.state)) {
            continue;
        }
        if let Some(earlier) = known.iter().find(|earlier| concerns(earlier, invoice)) {
            return Ok(Some(wait(dispatcher, invoice, earlier)));
        }
    }
    Ok(None)
}

/// The numbers of the invoices that it refers to. Its own is a mistake of the document, which others find.
fn preceding(invoice: &Invoice, xml: &[u8]) -> Vec<String> {
    let Ok(document) = Document::parse(xml, &Limits::default()) else { return Vec::new() };
    let Ok(parsed) = facteur_parse::read(&document) else { return Vec::new() };
    let lines = parsed.invoice.lines.iter().flat_map(|line| &line.preceding);
    let mut numbers: Vec<String> =
        parsed.invoice.preceding.iter().chain(lines).filter_map(|earlier| earlier.number.clone()).collect();
    numbers.retain(|number| invoice.number.as_ref() != Some(number));
    numbers.sort();
    numbers.dedup();
    numbers
}

/// Whether both are of the same supplier and recipient.
fn concerns(earlier: &Invoice, later: &Invoice) -> bool {
    earlier.siren == later.siren
        && earlier.id != later.id
        && earlier.supplier_siren == later.supplier_siren
        && earlier.buyer_siret == later.buyer_siret
}

/// Whether nothing is to be waited for any more: the gateway has it, or it will never be deposited.
const fn arrived(state: State) -> bool {
    matches!(
        state,
        State::Integrated
            | State::Settled
            | State::Refused
            | State::Suspended
            | State::OutsidePortal
            | State::Abandoned
            | State::Duplicate
    )
}

/// It is looked at again after half of the time that it has waited. Two that refer to each other would wait for
/// ever: after the end of patience a person decides.
fn wait(dispatcher: &Dispatcher, invoice: &Invoice, earlier: &Invoice) -> Ready {
    let (now, patience) = (dispatcher.now(), &dispatcher.patience);
    let name = earlier.number.clone().unwrap_or_else(|| earlier.id.clone());
    let reason = Reason::new("WAITS-FOR-EARLIER").arg("other", name).arg("other_id", &earlier.id);
    let waited = now.0.saturating_sub(invoice.since.0);
    let end = i64::try_from(patience.give_up_after_seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    if end > 0 && waited >= end {
        return Ready::Held(reason);
    }
    let millis = |seconds: u64| i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX);
    let (first, ceiling) = (millis(patience.poll_first_seconds), millis(patience.poll_max_seconds));
    let next: Timestamp = now.plus_millis((waited / 2).clamp(first, ceiling.max(first)));
    Ready::Later(reason, next)
}
