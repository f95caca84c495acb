//! The table that a run prints: what, ours, the peer's, the ratio with its spread, the goal.

use std::fs;
use std::process::Command;

use crate::measure::Spread;

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Shown for comparison only.
    None,
}

impl Goal {
    fn shown(self, found: f64) -> String {
        match self {
            Self::AtMost(limit) => format!("≤ {limit} {}", mark(found <= limit)),
            Self::AtLeast(limit) => format!("≥ {limit} {}", mark(found >= limit)),
            Self::None => "—".to_owned(),
        }
    }
}

const fn mark(met: bool) -> &'static str {
    if met { "met" } else { "MISSED" }
}

/// One line of the table.
pub struct Row {
    pub what: String,
    pub ours: String,
    pub peer: String,
    pub ratio: Spread,
    pub goal: Goal,
}

/// Prints one part of the report as a Markdown table.
pub fn print(title: &str, rows: &[Row], notes: &[String]) {
    println!("\n## {title}\n");
    println!("| what | facteur | peer | ratio: median (min–max) | goal |");
    println!("|---|---|---|---|---|");
    for Row { what, ours, peer, ratio, goal } in rows {
        let Spread { median, low, high } = ratio;
        println!("| {what} | {ours} | {peer} | **{median:.2}** ({low:.2}–{high:.2}) | {} |", goal.shown(*median));
    }
    for note in notes {
        println!("\n{note}");
    }
}

/// What it was measured on.
pub fn machine() -> String {
    let line = |path: &str, key: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let found = text.lines().find(|line| line.starts_with(key));
        found.and_then(|line| line.split(':').nth(1)).unwrap_or("?").trim().to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZeroUsize::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<&str> = load.split(' ').take(3).collect();
    format!(
        "{} — {cores} cores, {}, memory {}; load averages at the start {}",
        said(&["date", "-u", "+%F %H:%M UTC"]),
        line("/proc/cpuinfo", "model name"),
        line("/proc/meminfo", "MemTotal"),
        load.join(" ")
    )
}

fn said(command: &[&str]) -> String {
    let output = Command::new(command[0]).args(&command[1..]).output();
    output.map_or_else(|_| "?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
