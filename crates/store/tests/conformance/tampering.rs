//! Somebody with access to the database changes something, and goes around what would stop him: it is found, and where.

use facteur_model::clock::Timestamp;
use facteur_store::journal::{Head, Stamp};
use facteur_store::{Store, StoreError};

use crate::bed::{Bed, NOW, queued};

/// Takes away what keeps the journal append-only, as an intruder would.
async fn unlock(bed: &Bed) {
    let unlock = if bed.database.is_some() {
        "ALTER TABLE journal DISABLE TRIGGER USER; ALTER TABLE journal_payload DROP CONSTRAINT journal_payload_seq_fkey"
    } else {
        "DROP TRIGGER journal_never_changes; DROP TRIGGER journal_never_shrinks"
    };
    bed.sql(unlock).await.unwrap();
}

/// Three invoices, six lines; the head as it was printed then.
async fn filled(bed: &Bed) -> (Store, Head) {
    let store = bed.store().await;
    for number in ["F-1", "F-2", "F-3"] {
        queued(&store, number).await;
    }
    let head = store.head().await.unwrap();
    assert_eq!(head.seq, 6);
    unlock(bed).await;
    (store, head)
}

/// Where the journal breaks, and what is said of it.
async fn broken(store: &Store, kept: &Head) -> (i64, String) {
    match store.verify_journal(Some(kept.clone())).await {
        Err(StoreError::Journal { seq, what }) => (seq, what),
        other => panic!("{other:?}"),
    }
}

async fn tampered(bed: &Bed, with: &'static str) -> (i64, String) {
    let (store, head) = filled(bed).await;
    bed.sql(with).await.unwrap();
    let found = broken(&store, &head).await;
    let problems = store.check().await.unwrap().problems;
    let cut = found.1.contains("cut");
    assert!(cut || problems.iter().any(|problem| problem.contains(&format!("line {}", found.0))), "{problems:?}");
    found
}

pub async fn a_changed_line_is_found(bed: &Bed) {
    let found = tampered(bed, "UPDATE journal SET at = at + 1 WHERE seq = 3").await;
    assert_eq!(found, (3, "was changed".into()));
}

pub async fn a_changed_payload_is_found(bed: &Bed) {
    let found = tampered(bed, "UPDATE journal_payload SET body = '{}' WHERE seq = 4").await;
    assert_eq!(found, (4, "its payload was changed".into()));
}

pub async fn a_removed_line_is_found(bed: &Bed) {
    let found = tampered(bed, "DELETE FROM journal_payload WHERE seq = 2; DELETE FROM journal WHERE seq = 2").await;
    assert_eq!(found, (3, "a line is missing or out of order".into()));
}

pub async fn two_swapped_lines_are_found(bed: &Bed) {
    let swap = "DELETE FROM journal_payload WHERE seq IN (2, 3); UPDATE journal SET seq = -2 WHERE seq = 2; UPDATE journal SET seq = 2 WHERE seq = 3; \
                UPDATE journal SET seq = 3 WHERE seq = -2";
    let found = tampered(bed, swap).await;
    assert_eq!(found, (2, "does not follow the line before".into()));
}

pub async fn a_cut_tail_is_found_against_a_head_kept_elsewhere(bed: &Bed) {
    let cut = "DELETE FROM journal_payload WHERE seq > 4; DELETE FROM journal WHERE seq > 4";
    let (seq, what) = tampered(bed, cut).await;
    assert_eq!((seq, what.contains("cut")), (4, true), "{what}");
}

pub async fn a_cut_tail_is_found_against_a_timestamp(bed: &Bed) {
    let store = bed.store().await;
    for number in ["F-1", "F-2", "F-3"] {
        queued(&store, number).await;
    }
    let stamp = Stamp { head: store.head().await.unwrap(), at: Timestamp(NOW.0), token: vec![1, 2, 3] };
    store.put_timestamp(stamp.clone(), "test", NOW).await.unwrap();
    assert_eq!(store.timestamps().await.unwrap(), [stamp]);
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
    unlock(bed).await;
    bed.sql("DELETE FROM journal_payload WHERE seq > 4; DELETE FROM journal WHERE seq > 4").await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert!(problems.iter().any(|problem| problem.contains("the journal was cut")), "{problems:?}");
}

pub async fn a_journal_written_anew_is_found_against_a_head_kept_elsewhere(bed: &Bed) {
    let (store, head) = filled(bed).await;
    // Everything after the second line again, with hashes that fit one another.
    let mut previous = store.journal_page(1, 1).await.unwrap()[0].hash.clone();
    for line in store.journal_page(2, 9).await.unwrap() {
        let at = line.at + 1000;
        let hash = facteur_store::journal::line_hash(line.seq, at, &line.kind, &line.subject, &line.digest, &previous);
        let order =
            format!("UPDATE journal SET at = {at}, previous = '{previous}', hash = '{hash}' WHERE seq = {}", line.seq);
        bed.sql(order.leak()).await.unwrap();
        previous = hash;
    }
    assert!(store.verify_journal(None).await.is_ok(), "in itself it verifies");
    assert_eq!(broken(&store, &head).await, (6, "differs from the head kept elsewhere".into()));
}

pub async fn a_step_that_the_life_cycle_has_not_is_found(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    let payload = r#"{"states":["queued","settled"]}"#.to_owned();
    store.note("step", &id, payload, NOW).await.unwrap();
    bed.sql("UPDATE invoice SET state = 'settled'").await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert_eq!(problems, ["journal line 3: no step leads from queued to settled"]);
}

pub async fn an_invoice_that_is_gone_is_missed(bed: &Bed) {
    let store = bed.store().await;
    let (id, _) = (queued(&store, "F-1").await, queued(&store, "F-2").await);
    let gone = if bed.database.is_some() {
        "SET session_replication_role = replica; DELETE FROM invoice WHERE number = 'F-1'; \
         SET session_replication_role = DEFAULT"
    } else {
        "PRAGMA foreign_keys = OFF; DELETE FROM invoice WHERE number = 'F-1'; PRAGMA foreign_keys = ON"
    };
    bed.sql(gone).await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert!(problems.contains(&format!("invoice {id}: the journal knows it, and it is gone")), "{problems:?}");
}

pub async fn a_flipped_byte_of_a_document_is_found(bed: &Bed) {
    let store = bed.store().await;
    let id = queued(&store, "F-1").await;
    let sha256 = store.invoice(&id).await.unwrap().sha256;
    let flip = if bed.database.is_some() {
        "UPDATE document SET bytes = set_byte(bytes, 1, get_byte(bytes, 1) # 1)"
    } else {
        "UPDATE document SET bytes = CAST(substr(bytes, 1, 1) || X'41' || substr(bytes, 3) AS BLOB)"
    };
    bed.sql(flip).await.unwrap();
    let problems = store.check().await.unwrap().problems;
    assert_eq!(problems, [format!("document {sha256}: its bytes have changed")]);
}
