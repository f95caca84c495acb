//! What is written, and what is not.

use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{Change, Correction, Done, Field, Process, Receive, Step, Value};
use facteur_store::document::{Packed, Role};
use facteur_store::record::Filter;
use facteur_store::{Store, StoreError, new_id};

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

/// Gives all of them before the first answer is waited for, so that the writer takes many at once.
async fn at_once(store: &Store, changes: &[Change]) -> Vec<Result<Done, StoreError>> {
    let mut pending = Vec::new();
    for change in changes {
        pending.push(store.submit(change.clone()).await.unwrap());
    }
    let mut done = Vec::new();
    for pending in pending {
        done.push(pending.done().await);
    }
    done
}

pub async fn one_of_many_that_fails_takes_nothing_with_it(bed: &Bed) {
    let store = bed.store().await;
    let files: Vec<Receive> = (0..60).map(|n| received(format!("many {n}").as_bytes())).collect();
    let changes: Vec<Change> = files.iter().map(|file| Change::Receive(Box::new(file.clone()))).collect();
    assert!(at_once(&store, &changes).await.iter().all(Result::is_ok));
    // One is there twice, and one is of nobody.
    let ids = files.iter().map(|file| file.invoice.as_str()).chain([files[7].invoice.as_str(), "nobody"]);
    let process = |(n, id)| Change::Process(Box::new(processed(id, &format!("M-{n}"), &TO_QUEUE)));
    let changes: Vec<Change> = ids.enumerate().map(process).collect();
    let done = at_once(&store, &changes).await;
    assert!(done[..60].iter().all(Result::is_ok), "{done:?}");
    assert!(matches!(&done[60], Err(StoreError::Moved { .. })), "{:?}", done[60]);
    assert!(matches!(&done[61], Err(StoreError::Missing(_))), "{:?}", done[61]);
    assert_eq!(store.summary().await.unwrap(), vec![(State::Queued, 60)]);
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

/// Same bytes, the same arrival twice, the same keys, the same totals in and out of the window, an exempt one, documents
/// that several share, an empty one: in an order in which what comes first counts.
fn crossed() -> (Vec<Receive>, Vec<Process>) {
    let mut files: Vec<Receive> = ["a", "b", "a", "c", "", "d", "e", "b", "f", "g", "h"]
        .iter()
        .enumerate()
        .map(|(n, bytes)| Receive { at: NOW.plus_millis(1000 - 10 * n as i64), ..received(bytes.as_bytes()) })
        .collect();
    files.insert(5, Receive { invoice: new_id(), ..files[1].clone() });
    let process = |place: usize, number: &str, total: &str, issued: &str| {
        let mut new = processed(&files[place].invoice, number, &TO_QUEUE);
        new.identity.total = Some(total.into());
        new.identity.issued = Some(issued.into());
        new.documents = vec![Packed::new(Role::Seal, "application/xml", format!("seal {total}").as_bytes())];
        new.packs = format!("packs of {total}");
        new
    };
    let mut processes = vec![
        process(0, "1", "5.00", "2026-10-05"),
        process(9, "2", "6.00", "2026-10-06"),
        process(1, "1", "6.00", "2026-10-05"),
        process(3, "2", "7.00", "2026-10-05"),
        process(4, "3", "5.00", "2025-10-05"),
        process(7, "3", "6.00", "2026-10-05"),
        process(6, "2", "8.00", "2027-01-05"),
    ];
    processes[1].identity.key_exempt = true;
    processes[4].findings = vec![];
    processes[5].key_guard = None;
    (files, processes)
}

pub async fn what_is_written_together_is_what_is_written_one_by_one(bed: &Bed) {
    let other = bed.another();
    let (together, one_by_one) = (bed.store().await, other.store().await);
    let (files, processes) = crossed();
    let files: Vec<Change> = files.into_iter().map(|file| Change::Receive(Box::new(file))).collect();
    let processes: Vec<Change> = processes.into_iter().map(|new| Change::Process(Box::new(new))).collect();
    for changes in [&files, &processes] {
        let mut alone = Vec::new();
        for change in changes {
            alone.push(one_by_one.submit(change.clone()).await.unwrap().done().await.unwrap());
        }
        let many: Vec<Done> = at_once(&together, changes).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(many, alone);
    }
    let all = Filter::default();
    let (many, alone) = (together.invoices(&all).await.unwrap(), one_by_one.invoices(&all).await.unwrap());
    assert_eq!(many, alone);
    assert!(many.iter().any(|invoice| invoice.state == State::Held), "some keys are taken");
    assert!(many.iter().any(|invoice| invoice.state == State::Duplicate), "some bytes are there twice");
    for invoice in &many {
        let (found, same) = (together.findings(&invoice.id, 1).await, one_by_one.findings(&invoice.id, 1).await);
        assert_eq!(found.unwrap(), same.unwrap());
    }
    assert_eq!(together.head().await.unwrap(), one_by_one.head().await.unwrap(), "the same journal to the last line");
    assert_eq!(together.check().await.unwrap().problems, Vec::<String>::new());
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
