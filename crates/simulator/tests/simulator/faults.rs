//! Each fault does what its name says, and commits or not as promised.

use serde_json::{Value, json};

use crate::documents::{Invoice, lot};
use crate::support::Simulator;

async fn next(simulator: &Simulator, fault: &str) {
    simulator.admin("/simulator/faults", json!({ "next": [fault] })).await;
}

async fn status_after(simulator: &Simulator, fault: &str) -> crate::support::Answer {
    next(simulator, fault).await;
    let bytes = Invoice::new(&format!("F-{fault}")).ubl();
    simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "facture.xml", &bytes).await.unwrap()
}

#[tokio::test]
async fn faults_before_commit_leave_nothing_behind() {
    let mut simulator = Simulator::start(&["--retry-after", "7"]).await;
    assert_eq!(status_after(&simulator, "http-500").await.status, 500);
    let html = status_after(&simulator, "http-503-html").await;
    assert_eq!((html.status, html.body), (503, Value::Null));
    assert!(html.headers["content-type"].to_str().unwrap().starts_with("text/html"));
    let limited = status_after(&simulator, "http-429").await;
    assert_eq!((limited.status, limited.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(status_after(&simulator, "expire-token").await.status, 401);
    let refused = simulator.call("/cpro/factures/v1/rechercher/fournisseur", json!({})).await;
    assert_eq!(refused.status, 401, "the revoked token stays revoked");
    simulator.renew_token().await;
    next(&simulator, "reset").await;
    assert!(simulator.raw_deposit(&Invoice::new("F-RESET").ubl()).await.is_empty());
    assert!(simulator.ledger().await.is_empty());
    simulator.deposit_ubl(&Invoice::new("F-FINE").ubl()).await;
}

#[tokio::test]
async fn a_lost_answer_is_committed_and_not_a_byte_comes_back() {
    let simulator = Simulator::start(&[]).await;
    next(&simulator, "lose-answer").await;
    assert!(simulator.raw_deposit(&Invoice::new("F-LOST").ubl()).await.is_empty());
    let ledger = simulator.ledger().await;
    assert_eq!((&ledger[0]["number"], &ledger[0]["fault"]), (&json!("F-LOST"), &json!("lose-answer")));
    simulator.advance("10m").await;
    let found = simulator.search(json!({ "numeroFacture": "F-LOST" })).await;
    assert_eq!(found["listeFactures"][0]["numeroFluxDepot"], ledger[0]["flow"]);

    next(&simulator, "lose-answer").await;
    let bytes = Invoice::new("F-LOST-2").ubl();
    let error = simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "facture.xml", &bytes).await;
    assert!(error.is_err(), "an HTTP client sees an error of the transport");
}

#[tokio::test]
async fn half_a_body_is_committed_and_cut() {
    let simulator = Simulator::start(&[]).await;
    next(&simulator, "half-body").await;
    let received = String::from_utf8(simulator.raw_deposit(&Invoice::new("F-HALF").ubl()).await).unwrap();
    let (head, body) = received.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let announced: usize = head
        .lines()
        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned))
        .unwrap()
        .parse()
        .unwrap();
    assert!(!body.is_empty() && body.len() < announced, "{} of {announced}", body.len());
    assert_eq!(simulator.ledger().await.len(), 1);
}

#[tokio::test]
async fn late_slow_and_numberless_answers_are_committed() {
    let simulator = Simulator::start(&["--late", "20ms", "--slow", "20ms"]).await;
    for fault in ["late-answer", "slow"] {
        let answer = status_after(&simulator, fault).await;
        assert_eq!(answer.body["numeroFluxDepot"].as_str().unwrap().len(), 25);
    }
    let answer = status_after(&simulator, "empty-flow-number").await;
    assert_eq!((answer.status, &answer.body["numeroFluxDepot"]), (200, &json!("")));
    assert_eq!(simulator.ledger().await.len(), 3);
}

