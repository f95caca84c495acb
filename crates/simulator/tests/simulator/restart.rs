//! The state file: what was acknowledged survives `kill -9`, with the same numbers, states and clock.

use std::process::Command;

use serde_json::json;

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
        let simulator = std::sync::Arc::new(Simulator::start(&arguments).await);
        let clients: Vec<_> = (0..4)
            .map(|client| {
                let simulator = std::sync::Arc::clone(&simulator);
                tokio::spawn(async move {
                    let mut flows = Vec::new();
                    for rank in 0..5 {
                        let bytes = Invoice::new(&format!("K-{round}-{client}-{rank}")).ubl();
                        if let Ok(answer) = simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "f.xml", &bytes).await {
                            flows.push(answer.body["numeroFluxDepot"].as_str().unwrap().to_owned());
                        }
                    }
                    flows
                })
            })
            .collect();
        for client in clients {
            answered.extend(client.await.unwrap());
        }
        std::sync::Arc::into_inner(simulator).unwrap().kill();
        // A record that was being written when the machine stopped.
        let mut torn = std::fs::read(&path).unwrap();
        torn.extend_from_slice(b"{\"kind\":\"deposit\",\"at\":17");
        std::fs::write(&path, torn).unwrap();
    }
    let simulator = Simulator::start(&arguments).await;
    let mut kept: Vec<String> =
        simulator.ledger().await.iter().map(|line| line["flow"].as_str().unwrap().to_owned()).collect();
    kept.sort();
    answered.sort();
    assert_eq!(kept, answered);
    assert_eq!(kept.len(), 100);
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
