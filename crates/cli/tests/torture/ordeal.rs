//! The rounds, carried out: a home, a gateway, and everything that can happen to both.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cluster::Cluster;
use crate::common::{Gateway, Home, invoice, text};
use crate::plan::{Round, Trouble};
use crate::totals::Totals;

/// Longest that one command may take, in whatever weather.
const PATIENCE: Duration = Duration::from_secs(120);
/// A limit above the length of a segment of the server's log, below that of its larger tables.
const TABLE_BYTES: u64 = 17 << 20;
const ABORT: i32 = 6;
const KILL: i32 = 9;
const TERM: i32 = 15;

/// A database of a cluster.
#[derive(Clone, Copy)]
pub struct Database<'a> {
    pub cluster: &'a Cluster,
    pub name: &'a str,
}

pub struct Ordeal<'a> {
    pub home: &'a Home,
    pub gateway: &'a Gateway,
    pub server: Option<Database<'a>>,
    pub totals: Totals,
    /// The numbers of the invoices that were dropped into the inbox.
    pub dropped: Vec<String>,
    shift: i64,
    lot: u64,
}

struct Running {
    child: Child,
    told: File,
    said: File,
}

/// A round that fails leaves no process behind.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl<'a> Ordeal<'a> {
    pub fn new(home: &'a Home, gateway: &'a Gateway, server: Option<Database<'a>>, totals: Totals) -> Self {
        for (from, to) in [
            // Longer than any integration and any wrong clock of the plan together.
            ("settle_after_seconds = 3\n", "settle_after_seconds = 20\n"),
            ("status_seconds = 0\n", "status_seconds = 3600\n"),
            ("read_seconds = 60\n", "read_seconds = 1\n"),
            ("whole_seconds = 120\n", "whole_seconds = 2\n"),
            ("deposit_seconds = 900\n", "deposit_seconds = 2\n"),
            ("page_size = 100\n", "page_size = 2\n"),
            ("follow_seconds = 600\n", "follow_seconds = 1\n"),
            // Days of refusals at the real pace, less than a second at this one: the end of patience has its own tests.
            ("give_up_attempts = 40\n", "give_up_attempts = 0\n"),
        ] {
            home.set(from, to);
        }
        Self { home, gateway, server, totals, dropped: Vec::new(), shift: 0, lot: 1 }
    }

    pub fn round(&mut self, round: Round) {
        let began = Instant::now();
        self.go(round);
        *self.totals.took.entry(round.trouble.name()).or_default() += began.elapsed();
    }

    fn go(&mut self, round: Round) {
        *self.totals.rounds.entry(round.trouble.name()).or_default() += 1;
        *self.totals.weathers.entry(format!("{:?}", round.weather).to_lowercase()).or_default() += 1;
        self.gateway.tell("faults", round.weather.faults());
        if self.lot != round.lot {
            self.home.set(&format!("lot = {}\n", self.lot), &format!("lot = {}\n", round.lot));
            self.lot = round.lot;
        }
        for _ in 0..round.files {
            let number = format!("T-{:05}", self.dropped.len() + 1);
            self.home.drop_in(&format!("{number}.xml"), &invoice(&number));
            self.dropped.push(number);
        }
        let name = round.trouble.name();
        match round.trouble {
            Trouble::KilledAt(place, passing) => self.killed_at("run", place, passing, name),
            Trouble::NightKilledAt(place) => self.killed_at("nightly", place, 1, name),
            Trouble::KilledAfter(millis) => {
                let running = self.spawn(&mut self.command(&["run"]));
                self.kill(running, None, millis, name);
            }
            Trouble::WorkerKilledAfter(millis) => self.workers(None, millis, name),
            Trouble::WorkerKilledAt(place) => self.workers(Some(place), 600, name),
            Trouble::DiskFull(kilobytes) => self.disk_full(kilobytes, name),
            Trouble::ReadOnly => self.read_only(name),
            Trouble::ServerCrashes(millis) => self.server_crashes(millis, name),
            Trouble::ClockOff(seconds) => {
                self.shift += seconds;
                self.run(name);
                self.shift -= seconds;
            }
            Trouble::TimePasses(seconds) => {
                self.pass(seconds);
                self.run(name);
            }
        }
    }

    /// Undisturbed rounds until nothing is on its way. Where the program handed a case to a person, since several
    /// deposits in a row had no answer, the harness looks at the portal as a person would and says what it found.
    pub fn finish(&mut self) {
        let began = Instant::now();
        self.gateway.tell("faults", "{}");
        let end = Instant::now() + Duration::from_secs(240);
        while self.on_their_way() > 0 || self.help() > 0 {
            assert!(Instant::now() < end, "it does not end: {}", self.totals.replay());
            self.pass(4000);
            self.run_with(&["run", "--wait", "3"], "the end");
        }
        for _ in 0..2 {
            self.pass(4000);
            self.run("the end");
        }
        self.totals.took.insert("the end", began.elapsed());
    }

    fn on_their_way(&self) -> u64 {
        let summary = self.home.json(&["status", "--summary"]).remove(0);
        let by_state = summary["by_state"].as_object().unwrap();
        let on =
            ["received", "parsed", "validated", "sealed", "queued", "depositing", "deposited", "deferred", "uncertain"];
        by_state.iter().filter(|(state, _)| on.contains(&state.as_str())).filter_map(|(_, count)| count.as_u64()).sum()
    }

    fn help(&mut self) -> u64 {
        let held: Vec<Value> = self.home.json(&["status", "--state", "held"]);
        let ours = held.iter().filter(|line| line["reason"]["code"] == "UNCERTAIN-AGAIN");
        let numbers: Vec<String> = ours.map(|line| line["number"].as_str().unwrap().to_owned()).collect();
        let ledger = self.gateway.ledger();
        for number in &numbers {
            let there = ledger.iter().any(|one| one["number"] == number.as_str() && !one["invoice_state"].is_null());
            let found = if there { "integrated" } else { "absent" };
            let told =
                self.command(&["resolve", number, "--as", found, "--why", "vu sur le portail"]).output().unwrap();
            assert!(told.status.success(), "{}", text(&told.stderr));
        }
        self.totals.helped += numbers.len() as u64;
        numbers.len() as u64
    }

    /// Here and at the gateway.
    fn pass(&mut self, seconds: i64) {
        self.gateway.tell("clock", &format!(r#"{{"advance":"{seconds}s"}}"#));
        self.shift += seconds;
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.home.command(arguments);
        command.env("FACTEUR_CLOCK_SHIFT", self.shift.to_string());
        command
    }

    fn spawn(&self, command: &mut Command) -> Running {
        let (told, said) = (tempfile::tempfile().unwrap(), tempfile::tempfile().unwrap());
        let child = command.stdout(told.try_clone().unwrap()).stderr(said.try_clone().unwrap()).spawn().unwrap();
        Running { child, told, said }
    }

    fn run(&mut self, name: &'static str) {
        self.run_with(&["run"], name);
    }

    fn run_with(&mut self, arguments: &[&str], name: &'static str) {
        let running = self.spawn(&mut self.command(arguments));
        self.ended(running, name);
    }

    fn ended(&mut self, running: Running, name: &'static str) -> String {
        self.ended_at(running, None, name)
    }

    /// Waits for the end of a process and looks at how it ended; its standard output. A place that was not reached is a
    /// process that ended by itself; both are fine.
    fn ended_at(&mut self, mut running: Running, place: Option<&str>, name: &'static str) -> String {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = running.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                let _ = running.child.kill();
                panic!("{name}: it does not end\n{}\n{}", whole(&mut running.said), self.totals.replay());
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let (told, said) = (whole(&mut running.told), whole(&mut running.said));
        let stumbled = ["panicked at", "database is locked"].iter().any(|words| said.contains(words));
        let well = match (status.code(), status.signal()) {
            (Some(code), _) => code <= 2,
            // Killed from outside; or a worker that was asked to end before it had begun.
            (None, Some(KILL | TERM)) => true,
            (None, Some(ABORT)) => place.is_some(),
            (None, _) => false,
        };
        assert!(well && !stumbled, "{name}: {status}\n{said}\n{}", self.totals.replay());
        if status.code() == Some(2) {
            // A night says in its summary what kept it from its work; every other command beside its data.
            let silent = said.trim().is_empty() && told.trim().is_empty();
            assert!(!silent, "{name}: it gave up without a word; {}", self.totals.replay());
            *self.totals.gave_up.entry(name).or_default() += 1;
        }
        if let Some(KILL | ABORT) = status.signal() {
            let place = place.filter(|_| status.signal() == Some(ABORT)).unwrap_or("any instant");
            *self.totals.kills.entry(place.to_owned()).or_default() += 1;
        }
        told
    }

    fn killed_at(&mut self, verb: &str, place: &str, passing: u64, name: &'static str) {
        let mut command = self.command(&[verb]);
        command.env("FACTEUR_KILL_AT", format!("{place}:{passing}"));
        let running = self.spawn(&mut command);
        self.ended_at(running, Some(place), name);
    }

    fn kill(&mut self, mut running: Running, place: Option<&str>, millis: u64, name: &'static str) {
        let end = Instant::now() + Duration::from_millis(millis);
        while Instant::now() < end && running.child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = running.child.kill();
        self.ended_at(running, place, name);
    }

    /// Workers, three on a server: one is killed, a new one comes, and all that live are asked to end.
    fn workers(&mut self, place: Option<&str>, millis: u64, name: &'static str) {
        self.run_with(&["import"], name);
        let work = ["work", "--format", "json"];
        let mut first = self.command(&work);
        place.map(|place| first.env("FACTEUR_KILL_AT", place));
        let first = self.spawn(&mut first);
        let beside = if self.server.is_some() { 2 } else { 0 };
        let mut living: Vec<Running> = (0..beside).map(|_| self.spawn(&mut self.command(&work))).collect();
        // Where another one was faster there is nothing to do at that place: then it is killed where it waits.
        self.kill(first, place, millis, name);
        living.push(self.spawn(&mut self.command(&work)));
        std::thread::sleep(Duration::from_millis(400));
        for worker in &living {
            Command::new("kill")
                .args(["-TERM", &worker.child.id().to_string()])
                .stderr(Stdio::null())
                .status()
                .unwrap();
        }
        for worker in living {
            let told: Value = serde_json::from_str(&self.ended(worker, name)).unwrap_or_default();
            self.totals.rescued += told["followed"]["rescued"].as_u64().unwrap_or(0);
        }
    }

    /// Where the store is a file, this process may write no long ones; else the processes of the server.
    fn disk_full(&mut self, kilobytes: u64, name: &'static str) {
        match self.server {
            None => {
                let blocks = kilobytes * 2;
                let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
                let mut command = through(&["sh", "-c", &script, "sh"], &self.command(&["run"]));
                let running = self.spawn(&mut command);
                self.ended(running, name);
            }
            Some(server) => {
                if !server.cluster.limit_files(&TABLE_BYTES.to_string()) {
                    *self.totals.left_out.entry(name).or_default() += 1;
                }
                self.run(name);
                server.cluster.limit_files("unlimited");
            }
        }
    }

    fn read_only(&mut self, name: &'static str) {
        if let Some(server) = self.server {
            let order = |what: &str| server.cluster.psql("postgres", &format!("ALTER DATABASE {} {what}", server.name));
            order("SET default_transaction_read_only = on");
            self.run(name);
            order("RESET default_transaction_read_only");
            return;
        }
        let folder = self.home.path();
        let files = || {
            let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            entries.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("facteur.db"))
        };
        let mode = |path: &std::path::Path, mode| std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        files().for_each(|path| mode(&path, 0o400));
        mode(&folder, 0o500);
        // Root writes whatever the mode says, unless it gives that right away.
        let without = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"];
        let without = [&without[..], &["--inh-caps=-dac_override,-dac_read_search"]].concat();
        let root = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()) == 0;
        let command = self.command(&["run"]);
        let mut command = if root { through(&without, &command) } else { command };
        let running = self.spawn(&mut command);
        self.ended(running, name);
        mode(&folder, 0o700);
        files().for_each(|path| mode(&path, 0o600));
    }

    fn server_crashes(&mut self, millis: u64, name: &'static str) {
        let Some(server) = self.server else { return };
        let running = self.spawn(&mut self.command(&["run"]));
        std::thread::sleep(Duration::from_millis(millis));
        server.cluster.order("crash");
        self.ended(running, name);
    }

    /// How often the gateway committed each fault.
    pub fn faults(&self) -> BTreeMap<String, u64> {
        let shown: Value = serde_json::from_str(&self.gateway.ask("GET", "/simulator/faults", "")).unwrap();
        let committed = shown["committed"].as_object().unwrap();
        committed.iter().map(|(name, count)| (name.clone(), count.as_u64().unwrap())).collect()
    }
}

/// The same command, started by another program.
fn through(by: &[&str], command: &Command) -> Command {
    let mut outer = Command::new(by[0]);
    outer.args(&by[1..]).arg(command.get_program()).args(command.get_args()).stdin(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(name, value),
            None => outer.env_remove(name),
        };
    }
    outer
}

fn whole(file: &mut File) -> String {
    use std::io::{Read as _, Seek as _};
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    text(&bytes)
}
