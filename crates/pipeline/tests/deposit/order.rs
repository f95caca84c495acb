//! A credit note never overtakes the invoice that it credits.

use facteur_model::lifecycle::{Event, State};
use facteur_pipeline::config::Deposit;
use facteur_store::change::Step;

use crate::support::{Desk, Simulator, fixture, invoice, quick};

#[tokio::test]
async fn a_credit_note_waits_until_its_invoice_is_integrated() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, Deposit { lot: 10, ..quick() }).await;
    // The credit note came in first, and refers to FA-2026-0042.
    let note = desk.queue(fixture("ubl/credit-note-a1.xml").as_bytes()).await;
    let earlier = desk.queue(&invoice("FA-2026-0042")).await;
    let summary = desk.send().await;
    assert_eq!((summary.due, summary.deposited, summary.waiting), (2, 1, 1), "{summary:?}");
    let waiting = desk.invoice(&note).await;
    assert_eq!((waiting.state, desk.reason(&note).await.as_str()), (State::Queued, "WAITS-FOR-EARLIER"));
    assert_eq!(waiting.reason.unwrap().args["other"], "FA-2026-0042");
    desk.until(&[State::Integrated]).await;
    let ledger = simulator.ledger();
    let order: Vec<&str> = ledger.iter().map(|line| line["number"].as_str().unwrap()).collect();
    assert_eq!(order, ["FA-2026-0042", "AV-2026-0007"]);
    assert_eq!(desk.state(&earlier).await, State::Integrated);
    assert_eq!(desk.reason(&note).await, "");
}

#[tokio::test]
async fn an_earlier_invoice_that_was_given_up_or_is_not_ours_holds_nothing_back() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, quick()).await;
    let note = desk.queue(fixture("ubl/credit-note-a1.xml").as_bytes()).await;
    let earlier = desk.queue(&invoice("FA-2026-0042")).await;
    let abandon = Step::new(&earlier, State::Queued, &[Event::Abandon], desk.now(), "person:marie");
    desk.store.step(abandon).await.unwrap();
    assert_eq!(desk.send().await.deposited, 1);
    assert_eq!(desk.state(&note).await, State::Deposited);
}

#[tokio::test]
async fn what_waits_for_ever_is_handed_to_a_person() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let desk = Desk::open(&simulator, quick()).await;
    let note = desk.queue(fixture("ubl/credit-note-a1.xml").as_bytes()).await;
    let earlier = desk.queue(&invoice("FA-2026-0042")).await;
    let hold = Step::new(&earlier, State::Queued, &[Event::Hold], desk.now(), "person:marie");
    desk.store.step(hold).await.unwrap();
    assert_eq!(desk.send().await.waiting, 1);
    desk.later(8 * 24 * 3600);
    assert_eq!(desk.send().await.held, 1);
    assert_eq!((desk.state(&note).await, desk.reason(&note).await.as_str()), (State::Held, "WAITS-FOR-EARLIER"));
}
