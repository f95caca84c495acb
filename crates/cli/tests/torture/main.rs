//! Promises 1, 2 and 6 under fault: nothing is lost, nothing is deposited twice, the journal verifies, after `kill -9`
//! at any instant, with every fault of the gateway, of the disk, of the clock and of the database server.
//!
//! `FACTEUR_TORTURE` sets the number of kills on each back end, `FACTEUR_TORTURE_SEED` what happens,
//! `FACTEUR_TORTURE_ROWS` how many invoices are in the store before; `make torture` sets the first two and shows the
//! totals. A small sample runs always.
#![allow(clippy::unwrap_used)]

#[path = "../../../store/tests/cluster/mod.rs"]
mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod controls;
mod dice;
mod evidence;
mod ordeal;
mod plan;
mod prefill;
mod totals;
mod verdict;

use cluster::Cluster;
use common::{Gateway, Home, packs};
use evidence::Evidence;
use ordeal::{Database, Ordeal};
use plan::Plan;
use totals::Totals;

/// The gateway of the rounds: late answers later than the client's patience, pages shorter than a lot, a recipient who
/// pays.
const GATEWAY: [&str; 14] = [
    "--retry-after",
    "1",
    "--late",
    "2s",
    "--drip",
    "100ms",
    "--slow-integration",
    "1s",
    "--page-size",
    "2",
    "--robot",
    "on",
    "--robot-step",
    "100ms",
];

#[test]
fn nothing_is_lost_and_nothing_is_deposited_twice_whenever_the_process_is_killed() {
    torture(None);
}

/// The same on PostgreSQL, whose server loses its power under load from time to time.
#[test]
fn nothing_is_lost_and_nothing_is_deposited_twice_on_postgresql_either() {
    torture(Some(&Cluster::start()));
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

fn torture(cluster: Option<&Cluster>) {
    if packs().is_none() {
        return;
    }
    let kills = setting("FACTEUR_TORTURE").unwrap_or(14);
    let seed = setting("FACTEUR_TORTURE_SEED").unwrap_or(20_261_123);
    let rows = setting("FACTEUR_TORTURE_ROWS").unwrap_or(if kills < 50 { 1_000 } else { 100_000 });
    let gateway = Gateway::start(&[&GATEWAY[..], &["--seed", &seed.to_string()]].concat());
    let home = Home::demo(&gateway.url);
    let name = cluster.map(Cluster::new_database);
    let server = cluster.zip(name.as_deref()).map(|(cluster, name)| Database { cluster, name });
    let totals = Totals::new(if server.is_some() { "PostgreSQL" } else { "SQLite" }, seed, kills);
    let before = prefill::fill(&home.path(), rows);
    if let Some(server) = server {
        home.ends(0, &["store", "move", "--to", &server.cluster.url(server.name)]);
    }
    let mut ordeal = Ordeal::new(&home, &gateway, server, totals);
    ordeal.totals.took.insert("filling", ordeal.totals.age());
    for round in Plan::new(seed, server.is_some()) {
        if ordeal.totals.kills() >= kills {
            break;
        }
        ordeal.round(round);
    }
    let kept = evidence::head(&home);
    ordeal.finish();
    let evidence = Evidence::gather(&home, &gateway, &ordeal.dropped, &before, &kept);
    let breaches = verdict::breaches(&evidence);
    ordeal.totals.print(&evidence, &ordeal.faults(), &breaches);
    assert!(breaches.is_empty(), "{}\n{}", ordeal.totals.replay(), breaches.join("\n"));
}
