//! `facteur work` as a service: it begins, shows its metrics, and ends cleanly when it is asked to.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/cluster/mod.rs"]
mod cluster;
mod common;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{Gateway, Home, invoice, packs, text};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn metrics(port: u16, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: here\r\n\r\n").as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

fn terminate(child: &Child) {
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
}

fn until(what: &str, mut is: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_worker_deposits_follows_shows_its_metrics_and_ends_cleanly_on_sigterm() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    for number in 0..5 {
        home.import(&format!("w-{number}.xml"), &invoice(&format!("W-{number}")));
    }
    let port = free_port();
    let worker = home
        .command(&["work", "--metrics", &format!("127.0.0.1:{port}"), "--log-format", "json", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("five are integrated", || home.counts().get("integrated") == Some(&5));
    let page = metrics(port, "/metrics").unwrap();
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("text/plain; version=0.0.4"), "{page}");
    for line in [
        "facteur_deposits_total{outcome=\"accepted\"} 5",
        "facteur_queue{state=\"queued\"} ",
        "facteur_breaker{gateway=\"chorus-pro\",door=\"deposit\",state=\"closed\"} 1",
        "facteur_deposit_seconds_count 5",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(metrics(port, "/").unwrap().starts_with("HTTP/1.1 404"));
    // An embedded store has one worker.
    assert!(text(&home.ends(2, &["work"]).stderr).contains("Un autre facteur"));
    // It sees what comes in while it works.
    home.import("w-6.xml", &invoice("W-6"));
    until("the sixth is integrated", || home.counts().get("integrated") == Some(&6));
    terminate(&worker);
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let summary: serde_json::Value = serde_json::from_str(text(&output.stdout).trim()).unwrap();
    assert_eq!(summary["sent"]["deposited"], 6, "{summary}");
    // One identity follows an invoice through the log, from the deposit to the integration.
    let id = home.id("w-6.xml");
    let log = text(&output.stderr);
    let about: Vec<&str> = log.lines().filter(|line| line.contains(&id)).collect();
    assert!(about.iter().any(|line| line.contains("deposit recorded") && line.contains("\"flow\"")), "{about:#?}");
    assert!(about.iter().any(|line| line.contains("moved on") && line.contains("\"follow\"")), "{about:#?}");
    assert!(log.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log}");
}

/// On a server it listens for new work, and lets go of that too when it is asked to end.
#[test]
fn a_worker_on_a_server_ends_cleanly_on_sigterm_while_another_goes_on() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    home.keep_in(&cluster::shared().url(&cluster::shared().new_database()));
    home.import("s-0.xml", &invoice("S-0"));
    let start = || home.command(&["work", "--format", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    let workers = [start(), start()];
    until("the first is integrated", || home.counts().get("integrated") == Some(&1));
    let [first, second] = workers;
    for (number, mut worker) in [first, second].into_iter().enumerate() {
        terminate(&worker);
        until("it ends", || worker.try_wait().unwrap().is_some());
        assert_eq!(worker.wait().unwrap().code(), Some(0));
        if number == 0 {
            home.import("s-1.xml", &invoice("S-1"));
            until("the other one goes on", || home.counts().get("integrated") == Some(&2));
        }
    }
    assert_eq!(gateway.ledger().len(), 2);
}

/// What a worker was at when it died is settled by the next one, on either back end, and not deposited again.
#[test]
fn a_deposit_whose_worker_was_killed_is_rescued_by_another_one() {
    if packs().is_none() {
        return;
    }
    for on_server in [false, true] {
        for place in ["send.after_intent", "send.after_answer"] {
            let gateway = Gateway::start(&[]);
            let home = Home::demo(&gateway.url);
            if on_server {
                home.keep_in(&cluster::shared().url(&cluster::shared().new_database()));
            }
            home.import("k-0.xml", &invoice("K-0"));
            let mut killed = home.command(&["work"]);
            let killed = killed.env("FACTEUR_KILL_AT", place).output().unwrap();
            assert_eq!(killed.status.code(), None, "{place}: {}", text(&killed.stderr));
            assert_eq!(home.state("k-0.xml"), "depositing");
            let next = &home.json_of(0, &["work", "--until-idle"]);
            assert_eq!(next["followed"]["rescued"], 1, "{place}: {next}");
            assert_eq!((home.state("k-0.xml").as_str(), gateway.ledger().len()), ("integrated", 1), "{place}");
        }
    }
}

#[test]
fn a_worker_that_is_not_let_in_or_may_not_listen_says_so_and_does_nothing() {
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    let open = home.ends(2, &["work", "--metrics", "0.0.0.0:9184"]);
    assert!(text(&open.stderr).contains("0.0.0.0:9184"), "{}", text(&open.stderr));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(text(&home.ends(2, &["work", "--metrics", &address]).stderr).contains(&address));
    assert!(gateway.ledger().is_empty());
}

#[test]
fn lots_leave_as_one_flow_and_a_wrong_size_is_refused() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    home.set("lot = 1\n", "lot = 501\n");
    assert!(text(&home.ends(2, &["send"]).stderr).contains("lot"));
    home.set("lot = 501\n", "lot = 4\n");
    for number in 0..6 {
        home.import(&format!("l-{number}.xml"), &invoice(&format!("L-{number}")));
    }
    home.ends(0, &["work", "--until-idle"]);
    assert_eq!(home.counts().get("integrated"), Some(&6));
    let ledger = gateway.ledger();
    let flows: std::collections::BTreeSet<&str> = ledger.iter().map(|line| line["flow"].as_str().unwrap()).collect();
    assert_eq!((ledger.len(), flows.len()), (6, 2), "{ledger:#?}");
}
