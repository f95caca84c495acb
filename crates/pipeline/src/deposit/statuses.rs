//! What a status of the invoice at Chorus Pro means for our state. The gateway imposes no order: any status may follow
//! any other, and a word that we do not know changes nothing.

use facteur_model::lifecycle::{Event, State, next};

/// The step that the gateway's present status asks for, from the state that the invoice is in; `None` when the
/// state says it already.
pub(super) fn step(state: State, status: &str) -> Option<Event> {
    let (wanted, event) = match status {
        "SUSPENDUE" => (State::Suspended, Event::Suspended),
        // "A recycler" ended in 2026: the recipient refuses, and a new number is needed (AIFE, v1.1, 2.4.2).
        "REJETEE" | "A_RECYCLER" | "REFUSEE_1" | "REFUSEE_2" | "REFUSEE_FOURNISSEUR" => {
            (State::Refused, Event::Refused)
        }
        "MISE_EN_PAIEMENT" | "SUPPRIMEE" | "ABANDONNEE" => (State::Settled, Event::Settled),
        "DEPOSEE"
        | "EN_COURS_ACHEMINEMENT"
        | "MISE_A_DISPOSITION"
        | "COMPLETEE"
        | "SERVICE_FAIT"
        | "MANDATEE"
        | "MISE_A_DISPOSITION_COMPTABLE"
        | "COMPTABILISEE"
        | "VALIDEE_1"
        | "VALIDEE_2"
        | "A_VALIDER_1"
        | "A_VALIDER_2" => (State::Integrated, Event::Resumed),
        _ => return None,
    };
    (state != wanted && next(state, event).is_ok()).then_some(event)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODES: [&str; 10] = [
        "DEPOSEE",
        "MISE_A_DISPOSITION",
        "SUSPENDUE",
        "COMPLETEE",
        "REJETEE",
        "MANDATEE",
        "MISE_A_DISPOSITION_COMPTABLE",
        "COMPTABILISEE",
        "MISE_EN_PAIEMENT",
        "MOT_INCONNU",
    ];

    proptest! {
        #[test]
        fn statuses_in_any_order_end_where_the_last_known_one_says(order in proptest::collection::vec(0..CODES.len(), 1..30)) {
            let mut state = State::Integrated;
            for index in &order {
                if let Some(event) = step(state, CODES[*index]) {
                    state = next(state, event).map_err(|error| TestCaseError::fail(error.to_string()))?;
                }
            }
            let last = order.iter().rev().map(|index| CODES[*index]).find(|code| *code != "MOT_INCONNU");
            let wanted = match last {
                Some("SUSPENDUE") => State::Suspended,
                Some("REJETEE") => State::Refused,
                Some("MISE_EN_PAIEMENT") => State::Settled,
                _ => State::Integrated,
            };
            prop_assert_eq!(state, wanted);
        }
    }
}
