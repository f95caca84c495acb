//! A store that has years behind it: invoices that ended long ago, written by the changes that the program itself
//! writes, so that the journal verifies and every check holds.

use std::collections::{BTreeMap, VecDeque};

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_model::lifecycle::Event;
use facteur_pipeline::home::Home;
use facteur_store::Store;
use facteur_store::change::{Change, Identity, Process, Reason, Receive};
use facteur_store::document::{Packed, Role};

/// Changes given to the writer before the first of them is waited for.
const IN_HAND: usize = 1024;
const SIREN: &str = "552049447";

/// Fills the store of a home; how many invoices are in each state then.
pub fn fill(home: &std::path::Path, rows: u64) -> BTreeMap<String, u64> {
    let home = Home::open(home).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = home.store().await.unwrap();
        let (siren, siret) = (&home.configuration.legal_person.siren, &home.configuration.structure.siret);
        let mut waiting = VecDeque::new();
        for n in 0..rows {
            for change in life(n, rows, siren, siret) {
                waiting.push_back(store.submit(change).await.unwrap());
            }
            while waiting.len() > IN_HAND {
                waiting.pop_front().unwrap().done().await.unwrap();
            }
        }
        for pending in waiting {
            pending.done().await.unwrap();
        }
        let counts = summary(&store).await;
        store.close().await;
        counts
    })
}

async fn summary(store: &Store) -> BTreeMap<String, u64> {
    let counts = store.summary().await.unwrap();
    counts.into_iter().map(|(state, count)| (state.to_string(), u64::try_from(count).unwrap())).collect()
}

/// Nine in ten were paid; the others ended in other ways.
fn life(n: u64, rows: u64, siren: &str, siret: &str) -> [Change; 2] {
    let long_ago = SystemClock.now().plus_millis(-1000 * i64::try_from(rows - n + 3600).unwrap());
    let id = format!("00000000-0000-7000-8000-{n:012x}");
    let receive = Receive {
        arrival: format!("{id}-a"),
        invoice: id.clone(),
        siren: siren.to_owned(),
        siret: siret.to_owned(),
        path: format!("inbox/p-{n}.xml"),
        member: None,
        container: None,
        file: format!("p-{n}.xml"),
        document: Packed::new(Role::Original, "application/xml", format!("<facture n=\"{n}\"/>").as_bytes()),
        at: long_ago,
        actor: "person:marie".into(),
    };
    [Change::Receive(Box::new(receive)), Change::Process(Box::new(ended(n, id, long_ago)))]
}

const PAID: [Event; 8] = [
    Event::Read,
    Event::Passed,
    Event::Seal,
    Event::Queue,
    Event::Claim,
    Event::Accepted,
    Event::Integrated,
    Event::Settled,
];

fn ended(n: u64, id: String, at: Timestamp) -> Process {
    let (events, verdict, reason): (&[Event], _, _) = match n % 20 {
        7 => (&[Event::Read, Event::Failed], "invalid", Some(Reason::new("INVALID").arg("rule", "BR-CO-10"))),
        13 => (&[Event::Unreadable], "unreadable", Some(Reason::new("UNREADABLE"))),
        _ => (&PAID, "valid", None),
    };
    let identity = Identity {
        kind: "ubl-invoice".into(),
        type_code: Some("380".into()),
        number: Some(format!("P-{n:07}")),
        issued: Some("2025-06-30".into()),
        supplier_siren: Some(SIREN.into()),
        supplier_siret: Some(format!("{SIREN}{:05}", n % 500)),
        supplier: Some("Fournitures anciennes".into()),
        buyer_siret: Some("99970001600010".into()),
        total: Some(format!("{}.{:02}", 10 + n % 90_000, n % 100)),
        currency: Some("EUR".into()),
        ..Identity::default()
    };
    Process {
        id,
        events: events.to_vec(),
        identity: if n % 20 == 13 { Identity { kind: "unknown".into(), ..Identity::default() } } else { identity },
        documents: vec![],
        embedded: None,
        transmitted: None,
        seal: None,
        verdict: verdict.to_owned(),
        layers: "[]".into(),
        packs: String::new(),
        findings: vec![],
        reason,
        key_guard: None,
        draft: None,
        probable: None,
        retention_end: None,
        at: at.plus_millis(500),
        actor: "facteur".into(),
    }
}
