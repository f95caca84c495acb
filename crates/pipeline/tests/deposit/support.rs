//! A simulator, a store, a clock, and questions to them.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use facteur_model::clock::{Clock, ManualClock, SystemClock, Timestamp};
use facteur_model::lifecycle::{Event, State};
use facteur_pipeline::config::Deposit;
use facteur_pipeline::deposit::Dispatcher;
use facteur_pipeline::deposit::follow::follow;
use facteur_pipeline::deposit::send::{SendSummary, send};
use facteur_store::change::{Identity, Process, Receive};
use facteur_store::document::{Packed, Role};
use facteur_store::location::Location;
use facteur_store::record::{Filter, Invoice};
use facteur_store::{Store, Structure, new_id};
use facteur_transmit::chorus_pro::{ChorusPro, Configuration, Secrets};
use facteur_transmit::secrets::Secret;
use serde_json::Value;

const SIREN: &str = "404833048";
const SIRET: &str = "40483304800022";
/// How long an end is waited for before the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Simulator {
    process: Child,
    pub url: String,
}

impl Drop for Simulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let beside = tests.parent().and_then(Path::parent).unwrap().join("facteur-simulator");
    std::env::var_os("FACTEUR_SIMULATOR").map_or(beside, PathBuf::from)
}

impl Simulator {
    pub fn start(options: &[&str]) -> Option<Self> {
        let program = program();
        if !program.is_file() {
            assert!(std::env::var_os("CI").is_none(), "{} is missing", program.display());
            eprintln!("left out: {} is not built (cargo build -p facteur-simulator)", program.display());
            return None;
        }
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--visibility-delay", "50ms", "--step", "10ms", "--robot-step", "10ms"])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.split_whitespace().last().expect("the simulator says where it listens").to_owned();
        Some(Self { process, url })
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.0\r\nhost: {address}\r\ncontent-length: {length}\r\n\r\n");
        stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(" 200 "), "{path}: {answer}");
        body.to_owned()
    }

    /// Exactly these faults, for the next deposits.
    pub fn next(&self, faults: &[&str]) {
        self.ask("POST", "/simulator/faults", &serde_json::json!({ "next": faults }).to_string());
    }

    /// These rates, in place of all others.
    pub fn rates(&self, rates: &str) {
        self.ask("POST", "/simulator/faults", rates);
    }

    pub fn advance(&self, time: &str) {
        self.ask("POST", "/simulator/clock", &format!("{{\"advance\":\"{time}\"}}"));
    }

    pub fn status(&self, number: &str, status: &str) {
        let body = serde_json::json!({ "number": number, "supplier": "99980123600012", "status": status });
        self.ask("POST", "/simulator/status", &body.to_string());
    }

    pub fn ledger(&self) -> Vec<Value> {
        let text = self.ask("GET", "/simulator/ledger", "");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How often each number was accepted, and how often integrated.
    pub fn counts(&self) -> BTreeMap<String, (usize, usize)> {
        let mut counts = BTreeMap::new();
        for line in self.ledger() {
            let (accepted, integrated): &mut (usize, usize) =
                counts.entry(line["number"].as_str().unwrap_or_default().to_owned()).or_default();
            *accepted += 1;
            *integrated += usize::from(line["invoice_state"].is_string());
            assert!(line["duplicate_of"].is_null(), "a second deposit while the first stood: {line}");
        }
        counts
    }
}

/// A store with a dispatcher over it.
pub struct Desk {
    pub store: Store,
    pub dispatcher: Dispatcher,
    pub clock: ManualClock,
    _folder: Option<tempfile::TempDir>,
}

pub fn quick() -> Deposit {
    Deposit {
        settle_after_seconds: 3600,
        poll_first_seconds: 1,
        poll_max_seconds: 8,
        status_seconds: 10,
        retry_first_seconds: 1,
        retry_max_seconds: 64,
        concurrency: 4,
        stop_after_failures: 3,
        ..Deposit::default()
    }
}

impl Desk {
    pub async fn open(simulator: &Simulator, patience: Deposit) -> Self {
        Self::with_password(simulator, patience, "demo").await
    }

