//! The promises of the store, on the embedded back end.
#![allow(clippy::unwrap_used)]

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{
    Correction, DeliveryEnd, Done, Field, GatewayEventRow, Identity, Intent, KeyGuard, ProbableDouble, Process, Reason,
    Receive, Step, Value,
};
use facteur_store::document::{Packed, Role};
use facteur_store::journal::Head;
use facteur_store::record::Filter;
use facteur_store::{Store, StoreError, Structure, new_id};

const SIREN: &str = "404833048";
const NOW: Timestamp = Timestamp(1_795_000_000_000);

async fn store(folder: &tempfile::TempDir) -> Store {
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let structure = Structure {
        siren: SIREN.into(),
        siret: "40483304800022".into(),
        name: "Régie municipale".into(),
        role: "filing_agent".into(),
        gateway: None,
    };
    store.register(&structure, NOW).await.unwrap();
    store
}

fn received(bytes: &[u8]) -> Receive {
    Receive {
        arrival: new_id(),
        invoice: new_id(),
        siren: SIREN.into(),
        siret: "40483304800022".into(),
        path: "/inbox/a.xml".into(),
        member: None,
        container: None,
        file: "a.xml".into(),
        document: Packed::new(Role::Original, "application/xml", bytes),
        at: NOW,
        actor: "test".into(),
    }
}

fn processed(id: &str, number: &str, events: &[Event]) -> Process {
    Process {
        id: id.into(),
        events: events.to_vec(),
        identity: Identity {
            kind: "ubl-invoice".into(),
            number: Some(number.into()),
            issued: Some("2026-10-05".into()),
            supplier_siren: Some("732829320".into()),
            total: Some("120.00".into()),
            ..Identity::default()
        },
        documents: vec![],
        embedded: None,
        transmitted: None,
        seal: None,
        verdict: "valid".into(),
        layers: "[]".into(),
        packs: String::new(),
        findings: vec!["{}".into()],
        reason: None,
        key_guard: Some(KeyGuard { events: vec![Event::Read, Event::Hold], reason: Reason::new("KEY-TAKEN") }),
        probable: Some(ProbableDouble {
            from: "2026-08-06".into(),
            until: "2026-12-04".into(),
            finding: r#"{"other":"%OTHER%"}"#.into(),
        }),
        at: NOW,
        actor: "test".into(),
    }
}

const TO_QUEUE: [Event; 4] = [Event::Read, Event::Passed, Event::Seal, Event::Queue];

async fn queued(store: &Store, number: &str) -> String {
    let new = received(number.as_bytes());
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    store.process(processed(&id, number, &TO_QUEUE)).await.unwrap();
    id
}

fn intent(id: &str, expect: State, event: Event) -> Intent {
    Intent {
        id: id.into(),
        expect,
        event,
        flow: new_id(),
        gateway: "chorus-pro".into(),
        file_name: "a.xml".into(),
        sha256: "00".into(),
        syntax: "IN_DP_E1_UBL_INVOICE".into(),
        signed: false,
        holder: "host:1:2".into(),
        lease_until: NOW.plus_millis(60_000),
        at: NOW,
        actor: "test".into(),
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = store(&folder).await;
    let new = received(b"<Invoice/>");
    let (id, sha256) = (new.invoice.clone(), new.document.sha256.clone());
    first.receive(new).await.unwrap();
    first.close().await;
    let again = store(&folder).await;
    assert_eq!(again.invoice(&id).await.unwrap().state, State::Received);
    assert_eq!(again.document(SIREN, &sha256).await.unwrap(), b"<Invoice/>");
    assert_eq!(again.check().await.unwrap().problems, Vec::<String>::new());
}

#[tokio::test]
async fn the_same_bytes_are_a_duplicate_and_the_same_arrival_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
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

#[tokio::test]
async fn many_writers_at_once_lose_nothing_and_the_journal_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
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

#[tokio::test]
async fn a_failing_change_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let good = queued(&store, "F-1").await;
    let (bad, fine) = tokio::join!(
        store.step(Step::new(&good, State::Held, &[Event::Release], NOW, "test")),
        store.receive(received(b"another"))
    );
    assert!(matches!(bad, Err(StoreError::Moved { .. })), "{bad:?}");
    assert!(fine.is_ok());
}

