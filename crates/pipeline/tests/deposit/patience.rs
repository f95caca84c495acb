//! A gateway that is down, slow, or does not let us in: it is left alone, and in the end a person is told.

use facteur_model::gateway::GatewayError;
use facteur_model::lifecycle::State;
use facteur_pipeline::config::Deposit;
use facteur_pipeline::deposit::control::Door;
use facteur_pipeline::deposit::policy::breaker::Phase;
use facteur_pipeline::deposit::send::send;
use facteur_pipeline::error::PipelineError;

use crate::support::{Desk, Simulator, quick};

/// Deposits that left, by the counters.
async fn sent(desk: &Desk) -> usize {
    let mut deliveries = 0;
    for invoice in desk.all().await {
        deliveries += desk.store.deliveries(&invoice.id).await.unwrap().len();
    }
    deliveries
}

#[tokio::test]
async fn a_pause_that_the_gateway_asks_for_is_kept_by_everybody() {
    let Some(simulator) = Simulator::start(&["--retry-after", "120", "--fault", "http-429=1"]) else { return };
    let desk = Desk::open(&simulator, Deposit { concurrency: 1, ..quick() }).await;
    let numbers: Vec<String> = (0..20).map(|n| format!("P-{n}")).collect();
    desk.queue_numbers(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let summary = desk.send().await;
    assert_eq!((summary.deferred, summary.left, summary.stopped.as_deref()), (1, 19, Some("SEND-PAUSED")));
    desk.later(119);
    assert_eq!(desk.send().await.left, 19, "the pause is not over");
    desk.later(1);
    simulator.rates("{}");
    assert_eq!(desk.send().await.deposited, 20);
    assert_eq!(sent(&desk).await, 21);
}

#[tokio::test]
async fn a_gateway_that_is_down_is_asked_less_and_less_and_found_again() {
    let Some(simulator) = Simulator::start(&["--fault", "reset=1"]) else { return };
    let desk = Desk::open(&simulator, Deposit { concurrency: 4, settle_after_seconds: 2_000_000, ..quick() }).await;
    let numbers: Vec<String> = (0..60).map(|n| format!("B-{n}")).collect();
    desk.queue_numbers(&numbers.iter().map(String::as_str).collect::<Vec<_>>()).await;
    // An hour, asked every second: 3 failures, what was in flight, and one for each pause of at most 64 s.
    for _ in 0..3600 {
        desk.later(1);
        if desk.send().await.due == 0 {
            break;
        }
    }
    let sent = sent(&desk).await;
    assert!((10..=100).contains(&sent), "{sent}");
    assert_ne!(desk.dispatcher.control.phase(Door::Deposit), Phase::Closed);
}

#[tokio::test]
async fn refused_credentials_are_asked_for_once_and_nothing_leaves() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::with_password(&simulator, quick(), "wrong").await;
    let id = desk.queue_numbers(&["A-1"]).await.remove(0);
    for _ in 0..5 {
        let error = send(&desk.dispatcher, &[]).await.unwrap_err();
        assert!(matches!(error, PipelineError::Gateway(GatewayError::Credentials(_))), "{error}");
        desk.later(3600);
    }
    assert!(desk.dispatcher.control.is_barred());
    assert_eq!((desk.state(&id).await, sent(&desk).await), (State::Queued, 0));
}

#[tokio::test]
async fn patience_ends_with_a_person_and_the_reason_says_since_when() {
    let Some(simulator) = Simulator::start(&["--fault", "http-429=1"]) else { return };
    let patience = Deposit { give_up_attempts: 4, stop_after_failures: 100, ..quick() };
    let desk = Desk::open(&simulator, patience).await;
    let id = desk.queue_numbers(&["E-1"]).await.remove(0);
    for _ in 0..3 {
        desk.send().await;
        assert_eq!((desk.state(&id).await, desk.reason(&id).await.as_str()), (State::Deferred, "NOT-ACCEPTED"));
        desk.later(100);
    }
    desk.send().await;
    let invoice = desk.invoice(&id).await;
    let reason = invoice.reason.unwrap();
    assert_eq!((invoice.state, reason.code.as_str()), (State::Held, "NOT-ACCEPTED-END"));
    assert_eq!(reason.args["attempts"], "4");
    assert!(reason.args["since"].starts_with("20") && reason.args["text"].contains("GATEWAY-PAUSE"), "{reason:?}");
    desk.sound().await;
}

#[tokio::test]
async fn incidents_are_not_repeated_for_ever() {
    let Some(simulator) = Simulator::start(&["--fault", "incident=1"]) else { return };
    let desk = Desk::open(&simulator, Deposit { give_up_attempts: 3, ..quick() }).await;
    let id = desk.queue_numbers(&["I-1"]).await.remove(0);
    desk.until(&[State::Held]).await;
    assert_eq!(desk.reason(&id).await, "INCIDENT-AGAIN");
    assert_eq!(simulator.ledger().len(), 3);
}

#[tokio::test]
async fn a_night_takes_no_more_deposits_than_its_budget_whoever_asks() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, Deposit { night_budget: 3, ..quick() }).await;
    desk.queue_numbers(&["N-1", "N-2", "N-3", "N-4", "N-5"]).await;
    let summary = desk.send().await;
    assert_eq!((summary.deposited, summary.left, summary.stopped.as_deref()), (3, 2, Some("NIGHT-BUDGET")));
    // Another process of the same night knows from the store.
    let mut other = desk.dispatcher.clone();
    other.control = facteur_pipeline::deposit::control::Control::new(&other.patience, "chorus-pro", 1).into();
    assert_eq!(send(&other, &[]).await.unwrap().deposited, 0);
    desk.later(24 * 3600);
    assert_eq!(send(&other, &[]).await.unwrap().deposited, 2);
}
