//! What each stage of an import costs alone, on one thread.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::finding::Verdict;
use facteur_model::lifecycle::{Event, State};
use facteur_parse::Parsed;
use facteur_sign::{SigningIdentity, read_key_file, seal_detached};
use facteur_store::change::{Done, Identity, KeyGuard, OTHER, ProbableDouble, Process, Reason, Receive};
use facteur_store::document::{Packed, Role};
use facteur_store::{Store, Structure, new_id};
use facteur_validate::packs::Packs;
use facteur_validate::{Checker, Context, Plan, Report, Subject};
use facteur_xml::{Document, Limits};

use crate::measure::{micros, process_time};

/// As many documents on their way as the pipeline has.
const IN_FLIGHT: usize = 64;
const SIREN: &str = "999900001";
const SIRET: &str = "99990000100017";

/// CPU time of each stage, in microseconds a document.
#[derive(Debug, Clone, Copy)]
pub struct Stages {
    pub micros: [f64; 5],
}

impl Stages {
    pub const NAMES: [&'static str; 5] = [
        "read the file, hash and compress it",
        "guard and parse to `Invoice`",
        "XML Schema and pre-send checks",
        "seal, both verifications, hash and compress it",
        "store: both commits",
    ];

    /// All of them.
    pub fn total(&self) -> f64 {
        self.micros.iter().sum()
    }
}

/// A document on its way from stage to stage.
struct Item {
    name: String,
    bytes: Vec<u8>,
    original: Packed,
}

pub fn measure(documents: &Path, packs: &Path, home: &Path) -> anyhow::Result<Stages> {
    let mut paths: Vec<_> = fs::read_dir(documents)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    paths.sort();
    let checker = Checker::new(Packs::open(packs)?);
    let plan = Plan::chain(Context::CproHistoric);
    let identity = identity(home)?;
    let limits = Limits::default();
    let (read, items) = timed(&paths, |path| {
        let bytes = fs::read(path)?;
        let original = Packed::new(Role::Original, "application/xml", &bytes);
        Ok(Item { name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(), bytes, original })
    })?;
    let (parse, parsed) = timed(&items, |item| {
        let document = Document::parse(&item.bytes, &limits)?;
        let parsed = facteur_parse::read(&document)?;
        Ok((document, parsed))
    })?;
    let pairs: Vec<_> = items.iter().zip(&parsed).collect();
    check(&checker, &plan, &pairs[0]);
    let (check, reports) = timed(&pairs, |pair| Ok(check(&checker, &plan, pair)))?;
    ensure!(reports.iter().all(|report| report.verdict == Verdict::Valid), "a generated document is not valid");
    let (seal, seals) = timed(&items, |item| {
        let seal = seal_detached(&item.bytes, &item.name, "application/xml", &identity, SystemClock.now())?;
        Ok(Packed::new(Role::Seal, "application/xml", &seal))
    })?;
    let folder = tempfile::tempdir_in(home)?;
    let mut work = Vec::new();
    for (((item, (_, parsed)), report), seal) in items.into_iter().zip(&parsed).zip(&reports).zip(seals) {
        work.push((receive(item), process(parsed, report, seal)?));
    }
    let count = work.len();
    let store = store(&folder.path().join("store.db"), work)? / count as f64;
    Ok(Stages { micros: [read, parse, check, seal, store] })
}

/// CPU time of one pass, in microseconds an item, and what it made.
fn timed<T, R>(items: &[T], mut work: impl FnMut(&T) -> anyhow::Result<R>) -> anyhow::Result<(f64, Vec<R>)> {
    let mut made = Vec::with_capacity(items.len());
    let begin = process_time()?;
    for item in items {
        made.push(work(item)?);
    }
    Ok((micros(process_time()? - begin) / items.len() as f64, made))
}

fn identity(home: &Path) -> anyhow::Result<SigningIdentity> {
    let key = read_key_file(&home.join("keys/seal.key"))?;
    Ok(SigningIdentity::from_pem(&key, &fs::read(home.join("keys/seal.pem"))?, None, SystemClock.now())?)
}