#[tokio::test]
async fn a_flow_may_wait_have_an_incident_or_an_unknown_state() {
    let arguments = ["--visibility-delay", "0s", "--step", "1m", "--slow-integration", "10m"];
    let simulator = Simulator::start(&arguments).await;
    let state = |flow: String| async {
        let flow = flow;
        simulator.report(&flow).await["etatCourantDepotFlux"].clone()
    };
    next(&simulator, "slow-integration").await;
    let slow = simulator.deposit_ubl(&Invoice::new("F-SLOW").ubl()).await;
    simulator.advance("6m").await;
    assert_eq!(state(slow.clone()).await, "IN_EN_ATTENTE_RETRAITEMENT_CPP");
    simulator.advance("10m").await;
    assert_eq!(state(slow).await, "IN_INTEGRE");

    next(&simulator, "incident").await;
    let incident = simulator.deposit_ubl(&Invoice::new("F-INCIDENT").ubl()).await;
    simulator.advance("10m").await;
    assert_eq!(state(incident).await, "IN_INCIDENTE");
    let again = simulator.deposit_ubl(&Invoice::new("F-INCIDENT").ubl()).await;
    simulator.advance("10m").await;
    assert_eq!(state(again).await, "IN_INTEGRE", "after an incident the whole flow may be sent again");

    next(&simulator, "unknown-state").await;
    let unknown = simulator.deposit_ubl(&Invoice::new("F-UNKNOWN").ubl()).await;
    simulator.advance("5m").await;
    assert_eq!(state(unknown.clone()).await, "IN_ETAT_NON_DOCUMENTE");
    simulator.advance("1m").await;
    assert_eq!(state(unknown).await, "IN_INTEGRE");
}

#[tokio::test]
async fn statuses_may_come_out_of_order() {
    let simulator = Simulator::start(&[]).await;
    next(&simulator, "out-of-order").await;
    simulator.deposit_ubl(&Invoice::new("F-ORDER").ubl()).await;
    simulator.advance("10m").await;
    let id = simulator.search(json!({})).await["listeFactures"][0]["identifiantFactureCPP"].clone();
    let history = simulator.call("/cpro/factures/v1/consulter/historique", json!({ "idFacture": id })).await.body;
    let lines = history["historiquesDesStatuts"]["histoStatut"].as_array().unwrap();
    let codes: Vec<&str> = lines.iter().map(|line| line["histoStatutCode"].as_str().unwrap()).collect();
    let paid = codes.iter().position(|code| *code == "MISE_EN_PAIEMENT").unwrap();
    assert_eq!(codes[1], "MANDATEE");
    assert_eq!(codes[paid + 1..], ["MISE_A_DISPOSITION_COMPTABLE", "MANDATEE"]);
}

#[tokio::test]
async fn a_lot_may_be_rejected_in_part_without_a_reason_of_its_own() {
    let simulator = Simulator::start(&["--fault", "partial=1"]).await;
    let invoices: Vec<Invoice> = (0..4).map(|rank| Invoice::new(&format!("F-PART-{rank}"))).collect();
    let flow = simulator.deposit("IN_DP_E1_UBL_INVOICE", "lot.tar.gz", &lot(&invoices)).await;
    simulator.advance("10m").await;
    let report = simulator.report(&flow).await;
    assert_eq!(report["etatCourantDepotFlux"], "IN_INTEGRE_PARTIEL");
    assert_eq!(report["listeErreurDP"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn reports_may_have_odd_shapes() {
    let simulator = Simulator::start(&["--fault", "error-list-object=1"]).await;
    let wrong = Invoice { payment_means: None, ..Invoice::new("F-SHAPE") };
    let flow = simulator.deposit_ubl(&wrong.ubl()).await;
    simulator.advance("10m").await;
    assert!(simulator.report(&flow).await["listeErreurDP"].is_object());
    simulator.admin("/simulator/faults", json!({ "null-lists": 1 })).await;
    let report = simulator.report(&flow).await;
    assert!(report["listeErreurDP"].is_array() && report["listeErreurTechnique"].is_null());
}

#[tokio::test]
async fn rates_are_replaced_at_run_time_and_may_concern_every_call() {
    let simulator = Simulator::start(&["--fault", "http-500=1"]).await;
    let bytes = Invoice::new("F-RATE").ubl();
    let status = |answer: Result<crate::support::Answer, reqwest::Error>| answer.unwrap().status;
    assert_eq!(status(simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "f.xml", &bytes).await), 500);
    assert_eq!(simulator.search(json!({})).await["codeRetour"], 0, "without @all only deposits fail");

    let shown = simulator.admin("/simulator/faults", json!({ "http-429@all": 1.0 })).await;
    assert_eq!(shown, json!({ "rates": { "http-429@all": 1.0 }, "next": [], "committed": { "http-500": 1 } }));
    assert_eq!(simulator.call("/cpro/factures/v1/rechercher/fournisseur", json!({})).await.status, 429);
    simulator.admin("/simulator/faults", json!({})).await;
    assert_eq!(status(simulator.try_deposit("IN_DP_E1_UBL_INVOICE", "f.xml", &bytes).await), 200);

    for wrong in [json!({ "nothing": 1 }), json!({ "reset": 2 }), json!({ "next": ["nothing"] }), json!([])] {
        let response = simulator.http().post(simulator.url("/simulator/faults")).json(&wrong).send().await.unwrap();
        assert_eq!(response.status().as_u16(), 400, "{wrong}");
    }
}