#[tokio::test]
async fn only_one_sender_gets_an_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let id = queued(&store, "F-1").await;
    let claims: Vec<_> = (0..20)
        .map(|_| {
            let (store, intent) = (store.clone(), intent(&id, State::Queued, Event::Claim));
            tokio::spawn(async move { store.intend(intent).await.is_ok() })
        })
        .collect();
    let mut won = 0;
    for claim in claims {
        won += usize::from(claim.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_eq!(store.deliveries(&id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_same_key_with_other_bytes_is_held_and_names_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
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

#[tokio::test]
async fn a_probable_double_is_a_warning_that_names_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    queued(&store, "F-1").await;
    let second = queued(&store, "F-2").await;
    assert_eq!(store.findings(&second, 1).await.unwrap(), ["{}", r#"{"other":"F-1"}"#]);
}

#[tokio::test]
async fn a_deposit_leaves_its_intent_its_answer_and_its_events() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let id = queued(&store, "F-1").await;
    let intent = intent(&id, State::Queued, Event::Claim);
    let flow = intent.flow.clone();
    store.intend(intent).await.unwrap();
    let heard = GatewayEventRow {
        subject: "invoice",
        external: "1".into(),
        code: "DEPOSEE".into(),
        happened: None,
        comment: None,
        flow: None,
    };
    let end = DeliveryEnd { flow, outcome: "accepted", reason: None, number: Some("CPP1".into()) };
    let step = Step::new(&id, State::Depositing, &[Event::Accepted], NOW, "test")
        .set(Field::Flow, Value::Text("CPP1".into()))
        .ends(end)
        .heard(heard.clone())
        .payload(Packed::new(Role::GatewayPayload, "application/json", b"{}"));
    store.step(step).await.unwrap();
    store.step(Step::new(&id, State::Deposited, &[], NOW, "test").heard(heard)).await.unwrap();
    let invoice = store.invoice(&id).await.unwrap();
    assert_eq!((invoice.state, invoice.flow.as_deref(), invoice.lease_holder), (State::Deposited, Some("CPP1"), None));
    assert_eq!(store.gateway_events(&id).await.unwrap().len(), 1, "an event seen again is one event");
    assert_eq!(store.deliveries(&id).await.unwrap()[0].number.as_deref(), Some("CPP1"));
    assert!(store.check().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn a_correction_is_a_new_version_and_after_a_refusal_a_new_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
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

#[tokio::test]
async fn the_journal_cannot_be_changed_and_a_cut_end_shows() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    queued(&store, "F-1").await;
    let head = store.head().await.unwrap();
    assert_eq!(store.verify_journal(Some(head.clone())).await.unwrap(), head);
    let later = Head { seq: head.seq + 1, hash: head.hash.clone() };
    assert!(matches!(store.verify_journal(Some(later)).await, Err(StoreError::Journal { .. })));
    let other = Head { seq: head.seq, hash: "0".repeat(64) };
    assert!(matches!(store.verify_journal(Some(other)).await, Err(StoreError::Journal { .. })));
}

#[tokio::test]
async fn a_backup_is_a_store_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    queued(&store, "F-1").await;
    let copy = folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    assert!(store.backup(&copy).await.is_err(), "never overwrites");
    let copy = Store::open(&copy).await.unwrap();
    assert_eq!(copy.summary().await.unwrap(), vec![(State::Queued, 1)]);
    assert_eq!(copy.head().await.unwrap(), store.head().await.unwrap());
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("store.db");
    assert!(matches!(Store::open(&path).await, Err(StoreError::Open { .. } | StoreError::NotWritable(_))));
    std::fs::write(folder.path().join("garbage.db"), vec![7_u8; 8192]).unwrap();
    assert!(Store::open(&folder.path().join("garbage.db")).await.is_err());
}

#[tokio::test]
async fn filters_select() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
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
