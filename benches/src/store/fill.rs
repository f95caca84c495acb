//! Many queued invoices, by the changes that an import writes.

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_model::lifecycle::Event;
use facteur_store::change::{Change, Done, Identity, KeyGuard, OTHER, ProbableDouble, Process, Reason, Receive};
use facteur_store::document::{Packed, Role};
use facteur_store::{Pending, Store, new_id};

use crate::draw::Draw;
use crate::generate::{SUPPLIERS, supplier_siren, with_luhn};

/// Legal person and structure of the demonstration's home.
const SIREN: &str = "404833048";
const SIRET: &str = "40483304800022";
/// Changes given to the writer before they are waited for.
const IN_HAND: u64 = 1_024;
const RECIPIENTS: u64 = 50;
/// They came in over a year.
const YEAR: i64 = 365 * 86_400_000;

/// Writes so many; gives the seconds that it took.
pub async fn fill(store: &Store, count: u64) -> anyhow::Result<f64> {
    let begin = std::time::Instant::now();
    let now = SystemClock.now();
    let suppliers: Vec<String> = (0..SUPPLIERS).map(supplier_siren).collect();
    let mut draw = Draw::new(17);
    let mut first = 0;
    while first < count {
        let last = (first + IN_HAND).min(count);
        let at = |n: u64| now.plus_millis(-YEAR + YEAR / count.max(1) as i64 * n as i64);
        let mut received = Vec::new();
        for n in first..last {
            received.push(store.submit(Change::Receive(Box::new(receive(n, at(n))))).await?);
        }
        let mut processed = Vec::new();
        for (n, pending) in (first..last).zip(received) {
            let Done::Received { invoice, .. } = pending.done().await? else { anyhow::bail!("not received") };
            let supplier = draw.one(&suppliers).clone();
            processed.push(store.submit(process(n, invoice, supplier, at(n), &mut draw)).await?);
        }
        settle(processed).await?;
        first = last;
    }
    Ok(begin.elapsed().as_secs_f64())
}

async fn settle(processed: Vec<Pending>) -> anyhow::Result<()> {
    for pending in processed {
        let done = pending.done().await?;
        anyhow::ensure!(matches!(done, Done::Processed { .. }), "not processed: {done:?}");
    }
    Ok(())
}

fn receive(n: u64, at: Timestamp) -> Receive {
    Receive {
        arrival: new_id(),
        invoice: new_id(),
        siren: SIREN.to_owned(),
        siret: SIRET.to_owned(),
        path: format!("inbox/P-{n}.xml"),
        member: None,
        container: None,
        file: format!("P-{n}.xml"),
        document: Packed::new(Role::Original, "application/xml", format!("<facture n=\"{n}\"/>").as_bytes()),
        at,
        actor: "bench".to_owned(),
    }
}

fn process(n: u64, id: String, supplier: String, at: Timestamp, draw: &mut Draw) -> Change {
    let credit_note = draw.happens(30);
    let day: String = at.rfc3339().chars().take(10).collect();
    let identity = Identity {
        kind: "ubl-invoice".to_owned(),
        profile: Some("urn:cen.eu:en16931:2017".to_owned()),
        type_code: Some(if credit_note { "381" } else { "380" }.to_owned()),
        framework: Some("A1".to_owned()),
        number: Some(format!("P-{n}")),
        issued: Some(day.clone()),
        supplier_siret: Some(with_luhn(&format!("{supplier}0001"))),
        supplier_siren: Some(supplier),
        supplier: Some("Atelier inventé".to_owned()),
        buyer_siret: Some(with_luhn(&format!("9997{:09}", draw.below(RECIPIENTS)))),
        buyer: Some("Commune inventée".to_owned()),
        total: Some(format!("{}.{:02}", 10 + draw.below(500_000), draw.below(100))),
        currency: Some("EUR".to_owned()),
        ..Identity::default()
    };
    Change::Process(Box::new(Process {
        draft: None,
        id,
        events: vec![Event::Read, Event::Passed, Event::Seal, Event::Queue],
        identity,
        documents: vec![],
        embedded: None,
        transmitted: None,
        seal: None,
        verdict: "valid".to_owned(),
        layers: "[]".to_owned(),
        packs: "UBL-Invoice@2.1".to_owned(),
        findings: vec![],
        reason: None,
        key_guard: Some(KeyGuard { events: vec![Event::Read, Event::Hold], reason: Reason::new("KEY-TAKEN") }),
        probable: Some(ProbableDouble { from: day.clone(), until: day, finding: OTHER.into() }),
        retention_end: Some("2036-12-31".to_owned()),
        at,
        actor: "bench".to_owned(),
    }))
}
