//! Several processes on one store: each its own connections.

use facteur_model::lifecycle::State;
use facteur_store::change::Done;

use crate::bed::{Bed, TO_QUEUE, processed, queued, received};

pub async fn several_processes_continue_one_journal(bed: &Bed) {
    let mut processes = tokio::task::JoinSet::new();
    for process in 0..4 {
        let store = bed.store().await;
        processes.spawn(async move {
            let mut tasks = tokio::task::JoinSet::new();
            for index in 0..40 {
                let store = store.clone();
                tasks.spawn(async move { queued(&store, &format!("F-{process}-{index}")).await });
            }
            tasks.join_all().await;
            store.close().await;
        });
    }
    processes.join_all().await;
    let store = bed.store().await;
    assert_eq!(store.summary().await.unwrap(), vec![(State::Queued, 160)]);
    let health = store.check().await.unwrap();
    assert_eq!((health.invoices, health.lines, health.problems), (160, 320, vec![]));
}

pub async fn the_same_bytes_in_two_processes_at_once_are_one_invoice(bed: &Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    for index in 0..20 {
        let bytes = format!("bytes {index}").into_bytes();
        let (first, second) = tokio::join!(one.receive(received(&bytes)), two.receive(received(&bytes)));
        let states = [first.unwrap(), second.unwrap()].map(|done| match done {
            Done::Received { state, .. } => state,
            other => panic!("{other:?}"),
        });
        assert!(states.contains(&State::Received) && states.contains(&State::Duplicate), "{states:?}");
    }
}

pub async fn the_same_key_in_two_processes_at_once_is_held_once(bed: &Bed) {
    let (one, two) = (bed.store().await, bed.store().await);
    for index in 0..20 {
        let (first, second) = (received(format!("a{index}").as_bytes()), received(format!("b{index}").as_bytes()));
        let (a, b) = (first.invoice.clone(), second.invoice.clone());
        one.receive(first).await.unwrap();
        two.receive(second).await.unwrap();
        let number = format!("F-{index}");
        let (done, also) = tokio::join!(
            one.process(processed(&a, &number, &TO_QUEUE)),
            two.process(processed(&b, &number, &TO_QUEUE))
        );
        // Each sees the other's key only once that is written: one of them is held, whichever comes second.
        let held = [done.unwrap(), also.unwrap()]
            .iter()
            .filter(|done| matches!(done, Done::Processed { state: State::Held, .. }))
            .count();
        assert_eq!(held, 1);
    }
}
