//! Deposits without an answer, and what is heard much later.

use facteur_model::lifecycle::State;

use crate::support::{Desk, Simulator, quick};

const HALF_A_YEAR: i64 = 183 * 24 * 3600;

#[tokio::test]
async fn after_months_of_silence_what_arrived_is_found_and_what_did_not_is_sent_once() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, quick()).await;
    let ids = desk.queue_numbers(&["M-1"]).await;
    simulator.next(&["lose-answer"]);
    desk.send().await;
    let lost = desk.queue_numbers(&["M-2"]).await;
    simulator.next(&["http-500"]);
    desk.send().await;
    assert_eq!((desk.state(&ids[0]).await, desk.state(&lost[0]).await), (State::Uncertain, State::Uncertain));
    // Nobody runs anything for half a year.
    desk.later(HALF_A_YEAR);
    simulator.advance("183d");
    desk.until(&[State::Integrated]).await;
    assert_eq!(simulator.counts().into_values().collect::<Vec<_>>(), [(1, 1), (1, 1)]);
    assert_eq!(desk.store.deliveries(&ids[0]).await.unwrap().len(), 1, "found, not sent again");
    assert_eq!(desk.store.deliveries(&lost[0]).await.unwrap().len(), 2);
    desk.sound().await;
}

#[tokio::test]
async fn a_duplicate_answer_confirms_only_an_own_deposit_without_an_answer() {
    let Some(simulator) = Simulator::start(&["--duplicate-check", "deposit"]) else { return };
    let desk = Desk::open(&simulator, quick()).await;
    desk.queue_numbers(&["D-1"]).await;
    desk.send().await;
    desk.until(&[State::Integrated]).await;
    // Somebody else's installation has the same document: to it, "already there" is no success and no refusal.
    let other = Desk::open(&simulator, quick()).await;
    let id = other.queue_numbers(&["D-1"]).await.remove(0);
    other.send().await;
    assert_eq!((other.state(&id).await, other.reason(&id).await.as_str()), (State::Held, "ALREADY-AT-GATEWAY"));
    assert_eq!(simulator.counts()["D-1"], (1, 1));
}

#[tokio::test]
async fn the_double_of_an_unanswered_deposit_is_the_unanswered_deposit() {
    let Some(simulator) = Simulator::start(&["--fault", "slow-integration=1", "--slow-integration", "2s"]) else {
        return;
    };
    let desk = Desk::open(&simulator, quick()).await;
    let id = desk.queue_numbers(&["D-2"]).await.remove(0);
    simulator.next(&["lose-answer"]);
    desk.send().await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    // The waiting time is over before the gateway shows the first one: the second is refused as its double, later.
    desk.later(3601);
    desk.until(&[State::Integrated]).await;
    let integrated = simulator.ledger().iter().filter(|line| line["invoice_state"].is_string()).count();
    assert_eq!(integrated, 1);
    assert_eq!(desk.store.deliveries(&id).await.unwrap()[0].outcome, "accepted");
    desk.sound().await;
}

#[tokio::test]
async fn statuses_in_any_order_end_where_the_gateway_says() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, quick()).await;
    let id = desk.queue_numbers(&["O-1"]).await.remove(0);
    desk.send().await;
    desk.until(&[State::Integrated]).await;
    for (status, wanted) in [
        ("MISE_EN_PAIEMENT", State::Settled),
        ("MANDATEE", State::Settled),
        ("SUSPENDUE", State::Suspended),
        ("MISE_EN_PAIEMENT", State::Settled),
        ("REJETEE", State::Refused),
        ("MISE_A_DISPOSITION", State::Integrated),
        ("MOT_INCONNU", State::Integrated),
        ("MISE_EN_PAIEMENT", State::Settled),
    ] {
        simulator.status("O-1", status);
        desk.later(20);
        let ids = [id.clone()];
        facteur_pipeline::deposit::follow::follow(&desk.dispatcher, &ids, true).await.unwrap();
        let invoice = desk.invoice(&id).await;
        // What is settled is not asked about any more.
        let asked = invoice.invoice_state.as_deref() == Some(status);
        assert!(invoice.state == wanted && (asked || invoice.state == State::Settled), "{status}: {invoice:?}");
        if invoice.state == State::Settled && status != "MISE_EN_PAIEMENT" {
            continue;
        }
        if invoice.state == State::Settled {
            break;
        }
    }
    desk.sound().await;
}

#[tokio::test]
async fn an_unusual_order_is_followed_to_the_payment() {
    let Some(simulator) = Simulator::start(&["--robot", "on", "--fault", "out-of-order=1"]) else { return };
    let desk = Desk::open(&simulator, quick()).await;
    let id = desk.queue_numbers(&["O-2"]).await.remove(0);
    desk.send().await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    for _ in 0..4 {
        desk.round().await;
    }
    let events = desk.store.gateway_events(&id).await.unwrap();
    let heard: Vec<&str> = events.iter().filter(|event| event.subject == "invoice").map(|event| &*event.code).collect();
    let order =
        ["DEPOSEE", "MANDATEE", "MISE_A_DISPOSITION", "MISE_EN_PAIEMENT", "MISE_A_DISPOSITION_COMPTABLE", "MANDATEE"];
    assert_eq!(heard, order, "each is kept, in the gateway's order");
    assert_eq!(desk.state(&id).await, State::Integrated, "the gateway's present word is MANDATEE");
}
