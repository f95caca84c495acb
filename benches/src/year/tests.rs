#![allow(clippy::unwrap_used)]

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_report::payment_period::{Rates, Rules};
use facteur_report::render::{Format, render};
use facteur_report::standing::{Group, Name, Query, Tables, build};
use facteur_store::report::{After, Entry};
use facteur_store::{Store, Structure};
use facteur_texts::Language;
use rust_decimal::Decimal;
use serde_json::Value;

use super::{Plan, fill};

/// 23 November 2026, noon in Paris.
const UNTIL: Timestamp = Timestamp(1_795_431_600_000);
const FORMATS: [Format; 5] = [Format::Text, Format::Csv, Format::Json, Format::Html, Format::Xlsx];

async fn year(folder: &tempfile::TempDir, invoices: u64) -> Store {
    let store = Store::open(&folder.path().join("store.db")).await.unwrap();
    let (siren, siret) = ("404833048".to_owned(), "40483304800022".to_owned());
    let structure = Structure {
        siren: siren.clone(),
        siret: siret.clone(),
        name: "Régie municipale".into(),
        role: "filing_agent".into(),
        gateway: None,
    };
    store.register(&structure, Timestamp(0)).await.unwrap();
    fill(&store, &Plan { seed: 7, invoices, siren, siret, until: UNTIL }).await.unwrap();
    store
}

fn tables() -> Tables<'static> {
    Tables { rules: Rules::built_in().unwrap(), rates: Rates::built_in().unwrap() }
}

async fn json(store: &Store, query: &Query) -> Value {
    let report = build(store, tables(), query).await.unwrap();
    serde_json::from_slice(&render(Format::Json, query.language, &report).unwrap()).unwrap()
}

#[tokio::test]
async fn an_invented_year_has_every_end_and_every_report_is_made_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = year(&folder, 1_500).await;
    let summary = store.summary().await.unwrap();
    for state in [
        State::Quarantined,
        State::Invalid,
        State::Draft,
        State::Held,
        State::Duplicate,
        State::Rejected,
        State::Refused,
        State::Suspended,
        State::Integrated,
        State::Settled,
        State::Uncertain,
        State::Queued,
    ] {
        assert!(summary.iter().any(|(known, count)| *known == state && *count > 0), "{state}: {summary:?}");
    }
    assert!(store.check().await.unwrap().problems.is_empty());
    let subject = store.report_page(&Default::default(), &After::beginning(), 1).await.unwrap();
    for language in [Language::French, Language::English] {
        for name in Name::all() {
            let mut query = Query::new(Name::from_name(name).unwrap(), language, UNTIL);
            query.subject = Some(subject[0].id.clone());
            let report = build(&store, tables(), &query).await.unwrap();
            for format in FORMATS {
                assert!(!render(format, language, &report).unwrap().is_empty(), "{name} {format:?}");
            }
        }
    }
}

#[tokio::test]
async fn every_total_is_the_one_that_the_database_adds_up() {
    let folder = tempfile::tempdir().unwrap();
    let store = year(&folder, 1_200).await;
    let received: i64 = store.summary().await.unwrap().iter().map(|(_, count)| count).sum();
    let euros: i64 = store
        .report_tally(&Default::default())
        .await
        .unwrap()
        .iter()
        .filter(|group| group.currency.as_deref() == Some("EUR"))
        .filter_map(|group| group.cents)
        .sum();
    let odd = store.report_odd(&Default::default()).await.unwrap();
    let exact = |entry: &Entry| entry.total.as_deref().unwrap().parse::<Decimal>().unwrap();
    let odd: Decimal = odd.iter().filter(|entry| entry.currency.as_deref() == Some("EUR")).map(exact).sum();
    let wanted = (Decimal::new(euros, 2) + odd).normalize().to_string();
    let mut queries = vec![Query::new(Name::Invoices, Language::French, UNTIL)];
    queries.extend(Group::ALL.map(|group| Query { group_by: Some(group), ..queries[0].clone() }));
    for query in queries {
        let section = &json(&store, &query).await["sections"][0];
        let total = section["totals"].as_array().unwrap().iter().find(|total| total["currency"] == "EUR").unwrap();
        let found: Decimal = total["total"].as_str().unwrap().parse().unwrap();
        assert_eq!(found.normalize().to_string(), wanted, "{:?}", query.group_by);
        if query.group_by.is_some() {
            let counts = section["rows"].as_array().unwrap().iter().map(|row| row["count"].as_i64().unwrap());
            assert_eq!(counts.sum::<i64>(), received, "{:?}", query.group_by);
        }
    }
}
