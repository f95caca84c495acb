//! The life cycle of an invoice, whole: states, events, the one `match` that decides, and the table of transitions.
//!
//! Four things are never mixed: **our state** (this file), the state of the *flow* at the gateway (`IN_…`), the state
//! of the *invoice* at the gateway (`DEPOSEE` …) and the state of the payment order. The last three are append-only
//! events in the store; some of them cause an [`Event`] here.
//!
//! The table [`TRANSITIONS`] generates the documentation (`docs/reference/states.md`), the check in the database and
//! an exhaustive test. Every write in the store compares the old state and sets the new one.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// Where an invoice stands: exactly one state each.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum State { $($(#[$doc])* $variant),+ }

        impl State {
            /// Every state: the main road first, then the side states.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling in SQL, JSON and the documentation.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

states! {
    /// Recorded and durable; not looked at yet.
    Received = "received",
    /// Read into the model.
    Parsed = "parsed",
    /// Checked, and nothing fatal was found.
    Validated = "validated",
    /// Sealed or signed as the policy says.
    Sealed = "sealed",
    /// Ready to be deposited.
    Queued = "queued",
    /// A deposit is on its way: the intent is recorded, the answer is not.
    Depositing = "depositing",
    /// The gateway gave a flow number; not integrated yet.
    Deposited = "deposited",
    /// The gateway integrated the invoice; the recipient has it.
    Integrated = "integrated",
    /// Payment ordered, or nothing more expected.
    Settled = "settled",
    /// Unreadable: damaged, not an invoice, over the limits.
    Quarantined = "quarantined",
    /// Read, and at least one fatal finding.
    Invalid = "invalid",
    /// A plain PDF: to be completed by a person.
    Draft = "draft",
    /// A person must decide.
    Held = "held",
    /// The same bytes were received before.
    Duplicate = "duplicate",
    /// Proof that it was not accepted: will be sent again.
    Deferred = "deferred",
    /// Sent, and no answer: it may have been accepted.
    Uncertain = "uncertain",
    /// Not integrated by the gateway; the same number may return.
    Rejected = "rejected",
    /// Refused by the recipient; needs a new number.
    Refused = "refused",
    /// The recipient waits for the supplier to complete it.
    Suspended = "suspended",
    /// Handled outside the portal.
    OutsidePortal = "outside_portal",
    /// A person gave it up.
    Abandoned = "abandoned",
}

impl State {
    /// The state that is spelt so, if any.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == name)
    }

    /// Whether something *that waits for a person or went wrong* keeps the invoice here.
    #[must_use]
    pub const fn waits_for_person(self) -> bool {
        matches!(
            self,
            Self::Quarantined
                | Self::Invalid
                | Self::Draft
                | Self::Held
                | Self::Rejected
                | Self::Refused
                | Self::Suspended
        )
    }

    /// Whether the gateway may hold this invoice, so that its number must not be used again without a look.
    #[must_use]
    pub const fn may_be_at_gateway(self) -> bool {
        matches!(
            self,
            Self::Depositing
                | Self::Deposited
                | Self::Integrated
                | Self::Settled
                | Self::Uncertain
                | Self::Refused
                | Self::Suspended
        )
    }

    /// How a person gets an invoice out of a side state: the commands, in the order of use. Empty on the main road.
    #[must_use]
    pub const fn exits(self) -> &'static [&'static str] {
        match self {
            Self::Quarantined | Self::Invalid => &["correct", "retry", "abandon"],
            Self::Draft => &["draft edit", "draft confirm", "correct", "abandon"],
            Self::Held => &["release", "resolve", "correct", "abandon"],
            Self::Duplicate | Self::OutsidePortal => &["retry", "abandon"],
            Self::Deferred => &["send", "hold", "abandon"],
            Self::Uncertain => &["follow", "resolve", "hold"],
            Self::Rejected => &["correct", "retry", "abandon"],
            Self::Refused => &["correct", "abandon"],
            Self::Suspended => &["follow", "abandon"],
            Self::Abandoned => &["retry"],
            _ => &[],
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// What happens to an invoice.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Event { $($(#[$doc])* $variant),+ }

        impl Event {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling in the journal and the documentation.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

events! {
    /// The document was read into the model.
    Read = "read",
    /// It cannot be read.
    Unreadable = "unreadable",
    /// It is a PDF without invoice XML.
    PlainPdf = "plain_pdf",
    /// The same bytes were received before.
    SameBytes = "same_bytes",
    /// Every required layer passed.
    Passed = "passed",
    /// At least one fatal finding.
    Failed = "failed",
    /// The seal or signature was made.
    Seal = "seal",
    /// It was put into the queue.
    Queue = "queue",
    /// A sender took it: the intent is recorded.
    Claim = "claim",
    /// The gateway gave a flow number, or the search found our invoice.
    Accepted = "accepted",
    /// The gateway refused the deposit for good.
    DepositRefused = "deposit_refused",
    /// Proof that the deposit was not accepted.
    NotAccepted = "not_accepted",
    /// No answer, or one that proves nothing.
    AnswerLost = "answer_lost",
    /// The sender died: its lease ran out.
    LeaseExpired = "lease_expired",
    /// Not found until the end of the waiting time: the same bytes once more.
    Resend = "resend",
    /// The gateway integrated it.
    Integrated = "integrated",
    /// The gateway did not integrate it.
    NotIntegrated = "not_integrated",
    /// The gateway could not handle the flow and asks for it again.
    Incident = "incident",
    /// The gateway refused the lot that carried it, without a word on this invoice: it goes alone.
    Split = "split",
    /// The recipient suspended it.
    Suspended = "suspended",
    /// The recipient refused it.
    Refused = "refused",
    /// The recipient took it up (again).
    Resumed = "resumed",
    /// Payment was ordered, or nothing more is expected.
    Settled = "settled",
    /// It needs a person's decision.
    Hold = "hold",
    /// A person lets it go on: it is checked again from the start.
    Release = "release",
    /// A person lets it go on, and an earlier deposit has no answer: it is searched for.
    ReleaseToSettle = "release_to_settle",
    /// A person asks for another try from the start.
    Retry = "retry",
    /// A corrected file was given.
    Correct = "correct",
    /// A person completed the draft and vouches for it: what they confirmed is checked from the start.
    Confirm = "confirm",
    /// A person gave it up.
    Abandon = "abandon",
    /// A person says that it is handled outside the portal.
    TakeOutside = "take_outside",
    /// A person found it integrated on the portal.
    FoundOnPortal = "found_on_portal",
    /// A person found on the portal that it was rejected there.
    RejectedOnPortal = "rejected_on_portal",
    /// A person looked, and the portal does not have it: it may be deposited.
    AbsentFromPortal = "absent_from_portal",
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The event does not exist in that state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an invoice that is {state} cannot take the event {event}")]
pub struct NotAllowed {
    /// The state it is in.
    pub state: State,
    /// What was tried.
    pub event: Event,
}

/// The deposit road: what `event` makes of an invoice in `state`.
///
/// # Errors
/// [`NotAllowed`] when the road has no such step.
pub fn next(state: State, event: Event) -> Result<State, NotAllowed> {
    use Event as E;
    use State as S;
    let to = match (state, event) {
        // In: recorded, read, checked, sealed, queued.
        (S::Received, E::Read) => S::Parsed,
        (S::Received, E::Unreadable) => S::Quarantined,
        (S::Received, E::PlainPdf) => S::Draft,
        (S::Received, E::SameBytes) => S::Duplicate,
        (S::Parsed, E::Passed) => S::Validated,
        (S::Parsed, E::Failed) => S::Invalid,
        (S::Validated, E::Seal) => S::Sealed,
        (S::Validated | S::Sealed, E::Queue) => S::Queued,

        // Out: the deposit protocol.
        (S::Queued | S::Deferred, E::Claim) => S::Depositing,
        (S::Depositing, E::DepositRefused) => S::Rejected,
        (S::Depositing, E::NotAccepted) => S::Deferred,
        (S::Depositing, E::AnswerLost | E::LeaseExpired) => S::Uncertain,
        (S::Depositing | S::Uncertain, E::Accepted) => S::Deposited,
        (S::Uncertain, E::Resend) => S::Depositing,

        // At the gateway: integrated or not.
        (S::Deposited, E::Integrated) => S::Integrated,
        (S::Deposited, E::NotIntegrated) => S::Rejected,
        (S::Deposited, E::Incident | E::Split) => S::Deferred,

        // At the recipient: statuses come in any order, so each may follow each.
        (S::Integrated | S::Settled | S::Refused, E::Suspended) => S::Suspended,
        (S::Integrated | S::Settled | S::Suspended, E::Refused) => S::Refused,
        (S::Suspended | S::Refused | S::Settled, E::Resumed) => S::Integrated,
        (S::Integrated | S::Suspended | S::Refused, E::Settled) => S::Settled,

        // A person's hand.
        (
            S::Received
            | S::Parsed
            | S::Validated
            | S::Sealed
            | S::Queued
            | S::Depositing
            | S::Deposited
            | S::Deferred
            | S::Uncertain
            | S::Invalid
            | S::Draft
            | S::Rejected,
            E::Hold,
        ) => S::Held,
        (S::Held, E::Release) => S::Received,
        (S::Held, E::ReleaseToSettle) => S::Uncertain,
        (S::Quarantined | S::Invalid | S::Duplicate | S::Rejected | S::Abandoned | S::OutsidePortal, E::Retry) => {
            S::Received
        }
        (S::Quarantined | S::Invalid | S::Draft | S::Held | S::Rejected, E::Correct) | (S::Draft, E::Confirm) => {
            S::Received
        }
        (
            S::Received
            | S::Parsed
            | S::Validated
            | S::Sealed
            | S::Queued
            | S::Deferred
            | S::Quarantined
            | S::Invalid
            | S::Draft
            | S::Held
            | S::Duplicate
            | S::Rejected
            | S::Refused
            | S::Suspended
            | S::OutsidePortal,
            E::Abandon,
        ) => S::Abandoned,
        (S::Draft | S::Held | S::Invalid | S::Quarantined, E::TakeOutside) => S::OutsidePortal,

        // What a person found on the portal. Only from `held`, where nothing else moves it, may it be deposited again.
        (S::Held | S::Uncertain | S::Deposited | S::Rejected, E::FoundOnPortal) => S::Integrated,
        (S::Held | S::Uncertain | S::Deposited, E::RejectedOnPortal) => S::Rejected,
        (S::Held, E::AbsentFromPortal) => S::Received,
        (state, event) => return Err(NotAllowed { state, event }),
    };
    Ok(to)
}

/// Every step of the deposit road: from, event, to. Equal to [`next`] by an exhaustive test.
pub static TRANSITIONS: std::sync::LazyLock<Vec<(State, Event, State)>> = std::sync::LazyLock::new(|| {
    let pairs = State::ALL.iter().flat_map(|from| Event::ALL.iter().map(move |event| (*from, *event)));
    pairs.filter_map(|(from, event)| next(from, event).ok().map(|to| (from, event, to))).collect()
});

/// Whether one step of the life cycle leads from the one state to the other.
#[must_use]
pub fn is_step(from: State, to: State) -> bool {
    static STEPS: std::sync::LazyLock<std::collections::BTreeSet<(State, State)>> =
        std::sync::LazyLock::new(|| TRANSITIONS.iter().map(|(from, _, to)| (*from, *to)).collect());
    STEPS.contains(&(from, to))
}

/// The states as a page of Markdown with the diagram: `docs/reference/states.md` is exactly this.
#[must_use]
pub fn documentation() -> String {
    let mut page = String::from(
        "# States of an invoice\n\nGenerated from `crates/model/src/lifecycle.rs`; a test keeps it equal.\n\n\
         | state | exits by command |\n|---|---|\n",
    );
    for state in State::ALL {
        let exits: Vec<String> = state.exits().iter().map(|verb| format!("`facteur {verb}`")).collect();
        page.push_str(&format!("| `{state}` | {} |\n", exits.join(", ")));
    }
    page.push_str("\n```mermaid\nstateDiagram-v2\n    [*] --> received\n");
    for (from, event, to) in TRANSITIONS.iter() {
        page.push_str(&format!("    {from} --> {to}: {event}\n"));
    }
    page.push_str("```\n");
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_state_can_be_reached_from_received() {
        let mut seen = BTreeSet::from([State::Received]);
        loop {
            let more: Vec<State> = TRANSITIONS
                .iter()
                .filter(|(from, _, to)| seen.contains(from) && !seen.contains(to))
                .map(|(_, _, to)| *to)
                .collect();
            if more.is_empty() {
                break;
            }
            seen.extend(more);
        }
        assert_eq!(seen.len(), State::ALL.len());
    }

    #[test]
    fn every_side_state_has_an_exit_and_the_table_knows_it() {
        for state in State::ALL.iter().filter(|state| !state.exits().is_empty()) {
            for verb in state.exits() {
                let events: &[Event] = match *verb {
                    "correct" => &[Event::Correct],
                    "retry" => &[Event::Retry],
                    "draft edit" | "draft confirm" => &[Event::Confirm],
                    "abandon" => &[Event::Abandon],
                    "release" => &[Event::Release],
                    "hold" => &[Event::Hold],
                    "resolve" => &[Event::FoundOnPortal],
                    "send" => &[Event::Claim],
                    "follow" => &[Event::Accepted, Event::Resumed, Event::Settled],
                    other => panic!("unknown command {other}"),
                };
                let refused_is_corrected_as_a_new_invoice = *state == State::Refused && *verb == "correct";
                assert!(
                    refused_is_corrected_as_a_new_invoice || events.iter().any(|event| next(*state, *event).is_ok()),
                    "{state} names {verb}"
                );
            }
        }
    }

    #[test]
    fn an_invoice_that_may_be_at_the_gateway_never_returns_to_the_queue_by_itself() {
        for (from, event, to) in TRANSITIONS.iter() {
            if matches!(from, State::Depositing | State::Uncertain) {
                assert_ne!(*to, State::Queued, "{from} {event}");
                assert_ne!(*to, State::Received, "{from} {event}");
                assert_ne!(*to, State::Abandoned, "{from} {event}");
            }
        }
        assert_eq!(next(State::Depositing, Event::LeaseExpired), Ok(State::Uncertain));
    }

    #[test]
    fn names_are_unique_and_read_back() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.as_str()), Some(*state));
        }
        let events: BTreeSet<&str> = Event::ALL.iter().map(|event| event.as_str()).collect();
        assert_eq!(events.len(), Event::ALL.len());
    }

    #[test]
    fn the_documentation_is_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/states.md");
        let wanted = documentation();
        if std::env::var_os("FACTEUR_WRITE_DOCS").is_some() {
            std::fs::write(path, &wanted).expect("docs/reference can be written");
        }
        let page = std::fs::read_to_string(path).expect("docs/reference/states.md");
        assert_eq!(page, wanted, "run FACTEUR_WRITE_DOCS=1 cargo test -p facteur-model");
    }
}
