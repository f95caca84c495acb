//! What can be seen from outside after everything: the program's own words, its folders, and the gateway's ledger.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Gateway, Home, text};

/// All that is judged.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The numbers of the invoices that were dropped into the inbox.
    pub dropped: Vec<String>,
    /// How many invoices were in each state before.
    pub before: BTreeMap<String, u64>,
    /// `status --summary`.
    pub summary: Value,
    /// `status`, without those of before.
    pub lines: Vec<Value>,
    /// Every deposit that the gateway accepted, an invoice a line.
    pub ledger: Vec<Value>,
    /// `journal verify` against a head that was kept elsewhere.
    pub journal: Value,
    /// `store check`.
    pub store: Value,
    /// Files that are not where they end: in `work` or still in the inbox.
    pub left: Vec<String>,
}

impl Evidence {
    /// `kept` is a head of the journal that was kept elsewhere.
    pub fn gather(
        home: &Home,
        gateway: &Gateway,
        dropped: &[String],
        before: &BTreeMap<String, u64>,
        kept: &str,
    ) -> Self {
        let mut lines = home.json(&["status"]);
        lines.retain(|line| !line["file"].as_str().is_some_and(|file| file.starts_with("p-")));
        Self {
            dropped: dropped.to_vec(),
            before: before.clone(),
            summary: home.json(&["status", "--summary"]).remove(0),
            lines,
            ledger: gateway.ledger(),
            journal: judged(home, &["journal", "verify", "--head", kept]),
            store: judged(home, &["store", "check"]),
            left: [home.files("work"), home.files("inbox")].concat(),
        }
    }
}

/// The head of the journal now.
pub fn head(home: &Home) -> String {
    home.json(&["store", "migrate"])[0]["head"].as_str().unwrap().to_owned()
}

/// What a check says; one that cannot say anything is a finding too.
fn judged(home: &Home, check: &[&str]) -> Value {
    let output = home.run(&[check, &["--format", "json"]].concat());
    let told = text(&output.stdout);
    serde_json::from_str(told.trim()).unwrap_or_else(|_| Value::String(format!("{told}{}", text(&output.stderr))))
}
