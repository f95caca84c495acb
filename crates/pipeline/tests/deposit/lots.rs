//! Several invoices in one flow: one intent, one outcome for all, and each settled for itself.

use facteur_model::lifecycle::State;
use facteur_pipeline::config::Deposit;
use facteur_store::change::Identity;

use crate::support::{Desk, Simulator, fixture, invoice, quick};

fn by(lot: usize) -> Deposit {
    Deposit { lot, ..quick() }
}

const FIVE: [&str; 5] = ["L-1", "L-2", "L-3", "L-4", "L-5"];

#[tokio::test]
async fn a_lot_goes_out_as_one_flow_and_every_invoice_of_it_is_followed() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, by(3)).await;
    let ids = desk.queue_numbers(&FIVE).await;
    let cii = desk.queue(fixture("cii/invoice-a1.xml").as_bytes()).await;
    let summary = desk.send().await;
    assert_eq!((summary.due, summary.deposited), (6, 6), "{summary:?}");
    desk.until(&[State::Integrated]).await;
    // Three and two of UBL, and the CII for itself: a lot is of one format.
    let ledger = simulator.ledger();
    let flows: std::collections::BTreeSet<&str> = ledger.iter().map(|line| line["flow"].as_str().unwrap()).collect();
    assert_eq!((ledger.len(), flows.len()), (6, 3), "{ledger:#?}");
    for line in &ledger {
        let number = line["number"].as_str().unwrap();
        let own = desk.invoice(number).await;
        assert_eq!(own.flow.as_deref(), line["flow"].as_str());
        assert_eq!(own.sent_sha256.as_deref(), line["sha256"].as_str(), "what arrived is what was sent");
        let lot = line["file_name"].as_str().unwrap().ends_with(".tar.gz");
        assert_eq!(lot, own.id != cii);
    }
    let (first, last) = (desk.store.deliveries(&ids[0]).await.unwrap(), desk.store.deliveries(&ids[4]).await.unwrap());
    assert_eq!((first.len(), last.len()), (1, 1));
    assert_ne!(first[0].flow, last[0].flow);
    desk.sound().await;
}

#[tokio::test]
async fn a_partly_integrated_lot_splits_and_each_refused_invoice_comes_back_with_its_own_text() {
    let Some(simulator) = Simulator::start(&["--fault", "partial=1"]) else { return };
    let desk = Desk::open(&simulator, by(5)).await;
    let ids = desk.queue_numbers(&FIVE).await;
    desk.send().await;
    desk.until(&[State::Integrated, State::Rejected]).await;
    for (place, id) in ids.iter().enumerate() {
        let invoice = desk.invoice(id).await;
        assert_eq!(invoice.state, if place % 2 == 1 { State::Rejected } else { State::Integrated }, "{invoice:?}");
        assert_eq!(invoice.flow_state.as_deref(), Some("IN_INTEGRE_PARTIEL"));
        if place % 2 == 1 {
            let reason = invoice.reason.unwrap();
            assert_eq!(reason.code, "NOT-INTEGRATED");
            assert!(reason.args["text"].contains("SIM-PARTIEL"), "{reason:?}");
        }
    }
    assert_eq!(simulator.ledger().len(), 5, "nothing is sent again by itself");
    desk.sound().await;
}

#[tokio::test]
async fn a_lot_with_an_incident_is_sent_again_whole() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, by(5)).await;
    desk.queue_numbers(&FIVE).await;
    simulator.next(&["incident"]);
    desk.send().await;
    desk.until(&[State::Integrated]).await;
    let ledger = simulator.ledger();
    let incidents = ledger.iter().filter(|line| line["flow_state"] == "IN_INCIDENTE").count();
    assert_eq!((ledger.len(), incidents), (10, 5), "{ledger:#?}");
    assert!(simulator.counts().values().all(|count| *count == (2, 1)));
    desk.sound().await;
}

#[tokio::test]
async fn a_lot_without_an_answer_is_settled_invoice_by_invoice_and_what_was_found_is_never_sent_again() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, by(5)).await;
    let ids = desk.queue_numbers(&FIVE).await;
    // It was accepted and partly integrated: the second and the fourth were not.
    simulator.rates(r#"{"lose-answer":1,"partial":1}"#);
    assert_eq!(desk.send().await.uncertain, 5);
    simulator.rates("{}");
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    for _ in 0..3 {
        desk.round().await;
    }
    for (place, id) in ids.iter().enumerate() {
        let wanted = if place % 2 == 1 { State::Uncertain } else { State::Integrated };
        assert_eq!(desk.state(id).await, wanted, "{place}");
    }
    assert_eq!(simulator.ledger().len(), 5);
    desk.later(3600);
    desk.until(&[State::Integrated]).await;
    // The two that were not found went out together once more; the three that were found did not.
    let ledger = simulator.ledger();
    let again: Vec<&str> = ledger[5..].iter().map(|line| line["number"].as_str().unwrap()).collect();
    assert_eq!(again, ["L-2", "L-4"], "{ledger:#?}");
    assert!(simulator.counts().values().all(|(_, integrated)| *integrated == 1));
    desk.sound().await;
}

#[tokio::test]
async fn one_unreadable_member_does_not_hold_the_others_of_its_lot_back() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, by(5)).await;
    let mut ids = desk.queue_numbers(&FIVE[..3]).await;
    let broken = Identity {
        kind: "ubl-invoice".into(),
        number: Some("L-BAD".into()),
        issued: Some("2026-11-16".into()),
        supplier_siren: Some("999801236".into()),
        supplier_siret: Some("99980123600012".into()),
        ..Identity::default()
    };
    let text = String::from_utf8(invoice("L-BAD")).unwrap().replace("</Invoice>", "<unclosed></Invoice>");
    ids.push(desk.queue_as(text.as_bytes(), broken).await);
    desk.send().await;
    desk.until(&[State::Integrated, State::Rejected]).await;
    let bad = desk.invoice(&ids[3]).await;
    assert_eq!((bad.state, bad.reason.unwrap().code.as_str()), (State::Rejected, "NOT-INTEGRATED"));
    for id in &ids[..3] {
        assert_eq!(desk.state(id).await, State::Integrated);
        let deliveries = desk.store.deliveries(id).await.unwrap();
        let names: Vec<_> = deliveries.iter().map(|delivery| delivery.file_name.ends_with(".tar.gz")).collect();
        assert_eq!(names, [true, false], "first in a lot, then alone");
    }
    desk.sound().await;
}

#[tokio::test]
async fn a_lot_keeps_within_the_gateways_limits_and_never_holds_a_number_twice() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, by(500)).await;
    let exempt = Identity {
        kind: "ubl-invoice".into(),
        number: Some("S-1".into()),
        issued: Some("2026-11-16".into()),
        supplier_siren: Some("999801236".into()),
        supplier_siret: Some("99980123600012".into()),
        total: Some("1.00".into()),
        key_exempt: true,
        ..Identity::default()
    };
    desk.queue_numbers(&["L-1", "L-2"]).await;
    desk.queue_as(&invoice("S-1"), exempt.clone()).await;
    desk.queue_as(&[invoice("S-1"), b"\n".to_vec()].concat(), exempt).await;
    desk.send().await;
    let ledger = simulator.ledger();
    let flows: std::collections::BTreeSet<&str> = ledger.iter().map(|line| line["flow"].as_str().unwrap()).collect();
    assert_eq!((ledger.len(), flows.len()), (4, 3), "the two requests of the same number go alone: {ledger:#?}");
}
