//! What is kept, and shows when it was touched.

use facteur_model::lifecycle::State;
use facteur_store::journal::Head;
use facteur_store::{Store, StoreError};

use crate::bed::{Bed, SIREN, queued, received};

pub async fn what_was_acknowledged_is_there_after_opening_again(bed: &Bed) {
    let first = bed.store().await;
    let new = received(b"<Invoice/>");
    let (id, sha256) = (new.invoice.clone(), new.document.sha256.clone());
    first.receive(new).await.unwrap();
    first.close().await;
    let again = bed.store().await;
    assert_eq!(again.invoice(&id).await.unwrap().state, State::Received);
    assert_eq!(again.document(SIREN, &sha256).await.unwrap(), b"<Invoice/>");
    assert_eq!(again.check().await.unwrap().problems, Vec::<String>::new());
}

pub async fn the_journal_cannot_be_changed_and_a_cut_end_shows(bed: &Bed) {
    let store = bed.store().await;
    queued(&store, "F-1").await;
    let head = store.head().await.unwrap();
    assert_eq!(store.verify_journal(Some(head.clone())).await.unwrap(), head);
    let later = Head { seq: head.seq + 1, hash: head.hash.clone() };
    assert!(matches!(store.verify_journal(Some(later)).await, Err(StoreError::Journal { .. })));
    let other = Head { seq: head.seq, hash: "0".repeat(64) };
    assert!(matches!(store.verify_journal(Some(other)).await, Err(StoreError::Journal { .. })));
}

pub async fn a_backup_is_a_store_of_its_own(bed: &Bed) {
    let store = bed.store().await;
    queued(&store, "F-1").await;
    let copy = bed.folder.path().join("copy.db");
    store.backup(&copy).await.unwrap();
    assert!(store.backup(&copy).await.is_err(), "never overwrites");
    let copy = Store::open(&copy).await.unwrap();
    assert_eq!(copy.summary().await.unwrap(), vec![(State::Queued, 1)]);
    assert_eq!(copy.head().await.unwrap(), store.head().await.unwrap());
}

pub async fn the_journal_is_append_only(bed: &Bed) {
    let store = bed.store().await;
    queued(&store, "F-1").await;
    for touch in [
        "UPDATE journal SET at = at + 1",
        "DELETE FROM journal WHERE seq = 2",
        "UPDATE gateway_event SET code = 'PAYEE'",
    ] {
        let answer = bed.sql(touch).await;
        let empty = touch.contains("gateway_event");
        assert!(empty || answer.unwrap_err().to_string().contains("append-only"), "{touch}");
    }
    assert_eq!(store.verify_journal(None).await.unwrap(), store.head().await.unwrap());
}

pub async fn a_document_whose_bytes_were_changed_is_found(bed: &Bed) {
    let store = bed.store().await;
    queued(&store, "F-1").await;
    let other = if bed.database.is_some() { "'F-2'::bytea" } else { "CAST('F-2' AS BLOB)" };
    bed.sql(&format!("UPDATE document SET bytes = {other}")).await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert!(problems.len() == 1 && problems[0].starts_with("document "), "{problems:?}");
}

pub async fn a_state_that_the_journal_does_not_tell_is_found(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    bed.sql("UPDATE invoice SET state = 'settled'").await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert_eq!(problems, [format!("invoice {id} is settled, its journal ends with queued")]);
}

pub async fn a_newer_store_is_left_alone(bed: &Bed) {
    bed.store().await.close().await;
    let newer =
        if bed.database.is_some() { "UPDATE schema_version SET number = 900" } else { "PRAGMA user_version = 900" };
    bed.sql(newer).await.unwrap();
    assert!(matches!(Store::open(&bed.location).await, Err(StoreError::Newer { found: 900, .. })));
}
