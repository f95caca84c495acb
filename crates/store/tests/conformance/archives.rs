//! What is kept, held and eliminated.

use facteur_model::lifecycle::{Event, State};
use facteur_store::archive::{DossierFilter, Eliminate, Eliminated, HoldChange, Spared};
use facteur_store::change::{GatewayEventRow, Process, Step};
use facteur_store::document::{Dictionary, Packed, Role};
use facteur_store::{Store, StoreError, new_id};

use crate::bed::{Bed, NOW, SIREN, TO_QUEUE, processed, received};

/// A word that must be nowhere once its dossier is eliminated.
const NAME: &str = "Menuiserie-Introuvable";

/// An invoice given up, with an answer of the gateway, a finding and a name in each place that can hold one.
async fn given_up(store: &Store, number: &str, bytes: &[u8]) -> String {
    let mut new = received(bytes);
    new.path = format!("/inbox/{NAME}.xml");
    new.file = format!("{NAME}.xml");
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    let mut process = processed(&id, number, &TO_QUEUE);
    process.identity.supplier = Some(NAME.into());
    process.findings = vec![format!(r#"{{"found":"{NAME}"}}"#)];
    process.documents = vec![Packed::new(Role::Seal, "application/xml", format!("<seal>{number}</seal>").as_bytes())];
    process.seal = process.documents.first().map(|seal| seal.sha256.clone());
    store.process(Process { key_guard: None, probable: None, ..process }).await.unwrap();
    let heard = GatewayEventRow {
        subject: "invoice",
        external: number.into(),
        code: "DEPOSEE".into(),
        happened: None,
        comment: Some(NAME.into()),
        flow: None,
    };
    let answer = Packed::new(Role::GatewayPayload, "application/json", format!(r#"{{"a":"{number}"}}"#).as_bytes());
    let mut step = Step::new(&id, State::Queued, &[Event::Abandon], NOW, NAME).heard(heard).payload(answer);
    step.note = Some(NAME.into());
    store.step(step).await.unwrap();
    id
}

async fn eliminate(store: &Store, ids: &[&str]) -> Eliminated {
    let mut dossiers = Vec::new();
    for id in ids {
        let fingerprint = store.dossier(id).await.map(|dossier| dossier.fingerprint()).unwrap_or_default();
        dossiers.push(((*id).to_owned(), fingerprint));
    }
    eliminate_as_listed(store, dossiers).await
}

async fn eliminate_as_listed(store: &Store, dossiers: Vec<(String, String)>) -> Eliminated {
    let order = Eliminate {
        elimination: new_id(),
        siren: SIREN.into(),
        list: "ab".repeat(32),
        dossiers,
        states: vec![State::Abandoned, State::Settled],
        why: "visa 2037-114".into(),
        at: NOW,
        actor: "archivist".into(),
    };
    store.eliminate(order).await.unwrap()
}

pub async fn an_eliminated_dossier_leaves_digests_and_the_journal_verifies(bed: &Bed) {
    let store = bed.store().await;
    let going = given_up(&store, "F-1", format!("<a>{NAME}</a>").as_bytes()).await;
    let staying = given_up(&store, "F-2", b"<b/>").await;
    let before = store.head().await.unwrap();
    let original = store.invoice(&going).await.unwrap().sha256;
    let done = eliminate(&store, &[&going]).await;
    assert_eq!((done.dossiers, done.spared, done.shared), (vec![going.clone()], vec![], 0));
    assert_eq!((done.documents.len(), done.payloads), (3, 3), "original, seal, answer; received, processed, step");
    let erased = store.document(SIREN, &original).await;
    assert!(matches!(&erased, Err(StoreError::Eliminated { list, .. }) if list.starts_with("abab")), "{erased:?}");
    let left = store.invoice(&going).await.unwrap();
    assert_eq!((left.state, left.sha256, left.number, left.supplier), (State::Abandoned, original, None, None));
    assert_eq!(store.verify_journal(Some(before)).await.unwrap(), store.head().await.unwrap());
    let health = store.check().await.unwrap();
    assert_eq!((health.problems, health.invoices, health.eliminated), (Vec::<String>::new(), 2, 3));
    assert_eq!(store.invoice(&staying).await.unwrap().supplier.as_deref(), Some(NAME));
    assert_eq!(store.findings(&going, 1).await.unwrap(), Vec::<String>::new());
    assert_eq!(store.gateway_events(&going).await.unwrap(), vec![]);
    assert_eq!(store.summary().await.unwrap(), vec![(State::Abandoned, 2)], "the counts add up");
}

pub async fn an_elimination_spares_what_is_held_changed_or_not_finished(bed: &Bed) {
    let store = bed.store().await;
    let held = given_up(&store, "F-1", b"<a/>").await;
    let hold = |reason: Option<&str>| HoldChange {
        id: held.clone(),
        reason: reason.map(str::to_owned),
        note: None,
        at: NOW,
        actor: "archivist".into(),
    };
    assert!(store.hold(hold(Some("recours 26-114"))).await.unwrap());
    assert!(!store.hold(hold(Some("again"))).await.unwrap(), "it was held already");
    let queued = crate::bed::queued(&store, "F-9").await;
    let changed = given_up(&store, "F-3", b"<c/>").await;
    let listed = vec![
        (held.clone(), store.dossier(&held).await.unwrap().fingerprint()),
        (queued.clone(), store.dossier(&queued).await.unwrap().fingerprint()),
        (changed.clone(), "00".repeat(32)),
        ("nobody".to_owned(), "00".repeat(32)),
    ];
    let done = eliminate_as_listed(&store, listed).await;
    let expected = [
        (held.clone(), Spared::Held),
        (queued, Spared::NotFinal),
        (changed, Spared::Changed),
        ("nobody".to_owned(), Spared::Unknown),
    ];
    assert_eq!((done.spared.as_slice(), done.dossiers.len()), (expected.as_slice(), 0));
    assert!(store.hold(hold(None)).await.unwrap());
    assert_eq!(eliminate(&store, &[&held]).await.dossiers, [held.as_str()]);
    assert_eq!(eliminate(&store, &[&held]).await.spared, [(held.clone(), Spared::Already)]);
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

pub async fn what_two_dossiers_share_goes_with_the_last(bed: &Bed) {
    let store = bed.store().await;
    let first = given_up(&store, "F-1", b"<same/>").await;
    let second = given_up(&store, "F-1", b"<same/>").await;
    let original = store.invoice(&first).await.unwrap().sha256;
    let done = eliminate(&store, &[&first]).await;
    assert_eq!((done.documents.len(), done.shared), (0, 3), "original, seal and answer are the other's too");
    assert_eq!(store.document(SIREN, &original).await.unwrap(), b"<same/>");
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
    assert_eq!(eliminate(&store, &[&second]).await.documents.len(), 3);
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

pub async fn bytes_that_come_again_after_an_elimination_are_kept_again(bed: &Bed) {
    let store = bed.store().await;
    let first = given_up(&store, "F-1", b"<same/>").await;
    eliminate(&store, &[&first]).await;
    let again = given_up(&store, "F-1", b"<same/>").await;
    let original = store.invoice(&again).await.unwrap();
    assert_eq!(original.duplicate_of, None);
    assert_eq!(store.document(SIREN, &original.sha256).await.unwrap(), b"<same/>");
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

pub async fn bytes_that_no_list_eliminated_are_missed(bed: &Bed) {
    let store = bed.store().await;
    given_up(&store, "F-1", b"<a/>").await;
    bed.sql("UPDATE document SET eliminated = 'x', bytes = '' WHERE role = 'original'").await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert!(problems.len() == 1 && problems[0].ends_with("no list eliminated it"), "{problems:?}");
}

pub async fn dossiers_are_found_by_filter_and_page(bed: &Bed) {
    let store = bed.store().await;
    let mut all = vec![
        given_up(&store, "F-1", b"<a/>").await,
        given_up(&store, "F-2", b"<b/>").await,
        crate::bed::queued(&store, "F-3").await,
    ];
    all.sort();
    let filter = DossierFilter { received_before: Some(NOW.plus_millis(1)), ..DossierFilter::default() };
    let first = store.dossier_ids(&filter, "", 2).await.unwrap();
    let rest = store.dossier_ids(&filter, &first[1], 2).await.unwrap();
    assert_eq!([first, rest].concat(), all);
    let none = DossierFilter { received_from: Some(NOW.plus_millis(1)), ..DossierFilter::default() };
    assert!(store.dossier_ids(&none, "", 9).await.unwrap().is_empty());
    let some = DossierFilter { states: vec![State::Abandoned], supplier: Some("introuvable".into()), ..filter };
    assert_eq!(store.dossier_ids(&some, "", 9).await.unwrap().len(), 2);
}

pub async fn a_document_leans_on_another_and_on_a_dictionary(bed: &Bed) {
    let store = bed.store().await;
    let original: Vec<u8> = (0..400).flat_map(|n| format!("<line n=\"{n}\"/>").into_bytes()).collect();
    let (before, after) = original.split_at(3000);
    let signed = [before, b"<Signature>one certificate</Signature>", after].concat();
    let dictionary = Dictionary::of_certificates([&b"one certificate"[..]]);
    let new = received(&original);
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    let document = Packed::inserted(Role::Transmitted, "application/xml", &signed, &original, &dictionary);
    let mut process = processed(&id, "F-1", &TO_QUEUE);
    let sha256 = document.sha256.clone();
    process.transmitted = Some(sha256.clone());
    process.documents = vec![document];
    process.packs = "UBL-Invoice@2.1 CII@D22B".into();
    store.process(process).await.unwrap();
    assert_eq!(store.document(SIREN, &sha256).await.unwrap(), signed);
    assert_eq!(store.versions(&id).await.unwrap()[0].packs.as_deref(), Some("UBL-Invoice@2.1 CII@D22B"));
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
    bed.sql("UPDATE document SET base_at = base_at + 1 WHERE role = 'transmitted'").await.unwrap();
    assert!(matches!(store.document(SIREN, &sha256).await, Err(StoreError::Damaged(_))), "SHA-256 is checked on read");
    let problems = store.check().await.unwrap().problems;
    assert_eq!(problems, [format!("document {sha256}: its bytes have changed")]);
}
