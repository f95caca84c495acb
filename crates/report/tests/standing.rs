//! Standing reports on a small store: what they say, that they add up, and that no text from outside does anything.
#![allow(clippy::unwrap_used)]

use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use facteur_model::lifecycle::{Event, State};
use facteur_report::payment_period::{Rates, Rules, start_in_paris};
use facteur_report::render::{Format, render};
use facteur_report::standing::{Group, Name, Query, ReportError, Tables, build};
use facteur_store::change::{
    Field, GatewayEventRow, Identity, Intent, Process, Reason, ReasonChange, Receive, Step, Value as Set,
};
use facteur_store::document::{Packed, Role};
use facteur_store::{Store, Structure};
use facteur_texts::Language;
use rust_decimal::Decimal;
use serde_json::Value;

const SIREN: &str = "404833048";
const SIRET: &str = "40483304800022";
const HOSTILE: &str = "=HYPERLINK(\"http://x\")<script>alert('1')</script>\u{1b}[2J\u{202e}; & \"fils\"";

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// Ten in the morning in Paris.
fn at(text: &str) -> Timestamp {
    start_in_paris(day(text)).plus_millis(10 * 3_600_000)
}

/// An invoice of the store to be.
struct Given {
    n: u8,
    number: &'static str,
    supplier: &'static str,
    total: &'static str,
    type_code: &'static str,
    framework: &'static str,
    received: &'static str,
    /// What the gateway says of it, and when.
    heard: &'static [(&'static str, &'static str)],
}

const GIVEN: [Given; 8] = [
    Given {
        n: 1,
        number: "F-1",
        supplier: "Menuiserie du Clain",
        total: "1200.00",
        type_code: "380",
        framework: "A1",
        received: "2026-01-05",
        heard: &[
            ("DEPOSEE", "2026-01-05"),
            ("MISE_A_DISPOSITION", "2026-01-06"),
            ("MANDATEE", "2026-01-20"),
            ("MISE_EN_PAIEMENT", "2026-02-20"),
        ],
    },
    Given {
        n: 2,
        number: "F-2",
        supplier: "Papeterie Vauban",
        total: "99.90",
        type_code: "380",
        framework: "A1",
        received: "2026-02-10",
        heard: &[("MISE_A_DISPOSITION", "2026-02-11"), ("MISE_EN_PAIEMENT", "2026-03-01")],
    },
    Given {
        n: 3,
        number: "F-3",
        supplier: HOSTILE,
        total: "0.10",
        type_code: "380",
        framework: "A1",
        received: "2026-11-01",
        heard: &[("MISE_A_DISPOSITION", "2026-11-02"), ("SUSPENDUE", "2026-11-10")],
    },
    Given {
        n: 4,
        number: "F-4",
        supplier: "Traiteur des Halles",
        total: "540.00",
        type_code: "380",
        framework: "A1",
        received: "2026-11-20",
        heard: &[("MISE_A_DISPOSITION", "2026-11-21"), ("SERVICE_FAIT", "2026-11-22")],
    },
    Given {
        n: 5,
        number: "AV-5",
        supplier: "Menuiserie du Clain",
        total: "200.00",
        type_code: "381",
        framework: "A1",
        received: "2026-11-21",
        heard: &[("MISE_A_DISPOSITION", "2026-11-22")],
    },
    Given {
        n: 6,
        number: "F-6",
        supplier: "Taxi Lemoine",
        total: "33.00",
        type_code: "380",
        framework: "A2",
        received: "2026-11-23",
        heard: &[("DEPOSEE", "2026-11-23")],
    },
    Given {
        n: 7,
        number: "F-7",
        supplier: "Papeterie Vauban",
        total: "10.00",
        type_code: "380",
        framework: "A1",
        received: "2026-11-22",
        heard: &[("MISE_A_DISPOSITION", "2026-11-22"), ("REJETEE", "2026-11-23")],
    },
    Given {
        n: 8,
        number: "F-8",
        supplier: HOSTILE,
        total: "77.77",
        type_code: "380",
        framework: "A1",
        received: "2026-11-23",
        heard: &[],
    },
];

async fn store(folder: &tempfile::TempDir) -> Store {
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let structure = Structure {
        siren: SIREN.into(),
        siret: SIRET.into(),
        name: "Régie municipale".into(),
        role: "filing_agent".into(),
        gateway: None,
    };
    store.register(&structure, at("2026-01-01")).await.unwrap();
    for given in &GIVEN {
        given.put(&store).await;
    }
    store
}

impl Given {
    fn id(&self) -> String {
        format!("00000000-0000-7000-8000-0000000000{:02}", self.n)
    }

