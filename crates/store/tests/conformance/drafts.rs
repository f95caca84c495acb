//! Drafts of plain PDFs, and mandates.

use facteur_model::lifecycle::{Event, State};
use facteur_store::archive::Eliminate;
use facteur_store::change::{Change, Identity, Process, Step};
use facteur_store::document::{Packed, Role};
use facteur_store::draft::{DraftChange, Mandate, MandateChange};
use facteur_store::{Store, StoreError, new_id};

use crate::bed::{Bed, NOW, SIREN, TO_QUEUE, processed, received};

/// A plain PDF that came in with a proposal.
async fn draft(store: &Store, bytes: &[u8]) -> String {
    let new = received(bytes);
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    store.process(proposed(&id, r#"{"read":1}"#)).await.unwrap();
    id
}

fn proposed(id: &str, body: &str) -> Process {
    Process {
        identity: Identity { kind: "pdf".into(), ..Identity::default() },
        draft: Some(body.into()),
        key_guard: None,
        probable: None,
        ..processed(id, "", &[Event::PlainPdf])
    }
}

fn change(id: &str, revision: i64, body: &str) -> DraftChange {
    DraftChange {
        id: id.into(),
        revision,
        body: body.into(),
        changed: r#"[{"field":"number"}]"#.into(),
        at: NOW,
        actor: "clerk:marie".into(),
    }
}

fn mandate(file: &[u8]) -> MandateChange {
    let document = Box::new(Packed::new(Role::Attachment, "application/pdf", file));
    let mandate = Mandate {
        id: new_id(),
        supplier: "732829320".into(),
        file: "mandat\0.pdf".into(),
        sha256: document.sha256.clone(),
        from: "2026-01-01".into(),
        until: "2026-12-31".into(),
        at: NOW,
        revoked_at: None,
    };
    MandateChange::Add { siren: SIREN.into(), mandate, document, actor: "clerk:marie".into() }
}

pub async fn a_draft_is_kept_with_its_version_and_every_change_is_journalled(bed: &Bed) {
    let store = bed.store().await;
    let id = draft(&store, b"%PDF-1").await;
    let kept = store.draft(&id).await.unwrap().unwrap();
    assert_eq!((kept.body.as_str(), kept.revision), (r#"{"read":1}"#, 0));
    store.put_draft(change(&id, 0, "{}")).await.unwrap();
    let lines = store.journal_of(&id).await.unwrap();
    let last = lines.last().unwrap();
    assert_eq!(last.kind, "draft");
    assert!(last.payload.as_deref().unwrap().contains("clerk:marie"), "{last:?}");
    // Another look at the same file does not undo what a person did.
    store.step(Step::new(&id, State::Draft, &[Event::Hold, Event::Release], NOW, "test")).await.unwrap();
    store.process(proposed(&id, r#"{"read":2}"#)).await.unwrap();
    let kept = store.draft(&id).await.unwrap().unwrap();
    assert_eq!((kept.body.as_str(), kept.revision), ("{}", 1));
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

pub async fn a_draft_that_another_person_changed_first_is_not_overwritten(bed: &Bed) {
    let store = bed.store().await;
    let id = draft(&store, b"%PDF-1").await;
    store.put_draft(change(&id, 0, r#"{"by":"marie"}"#)).await.unwrap();
    let second = store.put_draft(change(&id, 0, r#"{"by":"paul"}"#)).await;
    assert!(matches!(second, Err(StoreError::DraftChanged(_))), "{second:?}");
    assert_eq!(store.draft(&id).await.unwrap().unwrap().body, r#"{"by":"marie"}"#);
    let queued = crate::bed::queued(&store, "F-9").await;
    let no_draft = store.put_draft(change(&queued, 0, "{}")).await;
    assert!(matches!(no_draft, Err(StoreError::Moved { .. })), "{no_draft:?}");
}

pub async fn a_confirmed_draft_is_written_whole_or_not_at_all(bed: &Bed) {
    let store = bed.store().await;
    let id = draft(&store, b"%PDF-1").await;
    let confirm = |events: &[Event]| {
        let mut process = processed(&id, "F-1", events);
        process.documents = vec![Packed::new(Role::Transmitted, "application/pdf", b"%PDF-hybrid")];
        process.transmitted = process.documents.first().map(|document| document.sha256.clone());
        let step = Step::new(&id, State::Draft, &[Event::Confirm], NOW, "clerk:marie");
        vec![Change::Step(Box::new(step)), Change::Process(Box::new(process))]
    };
    assert!(store.together(confirm(&[Event::Claim])).await.is_err());
    assert_eq!(store.invoice(&id).await.unwrap().state, State::Draft);
    store.together(confirm(&TO_QUEUE)).await.unwrap();
    let invoice = store.invoice(&id).await.unwrap();
    assert_eq!((invoice.state, invoice.number.as_deref()), (State::Queued, Some("F-1")));
    let version = store.versions(&id).await.unwrap().remove(0);
    assert_eq!(version.original, invoice.sha256, "the PDF stays the original");
    let sent = store.document(SIREN, version.transmitted.as_deref().unwrap()).await.unwrap();
    assert_eq!(sent, b"%PDF-hybrid");
    assert!(store.together(confirm(&TO_QUEUE)).await.is_err(), "it is confirmed once");
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}

pub async fn a_mandate_counts_until_it_is_revoked(bed: &Bed) {
    let store = bed.store().await;
    assert!(store.put_mandate(mandate(b"%PDF-mandate")).await.unwrap());
    assert_eq!(store.mandates(Some("404833048")).await.unwrap(), []);
    let kept = store.mandates(Some("732829320")).await.unwrap().remove(0);
    assert_eq!((kept.from.as_str(), kept.file.as_str(), kept.revoked_at), ("2026-01-01", "mandat\u{fffd}.pdf", None));
    assert_eq!(store.document(SIREN, &kept.sha256).await.unwrap(), b"%PDF-mandate");
    let revoke = |id: &str| MandateChange::Revoke {
        id: id.into(),
        why: Some("fin de contrat".into()),
        at: NOW,
        actor: "clerk:marie".into(),
    };
    assert!(store.put_mandate(revoke(&kept.id)).await.unwrap());
    assert!(!store.put_mandate(revoke(&kept.id)).await.unwrap(), "it ended already");
    assert!(matches!(store.put_mandate(revoke("nobody")).await, Err(StoreError::Missing(_))));
    assert_eq!(store.mandates(None).await.unwrap().remove(0).revoked_at, Some(NOW));
    let kinds: Vec<String> = store.journal_of(&kept.id).await.unwrap().into_iter().map(|line| line.kind).collect();
    assert_eq!(kinds, ["mandate", "mandate_revoked"]);
}

pub async fn an_eliminated_draft_forgets_what_it_said_and_a_mandate_keeps_its_file(bed: &Bed) {
    let store = bed.store().await;
    let id = draft(&store, b"%PDF-mandate").await;
    store.put_mandate(mandate(b"%PDF-mandate")).await.unwrap();
    store.step(Step::new(&id, State::Draft, &[Event::Abandon], NOW, "test")).await.unwrap();
    let fingerprint = store.dossier(&id).await.unwrap().fingerprint();
    let order = Eliminate {
        elimination: new_id(),
        siren: SIREN.into(),
        list: "ab".repeat(32),
        dossiers: vec![(id.clone(), fingerprint)],
        states: vec![State::Abandoned],
        why: "visa".into(),
        at: NOW,
        actor: "archivist".into(),
    };
    let gone = store.eliminate(order).await.unwrap();
    assert_eq!((gone.dossiers.len(), gone.documents.len(), gone.shared), (1, 0, 1), "{gone:?}");
    assert_eq!(store.draft(&id).await.unwrap(), None);
    let kept = store.mandates(None).await.unwrap().remove(0);
    assert_eq!(store.document(SIREN, &kept.sha256).await.unwrap(), b"%PDF-mandate");
    assert_eq!(store.check().await.unwrap().problems, Vec::<String>::new());
}
