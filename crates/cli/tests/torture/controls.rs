//! Negative controls: every judge bites where a store, a folder or the ledger is broken on purpose. Without them a
//! judge that never says anything would look like a promise that always holds.

use std::collections::{BTreeMap, BTreeSet};

use crate::cluster::{Cluster, shared};
use crate::common::{Gateway, Home, invoice, packs};
use crate::evidence::{Evidence, head};
use crate::verdict::{JUDGES, breaches};

/// A home with three invoices that went the whole way, in a database of its own.
struct Sound {
    gateway: Gateway,
    home: Home,
    database: String,
    dropped: Vec<String>,
    kept: String,
}

impl Sound {
    fn new() -> Self {
        let gateway = Gateway::start(&[]);
        let home = Home::demo(&gateway.url);
        let database = shared().new_database();
        home.keep_in(&shared().url(&database));
        let dropped: Vec<String> = (1..=3).map(|n| format!("T-{n}")).collect();
        for number in &dropped {
            home.drop_in(&format!("{number}.xml"), &invoice(number));
        }
        home.ends(0, &["run", "--wait", "20"]);
        let kept = head(&home);
        Self { gateway, home, database, dropped, kept }
    }

    fn judged(&self) -> Vec<String> {
        breaches(&Evidence::gather(&self.home, &self.gateway, &self.dropped, &BTreeMap::new(), &self.kept))
    }

    /// The judges that say something while the store is broken so; afterwards it is whole again.
    fn with(&self, sql: &str) -> BTreeSet<String> {
        let cluster: &Cluster = shared();
        let broken = format!("{}_broken", self.database);
        cluster.psql("postgres", &format!("CREATE DATABASE {broken} TEMPLATE {}", self.database));
        // As somebody who owns the server: no trigger, no foreign key.
        cluster.psql(&broken, &format!("SET session_replication_role = replica; {sql}"));
        let (sound, other) = (cluster.url(&self.database), cluster.url(&broken));
        self.home.set(&sound, &other);
        let judges = names(&self.judged());
        self.home.set(&other, &sound);
        cluster.psql("postgres", &format!("DROP DATABASE {broken}"));
        judges
    }
}

fn names(breaches: &[String]) -> BTreeSet<String> {
    breaches.iter().map(|breach| breach.split(':').next().unwrap().to_owned()).collect()
}

/// What is done to the store, and the judges that must say so.
const BROKEN: [(&str, &str, &[&str]); 9] = [
    ("an invoice removed", "DELETE FROM invoice WHERE number = 'T-2'", &["lost", "counts", "books"]),
    ("an invoice twice", "UPDATE invoice SET number = 'T-1' WHERE number = 'T-2'", &["lost"]),
    ("a state changed", "UPDATE invoice SET state = 'queued' WHERE number = 'T-3'", &["ended", "books"]),
    ("a refusal that was none", "UPDATE invoice SET state = 'rejected' WHERE number = 'T-3'", &["ended", "books"]),
    ("other bytes sent", "UPDATE flow SET sha256 = repeat('0', 64)", &["bytes"]),
    ("a line changed", "UPDATE journal SET subject = 'x' WHERE seq = 4", &["books"]),
    ("a line removed", "DELETE FROM journal WHERE seq = 4", &["books"]),
    ("the tail cut", "DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", &["books"]),
    (
        "a byte flipped",
        "UPDATE document SET bytes = set_byte(bytes, 20, 255 - get_byte(bytes, 20)) WHERE role = 'original'",
        &["books"],
    ),
];

#[test]
fn every_judge_bites() {
    if packs().is_none() {
        return;
    }
    let mut sound = Sound::new();
    assert_eq!(sound.judged(), [""; 0], "nothing is wrong yet");
    let mut bit: BTreeSet<String> = BTreeSet::new();
    for (what, sql, judges) in BROKEN {
        let said = sound.with(sql);
        assert!(judges.iter().all(|judge| said.contains(*judge)), "{what}: only {said:?} said so");
        println!("{what}: {said:?}");
        bit.extend(said);
    }
    assert_eq!(sound.judged(), [""; 0], "the store is whole again");

    std::fs::write(sound.home.path().join("work/T-4.xml"), invoice("T-4")).unwrap();
    bit.extend(expect(&sound, "a file left half-way", "left"));
    std::fs::remove_file(sound.home.path().join("work/T-4.xml")).unwrap();

    sound.dropped.push("T-4".to_owned());
    bit.extend(expect(&sound, "a file that was never taken", "lost"));
    sound.dropped.pop();

    // Another store of the same sender, which knows nothing of the first: the gateway gets the invoice twice.
    let other = Home::demo(&sound.gateway.url);
    other.drop_in("T-1.xml", &invoice("T-1"));
    other.run(&["run", "--wait", "20"]);
    bit.extend(expect(&sound, "a second deposit", "twice"));
    other.drop_in("T-9.xml", &invoice("T-9"));
    other.run(&["run", "--wait", "20"]);
    bit.extend(expect(&sound, "a deposit that is not ours", "from nowhere"));
    assert_eq!(bit, JUDGES.iter().map(|(name, _)| (*name).to_owned()).collect(), "every judge has a control");
}

fn expect(sound: &Sound, what: &str, judge: &str) -> BTreeSet<String> {
    let said = names(&sound.judged());
    assert!(said.contains(judge), "{what}: only {said:?} said so");
    println!("{what}: {said:?}");
    said
}