    async fn put(&self, store: &Store) {
        let arrival = format!("arrival-{}", self.n);
        let document = Packed::new(Role::Original, "application/xml", self.number.as_bytes());
        let file = format!("{}.xml", self.number);
        let receive = Receive {
            arrival,
            invoice: self.id(),
            siren: SIREN.into(),
            siret: SIRET.into(),
            path: format!("inbox/{file}"),
            member: None,
            container: None,
            file,
            document,
            at: at(self.received),
            actor: "person:marie".into(),
        };
        store.receive(receive).await.unwrap();
        store.process(self.processed()).await.unwrap();
        if self.heard.is_empty() {
            return;
        }
        store.intend(self.intent()).await.unwrap();
        let step = |expect, event| Step::new(&self.id(), expect, &[event], at(self.received), "facteur");
        store
            .step(step(State::Depositing, Event::Accepted).set(Field::FlowState, Set::Text("IN_INTEGRE".into())))
            .await
            .unwrap();
        store.step(step(State::Deposited, Event::Integrated)).await.unwrap();
        let mut state = State::Integrated;
        for (index, (code, happened)) in self.heard.iter().enumerate() {
            state = self.hear(store, state, index, code, happened).await;
        }
    }

    fn processed(&self) -> Process {
        let held = self.heard.is_empty();
        let events: &[Event] =
            if held { &[Event::Read, Event::Failed] } else { &[Event::Read, Event::Passed, Event::Seal, Event::Queue] };
        Process {
            id: self.id(),
            events: events.to_vec(),
            identity: Identity {
                kind: "ubl-invoice".into(),
                type_code: Some(self.type_code.into()),
                framework: Some(self.framework.into()),
                number: Some(self.number.into()),
                issued: Some(self.received.into()),
                supplier_siren: Some("732829320".into()),
                supplier: Some(self.supplier.into()),
                buyer: Some("Commune de Saint-Brice".into()),
                buyer_siret: Some("12345678200051".into()),
                total: Some(self.total.into()),
                currency: Some("EUR".into()),
                ..Identity::default()
            },
            documents: vec![],
            embedded: None,
            transmitted: None,
            seal: None,
            verdict: "valid".into(),
            layers: "[]".into(),
            packs: String::new(),
            findings: vec![],
            reason: held.then(|| Reason::new("KEY-TAKEN")),
            key_guard: None,
            probable: None,
            at: at(self.received),
            actor: "facteur".into(),
        }
    }

    fn intent(&self) -> Intent {
        Intent {
            id: self.id(),
            expect: State::Queued,
            event: Event::Claim,
            flow: format!("flow-{}", self.n),
            gateway: "chorus-pro".into(),
            file_name: format!("{}.xml", self.number),
            sha256: "00".repeat(32),
            syntax: "IN_DP_E1_UBL_INVOICE".into(),
            signed: false,
            holder: "host:1:2".into(),
            lease_until: at(self.received).plus_millis(60_000),
            at: at(self.received),
            actor: "facteur".into(),
        }
    }

    async fn hear(&self, store: &Store, state: State, index: usize, code: &str, happened: &str) -> State {
        let (event, next) = match code {
            "SUSPENDUE" => (Some(Event::Suspended), State::Suspended),
            "REJETEE" => (Some(Event::Refused), State::Refused),
            "MISE_EN_PAIEMENT" => (Some(Event::Settled), State::Settled),
            _ => (None, state),
        };
        let mut step = Step::new(&self.id(), state, &event.into_iter().collect::<Vec<_>>(), at(happened), "facteur");
        step = step.set(Field::InvoiceState, Set::Text(code.into())).heard(GatewayEventRow {
            subject: "invoice",
            external: index.to_string(),
            code: code.into(),
            happened: Some(format!("{happened}T10:00:00.000+01:00")),
            comment: None,
            flow: None,
        });
        step.reason = ReasonChange::Keep;
        store.step(step).await.unwrap();
        next
    }
}

fn tables() -> Tables<'static> {
    Tables { rules: Rules::built_in().unwrap(), rates: Rates::built_in().unwrap() }
}

fn query(name: Name, language: Language) -> Query {
    Query::new(name, language, at("2026-11-23"))
}

async fn made(store: &Store, query: &Query, format: Format) -> String {
    let report = build(store, tables(), query).await.unwrap();
    String::from_utf8(render(format, query.language, &report).unwrap()).unwrap()
}

async fn json(store: &Store, query: &Query) -> Value {
    serde_json::from_str(&made(store, query, Format::Json).await).unwrap()
}

fn every_query() -> Vec<Query> {
    let mut all = Vec::new();
    for language in [Language::French, Language::English] {
        for name in Name::all() {
            let mut query = query(Name::from_name(name).unwrap(), language);
            query.subject = Some("F-1".into());
            all.push(query);
        }
    }
    all
}

#[tokio::test]
async fn each_report_says_what_the_store_holds() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for query in every_query() {
        let language = if query.language == Language::French { "fr" } else { "en" };
        let text = made(&store, &query, Format::Text).await;
        insta::assert_snapshot!(format!("{}.{language}", query.name.as_str()), text);
    }
}

