//! What lists and reports read.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State};
use facteur_store::Store;
use facteur_store::change::{Correction, Identity};
use facteur_store::record::Filter;
use facteur_store::report::{After, Link, Selection};

use crate::bed::{Bed, NOW, TO_QUEUE, processed, received};

/// An invoice that came in so many seconds later than the first.
async fn put(store: &Store, number: &str, seconds: i64, identity: Identity, events: &[Event]) -> String {
    let mut new = received(number.as_bytes());
    new.at = NOW.plus_millis(seconds * 1000);
    let id = new.invoice.clone();
    store.receive(new).await.unwrap();
    let mut process = processed(&id, number, events);
    process.identity = Identity { number: Some(number.into()), supplier_siren: Some("732829320".into()), ..identity };
    process.at = NOW.plus_millis(seconds * 1000);
    (process.key_guard, process.probable) = (None, None);
    store.process(process).await.unwrap();
    id
}

fn of(supplier: &str, total: &str) -> Identity {
    Identity {
        kind: "cii".into(),
        type_code: Some("380".into()),
        supplier: Some(supplier.into()),
        total: Some(total.into()),
        currency: Some("EUR".into()),
        ..Identity::default()
    }
}

pub async fn a_filter_finds_what_it_says_page_by_page(bed: &Bed) {
    let store = bed.store().await;
    for n in 0..30_i64 {
        let supplier = ["Menuiserie du Clain", "Papeterie 100 %", "Garage_Dupré"][usize::try_from(n % 3).unwrap()];
        let events: &[Event] = if n % 2 == 0 { &TO_QUEUE } else { &[Event::Read, Event::Failed] };
        put(&store, &format!("F-{n:02}"), 100 - n, of(supplier, "10.00"), events).await;
    }
    let numbers = async |filter: Filter| {
        let invoices = store.invoices(&filter).await.unwrap();
        invoices.iter().filter_map(|invoice| invoice.number.clone()).collect::<Vec<_>>()
    };
    let queued = || Filter { states: vec![State::Queued, State::Invalid], ..Filter::default() };
    assert_eq!(numbers(Filter { limit: Some(3), ..queued() }).await, ["F-29", "F-28", "F-27"]);
    assert_eq!(numbers(queued()).await.len(), 30);
    for (text, found) in
        [("menuiserie", 10), ("100 %", 10), ("%", 10), ("_", 10), ("e_d", 10), ("732829320", 30), ("x", 0)]
    {
        assert_eq!(numbers(Filter { supplier: Some(text.into()), ..Filter::default() }).await.len(), found, "{text}");
    }
    let mut all = Vec::new();
    let mut filter = Filter { supplier: Some("a".into()), limit: Some(7), ..queued() };
    loop {
        let page = store.invoices(&filter).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(last.after());
        all.extend(page.iter().filter_map(|invoice| invoice.number.clone()));
    }
    assert_eq!(all, (0..30).rev().map(|n| format!("F-{n:02}")).collect::<Vec<_>>());
    let one = store.invoices(&Filter { limit: Some(1), ..Filter::default() }).await.unwrap().remove(0);
    for name in [one.id.as_str(), &one.id[..30], &one.id[28..], &one.id[28..].to_uppercase(), &one.id[24..], "F-29"] {
        assert_eq!(store.invoice(name).await.unwrap().id, one.id, "{name}");
    }
}

pub async fn the_database_adds_up_cents_and_leaves_odd_amounts_to_the_reader(bed: &Bed) {
    let store = bed.store().await;
    put(&store, "F-1", 0, of("A", "10.10"), &TO_QUEUE).await;
    put(&store, "F-2", 1, of("A", "0.20"), &TO_QUEUE).await;
    put(&store, "F-3", 2, of("A", "0.005"), &TO_QUEUE).await;
    put(&store, "F-4", 3, of("A", "99999999999.99"), &TO_QUEUE).await;
    put(&store, "AV-5", 4, Identity { type_code: Some("381".into()), ..of("A", "5") }, &TO_QUEUE).await;
    let all = Selection::default();
    let tally = store.report_tally(&all).await.unwrap();
    let groups: Vec<(State, i64, Option<i64>)> = tally.iter().map(|one| (one.state, one.count, one.cents)).collect();
    assert_eq!(groups, [(State::Queued, 3, Some(530)), (State::Queued, 2, None)]);
    let odd = store.report_odd(&all).await.unwrap();
    assert_eq!(odd.iter().filter_map(|entry| entry.number.as_deref()).collect::<Vec<_>>(), ["F-3", "F-4"]);
    let until = Selection { until: Some(NOW.plus_millis(1000)), ..all.clone() };
    assert_eq!(store.report_tally(&until).await.unwrap()[0].cents, Some(1010));
    let moved = Selection { moved: Some((NOW, NOW.plus_millis(5000))), ..all };
    assert_eq!(store.report_tally(&moved).await.unwrap(), []);
    let page = store.report_page(&Selection::default(), &After::beginning(), 2).await.unwrap();
    assert_eq!(page.iter().filter_map(|entry| entry.number.as_deref()).collect::<Vec<_>>(), ["F-1", "F-2"]);
    let next = store.report_page(&Selection::default(), &page[1].after(), 9).await.unwrap();
    assert_eq!((next.len(), next[0].number.as_deref()), (3, Some("F-3")));
}