fn check(checker: &Checker, plan: &Plan, (item, (document, parsed)): &(&Item, &(Document, Parsed))) -> Report {
    let subject = Subject {
        bytes: &item.bytes,
        document: Some(document),
        kind: parsed.kind,
        invoice: Some(&parsed.invoice),
        reading: &parsed.findings,
        places: None,
        file_name: "FSO1100A_FA2026.xml",
        file_size: item.bytes.len() as u64,
    };
    checker.check(&subject, plan)
}

fn receive(item: Item) -> Receive {
    Receive {
        arrival: new_id(),
        invoice: new_id(),
        siren: SIREN.to_owned(),
        siret: SIRET.to_owned(),
        path: item.name.clone(),
        member: None,
        container: None,
        file: item.name,
        document: item.original,
        at: SystemClock.now(),
        actor: "bench".to_owned(),
    }
}

/// The second commit, with what the pipeline writes.
fn process(parsed: &Parsed, report: &Report, seal: Packed) -> anyhow::Result<Process> {
    let invoice = &parsed.invoice;
    let identity = Identity {
        kind: parsed.kind.as_str().to_owned(),
        profile: report.profile.clone(),
        type_code: invoice.type_code.clone(),
        framework: invoice.framework.clone(),
        number: invoice.number.clone(),
        issued: invoice.issued.map(|date| date.to_string()),
        supplier_siren: invoice.supplier_siren(),
        supplier_siret: invoice.supplier_siret(),
        supplier: invoice.seller.name.clone(),
        buyer_siret: invoice.buyer_siret(),
        buyer: invoice.buyer.name.clone(),
        total: invoice.totals.with_vat.map(|amount| amount.to_string()),
        currency: invoice.currency.clone(),
        key_exempt: false,
    };
    Ok(Process {
        id: String::new(),
        events: vec![Event::Read, Event::Passed, Event::Seal, Event::Queue],
        identity,
        embedded: None,
        transmitted: None,
        seal: Some(seal.sha256.clone()),
        documents: vec![seal],
        verdict: report.verdict.as_str().to_owned(),
        layers: serde_json::to_string(&report.layers)?,
        packs: "UBL-Invoice@2.1 UBL-CreditNote@2.1 CII@D22B".to_owned(),
        findings: report.findings.iter().map(serde_json::to_string).collect::<Result<_, _>>()?,
        reason: None,
        key_guard: Some(KeyGuard { events: vec![Event::Read, Event::Hold], reason: Reason::new("KEY-TAKEN") }),
        probable: Some(ProbableDouble { from: "2026-08-01".into(), until: "2026-12-31".into(), finding: OTHER.into() }),
        at: SystemClock.now(),
        actor: "bench".to_owned(),
    })
}

/// CPU time of both commits of all documents, so many on their way at once; the writer has threads of its own.
fn store(path: &Path, work: Vec<(Receive, Process)>) -> anyhow::Result<f64> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let store = Store::open(path).await?;
        let structure = Structure {
            siren: SIREN.to_owned(),
            siret: SIRET.to_owned(),
            name: "Banc d'essai".to_owned(),
            role: "filing_agent".to_owned(),
            gateway: None,
        };
        store.register(&structure, SystemClock.now()).await?;
        let begin = process_time()?;
        let mut running = tokio::task::JoinSet::new();
        for (receive, process) in work {
            if running.len() >= IN_FLIGHT {
                running.join_next().await.context("nothing runs")???;
            }
            running.spawn(both(store.clone(), receive, process));
        }
        while let Some(done) = running.join_next().await {
            done??;
        }
        let time = micros(process_time()? - begin);
        store.close().await;
        Ok(time)
    })
}

async fn both(store: Store, receive: Receive, mut process: Process) -> anyhow::Result<()> {
    let Done::Received { invoice, .. } = store.receive(receive).await? else { anyhow::bail!("not received") };
    process.id = invoice;
    let done = store.process(process).await?;
    ensure!(matches!(done, Done::Processed { state: State::Queued, .. }), "not queued: {done:?}");
    Ok(())
}
