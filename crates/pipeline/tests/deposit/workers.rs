//! Several worker processes on one store: every invoice is deposited exactly once.
//!
//! `FACTEUR_WORK_INVOICES` sets how many (10,000 by hand); a smaller sample runs always. What they took is printed.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use facteur_model::clock::SystemClock;
use facteur_model::lifecycle::State;
use facteur_pipeline::config::Deposit;
use facteur_pipeline::worker::{Stop, Work, work};
use facteur_store::Store;
use facteur_store::location::Location;

use crate::cluster::shared;
use crate::support::{Desk, Simulator, dispatcher, invoice, quick};

const STORE: &str = "FACTEUR_TEST_STORE";
const GATEWAY: &str = "FACTEUR_TEST_GATEWAY";
const LOT: &str = "FACTEUR_TEST_LOT";

fn invoices() -> usize {
    std::env::var("FACTEUR_WORK_INVOICES").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

fn patience(lot: usize) -> Deposit {
    let quick = quick();
    Deposit {
        settle_after_seconds: 5,
        poll_first_seconds: 0,
        poll_max_seconds: 1,
        retry_max_seconds: 1,
        status_seconds: 3600,
        concurrency: 2,
        lot,
        ..quick
    }
}

/// One worker in a process of its own: this very program, which runs only the test below.
fn spawn(store: &str, gateway: &str, lot: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "workers::a_worker_without_a_store_to_work_on_is_no_worker", "--nocapture"])
        .envs([(STORE, store), (GATEWAY, gateway), (LOT, &lot.to_string())])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// The other side of [`spawn`]; without a store it says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_without_a_store_to_work_on_is_no_worker() {
    let Ok(store) = std::env::var(STORE) else {
        assert!(std::env::var(GATEWAY).is_err());
        return;
    };
    let lot = std::env::var(LOT).unwrap().parse().unwrap();
    let store = Store::open(Location::parse(&store).unwrap()).await.unwrap();
    let gateway = std::env::var(GATEWAY).unwrap();
    let dispatcher = dispatcher(&gateway, store, std::sync::Arc::new(SystemClock), patience(lot), "demo");
    work(&dispatcher, Work { until_idle: true, ..Work::default() }, Stop::default()).await.unwrap();
}

struct Run {
    per_second_times_ten: u128,
    took: Duration,
}

/// `processes` workers on `count` invoices; judged by the ledger of the simulator.
async fn run(store: &str, processes: usize, count: usize, lot: usize, options: &[&str]) -> Option<Run> {
    let simulator = Simulator::start(options)?;
    let desk = Desk::at(&simulator, Location::parse(store).unwrap(), patience(lot)).await;
    let numbers: Vec<String> = (0..count).map(|n| format!("W-{n}")).collect();
    let began = Instant::now();
    let queued: Vec<_> = numbers.iter().map(|number| desk.queue_bytes(invoice(number))).collect();
    futures_util::future::join_all(queued).await;
    eprintln!("{count} queued in {:?}", began.elapsed());
    let began = Instant::now();
    let workers: Vec<Child> = (0..processes).map(|_| spawn(store, &simulator.url, lot)).collect();
    for mut worker in workers {
        let status = tokio::task::spawn_blocking(move || worker.wait().unwrap()).await.unwrap();
        assert!(status.success(), "{status}");
    }
    let took = began.elapsed();
    let counts = simulator.counts();
    assert_eq!(counts.len(), count, "every invoice arrived");
    assert!(counts.values().all(|(_, integrated)| *integrated == 1), "and was integrated once");
    let summary = desk.store.summary().await.unwrap();
    assert_eq!(summary, [(State::Integrated, i64::try_from(count).unwrap())]);
    desk.sound().await;
    Some(Run { per_second_times_ten: pace(&simulator), took })
}

/// Invoices a second between the first and the last deposit, in tenths.
fn pace(simulator: &Simulator) -> u128 {
    let ledger = simulator.ledger();
    let at = |line: &serde_json::Value| {
        let format = &time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::parse(line["at"].as_str().unwrap(), format).unwrap()
    };
    let (first, last) = (ledger.iter().map(at).min().unwrap(), ledger.iter().map(at).max().unwrap());
    let millis = u128::try_from((last - first).whole_milliseconds()).unwrap().max(1);
    ledger.len() as u128 * 10_000 / millis
}

fn tell(what: &str, run: &Run) {
    let (whole, tenth) = (run.per_second_times_ten / 10, run.per_second_times_ten % 10);
    eprintln!("{what}: {whole}.{tenth} invoices a second, {:?} until all were integrated", run.took);
}

