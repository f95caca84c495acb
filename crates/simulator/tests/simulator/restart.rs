//! The state file: what was acknowledged survives `kill -9`, with the same numbers, states and clock.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

use crate::documents::{Invoice, SUPPLIER, lot};
use crate::support::Simulator;

#[tokio::test]
async fn everything_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    let arguments =
        ["--state", path.to_str().unwrap(), "--robot", "on", "--visibility-delay", "1h", "--token-lifetime", "30d"];

    let simulator = Simulator::start(&arguments).await;
    let invoices = [Invoice::new("KEEP-1"), Invoice::new("KEEP-2")];
    simulator.deposit("IN_DP_E1_UBL_INVOICE", "lot.tar.gz", &lot(&invoices)).await;
    simulator.deposit("IN_DP_E2_CII_FACTURX", "f.pdf", &Invoice::new("KEEP-3").factur_x(true)).await;
    simulator.advance("59m").await;
    simulator.deposit_ubl(&Invoice::new("KEEP-1").ubl()).await;
    let before = simulator.ledger().await;
    simulator.kill();

    let simulator = Simulator::start(&arguments).await;
    assert_eq!(simulator.ledger().await, before);
    simulator.admin("/simulator/structure", json!({ "siret": "12345678200051", "payment_not_reported": true })).await;
    simulator.advance("59m").await;
    let suspended = json!({ "number": "KEEP-2", "supplier": SUPPLIER, "status": "SUSPENDUE", "comment": "piece" });
    simulator.admin("/simulator/status", suspended).await;
    simulator.advance("10m").await;
    let before = simulator.ledger().await;
    let states: Vec<_> = before.iter().map(|line| line["invoice_state"].clone()).collect();
    assert_eq!(states[1], "SUSPENDUE");
    assert_eq!(before[3]["flow_state"], "IN_REJETE");
    let found = simulator.search(json!({})).await;
    simulator.kill();

    // Other options for what comes now do not rewrite what was planned.
    let path = path.to_str().unwrap();
    let simulator = Simulator::start(&["--state", path, "--step", "9h", "--visibility-delay", "9h"]).await;
    assert_eq!(simulator.ledger().await, before);
    assert_eq!(simulator.search(json!({})).await, found);
    let flow = simulator.deposit_ubl(&Invoice::new("KEEP-4").ubl()).await;
    assert!(before.iter().all(|line| line["flow"] != json!(flow)));
    assert_eq!(simulator.report(&flow).await["codeRetour"], 20001);
}

#[tokio::test]
async fn a_kill_during_deposits_loses_nothing_that_was_answered() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    let arguments = ["--state", path.to_str().unwrap()];
    let mut answered = Vec::new();
    for round in 0..5 {
        let simulator = Arc::new(Simulator::start(&arguments).await);
        let (sender, mut flows) = tokio::sync::mpsc::unbounded_channel();
        for client in 0..4 {
            tokio::spawn(deposit_until_killed(Arc::clone(&simulator), format!("K-{round}-{client}"), sender.clone()));
        }
        drop(sender);
        for _ in 0..20 {
            answered.push(flows.recv().await.unwrap());
        }
        simulator.kill_now();
        while let Some(flow) = flows.recv().await {
            answered.push(flow);
        }
        // A record that was being written when the machine stopped.
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"kind\":\"deposit\",\"at\":17");
        std::fs::write(&path, torn).unwrap();
    }
    let simulator = Simulator::start(&arguments).await;
    let ledger = simulator.ledger().await;
    let kept: BTreeSet<&str> = ledger.iter().map(|line| line["flow"].as_str().unwrap()).collect();
    assert_eq!(kept.len(), ledger.len(), "no flow number is given twice");
    let answered_once: BTreeSet<&str> = answered.iter().map(String::as_str).collect();
    assert_eq!(answered_once.len(), answered.len());
    assert!(answered_once.is_subset(&kept), "an answered deposit is missing");
    // At most the deposit of each client that was under way at each kill may be there without an answer.
    assert!(kept.len() <= answered.len() + 5 * 4);
}

async fn deposit_until_killed(simulator: Arc<Simulator>, prefix: String, flows: UnboundedSender<String>) {
    for rank in 0.. {
        let bytes = Invoice::new(&format!("{prefix}-{rank}")).ubl();
        let Ok(answer) = simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "f.xml", &bytes).await else { return };
        flows.send(answer.body["numeroFluxDepot"].as_str().unwrap().to_owned()).unwrap();
    }
}

#[tokio::test]
async fn two_simulators_do_not_share_a_state_file_and_only_loopback_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("state.jsonl");
    let _first = Simulator::start(&["--state", path.to_str().unwrap()]).await;
    let binary = env!("CARGO_BIN_EXE_facteur-simulator");
    let second = Command::new(binary).args(["--listen", "127.0.0.1:0", "--state"]).arg(&path).output().unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("in use"));
    let open = Command::new(binary).args(["--listen", "0.0.0.0:0"]).output().unwrap();
    assert!(!open.status.success());
    assert!(String::from_utf8_lossy(&open.stderr).contains("loopback"));
}
