//! A whole store at another place: kept, brought back, moved.

use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{GatewayEventRow, Step};
use facteur_store::copy::{Original, backup, copy, restore};
use facteur_store::document::{Packed, Role};
use facteur_store::location::Location;
use facteur_store::{Store, StoreError};

use crate::bed::{Bed, NOW, SIREN, intent, queued, received};

/// The back end that the bed has not.
fn other(bed: &Bed) -> Bed {
    if bed.database.is_some() { Bed::sqlite() } else { Bed::postgres() }
}

async fn filled(bed: &Bed) -> Store {
    let store = bed.store().await;
    for index in 0..30 {
        queued(&store, &format!("F-{index}")).await;
    }
    let id = queued(&store, "F-30").await;
    store.intend(intent(&id, State::Queued, Event::Claim)).await.unwrap();
    let heard = GatewayEventRow {
        subject: "deposit",
        external: "1".into(),
        code: "0".into(),
        happened: None,
        comment: Some("Dépôt accepté — « œuvre »".into()),
        flow: None,
    };
    let pdf = Packed::new(Role::GatewayPayload, "application/pdf", &[0, 255, 1, 0, 128]);
    let accepted = Step::new(&id, State::Depositing, &[Event::Accepted], NOW, "test");
    store.step(accepted.heard(heard).payload(pdf)).await.unwrap();
    store
}

async fn same(one: &Store, other: &Store) {
    assert_eq!(one.head().await.unwrap(), other.head().await.unwrap());
    assert_eq!(other.verify_journal(Some(one.head().await.unwrap())).await.unwrap(), one.head().await.unwrap());
    assert_eq!(one.invoices(&Default::default()).await.unwrap(), other.invoices(&Default::default()).await.unwrap());
    assert_eq!(one.check().await.unwrap(), other.check().await.unwrap());
    for invoice in one.invoices(&Default::default()).await.unwrap() {
        assert_eq!(one.versions(&invoice.id).await.unwrap(), other.versions(&invoice.id).await.unwrap());
        assert_eq!(one.gateway_events(&invoice.id).await.unwrap(), other.gateway_events(&invoice.id).await.unwrap());
        let bytes = one.document(SIREN, &invoice.sha256).await.unwrap();
        assert_eq!(other.document(SIREN, &invoice.sha256).await.unwrap(), bytes);
    }
}

pub async fn a_move_loses_no_line_of_the_journal(bed: &Bed) {
    let target = other(bed);
    let store = filled(bed).await;
    target.store().await.close().await;
    let copied = copy(&bed.location, &target.location, Original::IsLeft).await.unwrap();
    assert_eq!((copied.invoices, copied.already), (31, false));
    assert_eq!(copied.head, store.head().await.unwrap());
    let moved = target.store().await;
    same(&store, &moved).await;
    let late = store.receive(received(b"late")).await;
    assert!(matches!(late, Err(StoreError::Elsewhere)), "whoever still had it open writes nothing more: {late:?}");
    let again = copy(&bed.location, &target.location, Original::IsLeft).await.unwrap();
    assert!(again.already, "what an earlier try left is taken");
    queued(&moved, "F-31").await;
    assert!(moved.check().await.unwrap().problems.is_empty(), "and it goes on there");
    let after = copy(&bed.location, &target.location, Original::IsLeft).await;
    assert!(matches!(after, Err(StoreError::NotEmpty(_))), "{after:?}");
}

pub async fn a_backup_comes_back_on_either_back_end(bed: &Bed) {
    let store = filled(bed).await;
    let file = bed.folder.path().join("copie.db");
    backup(&bed.location, &file).await.unwrap();
    assert!(backup(&bed.location, &file).await.is_err(), "never overwrites");
    let kept = std::fs::read(&file).unwrap();
    for target in [Bed::sqlite(), Bed::postgres()] {
        restore(&file, &target.location, target.folder.path()).await.unwrap();
        same(&store, &target.store().await).await;
        let again = restore(&file, &target.location, target.folder.path()).await;
        assert!(matches!(again, Err(StoreError::NotEmpty(_))), "never overwrites: {again:?}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), kept, "the backup itself is not touched");
    let names: Vec<_> = std::fs::read_dir(bed.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains(".part")), "{names:?}");
}

pub async fn a_copy_that_cannot_be_verified_is_not_made(bed: &Bed) {
    let target = other(bed);
    filled(bed).await.close().await;
    bed.sql("UPDATE journal_payload SET body = 'other' WHERE seq = 3").await.unwrap();
    let refused = copy(&bed.location, &target.location, Original::IsLeft).await;
    assert!(matches!(refused, Err(StoreError::Journal { seq: 3, .. })), "{refused:?}");
    assert_eq!(target.store().await.summary().await.unwrap(), vec![]);
    queued(&bed.store().await, "F-99").await;
}

/// A text with U+0000 can be stored on one back end only: it is replaced on both.
pub async fn a_name_with_a_nul_is_stored(bed: &Bed) {
    let store = bed.store().await;
    let new = facteur_store::change::Receive { member: Some("a\0b".into()), file: "a\0b.xml".into(), ..received(b"x") };
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    assert_eq!(store.invoice(&id).await.unwrap().file, "a\u{fffd}b.xml");
}

pub async fn garbage_is_no_backup(bed: &Bed) {
    let file = bed.folder.path().join("garbage");
    std::fs::write(&file, vec![7_u8; 9000]).unwrap();
    assert!(restore(&file, &bed.location, bed.folder.path()).await.is_err());
    assert!(restore(&bed.folder.path().join("absent"), &bed.location, bed.folder.path()).await.is_err());
    let location: Location = bed.location.clone();
    assert_eq!(Store::open(&location).await.unwrap().summary().await.unwrap(), vec![]);
}
