//! The client against the simulator: another reading of the same documents, in another process.
//!
//! The binary is looked for in `FACTEUR_SIMULATOR`, then in the target folder. Where it is not built these tests say
//! that they are left out, except in continuous integration (`CI` set), where that is a failure.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use facteur_model::gateway::{
    Deposit, DepositOutcome, FlowClass, FlowReport, FlowSyntax, Gateway, GatewayError, GatewayInvoice, Search,
};
use facteur_transmit::chorus_pro::{ChorusPro, Configuration, Secrets, flow_file_name};
use facteur_transmit::secrets::Secret;

/// Issue date of the fixture.
const ISSUED: &str = "2026-11-16";
/// Number of the fixture.
const NUMBER: &str = "FA-2026-0042";
/// SIREN of the fixture's supplier.
const SUPPLIER: &str = "999801236";

/// A simulator of its own for each test, stopped at its end.
struct Simulator {
    process: Child,
    url: String,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Simulator {
    fn start(arguments: &[&str]) -> Option<Self> {
        let binary = binary();
        if !binary.is_file() {
            assert!(std::env::var_os("CI").is_none(), "{} is missing", binary.display());
            eprintln!("left out: {} is not built (cargo build -p facteur-simulator)", binary.display());
            return None;
        }
        let mut process = Command::new(binary)
            .args(["--listen", "127.0.0.1:0", "--visibility-delay", "100ms", "--step", "10ms"])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().expect("the simulator says where it listens").to_owned();
        Some(Self { process, url })
    }

    fn account(&self) -> ChorusPro {
        self.account_with_password("demo")
    }

    fn account_with_password(&self, password: &str) -> ChorusPro {
        let mut configuration = Configuration::below(&self.url, Path::new("unused"));
        configuration.timeouts.read_seconds = 5;
        let secret = |text: &str| Secret::new(text.to_owned());
        let secrets = Secrets {
            client_id: secret("facteur-demo"),
            client_secret: secret("facteur-demo-secret"),
            account_login: secret("TECH_1_demo@cpro.fr"),
            account_password: secret(password),
        };
        ChorusPro::with_secrets(configuration, &secrets, Path::new("/")).unwrap()
    }

    /// The deposits that the simulator accepted.
    async fn ledger(&self) -> Vec<serde_json::Value> {
        let text = reqwest::get(format!("{}/simulator/ledger", self.url)).await.unwrap().text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn binary() -> PathBuf {
    let built = || Path::new(env!("CARGO_TARGET_TMPDIR")).join("../debug/facteur-simulator");
    std::env::var_os("FACTEUR_SIMULATOR").map_or_else(built, PathBuf::from)
}

/// The UBL fixture with another number and another supplier.
fn invoice(number: &str, siren: &str) -> Vec<u8> {
    let text = include_str!("../../../fixtures/ubl/invoice-a1.xml");
    assert!(text.contains(NUMBER) && text.contains(SUPPLIER) && text.contains(ISSUED));
    text.replace(NUMBER, number).replace(SUPPLIER, siren).into_bytes()
}

async fn deposit(gateway: &ChorusPro, number: &str, bytes: &[u8]) -> DepositOutcome {
    let syntax = FlowSyntax::UblInvoice;
    let file_name = flow_file_name(number, syntax);
    gateway.deposit(Deposit { file_name: &file_name, bytes, syntax, signed: false }).await
}

async fn accepted(gateway: &ChorusPro, number: &str, siren: &str) -> String {
    match deposit(gateway, number, &invoice(number, siren)).await {
        DepositOutcome::Accepted { flow, .. } => flow,
        other => panic!("{other:?}"),
    }
}

/// Asks for the report until the gateway has said its last word.
async fn terminal(gateway: &ChorusPro, flow: &str) -> FlowReport {
    for _ in 0..600 {
        if let Some(report) = gateway.flow_report(flow).await.unwrap()
            && report.class.is_terminal()
        {
            return report;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("flow {flow} never came to an end");
}

async fn found(gateway: &ChorusPro, number: &str) -> Vec<GatewayInvoice> {
    gateway.search(Search { number, issued: ISSUED }).await.unwrap()
}

#[tokio::test]
async fn an_invoice_is_deposited_integrated_found_and_followed() {
    let Some(simulator) = Simulator::start(&["--robot", "on", "--robot-step", "10ms", "--page-size", "2"]) else {
        return;
    };
    let gateway = simulator.account();
    gateway.probe(None).await.unwrap();
    gateway.probe(Some("99980123600012")).await.unwrap();
    let flow = accepted(&gateway, "FA-100", SUPPLIER).await;
    assert_eq!(flow.len(), 25, "{flow}");
    let report = terminal(&gateway, &flow).await;
    assert_eq!((report.class, report.refused.len()), (FlowClass::Integrated, 0), "{report:?}");
    let invoices = found(&gateway, "FA-100").await;
    assert_eq!(invoices.len(), 1);
    assert_eq!(invoices[0].total.unwrap().to_string(), "1944.00");
    assert_eq!(invoices[0].supplier.as_deref(), Some("99980123600012"));
    assert_eq!(invoices[0].recipient.as_deref(), Some("99970001600010"));
    assert_eq!(invoices[0].issued.as_deref(), Some(ISSUED));
    assert_eq!(invoices[0].flow.as_deref(), Some(flow.as_str()));
    assert_eq!(gateway.search_flow(&flow).await.unwrap()[0].id, invoices[0].id);
    for _ in 0..600 {
        let history = gateway.history(&invoices[0].id).await.unwrap();
        if history.current == "MISE_EN_PAIEMENT" {
            let codes: Vec<_> = history.statuses.iter().map(|status| status.code.as_str()).collect();
            assert!(codes.len() > 2 && codes.contains(&"DEPOSEE") && codes.contains(&"MISE_EN_PAIEMENT"), "{codes:?}");
            assert!(history.statuses.iter().all(|status| status.id.is_some() && status.at.is_some()));
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the robot never paid");
}

#[tokio::test]
async fn more_invoices_than_a_page_are_all_found() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let gateway = simulator.account();
    let mut flows = Vec::new();
    for supplier in 0..23 {
        flows.push(accepted(&gateway, "FA-SAME", &format!("9998{supplier:05}")).await);
    }
    for flow in &flows {
        assert_eq!(terminal(&gateway, flow).await.class, FlowClass::Integrated);
    }
    let mut seen: Vec<_> = found(&gateway, "FA-SAME").await.into_iter().filter_map(|invoice| invoice.flow).collect();
    seen.sort();
    flows.sort();
    assert_eq!(seen, flows);
    assert!(found(&gateway, "FA-SAM").await.is_empty());
}

#[tokio::test]
async fn a_rejected_invoice_is_reported_in_the_gateways_words() {
    for status in ["200", "400"] {
        let Some(simulator) = Simulator::start(&["--functional-errors", status]) else { return };
        let gateway = simulator.account();
        assert_eq!(gateway.flow_report("CPP0011100000000000999999").await.unwrap(), None);
        let long = "FA-2026-THIS-IS-TOO-LONG";
        let flow = accepted(&gateway, long, SUPPLIER).await;
        let report = terminal(&gateway, &flow).await;
        assert_eq!(report.class, FlowClass::Rejected);
        assert!(report.refused[0].text.contains("20 caracteres"), "{:?}", report.refused);
        assert!(found(&gateway, long).await.is_empty());
        let error = gateway.history("1").await.unwrap_err();
        assert!(matches!(error, GatewayError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn reports_in_odd_shapes_are_read() {
    for fault in ["error-list-object=1", "null-lists=1"] {
        let Some(simulator) = Simulator::start(&["--fault", fault]) else { return };
        let gateway = simulator.account();
        let flow = accepted(&gateway, "FA-2026-THIS-IS-TOO-LONG", SUPPLIER).await;
        assert_eq!(terminal(&gateway, &flow).await.class, FlowClass::Rejected, "{fault}");
    }
}

#[tokio::test]
async fn each_fault_is_what_the_protocol_says_and_never_a_second_request() {
    let cases = [
        ("lose-answer=1", "unknown", 1),
        ("half-body=1", "unknown", 1),
        ("empty-flow-number=1", "unknown", 1),
        ("reset=1", "unknown", 0),
        ("http-500=1", "unknown", 0),
        ("http-503-html=1", "unknown", 0),
        ("http-429=1", "deferred", 0),
        ("expire-token=1", "deferred", 0),
    ];
    for (fault, expected, committed) in cases {
        let Some(simulator) = Simulator::start(&["--fault", fault]) else { return };
        let gateway = simulator.account();
        let word = match deposit(&gateway, "FA-1", &invoice("FA-1", SUPPLIER)).await {
            DepositOutcome::Unknown { .. } => "unknown",
            DepositOutcome::Deferred { .. } => "deferred",
            other => panic!("{fault}: {other:?}"),
        };
        assert_eq!(word, expected, "{fault}");
        assert_eq!(simulator.ledger().await.len(), committed, "{fault}");
    }
}

#[tokio::test]
async fn a_deposit_whose_answer_was_lost_is_found_again_by_its_number() {
    let Some(simulator) = Simulator::start(&["--fault", "lose-answer=1"]) else { return };
    let gateway = simulator.account();
    assert!(matches!(deposit(&gateway, "FA-7", &invoice("FA-7", SUPPLIER)).await, DepositOutcome::Unknown { .. }));
    for _ in 0..600 {
        if let [invoice] = found(&gateway, "FA-7").await.as_slice() {
            let ledger = simulator.ledger().await;
            assert_eq!(ledger.len(), 1);
            assert_eq!(invoice.flow.as_deref(), ledger[0]["flow"].as_str());
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the invoice was never found");
}

#[tokio::test]
async fn a_cii_is_deposited_in_its_own_format() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let gateway = simulator.account();
    let bytes = include_bytes!("../../../fixtures/cii/invoice-a1.xml");
    let cii = Deposit { file_name: "cii.xml", bytes, syntax: FlowSyntax::Cii16b, signed: false };
    let DepositOutcome::Accepted { flow, .. } = gateway.deposit(cii).await else { panic!("not accepted") };
    let report = terminal(&gateway, &flow).await;
    assert_eq!(report.class, FlowClass::Integrated, "{report:?}");
    assert_eq!(gateway.search_flow(&flow).await.unwrap().len(), 1);
    let mistaken = Deposit { syntax: FlowSyntax::UblInvoice, ..cii };
    let DepositOutcome::Accepted { flow, .. } = gateway.deposit(mistaken).await else { panic!("not accepted") };
    let report = terminal(&gateway, &flow).await;
    assert_eq!(report.class, FlowClass::Rejected);
    assert!(!report.technical.is_empty(), "{report:?}");
}

#[tokio::test]
async fn a_supplier_that_the_account_may_not_search_is_found_out_before_anything_is_sent() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let declared = serde_json::json!({ "siret": "99980123600012", "searchable": false });
    let answer = reqwest::Client::new().post(format!("{}/simulator/structure", simulator.url)).json(&declared);
    assert!(answer.send().await.unwrap().status().is_success());
    let gateway = simulator.account();
    gateway.probe(None).await.unwrap();
    let error = gateway.probe(Some("99980123600012")).await.unwrap_err();
    assert!(matches!(&error, GatewayError::Credentials(text) if text.starts_with("GATEWAY-NOT-AUTHORISED")), "{error}");
}

#[tokio::test]
async fn a_second_deposit_of_the_same_invoice_is_a_hint_or_a_rejected_flow() {
    for check in ["deposit", "integration"] {
        let Some(simulator) = Simulator::start(&["--duplicate-check", check]) else { return };
        let gateway = simulator.account();
        let flow = accepted(&gateway, "FA-2", SUPPLIER).await;
        assert_eq!(terminal(&gateway, &flow).await.class, FlowClass::Integrated);
        match deposit(&gateway, "FA-2", &invoice("FA-2", SUPPLIER)).await {
            DepositOutcome::Duplicate { .. } => assert_eq!(check, "deposit"),
            DepositOutcome::Accepted { flow, .. } => {
                assert_eq!(check, "integration");
                assert_eq!(terminal(&gateway, &flow).await.class, FlowClass::Rejected);
            }
            other => panic!("{check}: {other:?}"),
        }
        assert_eq!(found(&gateway, "FA-2").await.len(), 1);
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_apart() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let error = simulator.account_with_password("wrong").probe(None).await.unwrap_err();
    assert!(
        matches!(&error, GatewayError::Credentials(text) if text.starts_with("GATEWAY-ACCOUNT-REFUSED")),
        "{error}"
    );
    let mut configuration = Configuration::below(&simulator.url, Path::new("unused"));
    configuration.timeouts.read_seconds = 5;
    let stranger = ChorusPro::with_secrets(configuration, &support::secrets(), Path::new("/")).unwrap();
    let error = stranger.probe(None).await.unwrap_err();
    let expected = "GATEWAY-APPLICATION-REFUSED";
    assert!(matches!(&error, GatewayError::Credentials(text) if text.starts_with(expected)), "{error}");
    assert!(simulator.ledger().await.is_empty());
}
