//! The worked cases of `fixtures/dgp/cases.toml`, and what holds for every payment period.
#![allow(clippy::unwrap_used)]

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_report::payment_period::{
    Assessment, Interruption, LateInterest, Nature, Payer, PaymentRequest, Period, Rates, Rules, assess, late_interest,
};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: Vec<String>,
    today: Date,
    request: PaymentRequest,
    expect: toml::Table,
}

fn rules() -> &'static Rules {
    Rules::built_in().unwrap()
}

fn rates() -> &'static Rates {
    Rates::built_in().unwrap()
}

/// Everything that a case can ask for, as text.
fn facts(case: &Case) -> toml::Table {
    let mut facts = toml::Table::new();
    let verdict = match assess(rules(), &case.request, case.today).unwrap() {
        Assessment::Exempt { .. } => "exempt",
        Assessment::NotDue { .. } => "not_due",
        Assessment::NotStarted => "not_started",
        Assessment::Period(period) => {
            let interest =
                late_interest(rules(), rates(), &period, case.request.principal.decimal(), case.today).unwrap();
            of_period(&mut facts, &period);
            of_interest(&mut facts, interest.as_ref());
            "period"
        }
    };
    facts.insert("verdict".into(), verdict.into());
    facts
}

fn of_period(facts: &mut toml::Table, period: &Period) {
    let mut put = |name: &str, value: toml::Value| facts.insert(name.into(), value);
    put("start", period.start.to_string().into());
    put("event", period.event.as_str().into());
    put("legal_days", period.legal_days.into());
    put("late_days", period.late_days.into());
    put("interrupted", period.end.is_none().into());
    put("officer_allowed", period.authorising_officer.allowed.into());
    let ineffective: Vec<toml::Value> = period.ineffective.iter().map(|(_, why)| why.as_str().into()).collect();
    put("ineffective", ineffective.into());
    let dates = [("end", period.end), ("pay_by", period.pay_by), ("order_by", period.order_by)];
    for (name, date) in dates {
        date.map(|date| put(name, date.to_string().into()));
    }
    let numbers = [
        ("days_left", period.days_left),
        ("running_days", period.running_days),
        ("balance", period.interruption.map(|one| one.balance)),
        ("new_days", period.interruption.map(|one| one.new_days)),
        ("officer_used", period.authorising_officer.used),
        ("accountant_allowed", period.accountant.map(|share| share.allowed)),
        ("accountant_used", period.accountant.and_then(|share| share.used)),
    ];
    for (name, number) in numbers {
        number.map(|number| put(name, number.into()));
    }
}

fn of_interest(facts: &mut toml::Table, interest: Option<&LateInterest>) {
    facts.insert("interest_days".into(), interest.map_or(0, |due| due.days).into());
    let Some(due) = interest else { return };
    let sums = [("rate", due.rate), ("interest", due.interest), ("fee", due.fee), ("interest_total", due.total)];
    for (name, sum) in sums {
        facts.insert(name.into(), sum.to_string().into());
    }
    due.pay_by.map(|day| facts.insert("pay_interest_by".into(), day.to_string().into()));
}