fn database() -> String {
    let database = shared().new_database();
    shared().url(&database)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_one_server_deposit_every_invoice_exactly_once() {
    let faults = ["--fault", "lose-answer=0.02", "--fault", "http-503-html=0.02", "--fault", "half-body=0.01"];
    let Some(run) = run(&database(), 4, invoices(), 1, &faults).await else { return };
    tell("4 processes, faults", &run);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_share_lots_without_sending_one_twice() {
    let faults = ["--fault", "lose-answer=0.1", "--fault", "partial=0"];
    let Some(run) = run(&database(), 4, invoices(), 10, &faults).await else { return };
    tell("4 processes, lots of 10, faults", &run);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_workers_share_the_waiting_for_a_slow_gateway() {
    let slow = ["--fault", "slow=1", "--slow", "100ms"];
    let count = invoices().min(1_000);
    let Some(one) = run(&database(), 1, count, 1, &slow).await else { return };
    let Some(four) = run(&database(), 4, count, 1, &slow).await else { return };
    tell("1 worker, answers in 100 ms", &one);
    tell("4 workers, answers in 100 ms", &four);
    eprintln!("4 workers / 1 worker: {} %", four.per_second_times_ten * 100 / one.per_second_times_ten);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedded_store_is_never_locked_by_two_processes() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("facteur.db").display().to_string();
    let desk = Desk::at(&simulator, Location::parse(&path).unwrap(), patience(1)).await;
    let count = invoices().min(2_000);
    desk.queue_bytes(invoice("E-0")).await;
    // A worker in its own process, while this one goes on writing; then another, for what the first did not see.
    let mut worker = spawn(&path, &simulator.url, 1);
    for number in 1..count {
        desk.queue_bytes(invoice(&format!("E-{number}"))).await;
    }
    let began = Instant::now();
    assert!(worker.wait().unwrap().success());
    assert!(spawn(&path, &simulator.url, 1).wait().unwrap().success());
    assert_eq!(desk.store.summary().await.unwrap(), [(State::Integrated, i64::try_from(count).unwrap())]);
    assert!(simulator.counts().values().all(|count| *count == (1, 1)));
    desk.sound().await;
    eprintln!("2 processes on SQLite: {count} invoices, the last in {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_in_flight_and_gives_the_rest_back() {
    let Some(simulator) = Simulator::start(&["--fault", "slow=1", "--slow", "500ms"]) else { return };
    let url = database();
    let desk = Desk::at(&simulator, Location::parse(&url).unwrap(), patience(1)).await;
    for number in 0..40 {
        desk.queue_bytes(invoice(&format!("G-{number}"))).await;
    }
    let stop = Stop::default();
    let store = Store::open(Location::parse(&url).unwrap()).await.unwrap();
    let worker = dispatcher(&simulator.url, store, std::sync::Arc::new(SystemClock), patience(1), "demo");
    let asked = stop.clone();
    let working = tokio::spawn(async move { work(&worker, Work::default(), asked).await });
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    stop.now();
    let done = working.await.unwrap().unwrap();
    let all = desk.all().await;
    let count = |state: State| all.iter().filter(|invoice| invoice.state == state).count();
    assert_eq!(count(State::Depositing), 0, "nothing is left in flight");
    assert_eq!(done.sent.deposited, simulator.ledger().len() as u64);
    assert!(done.sent.deposited >= 2 && count(State::Queued) > 0, "{done:?}");
    // Nobody has to wait for claims of the one that went.
    assert_eq!(desk.store.let_go("nobody").await.unwrap(), 0);
    let claim = facteur_store::claim::Claim {
        states: vec![State::Queued],
        now: facteur_model::clock::Clock::now(&SystemClock),
        holder: "next".into(),
        until: facteur_model::clock::Timestamp(i64::MAX),
        limit: 100,
        in_order: false,
    };
    assert_eq!(desk.store.claim(&claim).await.unwrap().len(), count(State::Queued));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_end_the_worker_and_nothing_is_asked_twice() {
    let Some(simulator) = Simulator::start(&[]) else { return };
    let folder = tempfile::tempdir().unwrap();
    let location = || Location::parse(&folder.path().join("facteur.db").display().to_string()).unwrap();
    let desk = Desk::at(&simulator, location(), patience(1)).await;
    desk.queue_bytes(invoice("C-1")).await;
    let worker = dispatcher(&simulator.url, desk.store.clone(), std::sync::Arc::new(SystemClock), patience(1), "wrong");
    let ended = tokio::time::timeout(Duration::from_secs(20), work(&worker, Work::default(), Stop::default())).await;
    let error = ended.expect("it does not go on").unwrap_err();
    assert!(error.to_string().contains("GATEWAY-ACCOUNT-REFUSED"), "{error}");
    let listening = Work { metrics: Some("0.0.0.0:0".parse().unwrap()), ..Work::default() };
    assert!(work(&desk.dispatcher, listening, Stop::default()).await.is_err(), "metrics are for this machine only");
}
