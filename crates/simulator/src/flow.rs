//! What will happen to a flow and when: decided once, at the deposit, and written to the journal with it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::args::{Options, Switch};
use crate::clock::Millis;
use crate::faults::Fault;

/// First state, seen immediately after every deposit by API.
pub const DEPOSITED: &str = "IN_DEPOT_PORTAIL_EN_ATTENTE_TRAITEMENT_SE_CPP";
/// All invoices integrated.
pub const INTEGRATED: &str = "IN_INTEGRE";
/// Some invoices integrated.
pub const PARTLY_INTEGRATED: &str = "IN_INTEGRE_PARTIEL";
/// Nothing integrated.
pub const REJECTED: &str = "IN_REJETE";
/// Not handled; the whole flow may be sent again.
pub const INCIDENT: &str = "IN_INCIDENTE";

const RECEIVED: &str = "IN_RECU";
const EXCHANGED: &str = "IN_TRAITE_SE_CPP";
const QUEUED: &str = "IN_EN_ATTENTE_TRAITEMENT_CPP";
const PROCESSING: &str = "IN_EN_COURS_TRAITEMENT_CPP";
const WAITING_RESTART: &str = "IN_EN_ATTENTE_RETRAITEMENT_CPP";
const UNDOCUMENTED: &str = "IN_ETAT_NON_DOCUMENTE";

/// The statuses of an invoice, when nobody but the robot acts.
const USUAL_STATUSES: [&str; 5] =
    ["DEPOSEE", "MISE_A_DISPOSITION", "MANDATEE", "MISE_A_DISPOSITION_COMPTABLE", "MISE_EN_PAIEMENT"];
/// Seen in production: statuses before their predecessor, and MANDATEE after MISE_EN_PAIEMENT.
const UNUSUAL_STATUSES: [&str; 6] =
    ["DEPOSEE", "MANDATEE", "MISE_A_DISPOSITION", "MISE_EN_PAIEMENT", "MISE_A_DISPOSITION_COMPTABLE", "MANDATEE"];
/// Statuses that Chorus Pro sets by itself.
const STATUSES_WITHOUT_ROBOT: usize = 2;

/// A state or status and the instant at which it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Millis,
    /// Which.
    pub code: String,
}

/// The future of a flow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Pending states; the flow is unknown before the first one.
    pub states: Vec<Step>,
    /// When it is integrated, rejected or incidented.
    pub ends_at: Millis,
    /// Ends in IN_INCIDENTE.
    pub incident: bool,
    /// Every second invoice of a lot is rejected.
    pub partial: bool,
    /// Statuses of its integrated invoices.
    pub statuses: Vec<Step>,
}

impl Plan {
    /// The plan of a flow deposited at an instant.
    pub fn new(at: Millis, options: &Options, fate: Option<Fault>) -> Self {
        let step = millis(options.step);
        let mut next = at + millis(options.visibility_delay);
        let mut states = Vec::new();
        for code in pending_states(fate) {
            states.push(Step { at: next, code: code.to_owned() });
            next += if code == WAITING_RESTART { millis(options.slow_integration) } else { step };
        }
        let statuses = statuses(next, options, fate == Some(Fault::OutOfOrder));
        Self {
            states,
            ends_at: next,
            incident: fate == Some(Fault::Incident),
            partial: fate == Some(Fault::Partial),
            statuses,
        }
    }

    /// The pending state at an instant; nothing while the flow is still unknown.
    pub fn state_at(&self, now: Millis) -> Option<&Step> {
        self.states.iter().rev().find(|step| step.at <= now)
    }
}

fn pending_states(fate: Option<Fault>) -> Vec<&'static str> {
    let mut states = vec![DEPOSITED, RECEIVED, EXCHANGED, QUEUED, PROCESSING];
    match fate {
        Some(Fault::SlowIntegration) => states.extend([WAITING_RESTART, PROCESSING]),
        Some(Fault::UnknownState) => states.push(UNDOCUMENTED),
        _ => {}
    }
    states
}

fn statuses(integrated: Millis, options: &Options, out_of_order: bool) -> Vec<Step> {
    let codes = if out_of_order { &UNUSUAL_STATUSES[..] } else { &USUAL_STATUSES[..] };
    let whole = out_of_order || options.robot == Switch::On;
    let count = if whole { codes.len() } else { STATUSES_WITHOUT_ROBOT };
    let mut at = integrated;
    let mut steps = Vec::new();
    for (rank, code) in codes.iter().take(count).enumerate() {
        at += match rank {
            0 => 0,
            1 => millis(options.step),
            _ => millis(options.robot_step),
        };
        steps.push(Step { at, code: (*code).to_owned() });
    }
    steps
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX / 4)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn codes(steps: &[Step]) -> Vec<&str> {
        steps.iter().map(|step| step.code.as_str()).collect()
    }

    #[test]
    fn a_flow_is_unknown_during_the_visibility_delay() {
        let plan = Plan::new(1_000, &Options::on_free_port(), None);
        assert_eq!(plan.state_at(2_999), None);
        assert_eq!(plan.state_at(3_000).unwrap().code, DEPOSITED);
        assert_eq!(plan.state_at(3_250).unwrap().code, RECEIVED);
        assert_eq!(plan.ends_at, 4_000);
        assert_eq!(codes(&plan.statuses), ["DEPOSEE", "MISE_A_DISPOSITION"]);
    }

    #[test]
    fn the_robot_goes_on_to_payment() {
        let options = Options { robot: Switch::On, ..Options::on_free_port() };
        assert_eq!(codes(&Plan::new(0, &options, None).statuses), USUAL_STATUSES);
        assert_eq!(codes(&Plan::new(0, &options, Some(Fault::OutOfOrder)).statuses), UNUSUAL_STATUSES);
    }

    #[test]
    fn slow_integration_waits_for_a_restart() {
        let options = Options::on_free_port();
        let plan = Plan::new(0, &options, Some(Fault::SlowIntegration));
        assert!(codes(&plan.states).ends_with(&[PROCESSING, WAITING_RESTART, PROCESSING]));
        assert_eq!(plan.ends_at, Plan::new(0, &options, None).ends_at + 30_000 + 200);
    }
}