    pub async fn with_password(simulator: &Simulator, patience: Deposit, password: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("facteur.db")).await.unwrap();
        let clock = ManualClock::at(SystemClock.now());
        let dispatcher = dispatcher(&simulator.url, store.clone(), Arc::new(clock.clone()), patience, password);
        Self::registered(Self { store, dispatcher, clock, _folder: Some(folder) }).await
    }

    /// Over a store that others use too.
    pub async fn at(simulator: &Simulator, location: Location, patience: Deposit) -> Self {
        let store = Store::open(location).await.unwrap();
        let clock = ManualClock::at(SystemClock.now());
        let dispatcher = dispatcher(&simulator.url, store.clone(), Arc::new(clock.clone()), patience, "demo");
        Self::registered(Self { store, dispatcher, clock, _folder: None }).await
    }

    async fn registered(desk: Self) -> Self {
        let structure = Structure {
            siren: SIREN.into(),
            siret: SIRET.into(),
            name: "Centre".into(),
            role: "filing_agent".into(),
            gateway: None,
        };
        desk.store.register(&structure, desk.clock.now()).await.unwrap();
        desk
    }

    pub async fn queue_bytes(&self, bytes: Vec<u8>) -> String {
        self.queue(&bytes).await
    }

    /// Puts a document into the queue, as import would; its identity.
    pub async fn queue(&self, bytes: &[u8]) -> String {
        let document = facteur_xml::Document::parse(bytes, &facteur_xml::Limits::default()).unwrap();
        let parsed = facteur_parse::read(&document).unwrap();
        let invoice = parsed.invoice;
        let identity = Identity {
            kind: parsed.kind.as_str().to_owned(),
            type_code: invoice.type_code.clone(),
            number: invoice.number.clone(),
            issued: invoice.issued.map(|date| date.to_string()),
            supplier_siren: invoice.supplier_siren(),
            supplier_siret: invoice.supplier_siret(),
            buyer_siret: invoice.buyer_siret(),
            total: invoice.totals.with_vat.map(|amount| amount.to_string()),
            ..Identity::default()
        };
        self.queue_as(bytes, identity).await
    }

    pub async fn queue_as(&self, bytes: &[u8], identity: Identity) -> String {
        let (id, at) = (new_id(), self.clock.now());
        let receive = Receive {
            arrival: new_id(),
            invoice: id.clone(),
            siren: SIREN.into(),
            siret: SIRET.into(),
            path: "/in".into(),
            member: None,
            container: None,
            file: "a.xml".into(),
            document: Packed::new(Role::Original, "application/xml", bytes),
            at,
            actor: "test".into(),
        };
        self.store.receive(receive).await.unwrap();
        let process = Process {
            id: id.clone(),
            events: vec![Event::Read, Event::Passed, Event::Queue],
            identity,
            documents: vec![],
            embedded: None,
            transmitted: None,
            seal: None,
            verdict: "valid".into(),
            layers: "[]".into(),
            packs: String::new(),
            retention_end: None,
            findings: vec![],
            reason: None,
            key_guard: None,
            draft: None,
            probable: None,
            at,
            actor: "test".into(),
        };
        self.store.process(process).await.unwrap();
        id
    }

    pub async fn queue_numbers(&self, numbers: &[&str]) -> Vec<String> {
        let mut ids = Vec::new();
        for number in numbers {
            ids.push(self.queue(&invoice(number)).await);
        }
        ids
    }

    pub async fn send(&self) -> SendSummary {
        send(&self.dispatcher, &[]).await.unwrap()
    }

    pub async fn invoice(&self, id: &str) -> Invoice {
        self.store.invoice(id).await.unwrap()
    }

    pub async fn state(&self, id: &str) -> State {
        self.invoice(id).await.state
    }

    pub async fn reason(&self, id: &str) -> String {
        self.invoice(id).await.reason.map(|reason| reason.code).unwrap_or_default()
    }

    pub async fn all(&self) -> Vec<Invoice> {
        self.store.invoices(&Filter::default()).await.unwrap()
    }

    /// Rounds of following and sending what is due, our clock moving faster than the simulator's, until every invoice
    /// is in one of these states.
    pub async fn until(&self, wanted: &[State]) {
        let end = Instant::now() + PATIENCE;
        loop {
            let all = self.all().await;
            if all.iter().all(|invoice| wanted.contains(&invoice.state)) {
                return;
            }
            let seen: Vec<_> = all.iter().map(|one| (&one.number, one.state, &one.reason, &one.flow_state)).collect();
            assert!(Instant::now() < end, "{seen:#?}");
            self.round().await;
        }
    }

    pub async fn round(&self) {
        tokio::time::sleep(Duration::from_millis(30)).await;
        self.clock.advance_millis(10_000);
        follow(&self.dispatcher, &[], false).await.unwrap();
        send(&self.dispatcher, &[]).await.unwrap();
    }

    /// Everything checks: journal, documents, states.
    pub async fn sound(&self) {
        let health = self.store.check().await.unwrap();
        assert_eq!(health.problems, Vec::<String>::new());
    }

    pub fn later(&self, seconds: i64) {
        self.clock.advance_millis(seconds * 1000);
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// A dispatcher that speaks to a simulator.
pub fn dispatcher(url: &str, store: Store, clock: Arc<dyn Clock>, patience: Deposit, password: &str) -> Dispatcher {
    let mut configuration = Configuration::below(url, Path::new("unused"));
    configuration.timeouts.read_seconds = 2;
    configuration.limits.concurrency = 8;
    let secret = |text: &str| Secret::new(text.to_owned());
    let secrets = Secrets {
        client_id: secret("facteur-demo"),
        client_secret: secret("facteur-demo-secret"),
        account_login: secret("TECH_1_demo@cpro.fr"),
        account_password: secret(password),
    };
    let gateway = Arc::new(ChorusPro::with_secrets(configuration, &secrets, Path::new(".")).unwrap());
    Dispatcher::new(store, gateway, clock, "test", patience, 960_000)
}

pub fn fixture(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)).unwrap()
}

/// Our UBL invoice with another number: another invoice.
pub fn invoice(number: &str) -> Vec<u8> {
    numbered("ubl/invoice-a1.xml", number)
}

pub fn numbered(name: &str, number: &str) -> Vec<u8> {
    let whole = fixture(name);
    let start = whole.find("<cbc:ID>").unwrap() + "<cbc:ID>".len();
    let end = start + whole[start..].find('<').unwrap();
    format!("{}{number}{}", &whole[..start], &whole[end..]).into_bytes()
}
