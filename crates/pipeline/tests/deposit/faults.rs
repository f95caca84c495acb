//! Every fault of the simulator, on single invoices and on lots: in the end each invoice is integrated exactly once.

use facteur_model::lifecycle::State;
use facteur_pipeline::config::Deposit;

use crate::support::{Desk, Simulator, quick};

const FAULTS: [&str; 15] = [
    "lose-answer",
    "late-answer",
    "http-500",
    "http-503-html",
    "http-429",
    "expire-token",
    "reset",
    "half-body",
    "slow-loris",
    "slow",
    "empty-flow-number",
    "slow-integration",
    "incident",
    "out-of-order",
    "unknown-state",
];

const OPTIONS: [&str; 12] = [
    "--late",
    "3s",
    "--slow",
    "200ms",
    "--drip",
    "1s",
    "--slow-integration",
    "300ms",
    "--retry-after",
    "7",
    "--page-size",
    "1",
];

async fn survives(fault: &'static str, lot: usize) {
    let Some(simulator) = Simulator::start(&OPTIONS) else { return };
    let desk = Desk::open(&simulator, Deposit { lot, settle_after_seconds: 60, ..quick() }).await;
    desk.queue_numbers(&["F-1", "F-2", "F-3"]).await;
    // Two tokens refused in a row are no longer a fault of the wire: that is a refused account.
    simulator.next(&[fault]);
    if fault != "expire-token" {
        simulator.next(&[fault]);
    }
    desk.send().await;
    // The simulator shows a committed deposit within a second: the waiting time of the test is longer than that.
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    desk.until(&[State::Integrated]).await;
    let counts = simulator.counts();
    assert_eq!(counts.len(), 3, "{fault}, lot of {lot}: {counts:?}");
    assert!(counts.values().all(|(_, integrated)| *integrated == 1), "{fault}, lot of {lot}: {counts:?}");
    desk.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_ends_with_each_invoice_integrated_exactly_once() {
    for faults in FAULTS.chunks(5) {
        let cases = faults.iter().flat_map(|fault| [(*fault, 1), (*fault, 3)]);
        let running: Vec<_> = cases.map(|(fault, lot)| tokio::spawn(survives(fault, lot))).collect();
        for case in running {
            case.await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_batch_stops_nothing() {
    let Some(simulator) = Simulator::start(&["--token-lifetime", "1s", "--fault", "slow=1", "--slow", "400ms"]) else {
        return;
    };
    let desk = Desk::open(&simulator, Deposit { concurrency: 1, ..quick() }).await;
    desk.queue_numbers(&["T-1", "T-2", "T-3", "T-4"]).await;
    let summary = desk.send().await;
    assert_eq!(summary.deposited, 4, "{summary:?}");
}
