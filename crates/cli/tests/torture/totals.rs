//! What happened, added up and printed: the seed repeats it.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::evidence::Evidence;

/// Faults after which the gateway has the deposit, and we do not know it.
const ANSWER_LOST: [&str; 5] = ["lose-answer", "half-body", "late-answer", "slow-loris", "empty-flow-number"];

pub struct Totals {
    place: &'static str,
    seed: u64,
    wanted: u64,
    began: Instant,
    pub rounds: BTreeMap<&'static str, u64>,
    /// What the rounds of each kind took together.
    pub took: BTreeMap<&'static str, std::time::Duration>,
    pub weathers: BTreeMap<String, u64>,
    /// Processes that ended by a signal, by the place, or by the kind of round.
    pub kills: BTreeMap<String, u64>,
    /// Commands that said that they could not do their work (exit status 2), by the kind of round.
    pub gave_up: BTreeMap<&'static str, u64>,
    /// Deposits whose sender died, settled by another process.
    pub rescued: u64,
    /// Invoices that waited for a person's word, which the harness gave.
    pub helped: u64,
    /// Kinds of trouble that this machine cannot make.
    pub left_out: BTreeMap<&'static str, u64>,
}

impl Totals {
    pub fn new(place: &'static str, seed: u64, wanted: u64) -> Self {
        Self {
            place,
            seed,
            wanted,
            began: Instant::now(),
            rounds: BTreeMap::new(),
            took: BTreeMap::new(),
            weathers: BTreeMap::new(),
            kills: BTreeMap::new(),
            gave_up: BTreeMap::new(),
            rescued: 0,
            helped: 0,
            left_out: BTreeMap::new(),
        }
    }

    pub fn kills(&self) -> u64 {
        self.kills.values().sum()
    }

    pub fn age(&self) -> std::time::Duration {
        self.began.elapsed()
    }

    /// How to run it again.
    pub fn replay(&self) -> String {
        format!("KILLS={} SEED={} make torture", self.wanted, self.seed)
    }

    pub fn print(&self, evidence: &Evidence, faults: &BTreeMap<String, u64>, breaches: &[String]) {
        let of = |deposit: &&serde_json::Value, names: &[&str]| {
            deposit["fault"].as_str().is_some_and(|fault| names.contains(&fault))
        };
        let silent = evidence.ledger.iter().filter(|deposit| of(deposit, &ANSWER_LOST)).count();
        let by = |judge: &str| breaches.iter().filter(|breach| breach.starts_with(judge)).count();
        println!("torture on {}: seed {} (again: {})", self.place, self.seed, self.replay());
        println!("  rounds          {}: {}", sum(&self.rounds), list(&self.rounds));
        println!("  gateway         {}", list(&self.weathers));
        println!("  kills           {}: {}", self.kills(), list(&self.kills));
        println!("  gave up         {}: {}", sum(&self.gave_up), list(&self.gave_up));
        if !self.left_out.is_empty() {
            println!("  left out        {}", list(&self.left_out));
        }
        println!("  faults          {}: {}", sum(faults), list(faults));
        println!(
            "  deposits        {} accepted, {silent} of them without an answer that says so",
            evidence.ledger.len()
        );
        println!("  dead senders    {} rescued by workers; {} words of a person", self.rescued, self.helped);
        let by_state = evidence.summary["by_state"].as_object().into_iter().flatten();
        let by_state: Vec<String> = by_state.map(|(state, count)| format!("{count} {state}")).collect();
        println!(
            "  received        {} = {} ({} of them before)",
            evidence.summary["received"],
            by_state.join(" + "),
            sum(&evidence.before)
        );
        println!("  lost            {}", by("lost") + by("counts"));
        println!("  twice           {}", by("twice") + by("from nowhere"));
        println!("  journal         {} lines verified, head {}", evidence.journal["lines"], evidence.journal["head"]);
        let took: Vec<String> = self.took.iter().map(|(name, took)| format!("{name} {} s", took.as_secs())).collect();
        println!("  wall time       {} s: {}", self.began.elapsed().as_secs(), took.join(", "));
    }
}

fn sum<K>(counts: &BTreeMap<K, u64>) -> u64 {
    counts.values().sum()
}

fn list<K: std::fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
