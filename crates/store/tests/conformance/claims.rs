//! How workers share the work.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Field, Identity, Process, Step, Value};
use facteur_store::claim::Claim;
use facteur_store::{Store, StoreError};

use crate::bed::{Bed, NOW, TO_QUEUE, intent, processed, queued, received};

fn claim(holder: &str, limit: i64) -> Claim {
    Claim {
        states: vec![State::Queued, State::Deferred],
        now: NOW,
        holder: holder.into(),
        until: NOW.plus_millis(60_000),
        limit,
        in_order: false,
    }
}

async fn ids(store: &Store, claim: &Claim) -> Vec<String> {
    store.claim(claim).await.unwrap().into_iter().map(|invoice| invoice.id).collect()
}

/// Eight workers, as eight processes would: each its own store.
pub async fn every_invoice_is_claimed_by_exactly_one_worker(bed: &Bed) {
    const INVOICES: usize = 200;
    let store = bed.store().await;
    let all = futures(INVOICES, async |index| queued(&store, &format!("F-{index}")).await).await;
    let mut workers = tokio::task::JoinSet::new();
    for worker in 0..8 {
        let store = bed.store().await;
        workers.spawn(async move {
            let (mut mine, wanted) = (Vec::new(), claim(&format!("worker-{worker}"), 7));
            loop {
                let taken = ids(&store, &wanted).await;
                if taken.is_empty() {
                    return mine;
                }
                mine.extend(taken);
            }
        });
    }
    let taken: Vec<String> = workers.join_all().await.into_iter().flatten().collect();
    assert_eq!(taken.len(), INVOICES, "each once");
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), all.into_iter().collect());
}

async fn futures<T>(count: usize, make: impl AsyncFn(usize) -> T) -> Vec<T> {
    let mut made = Vec::with_capacity(count);
    for index in 0..count {
        made.push(make(index).await);
    }
    made
}

pub async fn a_claim_ends_by_itself_and_a_heartbeat_prolongs_it(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    assert_eq!(ids(&store, &claim("one", 5)).await, std::slice::from_ref(&id));
    assert!(ids(&store, &claim("two", 5)).await.is_empty());
    let later = Claim { now: NOW.plus_millis(60_000), until: NOW.plus_millis(120_000), ..claim("two", 5) };
    assert_eq!(store.renew("one", NOW.plus_millis(90_000)).await.unwrap(), 1);
    assert!(ids(&store, &later).await.is_empty(), "one is alive");
    let rescued = Claim { now: NOW.plus_millis(90_000), ..later };
    assert_eq!(ids(&store, &rescued).await, [id], "one is silent");
    assert_eq!(store.renew("one", NOW.plus_millis(900_000)).await.unwrap(), 0, "nothing is its own any more");
}

pub async fn what_is_let_go_is_free_at_once(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    ids(&store, &claim("one", 5)).await;
    assert_eq!(store.let_go("two").await.unwrap(), 0);
    assert_eq!(store.let_go("one").await.unwrap(), 1);
    assert_eq!(ids(&store, &claim("two", 5)).await, [id]);
}

pub async fn a_claim_ends_with_the_work_and_not_with_the_intent(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    ids(&store, &claim("one", 5)).await;
    store.intend(intent(&id, State::Queued, Event::Claim)).await.unwrap();
    assert_eq!(store.renew("one", NOW.plus_millis(60_000)).await.unwrap(), 1, "still at it");
    let deferred = Step::new(&id, State::Depositing, &[Event::NotAccepted], NOW, "one");
    store.step(deferred.set(Field::NextAt, Value::Int(NOW.0 + 5))).await.unwrap();
    assert_eq!(store.renew("one", NOW.plus_millis(60_000)).await.unwrap(), 0);
    assert!(ids(&store, &claim("two", 5)).await.is_empty(), "not due yet");
    assert_eq!(ids(&store, &Claim { now: NOW.plus_millis(5), ..claim("two", 5) }).await, [id]);
}

/// A claim is no right: who took the invoice in the meantime has it.
pub async fn the_intent_has_the_last_word(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    ids(&store, &claim("one", 5)).await;
    store.step(Step::new(&id, State::Queued, &[Event::Hold], NOW, "marie")).await.unwrap();
    let late = store.intend(intent(&id, State::Queued, Event::Claim)).await;
    assert!(matches!(late, Err(StoreError::Moved { .. })), "{late:?}");
}

pub async fn the_first_state_goes_first_and_the_oldest_in_it(bed: &Bed) {
    let store = bed.store().await;
    let (first, second) = (queued(&store, "F-1").await, queued(&store, "F-2").await);
    let deferred = queued(&store, "F-3").await;
    store.intend(intent(&deferred, State::Queued, Event::Claim)).await.unwrap();
    store.step(Step::new(&deferred, State::Depositing, &[Event::NotAccepted], NOW, "one")).await.unwrap();
    let wanted = Claim { states: vec![State::Deferred, State::Queued], ..claim("one", 2) };
    assert_eq!(ids(&store, &wanted).await, [deferred, first]);
    assert_eq!(ids(&store, &wanted).await, [second]);
}

pub async fn a_credit_note_does_not_overtake_an_earlier_invoice(bed: &Bed) {
    let store = bed.store().await;
    let mut made = Vec::new();
    for (number, type_code, buyer) in [("F-1", "380", "a"), ("A-1", "381", "a"), ("A-2", "381", "b")] {
        let new = received(number.as_bytes());
        let process = processed(&new.invoice, number, &TO_QUEUE);
        let identity = Identity {
            type_code: Some(type_code.into()),
            buyer_siret: Some(buyer.into()),
            total: None,
            ..process.identity
        };
        made.push(new.invoice.clone());
        store.receive(new).await.unwrap();
        store.process(Process { identity, ..process }).await.unwrap();
    }
    let ordered = Claim { in_order: true, ..claim("one", 5) };
    assert_eq!(ids(&store, &ordered).await, [made[0].clone(), made[2].clone()]);
    store.intend(intent(&made[0], State::Queued, Event::Claim)).await.unwrap();
    assert!(ids(&store, &ordered).await.is_empty(), "the invoice is on its way");
    store.step(Step::new(&made[0], State::Depositing, &[Event::Accepted], NOW, "one")).await.unwrap();
    assert_eq!(ids(&store, &ordered).await, [made[1].clone()]);
}

pub async fn whoever_waits_hears_of_work(bed: &Bed) {
    let (store, other) = (bed.store().await, bed.store().await);
    let long = Duration::from_secs(60);
    assert!(store.wait_for_work(long).await.unwrap(), "the first look is always worth it");
    assert!(!store.wait_for_work(Duration::from_millis(20)).await.unwrap(), "nothing came");
    let began = Instant::now();
    let (heard, _) = tokio::join!(store.wait_for_work(long), queued(&other, "F-1"));
    assert!(heard.unwrap() && began.elapsed() < long);
}