pub async fn an_invoice_shows_its_relatives(bed: &Bed) {
    let store = bed.store().await;
    let original = put(&store, "F-1", 0, of("A", "10.00"), &TO_QUEUE).await;
    let credit = Identity { preceding: Some("F-1".into()), type_code: Some("381".into()), ..of("A", "4.00") };
    let credit = put(&store, "AV-2", 1, credit, &TO_QUEUE).await;
    bed.sql(&format!("UPDATE invoice SET state = 'refused' WHERE id = '{original}'")).await.unwrap();
    let mut receive = received(b"again");
    receive.at = Timestamp(NOW.0 + 2000);
    let successor = receive.invoice.clone();
    let correction = Correction { id: original.clone(), expect: State::Refused, receive, successor: true, note: None };
    store.correct(correction).await.unwrap();
    let family = async |id: &str| {
        let family = store.report_family(id).await.unwrap();
        family.into_iter().map(|(link, entry)| (link, entry.id)).collect::<Vec<_>>()
    };
    assert_eq!(family(&original).await, [(Link::CreditNote, credit.clone()), (Link::Successor, successor.clone())]);
    assert_eq!(family(&credit).await, [(Link::Original, original.clone())]);
    assert_eq!(family(&successor).await, [(Link::Ancestor, original)]);
    let entry = store.report_entries(&[successor]).await.unwrap().remove(0);
    assert_eq!(entry.ancestor_number.as_deref(), Some("F-1"));
}

/// The migration computes the cents of what is there; the words of its update, run again, change nothing.
pub async fn what_was_written_before_reports_has_its_cents(bed: &Bed) {
    let store = bed.store().await;
    for (n, total) in ["10.10", "-0.5", "7", "0.005", "1200.5000", "99999999999.99"].iter().enumerate() {
        put(&store, &format!("F-{n}"), 0, of("A", total), &TO_QUEUE).await;
    }
    put(&store, "AV-9", 1, Identity { type_code: Some("381".into()), ..of("A", "5") }, &TO_QUEUE).await;
    let before = store.report_tally(&Selection::default()).await.unwrap();
    let migration = match bed.database {
        Some(_) => include_str!("../../migrations/postgres/0004_reports.sql"),
        None => include_str!("../../migrations/sqlite/0004_reports.sql"),
    };
    let updates: String =
        migration.split(";\n").filter(|one| one.contains("UPDATE invoice")).map(|one| format!("{one};\n")).collect();
    assert_eq!(updates.matches("UPDATE").count(), 3);
    bed.sql(&format!("UPDATE invoice SET cents = NULL;\n{updates}")).await.unwrap();
    assert_eq!(store.report_tally(&Selection::default()).await.unwrap(), before);
}

/// Reports take the counts that the database keeps: they are those of the invoices after every kind of change, also of
/// one behind the store's back, and a count that is not is found.
pub async fn the_counts_of_reports_are_those_of_the_invoices(bed: &Bed) {
    let store = bed.store().await;
    for n in 0..12_i64 {
        let total = ["10.10", "0.005", "-3"][usize::try_from(n % 3).unwrap()];
        let events: &[Event] = if n % 4 == 0 { &[Event::Read, Event::Failed] } else { &TO_QUEUE };
        put(&store, &format!("F-{n:02}"), n, of("A", total), events).await;
    }
    store.receive(received(b"F-01")).await.unwrap();
    store.receive(received(b"not yet looked at")).await.unwrap();
    let problems = async || store.check().await.unwrap().problems;
    assert_eq!(problems().await, Vec::<String>::new());
    let expected = [(State::Received, 1), (State::Queued, 9), (State::Invalid, 3), (State::Duplicate, 1)].to_vec();
    let mut summary = store.summary().await.unwrap();
    summary.sort_by_key(|(state, _)| expected.iter().position(|(other, _)| other == state));
    assert_eq!(summary, expected);
    let every = Timestamp(i64::MAX);
    let counted = store.report_tally(&Selection::default()).await.unwrap();
    assert_eq!(counted, store.report_tally(&Selection { until: Some(every), ..Selection::default() }).await.unwrap());
    let queued = Selection { states: vec![State::Queued], ..Selection::default() };
    let counted = store.report_tally(&queued).await.unwrap();
    assert_eq!(counted, store.report_tally(&Selection { until: Some(every), ..queued }).await.unwrap());
    bed.sql("UPDATE invoice SET flow_state = 'IN_INTEGRE', invoice_state = 'DEPOSEE' WHERE number = 'F-01'")
        .await
        .unwrap();
    bed.sql("UPDATE invoice SET currency = NULL, cents = NULL WHERE number = 'F-03'").await.unwrap();
    let census = store.census().await.unwrap();
    assert_eq!(
        (census.standings.iter().map(|standing| standing.count).sum::<i64>(), census.journal_received),
        (14, 14)
    );
    let apart = census.standings.iter().find(|standing| standing.flow_state.is_some()).unwrap();
    assert_eq!((apart.state, apart.invoice_state.as_deref(), apart.count), (State::Queued, Some("DEPOSEE"), 1));
    assert_eq!(problems().await, Vec::<String>::new());
    bed.sql("UPDATE census SET many = many + 2, cents = cents - 7 WHERE state = 'invalid' AND priced = 1")
        .await
        .unwrap();
    let found = problems().await;
    assert!(found.iter().all(|one| one.contains("(invalid EUR) are 2 invoices and -7 cents too many")), "{found:?}");
    assert!(!found.is_empty());
    // As the migration counts them.
    let migration = match bed.database {
        Some(_) => include_str!("../../migrations/postgres/0007_census.sql"),
        None => include_str!("../../migrations/sqlite/0007_census.sql"),
    };
    let begin = migration.find("INSERT INTO census").unwrap();
    let fill = &migration[begin..begin + migration[begin..].find(";\n").unwrap()];
    bed.sql(&format!("DELETE FROM census; {fill}")).await.unwrap();
    assert_eq!(problems().await, Vec::<String>::new());
}
