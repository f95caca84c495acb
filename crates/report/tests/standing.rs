//! Standing reports on a small store: what they say, that they add up, and that no text from outside does anything.
#![allow(clippy::unwrap_used)]

use facteur_model::clock::Timestamp;
use facteur_model::date::Date;
use facteur_model::lifecycle::{Event, State};
use facteur_report::configuration::Budget;
use facteur_report::payment_period::{Rates, Rules, Zone};
use facteur_report::render::{Format, render};
use facteur_report::standing::{Group, Name, Query, ReportError, Tables, build};
use facteur_store::change::{
    Correction, Field, GatewayEventRow, Identity, Intent, Process, Reason, ReasonChange, Receive, Step, Value as Set,
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
    Zone::Paris.start(day(text)).plus_millis(10 * 3_600_000)
}

/// An invoice of the store to be.
struct Given {
    n: u8,
    number: &'static str,
    supplier: &'static str,
    total: &'static str,
    type_code: &'static str,
    framework: &'static str,
    service: Option<&'static str>,
    /// BT-25.
    preceding: Option<&'static str>,
    received: &'static str,
    /// What the gateway says of it, and when.
    heard: &'static [(&'static str, &'static str)],
}

const GIVEN: [Given; 9] = [
    Given {
        n: 1,
        number: "F-1",
        supplier: "Menuiserie du Clain",
        total: "1200.00",
        type_code: "380",
        framework: "A1",
        service: Some("ECOLES"),
        preceding: None,
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
        service: Some("ECOLES"),
        preceding: None,
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
        service: Some("EAU"),
        preceding: None,
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
        service: Some("EAU"),
        preceding: None,
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
        service: None,
        preceding: Some("F-1"),
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
        service: None,
        preceding: None,
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
        service: None,
        preceding: None,
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
        service: None,
        preceding: None,
        received: "2026-11-23",
        heard: &[],
    },
    Given {
        n: 9,
        number: "F-9",
        supplier: "Papeterie Vauban",
        total: "12.00",
        type_code: "384",
        framework: "A1",
        service: None,
        preceding: Some("F-7"),
        received: "2026-11-23",
        heard: &[("MISE_A_DISPOSITION", "2026-11-23")],
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
        if self.n == 9 {
            // The refused invoice is followed by a new one with another number.
            let refused = "00000000-0000-7000-8000-000000000007".to_owned();
            let receive = Correction { id: refused, expect: State::Refused, receive, successor: true, note: None };
            store.correct(receive).await.unwrap();
        } else {
            store.receive(receive).await.unwrap();
        }
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
                service: self.service.map(Into::into),
                commitment: self.service.map(|code| format!("EJ-{code}")),
                preceding: self.preceding.map(Into::into),
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
            draft: None,
            probable: None,
            retention_end: None,
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
    assert_eq!(formulas, ["SUMIF(J2:J10,J11,I2:I10)"]);
    // 1200 + 99.90 + 0.10 + 540 − 200 (a credit note) + 33 + 10 + 77.77 + 12
    assert!(sheet.contains("<v>1772.77</v>"));
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
    assert_eq!(listed["sections"][0]["totals"][0]["total"], "1772.77");
    for group in Group::ALL {
        let mut query = query(Name::Invoices, Language::English);
        query.group_by = Some(group);
        let total = &json(&store, &query).await["sections"][0]["totals"][0];
        assert_eq!(
            (&total["count"], &total["total"]),
            (&Value::from(GIVEN.len()), &Value::from("1772.77")),
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
    assert_eq!(count(&|query| query.supplier = Some("papeterie".into())).await, 3);
    assert_eq!(count(&|query| query.supplier = Some("%".into())).await, 0);
    assert_eq!(count(&|query| query.supplier = Some("<script>".into())).await, 2);
    assert_eq!(count(&|query| query.recipient = Some("12345678200051".into())).await, 9);
    assert_eq!(count(&|query| query.min = Some(Decimal::new(9_990, 2))).await, 3);
    assert_eq!(count(&|query| query.max = Some(Decimal::ZERO)).await, 1);
    assert_eq!(count(&|query| query.supplier = Some("732829320".into())).await, 9);
    let both = |query: &mut Query| {
        (query.states, query.supplier) = (vec![State::Settled, State::Refused], Some("VAUBAN".into()));
    };
    assert_eq!(count(&both).await, 2);
    assert_eq!(count(&|query| (query.from, query.to) = (Some(day("2026-11-20")), Some(day("2026-11-21")))).await, 2);
    assert_eq!(count(&|query| query.older_than = Some(200)).await, 2);
    assert_eq!(count(&|query| query.service = Some("EAU".into())).await, 2);
    assert_eq!(count(&|query| (query.budgets, query.budget) = (budgets(), Some("Eau".into()))).await, 2);
    assert_eq!(count(&|query| (query.budgets, query.budget) = (budgets(), Some("Principal".into()))).await, 7);
}

fn budgets() -> Vec<Budget> {
    let budget = |name: &str, services: &[&str]| Budget {
        name: name.into(),
        siret: "12345678200051".into(),
        services: services.iter().map(|code| (*code).to_owned()).collect(),
    };
    vec![budget("Principal", &[]), budget("Eau", &["EAU"])]
}

#[tokio::test]
async fn the_year_ends_by_budget_where_the_configuration_tells_them() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut query = query(Name::YearEnd, Language::French);
    query.budgets = budgets();
    let report = json(&store, &query).await;
    assert_eq!(report["sections"][0]["key"], "by_budget");
    let row = &report["sections"][0]["rows"][0];
    assert_eq!((&row["budget"], &row["total"]), (&"Eau".into(), &"540.00".into()));
}

#[tokio::test]
async fn the_day_is_the_same_whether_the_database_adds_up_or_the_reader() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut by_store = query(Name::Daily, Language::English);
    (by_store.from, by_store.to) = (Some(day("2026-11-21")), Some(day("2026-11-23")));
    let mut by_reader = by_store.clone();
    by_reader.min = Some(Decimal::from(-1_000_000));
    let (ours, theirs) = (json(&store, &by_store).await, json(&store, &by_reader).await);
    assert_eq!(ours["sections"], theirs["sections"]);
    assert_eq!(ours["sections"][0]["totals"][0]["total"], "-67.23");
}

#[tokio::test]
async fn a_rate_that_is_missing_is_named_and_can_be_given() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let mut query = query(Name::Interest, Language::French);
    query.now = at("2027-03-01");
    let notes = json(&store, &query).await["notes"].to_string();
    assert!(notes.contains("2e semestre 2026") && notes.contains("half_year = \\\"2026-07-01\\\""), "{notes}");
    let own = "schema = \"facteur-ecb-rates/1\"\n[[rate]]\nhalf_year = \"2026-07-01\"\npercent = \"2.00\"\n\
               since = \"2026-06-10\"\nsource = \"invented for this test\"\n";
    let rates = Rates::built_in().unwrap().completed_with(&Rates::parse(own).unwrap());
    let report = build(&store, Tables { rules: Rules::built_in().unwrap(), rates: &rates }, &query).await.unwrap();
    assert!(!report.notes.iter().any(|note| note.contains("2e semestre 2026")), "{:?}", report.notes);
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
    let mut nowhere = query(Name::Invoices, Language::French);
    nowhere.budget = Some("Eau".into());
    assert!(matches!(build(&store, tables(), &nowhere).await, Err(ReportError::Budget { .. })));
    let nothing = query(Name::Audit, Language::French);
    assert!(matches!(build(&store, tables(), &nothing).await, Err(ReportError::NoSubject)));
}
