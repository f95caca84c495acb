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
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;

use crate::measure::{micros, process_time, thread_time};

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

/// Measures every stage on one core: the threads of the store then wake each other where they are, and no idle core
/// has to be woken for them, which on a virtual machine costs more than the work.
pub fn measure(documents: &Path, packs: &Path, home: &Path) -> anyhow::Result<Stages> {
    std::thread::scope(|scope| {
        let measuring = scope.spawn(|| {
            let mut one = CpuSet::new();
            one.set(0)?;
            sched_setaffinity(Pid::from_raw(0), &one)?;
            on_one_core(documents, packs, home)
        });
        measuring.join().map_err(|_| anyhow::anyhow!("the measuring thread panicked"))?
    })
}

fn on_one_core(documents: &Path, packs: &Path, home: &Path) -> anyhow::Result<Stages> {
    let mut paths: Vec<_> = fs::read_dir(documents)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    paths.sort();
    let checker = Checker::new(Packs::open(packs)?);
    let plan = Plan::chain(Context::CproHistoric);
    let identity = identity(home)?;
    let limits = Limits::default();
    let mut stages = Laps::default();
    let mut work = Vec::with_capacity(paths.len());
    for (n, path) in paths.iter().enumerate() {
        let mut lap = stages.start()?;
        let bytes = fs::read(path)?;
        let original = Packed::new(Role::Original, "application/xml", &bytes);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let item = Item { name, bytes, original };
        lap.end(0)?;
        let document = Document::parse(&item.bytes, &limits)?;
        let parsed = facteur_parse::read(&document)?;
        lap.end(1)?;
        let mut report = check(&checker, &plan, &item, &document, &parsed);
        if n == 0 {
            // The first one compiles the schema: that is not the stage's own work.
            lap.forget()?;
            report = check(&checker, &plan, &item, &document, &parsed);
        }
        ensure!(report.verdict == Verdict::Valid, "a generated document is not valid: {:?}", report.findings);
        lap.end(2)?;
        let seal = seal_detached(&item.bytes, &item.name, "application/xml", &identity, SystemClock.now())?;
        let seal = Packed::new(Role::Seal, "application/xml", &seal);
        lap.end(3)?;
        work.push((receive(item), process(&parsed, &report, seal)?));
    }
    let folder = tempfile::tempdir_in(home)?;
    let count = work.len();
    stages.micros[4] = store(&folder.path().join("store.db"), work)?;
    Ok(Stages { micros: stages.micros.map(|micros| micros / count as f64) })
}

/// CPU time by stage, in microseconds, documents taken one after the other through all of them, as the program does.
#[derive(Default)]
struct Laps {
    micros: [f64; 5],
}

/// One document's way.
struct Lap<'l> {
    laps: &'l mut Laps,
    begin: std::time::Duration,
}

impl Laps {
    fn start(&mut self) -> anyhow::Result<Lap<'_>> {
        Ok(Lap { laps: self, begin: thread_time()? })
    }
}

impl Lap<'_> {
    fn end(&mut self, stage: usize) -> anyhow::Result<()> {
        let now = thread_time()?;
        self.laps.micros[stage] += micros(now - self.begin);
        self.begin = now;
        Ok(())
    }

    fn forget(&mut self) -> anyhow::Result<()> {
        self.begin = thread_time()?;
        Ok(())
    }
}

fn identity(home: &Path) -> anyhow::Result<SigningIdentity> {
    let key = read_key_file(&home.join("keys/seal.key"))?;
    Ok(SigningIdentity::from_pem(&key, &fs::read(home.join("keys/seal.pem"))?, None, SystemClock.now())?)
}

fn check(checker: &Checker, plan: &Plan, item: &Item, document: &Document, parsed: &Parsed) -> Report {
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
        service: None,
        commitment: None,
        preceding: None,
        key_exempt: false,
    };
    Ok(Process {
        id: String::new(),
        events: vec![Event::Read, Event::Passed, Event::Seal, Event::Queue],
        identity,
        embedded: None,
        draft: None,
        transmitted: None,
        seal: Some(seal.sha256.clone()),
        documents: vec![seal],
        verdict: report.verdict.as_str().to_owned(),
        layers: serde_json::to_string(&report.layers)?,
        packs: "UBL-Invoice@2.1 UBL-CreditNote@2.1 CII@D22B".to_owned(),
        findings: report.findings.iter().map(serde_json::to_string).collect::<Result<_, _>>()?,
        reason: None,
        retention_end: None,
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