#[test]
fn every_worked_case_comes_out_as_its_articles_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/dgp/cases.toml");
    let cases: Cases = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(cases.case.len() >= 40, "only {} cases", cases.case.len());
    let mut wrong = Vec::new();
    for case in &cases.case {
        assert!(!case.source.is_empty(), "{} has no source", case.name);
        let facts = facts(case);
        for (name, wanted) in &case.expect {
            let same = match (wanted.as_str(), facts.get(name).and_then(toml::Value::as_str)) {
                (Some(wanted), Some(found)) => same_number(wanted, found).unwrap_or(wanted == found),
                _ => facts.get(name) == Some(wanted),
            };
            if !same {
                wrong.push(format!("{}: {name} is {:?}, not {wanted}", case.name, facts.get(name)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn same_number(a: &str, b: &str) -> Option<bool> {
    Some(Amount::parse(a).ok()? == Amount::parse(b).ok()?)
}

fn day(offset: i64) -> Date {
    Date::parse("2023-01-01").unwrap().plus_days(offset)
}

/// An invoice that was available on a day of 2023 to 2025, so that every rate is known.
fn request(payer: Payer, available: i64, interruption: Option<(i64, i64)>) -> PaymentRequest {
    let principal = Amount::parse("1000.00").unwrap();
    let mut request = PaymentRequest::new(Nature::Invoice, payer, principal);
    request.available = Some(day(available));
    request.interruptions = interruption
        .map(|(after, lasts)| Interruption {
            notified: day(available + after),
            completed: Some(day(available + after + lasts)),
        })
        .into_iter()
        .collect();
    request
}

fn period(request: &PaymentRequest, today: Date) -> Period {
    match assess(rules(), request, today).unwrap() {
        Assessment::Period(period) => *period,
        other => panic!("{other:?}"),
    }
}

fn payers() -> impl Strategy<Value = Payer> {
    prop::sample::select(Payer::ALL.to_vec())
}

proptest! {
    #[test]
    fn without_an_interruption_the_end_is_the_legal_days_after_the_start(payer in payers(), from in 0..1000_i64, now in 0..200_i64) {
        let period = period(&request(payer, from, None), day(from + now));
        let end = period.end.unwrap();
        prop_assert_eq!(end.days_since(period.start), period.legal_days);
        prop_assert_eq!(period.days_left, Some(period.legal_days - now));
        prop_assert_eq!(period.late_days, (now - period.legal_days).max(0));
        prop_assert!(period.pay_by.unwrap() <= end);
    }

    #[test]
    fn the_end_is_start_and_running_days_and_the_interruption(payer in payers(), from in 0..900_i64, after in 0..30_i64, lasts in 0..100_i64) {
        let period = period(&request(payer, from, Some((after, lasts))), day(from));
        let one = period.interruption.unwrap();
        prop_assert_eq!(period.end.unwrap(), period.start.plus_days(period.running_days.unwrap() + lasts));
        prop_assert!(one.new_days >= 30 && one.new_days >= one.balance);
        prop_assert_eq!(one.balance, period.legal_days - after);
    }

    #[test]
    fn an_interruption_never_brings_the_end_nearer(payer in payers(), from in 0..900_i64, after in 0..100_i64, lasts in 0..100_i64) {
        let plain = period(&request(payer, from, None), day(from));
        let interrupted = period(&request(payer, from, Some((after, lasts))), day(from));
        prop_assert!(interrupted.end.unwrap() >= plain.end.unwrap());
    }

    #[test]
    fn after_the_order_or_a_second_time_an_interruption_changes_nothing(payer in payers(), from in 0..900_i64, after in 0..30_i64, lasts in 0..60_i64, order in 0..=30_i64) {
        let mut ordered = request(payer, from, Some((after, lasts)));
        ordered.ordered = Some(day(from + order));
        let plain = period(&request(payer, from, None), day(from));
        let found = period(&ordered, day(from));
        if order <= after {
            prop_assert_eq!(found.end, plain.end);
            prop_assert_eq!(found.ineffective.len(), 1);
        } else {
            prop_assert!(found.interruption.is_some());
        }
        let mut twice = request(payer, from, Some((after, lasts)));
        let once = period(&twice, day(from));
        twice.interruptions.push(Interruption { notified: day(from + 40), completed: Some(day(from + 50)) });
        prop_assert_eq!(period(&twice, day(from)).end, once.end);
    }

    #[test]
    fn interest_is_due_exactly_when_payment_is_late_and_grows_by_the_day(payer in payers(), from in 0..700_i64, paid in 0..300_i64, cents in 1..10_000_000_i64) {
        let mut asked = request(payer, from, None);
        asked.paid = Some(day(from + paid));
        let principal = Decimal::new(cents, 2);
        let found = period(&asked, day(from));
        let due = late_interest(rules(), rates(), &found, principal, day(from)).unwrap();
        prop_assert_eq!(due.is_some(), paid > found.legal_days);
        let Some(due) = due else { return Ok(()) };
        prop_assert_eq!(due.days, paid - found.legal_days);
        prop_assert_eq!(due.last.days_since(due.first) + 1, due.days);
        prop_assert_eq!(due.total, due.interest + Decimal::from(40));
        prop_assert_eq!(due.rate, due.central_bank_rate + Decimal::from(8));
        // Exact: the rounded interest is the nearest cent of principal × rate × days / 36 500.
        let exact = principal * due.rate * Decimal::from(due.days) / Decimal::from(36_500);
        prop_assert!((due.interest - exact).abs() <= Decimal::new(5, 3));
        asked.paid = Some(day(from + paid + 1));
        let later = late_interest(rules(), rates(), &period(&asked, day(from)), principal, day(from)).unwrap().unwrap();
        prop_assert!(later.interest >= due.interest);
    }

    #[test]
    fn what_is_exempt_stays_exempt_whatever_its_dates(nature in prop::sample::select(vec![Nature::CreditNote, Nature::AlreadyPaid, Nature::Imprest]), from in 0..900_i64, now in 0..900_i64) {
        let mut asked = request(Payer::LocalAuthority, from, Some((3, 4)));
        asked.nature = nature;
        let exempt = matches!(assess(rules(), &asked, day(now)).unwrap(), Assessment::Exempt { .. });
        prop_assert!(exempt);
    }

    #[test]
    fn any_dates_are_assessed_without_panic(days in prop::collection::vec(prop::option::of(-2000..4000_i64), 14), nature in 0..5_usize) {
        let natures = [Nature::Invoice, Nature::Subcontractor, Nature::Advance, Nature::WorksProgress, Nature::WorksBalance];
        let at = |index: usize| days[index].map(day);
        let mut asked = PaymentRequest::new(natures[nature], Payer::State, Amount::parse("10").unwrap());
        (asked.requested, asked.available, asked.performed, asked.submitted) = (at(0), at(1), at(2), at(3));
        (asked.agreed, asked.refused, asked.postal_notice, asked.contract_notified) = (at(4), at(5), at(6), at(7));
        (asked.guarantee_received, asked.final_account, asked.ordered, asked.paid) = (at(8), at(9), at(10), at(11));
        if let Some(notified) = at(12) {
            asked.interruptions.push(Interruption { notified, completed: at(13) });
        }
        let _ = assess(rules(), &asked, day(0));
    }
}

#[test]
fn a_rate_that_is_not_known_is_never_guessed() {
    let mut asked = request(Payer::LocalAuthority, 0, None);
    asked.available = Some(Date::parse("2030-08-01").unwrap());
    let today = Date::parse("2030-12-01").unwrap();
    let error = late_interest(rules(), rates(), &period(&asked, today), Decimal::ONE, today).unwrap_err();
    assert!(error.to_string().contains("2030-07-01"), "{error}");
}

#[test]
fn documents_that_came_before_they_were_asked_for_are_refused() {
    let asked = request(Payer::LocalAuthority, 0, Some((10, -3)));
    assert!(assess(rules(), &asked, day(20)).is_err());
}
