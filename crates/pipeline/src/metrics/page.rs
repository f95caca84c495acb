//! The page: text exposition format 0.0.4 of Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::Ordering;

use super::{Counters, Histogram, lock};
use crate::deposit::policy::breaker::Phase;

/// How many invoices are in a state, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Depth {
    /// The state.
    pub state: &'static str,
    /// How many.
    pub count: u64,
    /// How many of them are at least so old: seconds and number.
    pub older: Vec<(u64, u64)>,
    /// Age of the oldest, in seconds.
    pub oldest_seconds: u64,
}

/// What is shown beside the counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The gateway's name.
    pub gateway: String,
    /// The state of its breaker for deposits.
    pub deposits: Phase,
    /// The state of its breaker for questions.
    pub questions: Phase,
    /// Deposits left in tonight's budget; `None` without a limit.
    pub budget_left: Option<u64>,
    /// The queue, by state.
    pub queue: Vec<Depth>,
}

/// The whole page.
#[must_use]
pub fn page(counters: &Counters, shown: &Shown) -> String {
    let mut page = Page(String::new());
    queue(&mut page, &shown.queue);
    page.family("facteur_deposits_total", "counter", "Flows deposited, by outcome.");
    for (outcome, count) in lock(&counters.deposits).iter() {
        page.line("facteur_deposits_total", &[("outcome", outcome)], *count);
    }
    let total = |page: &mut Page, name: &str, kind: &str, help: &str, value: u64| {
        page.family(name, kind, help);
        page.line(name, &[], value);
    };
    let load = |number: &std::sync::atomic::AtomicU64| number.load(Ordering::Relaxed);
    total(
        &mut page,
        "facteur_deposited_invoices_total",
        "counter",
        "Invoices in these flows.",
        load(&counters.invoices),
    );
    total(&mut page, "facteur_deposits_in_flight", "gauge", "Deposits on their way now.", load(&counters.in_flight));
    total(&mut page, "facteur_rescued_total", "counter", "Deposits whose sender had died.", load(&counters.rescued));
    page.family("facteur_questions_total", "counter", "Questions to the gateway, by result.");
    for ((question, result), count) in lock(&counters.questions).iter() {
        page.line("facteur_questions_total", &[("question", question), ("result", result)], *count);
    }
    page.family("facteur_reached_total", "counter", "Invoices that came to a state.");
    for (state, count) in lock(&counters.states).iter() {
        page.line("facteur_reached_total", &[("state", state)], *count);
    }
    page.histogram("facteur_deposit_seconds", "Time of a deposit and its answer.", &counters.deposit_time);
    page.histogram("facteur_question_seconds", "Time of a question and its answer.", &counters.question_time);
    breaker(&mut page, shown);
    page.0
}

fn queue(page: &mut Page, depths: &[Depth]) {
    page.family("facteur_queue", "gauge", "Invoices on their way, by state.");
    for depth in depths {
        page.line("facteur_queue", &[("state", depth.state)], depth.count);
    }
    page.family("facteur_queue_older", "gauge", "Those that have been in their state for so long.");
    for depth in depths {
        for (seconds, count) in &depth.older {
            let labels = [("state", depth.state), ("seconds", &seconds.to_string())];
            page.line("facteur_queue_older", &labels, *count);
        }
    }
    page.family("facteur_queue_oldest_seconds", "gauge", "Age of the oldest, by state.");
    for depth in depths {
        page.line("facteur_queue_oldest_seconds", &[("state", depth.state)], depth.oldest_seconds);
    }
}

fn breaker(page: &mut Page, shown: &Shown) {
    const PHASES: [(Phase, &str); 4] =
        [(Phase::Closed, "closed"), (Phase::Open, "open"), (Phase::HalfOpen, "half_open"), (Phase::Barred, "barred")];
    page.family("facteur_breaker", "gauge", "State of the circuit breaker: 1 for the present one.");
    for (door, phase) in [("deposit", shown.deposits), ("question", shown.questions)] {
        for (candidate, name) in PHASES {
            let labels = [("gateway", shown.gateway.as_str()), ("door", door), ("state", name)];
            page.line("facteur_breaker", &labels, u64::from(candidate == phase));
        }
    }
    if let Some(left) = shown.budget_left {
        page.family("facteur_night_budget_left", "gauge", "Deposits left tonight.");
        page.line("facteur_night_budget_left", &[], left);
    }
}

struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        self.row(name, labels, &value.to_string());
    }

    fn row(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        self.0.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{label}=\"{}\"", if index == 0 { '{' } else { ',' }, escaped(text));
        }
        self.0.push_str(if labels.is_empty() { " " } else { "} " });
        let _ = writeln!(self.0, "{value}");
    }

    fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        let (buckets, count, sum) = histogram.read();
        self.family(name, "histogram", help);
        let bucket = format!("{name}_bucket");
        for (bound, number) in buckets {
            self.line(&bucket, &[("le", &seconds(bound))], number);
        }
        self.line(&bucket, &[("le", "+Inf")], count);
        self.row(&format!("{name}_sum"), &[], &seconds(sum));
        self.line(&format!("{name}_count"), &[], count);
    }
}

/// Milliseconds as seconds, exactly.
fn seconds(millis: u64) -> String {
    let text = format!("{}.{:03}", millis / 1000, millis % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_page_is_what_prometheus_reads() {
        let counters = Counters::default();
        counters.deposited("accepted", 3, Duration::from_millis(120));
        counters.deposited("unknown", 1, Duration::from_secs(70));
        counters.asked("search", "answered", Duration::from_millis(9));
        let queue = vec![Depth { state: "queued", count: 4, older: vec![(3600, 1)], oldest_seconds: 7200 }];
        let shown = Shown {
            gateway: "chorus \"pro\"".to_owned(),
            deposits: Phase::Open,
            questions: Phase::Closed,
            budget_left: Some(5),
            queue,
        };
        let page = page(&counters, &shown);
        for line in [
            "# TYPE facteur_queue gauge",
            "facteur_queue{state=\"queued\"} 4",
            "facteur_queue_older{state=\"queued\",seconds=\"3600\"} 1",
            "facteur_queue_oldest_seconds{state=\"queued\"} 7200",
            "facteur_deposits_total{outcome=\"accepted\"} 1",
            "facteur_deposited_invoices_total 4",
            "facteur_deposit_seconds_bucket{le=\"0.1\"} 0",
            "facteur_deposit_seconds_bucket{le=\"0.25\"} 1",
            "facteur_deposit_seconds_bucket{le=\"300\"} 2",
            "facteur_deposit_seconds_bucket{le=\"+Inf\"} 2",
            "facteur_deposit_seconds_sum 70.12",
            "facteur_deposit_seconds_count 2",
            "facteur_questions_total{question=\"search\",result=\"answered\"} 1",
            "facteur_breaker{gateway=\"chorus \\\"pro\\\"\",door=\"deposit\",state=\"open\"} 1",
            "facteur_breaker{gateway=\"chorus \\\"pro\\\"\",door=\"deposit\",state=\"closed\"} 0",
            "facteur_night_budget_left 5",
        ] {
            assert!(page.lines().any(|found| found == line), "{line}\n{page}");
        }
        assert!(page.ends_with('\n'));
    }
}
