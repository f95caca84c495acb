//! What an outcome is: nothing else decides whether an invoice may be sent again.

use std::time::Duration;

use facteur_model::gateway::{DepositOutcome, GatewayError};

use super::breaker::Signal;

/// What an outcome of a deposit means for its next try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The gateway took it.
    Taken,
    /// Proof that it was not accepted, and another try can help.
    Retryable {
        /// Not before this long, where the gateway said so.
        asked: Option<Duration>,
    },
    /// Proof that it was not accepted, and only a person can help: credentials, rights, addresses. Never tried in a
    /// loop: an account that is asked too often with a wrong password is closed.
    Person,
    /// Proof that it was not accepted, and the same bytes would be refused again.
    Definitive,
    /// Neither: only a search tells. Never tried again by itself.
    Unknown,
}

/// The class of an outcome.
#[must_use]
pub const fn class(outcome: &DepositOutcome) -> Class {
    match outcome {
        DepositOutcome::Accepted { .. } => Class::Taken,
        DepositOutcome::Rejected { .. } => Class::Definitive,
        DepositOutcome::Deferred { needs_person: true, .. } => Class::Person,
        DepositOutcome::Deferred { after, .. } => Class::Retryable { asked: *after },
        // A duplicate answer is a hint: the search decides.
        DepositOutcome::Unknown { .. } | DepositOutcome::Duplicate { .. } => Class::Unknown,
    }
}

/// What an outcome says about the gateway as a whole.
#[must_use]
pub const fn signal(outcome: &DepositOutcome) -> Signal {
    match outcome {
        DepositOutcome::Deferred { needs_person: true, .. } => Signal::Refused,
        DepositOutcome::Deferred { after: Some(wait), .. } => Signal::Pause(*wait),
        DepositOutcome::Deferred { .. } | DepositOutcome::Unknown { .. } => Signal::Failed,
        // Refused in the service's own words: it works.
        DepositOutcome::Accepted { .. } | DepositOutcome::Rejected { .. } | DepositOutcome::Duplicate { .. } => {
            Signal::Good
        }
    }
}

/// What the answer to a question (a report, a search, a history) says about the gateway as a whole.
#[must_use]
pub const fn signal_of<T>(answer: &Result<T, GatewayError>) -> Signal {
    match answer {
        Err(GatewayError::Credentials(_)) => Signal::Refused,
        Err(GatewayError::Busy { after: Some(wait), .. }) => Signal::Pause(*wait),
        Err(GatewayError::Busy { .. } | GatewayError::Unavailable(_)) => Signal::Failed,
        Ok(_) | Err(GatewayError::Protocol(_) | GatewayError::Refused { .. }) => Signal::Good,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deferred(after: Option<Duration>, needs_person: bool) -> DepositOutcome {
        DepositOutcome::Deferred { after, needs_person, reason: String::new() }
    }

    #[test]
    fn credentials_are_never_retryable_and_no_answer_is_never_definitive() {
        let pause = Some(Duration::from_secs(9));
        assert_eq!(class(&deferred(pause, true)), Class::Person);
        assert_eq!(class(&deferred(pause, false)), Class::Retryable { asked: pause });
        assert_eq!(class(&DepositOutcome::Unknown { reason: String::new(), raw: None }), Class::Unknown);
        let hint = DepositOutcome::Duplicate { reason: String::new(), raw: String::new() };
        assert_eq!((class(&hint), signal(&hint)), (Class::Unknown, Signal::Good));
        assert_eq!(signal(&deferred(pause, true)), Signal::Refused);
        assert_eq!(signal_of::<()>(&Err(GatewayError::Credentials(String::new()))), Signal::Refused);
    }
}
