//! The changes of one transaction, cut into runs that are written together.

use crate::change::{Change, Process, Receive};

/// Most bytes of documents and findings in one run: an order is held in memory several times.
const BYTES: usize = 16 << 20;

/// What is written together.
#[derive(Default)]
pub(super) struct Many<'a> {
    received: Vec<(usize, &'a Receive)>,
    processed: Vec<(usize, &'a Process)>,
    bytes: usize,
}

/// Changes with their places in the transaction.
pub(super) enum Run<'a> {
    /// Documents that came in, and invoices that were processed. Neither counts for the other: an invoice that was
    /// received has neither number nor total yet, and processing leaves nobody without his bytes.
    Many {
        /// Written first.
        received: Vec<(usize, &'a Receive)>,
        /// Written then.
        processed: Vec<(usize, &'a Process)>,
    },
    /// Anything else.
    One(usize, &'a Change),
}

/// Cuts the changes into runs, whose order is theirs.
pub(super) fn runs<'a>(changes: &[&'a Change]) -> Vec<Run<'a>> {
    let (mut runs, mut many) = (Vec::new(), Many::default());
    for (place, change) in changes.iter().enumerate() {
        match *change {
            Change::Receive(new) => {
                many.received.push((place, new));
                many.bytes += new.document.stored.bytes.len();
            }
            Change::Process(new) => {
                many.processed.push((place, new));
                many.bytes += new.documents.iter().map(|document| document.stored.bytes.len()).sum::<usize>();
                many.bytes += new.findings.iter().map(String::len).sum::<usize>();
            }
            change => {
                many.end(&mut runs);
                runs.push(Run::One(place, change));
            }
        }
        if many.bytes > BYTES {
            many.end(&mut runs);
        }
    }
    many.end(&mut runs);
    runs
}

impl<'a> Many<'a> {
    fn end(&mut self, runs: &mut Vec<Run<'a>>) {
        let Self { received, processed, .. } = std::mem::take(self);
        if !received.is_empty() || !processed.is_empty() {
            runs.push(Run::Many { received, processed });
        }
    }
}
