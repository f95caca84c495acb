//! Promise 2: nothing is lost, nothing is deposited twice, even after `kill -9` at any instant and with answers lost
//! on the wire. `FACTEUR_TORTURE` sets the number of kills (50 by `make torture`); a smaller sample runs always.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/cluster/mod.rs"]
mod cluster;
mod common;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Gateway, Home, invoice, packs, text};

/// Places of the program at which a process can be made to end at once.
const PLACES: [&str; 14] = [
    "inbox.claimed",
    "import.before_received",
    "import.after_received:2",
    "store.before_commit:2",
    "store.after_commit:3",
    "import.after_processed",
    "inbox.before_put_away:2",
    "send.before_intent",
    "send.after_intent",
    "send.after_intent:2",
    "send.after_answer",
    "send.after_outcome:2",
    "store.before_commit:7",
    "store.after_commit:9",
];

/// A small generator, so that the same seed gives the same run (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[test]
fn nothing_is_lost_and_nothing_is_deposited_twice_whenever_the_process_is_killed() {
    kills(None);
}

/// The same on PostgreSQL, whose server is restarted once while the program works.
#[test]
fn nothing_is_lost_and_nothing_is_deposited_twice_on_postgresql_either() {
    kills(Some(&cluster::Cluster::start()));
}

fn kills(server: Option<&cluster::Cluster>) {
    if packs().is_none() {
        return;
    }
    let kills: usize = std::env::var("FACTEUR_TORTURE").ok().and_then(|text| text.parse().ok()).unwrap_or(14);
    let faults =
        ["lose-answer=0.25", "half-body=0.1", "http-503-html=0.1", "http-500=0.05", "reset=0.05", "http-429=0.05"];
    let options: Vec<&str> =
        faults.iter().flat_map(|fault| ["--fault", fault]).chain(["--seed", "7", "--retry-after", "1"]).collect();
    let gateway = Gateway::start(&options);
    let home = Home::demo(&gateway.url);
    if let Some(server) = server {
        home.keep_in(&server.url(&server.new_database()));
    }
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut dropped = 0;
    for kill in 0..kills {
        for _ in 0..3 {
            dropped += 1;
            home.drop_in(&format!("facture-{dropped:04}.xml"), &invoice(&format!("T-{dropped:04}")));
        }
        if let (Some(server), true) = (server, kill == kills / 2) {
            restarted_under(&home, server);
        } else if kill % 2 == 0 {
            killed_at(&home, PLACES[(kill / 2) % PLACES.len()]);
        } else {
            killed_after(&home, Duration::from_millis(5 + dice.roll(700)));
        }
    }
    gateway.tell("faults", "{}");
    finish(&home);
    judge(&home, &gateway, dropped);
}

fn killed_at(home: &Home, place: &str) {
    let mut command = home.command(&["run"]);
    command.env("FACTEUR_KILL_AT", place).stdout(Stdio::null()).stderr(Stdio::null());
    let status = command.status().unwrap();
    // A place that was not reached is a run that ended by itself; both are fine.
    assert!(status.code().is_none_or(|code| code <= 2), "{place}: {status}");
}

/// The program lives on; the server goes away under it as if its power had failed, and comes back.
fn restarted_under(home: &Home, server: &cluster::Cluster) {
    let mut child = home.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    server.order("crash");
    assert!(child.wait().unwrap().code().is_some_and(|code| code <= 2));
}

fn killed_after(home: &Home, patience: Duration) {
    let mut child = home.command(&["run"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let end = Instant::now() + patience;
    while Instant::now() < end && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(2));
    }
    let _ = child.kill();
    child.wait().unwrap();
}

/// Undisturbed rounds until nothing is on its way; every invoice must get there without a person.
fn finish(home: &Home) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        let output = home.run(&["run", "--wait", "20"]);
        assert!(output.status.code().is_some_and(|code| code < 2), "{}{}", text(&output.stdout), text(&output.stderr));
        let summary = &home.json(&["status", "--summary"])[0];
        let integrated = summary["by_state"]["integrated"].as_u64().unwrap_or(0);
        if Some(integrated) == summary["received"].as_u64() || Instant::now() > end {
            return;
        }
    }
}

fn judge(home: &Home, gateway: &Gateway, dropped: usize) {
    let summary = &home.json(&["status", "--summary"])[0];
    let lines = home.json(&["status"]);
    let waiting: Vec<_> = lines.iter().filter(|line| line["state"] != "integrated").collect();
    assert!(waiting.is_empty(), "not integrated: {waiting:#?}");
    assert_eq!(summary["received"].as_u64(), Some(dropped as u64), "{summary}");
    let numbers: std::collections::BTreeSet<&str> = lines.iter().filter_map(|line| line["number"].as_str()).collect();
    assert_eq!(numbers.len(), dropped, "one invoice a file");

    let mut integrated: BTreeMap<String, usize> = BTreeMap::new();
    for deposit in gateway.ledger() {
        let number = deposit["number"].as_str().unwrap_or_default().to_owned();
        assert!(deposit["duplicate_of"].is_null(), "a second deposit was accepted while the first stood: {deposit}");
        *integrated.entry(number).or_default() += usize::from(deposit["flow_state"] == "IN_INTEGRE");
    }
    assert_eq!(integrated.len(), dropped);
    assert!(integrated.values().all(|count| *count == 1), "{integrated:?}");
    for line in &lines {
        let entry = gateway.ledger().into_iter().find(|deposit| deposit["number"] == line["number"]).unwrap();
        assert_eq!(line["sent_sha256"], entry["sha256"], "what arrived is what was sent");
    }
    for check in [&["journal", "verify"][..], &["store", "check"]] {
        let output = home.run(check);
        assert!(output.status.success(), "{check:?}: {}", text(&output.stdout));
    }
    let left: Vec<_> = std::fs::read_dir(home.path().join("work")).unwrap().collect();
    assert!(left.is_empty(), "files left in work: {left:?}");
}
