//! Many cases at once: which ones a person means, chosen page by page.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State, next};
use facteur_store::Store;
use facteur_store::report::{After, Entry, Selection};

use crate::error::PipelineError;
use crate::hands::Hand;

/// Invoices read at once.
const PAGE: i64 = 500;
const DAY: i64 = 24 * 3600 * 1000;

/// Which cases; every condition that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// In one of these states; where none is given, in those that the hand can be laid on.
    pub states: Vec<State>,
    /// Part of the supplier's name, or its SIREN or SIRET.
    pub supplier: Option<String>,
    /// Part of the recipient's name, or its SIRET.
    pub recipient: Option<String>,
    /// For this reason: its code, or the rule that failed.
    pub reason: Option<String>,
    /// In their state for at least so many days.
    pub older_than: Option<i64>,
}

impl Choice {
    fn takes(&self, entry: &Entry, now: Timestamp) -> bool {
        let reason = self.reason.as_deref().is_none_or(|wanted| {
            entry.reason.as_ref().is_some_and(|reason| {
                let rule = reason.args.get("rule").map(String::as_str);
                [Some(reason.code.as_str()), rule].into_iter().flatten().any(|code| code.eq_ignore_ascii_case(wanted))
            })
        });
        let since = self.older_than.map(|days| now.plus_millis(-days.saturating_mul(DAY)));
        reason && since.is_none_or(|since| entry.since <= since)
    }
}

/// The states that a hand can be laid on.
#[must_use]
pub fn possible(hand: Hand) -> Vec<State> {
    let event = match hand {
        Hand::Retry => Event::Retry,
        Hand::Hold => Event::Hold,
        Hand::Release => Event::Release,
        Hand::Abandon => Event::Abandon,
    };
    // What is on its way at this moment has a sender.
    let free = |state: &&State| **state != State::Depositing && next(**state, event).is_ok();
    State::ALL.iter().filter(free).copied().collect()
}

/// The cases that are meant, in the order in which they came in.
///
/// # Errors
/// The store cannot be read.
pub async fn choose(store: &Store, choice: &Choice, hand: Hand, now: Timestamp) -> Result<Vec<Entry>, PipelineError> {
    let selection = Selection {
        states: if choice.states.is_empty() { possible(hand) } else { choice.states.clone() },
        supplier: choice.supplier.clone(),
        recipient: choice.recipient.clone(),
        ..Selection::default()
    };
    let mut chosen = Vec::new();
    let mut after = After::beginning();
    loop {
        let page = store.report_page(&selection, &after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(chosen) };
        after = last.after();
        chosen.extend(page.into_iter().filter(|entry| choice.takes(entry, now)));
    }
}