#[tokio::test]
async fn each_format_of_the_deadlines_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let query = query(Name::Deadlines, Language::French);
    insta::assert_snapshot!("deadlines.csv", made(&store, &query, Format::Csv).await);
    insta::assert_snapshot!("deadlines.html", made(&store, &query, Format::Html).await);
    insta::assert_snapshot!("deadlines.json", serde_json::to_string_pretty(&json(&store, &query).await).unwrap());
}

#[tokio::test]
async fn no_text_from_outside_does_anything() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    for query in every_query() {
        let name = query.name.as_str();
        let html = made(&store, &query, Format::Html).await;
        assert!(!html.contains("<script") && !html.contains("alert('1')"), "{name}");
        assert!(!html.contains("http://x\")<") && !html.contains("href") && !html.contains("src="), "{name}");
        for field in made(&store, &query, Format::Csv).await.split([';', '\n']) {
            let start = field.trim_start_matches(['\u{feff}', '"', ' ']);
            assert!(!start.starts_with(['=', '@', '+']), "{name}: {field}");
        }
        for format in [Format::Text, Format::Csv, Format::Html, Format::Json] {
            let text = made(&store, &query, format).await;
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{name}");
        }
    }
}

#[tokio::test]
async fn a_workbook_holds_formulas_of_ours_only_and_the_exact_totals() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let report = build(&store, tables(), &query(Name::Invoices, Language::French)).await.unwrap();
    let bytes = render(Format::Xlsx, Language::French, &report).unwrap();
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut read = |name: &str| std::io::read_to_string(archive.by_name(name).unwrap()).unwrap();
    let sheet = read("xl/worksheets/sheet1.xml");
    let formulas: Vec<&str> = sheet.split("<f>").skip(1).map(|rest| rest.split("</f>").next().unwrap()).collect();
    assert_eq!(formulas, ["SUMIF(H2:H9,H10,G2:G9)"]);
    // 1200 + 99.90 + 0.10 + 540 − 200 (a credit note) + 33 + 10 + 77.77
    assert!(sheet.contains("<v>1760.77</v>"));
    assert!(sheet.contains("state=\"frozen\"") && sheet.contains("<autoFilter"));
    let strings = read("xl/sharedStrings.xml");
    assert!(strings.contains("=HYPERLINK(\"http://x\")&lt;script&gt;") && !strings.contains('\u{1b}'));
}

#[tokio::test]
async fn every_invoice_is_counted_once_and_credit_notes_are_negative() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let reconciled = json(&store, &query(Name::Reconciliation, Language::English)).await;
    assert_eq!(reconciled["attention"], false);
    assert_eq!(reconciled["sections"][1]["totals"][0]["count"], GIVEN.len());
    let listed = json(&store, &query(Name::Invoices, Language::English)).await;
    assert_eq!(listed["sections"][0]["totals"][0]["total"], "1760.77");
    for group in Group::ALL {
        let mut query = query(Name::Invoices, Language::English);
        query.group_by = Some(group);
        let total = &json(&store, &query).await["sections"][0]["totals"][0];
        assert_eq!(
            (&total["count"], &total["total"]),
            (&Value::from(GIVEN.len()), &Value::from("1760.77")),
            "{group:?}"
        );
    }
}

#[tokio::test]
async fn filters_take_what_they_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let count = async |change: &dyn Fn(&mut Query)| {
        let mut query = query(Name::Invoices, Language::English);
        change(&mut query);
        json(&store, &query).await["sections"][0]["rows"].as_array().unwrap().len()
    };
    assert_eq!(count(&|query| query.states = vec![State::Refused]).await, 1);
    assert_eq!(count(&|query| query.supplier = Some("papeterie".into())).await, 2);
    assert_eq!(count(&|query| query.supplier = Some("%".into())).await, 0);
    assert_eq!(count(&|query| query.supplier = Some("<script>".into())).await, 2);
    assert_eq!(count(&|query| query.recipient = Some("12345678200051".into())).await, 8);
    assert_eq!(count(&|query| query.min = Some(Decimal::new(9_990, 2))).await, 3);
    assert_eq!(count(&|query| query.max = Some(Decimal::ZERO)).await, 1);
    assert_eq!(count(&|query| (query.from, query.to) = (Some(day("2026-11-20")), Some(day("2026-11-21")))).await, 2);
    assert_eq!(count(&|query| query.older_than = Some(200)).await, 2);
}

#[tokio::test]
async fn what_no_invoice_can_answer_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut backwards = query(Name::Invoices, Language::French);
    (backwards.from, backwards.to) = (Some(day("2026-11-20")), Some(day("2026-11-19")));
    assert!(matches!(build(&store, tables(), &backwards).await, Err(ReportError::Period { .. })));
    let mut impossible = query(Name::Invoices, Language::French);
    (impossible.min, impossible.max) = (Some(Decimal::TEN), Some(Decimal::ONE));
    assert!(matches!(build(&store, tables(), &impossible).await, Err(ReportError::Amounts { .. })));
    let nothing = query(Name::Audit, Language::French);
    assert!(matches!(build(&store, tables(), &nothing).await, Err(ReportError::NoSubject)));
}
