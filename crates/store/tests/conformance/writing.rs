//! What is written, and what is not.

use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Correction, Done, Field, Receive, Step, Value};
use facteur_store::record::Filter;
use facteur_store::{StoreError, new_id};

use crate::bed::{Bed, NOW, TO_QUEUE, processed, queued, received};

pub async fn the_same_bytes_are_a_duplicate_and_the_same_arrival_is_not(bed: &Bed) {
    let store = bed.store().await;
    let first = received(b"<Invoice/>");
    let Done::Received { invoice, .. } = store.receive(first.clone()).await.unwrap() else { panic!() };
    let resumed = store.receive(Receive { invoice: new_id(), ..first }).await.unwrap();
    assert_eq!(
        resumed,
        Done::Received { invoice: invoice.clone(), state: State::Received, duplicate_of: None, resumed: true }
    );
    let Done::Received { state, duplicate_of, .. } = store.receive(received(b"<Invoice/>")).await.unwrap() else {
        panic!()
    };
    assert_eq!((state, duplicate_of), (State::Duplicate, Some(invoice)));
}

pub async fn many_writers_at_once_lose_nothing_and_the_journal_verifies(bed: &Bed) {
    let store = bed.store().await;
    let tasks: Vec<_> = (0..400)
        .map(|index| {
            let store = store.clone();
            tokio::spawn(async move { queued(&store, &format!("F-{index}")).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.summary().await.unwrap(), vec![(State::Queued, 400)]);
    let health = store.check().await.unwrap();
    assert_eq!((health.invoices, health.lines, health.problems), (400, 800, vec![]));
}

pub async fn a_failing_change_fails_alone(bed: &Bed) {
    let store = bed.store().await;
    let good = queued(&store, "F-1").await;
    let (bad, fine) = tokio::join!(
        store.step(Step::new(&good, State::Held, &[Event::Release], NOW, "test")),
        store.receive(received(b"another"))
    );
    assert!(matches!(bad, Err(StoreError::Moved { .. })), "{bad:?}");
    assert!(fine.is_ok());
}

pub async fn the_same_key_with_other_bytes_is_held_and_names_the_other(bed: &Bed) {
    let store = bed.store().await;
    let first = queued(&store, "F-1").await;
    let second = received(b"other bytes");
    let id = second.invoice.clone();
    store.receive(second).await.unwrap();
    let done = store.process(processed(&id, "F-1", &TO_QUEUE)).await.unwrap();
    assert_eq!(done, Done::Processed { state: State::Held, conflict: Some(first.clone()), probable: None });
    let held = store.invoice(&id).await.unwrap();
    assert_eq!(held.duplicate_of.as_deref(), Some(first.as_str()));
    assert_eq!(held.reason.unwrap().args["other"], "F-1");
    let release = Step::new(&id, State::Held, &[Event::Release], NOW, "test").set(Field::KeyReleased, Value::Int(1));
    store.step(release).await.unwrap();
    let done = store.process(processed(&id, "F-1", &TO_QUEUE)).await.unwrap();
    assert!(matches!(done, Done::Processed { state: State::Queued, conflict: None, .. }), "{done:?}");
}

pub async fn a_probable_double_is_a_warning_that_names_the_other(bed: &Bed) {
    let store = bed.store().await;
    queued(&store, "F-1").await;
    let second = queued(&store, "F-2").await;
    assert_eq!(store.findings(&second, 1).await.unwrap(), ["{}", r#"{"other":"F-1"}"#]);
}

pub async fn a_correction_is_a_new_version_and_after_a_refusal_a_new_invoice(bed: &Bed) {
    let store = bed.store().await;
    let new = received(b"bad");
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    store.process(processed(&id, "F-1", &[Event::Read, Event::Failed])).await.unwrap();
    let better = Correction {
        id: id.clone(),
        expect: State::Invalid,
        receive: received(b"better"),
        successor: false,
        note: Some("par la mairie".into()),
    };
    store.correct(better).await.unwrap();
    assert_eq!(store.invoice(&id).await.unwrap().version, 2);
    assert_eq!(store.versions(&id).await.unwrap().len(), 2);
    store.process(processed(&id, "F-1", &TO_QUEUE)).await.unwrap();
    assert!(store.check().await.unwrap().problems.is_empty());
}

pub async fn filters_select(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    store.receive(received(b"waiting")).await.unwrap();
    let count = async |filter: Filter| store.invoices(&filter).await.unwrap().len();
    assert_eq!(count(Filter::default()).await, 2);
    assert_eq!(count(Filter { states: vec![State::Queued, State::Held], ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { supplier: Some("732829320".into()), ..Filter::default() }).await, 1);
    assert_eq!(count(Filter { limit: Some(1), ..Filter::default() }).await, 1);
    assert_eq!(store.invoice("F-1").await.unwrap().id, id);
    assert!(matches!(store.invoice("nothing").await, Err(StoreError::Missing(_))));
}
