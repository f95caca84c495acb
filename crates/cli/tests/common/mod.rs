//! What the tests of the command share: a home, a simulator, invoices, and questions to both.
#![allow(dead_code, clippy::unwrap_used)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The packs that `make packs` installs. Without them a user's clone leaves these tests out; CI may not.
pub fn packs() -> Option<PathBuf> {
    let folder = workspace().join(".packs/installed");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "no packs: run `make packs`");
    eprintln!("left out: no packs are installed (make packs)");
    None
}

/// The simulator's program.
fn simulator() -> PathBuf {
    let beside = Path::new(env!("CARGO_BIN_EXE_facteur")).with_file_name("facteur-simulator");
    std::env::var_os("FACTEUR_SIMULATOR").map_or(beside, PathBuf::from)
}

/// A simulator that ends with the test.
pub struct Gateway {
    child: Child,
    /// Its address.
    pub url: String,
    folder: tempfile::TempDir,
}

impl Gateway {
    /// Starts one on a free port; fast, unless the options say otherwise.
    pub fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = simulator();
        assert!(program.exists(), "build it first: cargo build -p facteur-simulator");
        let mut child = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--visibility-delay", "100ms", "--step", "20ms"])
            .args(["--state", folder.path().join("state.jsonl").to_str().unwrap()])
            .args(options)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line}");
        Self { child, url, folder }
    }

    /// Asks it one thing; its answer.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{path}: {answer}");
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") { unchunked(body) } else { body.to_owned() }
    }

    /// Every deposit that it accepted.
    pub fn ledger(&self) -> Vec<Value> {
        let text = self.ask("GET", "/simulator/ledger", "");
        text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Tells it something.
    pub fn tell(&self, what: &str, body: &str) {
        self.ask("POST", &format!("/simulator/{what}"), body);
    }
}

fn unchunked(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&rest[..size]);
        body = &rest[size + 2..];
    }
    whole
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A home in a folder that goes with the test.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// A demonstration home that speaks to `gateway` and waits fractions of what a real one would.
    pub fn demo(gateway: &str) -> Self {
        let home = Self { folder: tempfile::tempdir().unwrap() };
        let made = facteur().args(["init", "--demo", "--gateway", gateway]).arg(home.path()).output().unwrap();
        assert!(made.status.success(), "{}", text(&made.stderr));
        home.set("settle_after_seconds = 20", "settle_after_seconds = 3");
        home.set("poll_max_seconds = 4", "poll_max_seconds = 1");
        home.set("poll_first_seconds = 1", "poll_first_seconds = 0");
        home.set("retry_first_seconds = 1", "retry_first_seconds = 0");
        home.set("retry_max_seconds = 8", "retry_max_seconds = 1");
        home.set("status_seconds = 1", "status_seconds = 0");
        home
    }

    /// The folder.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// Replaces a line of the configuration.
    pub fn set(&self, from: &str, to: &str) {
        let path = self.path().join("facteur.toml");
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{from} is not in {before}");
        fs::write(&path, before.replace(from, to)).unwrap();
    }

    /// Has the configuration name another store.
    pub fn keep_in(&self, url: &str) {
        let path = self.path().join("facteur.toml");
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{before}\n[store]\nurl = \"{url}\"\n")).unwrap();
    }

    /// `facteur … --home HOME` with the packs.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = facteur();
        command.args(arguments).arg("--home").arg(self.path());
        if let Some(packs) = packs() {
            command.arg("--packs").arg(packs);
        }
        command
    }

    /// Runs it.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it and reads its JSON lines.
    pub fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let output = self.command(arguments).args(["--format", "json"]).output().unwrap();
        assert!(output.status.code() != Some(2), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs it, it must end with `code`, and reads its one JSON line.
    pub fn json_of(&self, code: i32, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--format", "json"]].concat();
        serde_json::from_str(&text(&self.ends(code, &arguments).stdout)).unwrap()
    }

    /// Runs it, and it must end with `code`.
    pub fn ends(&self, code: i32, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}\n{}\n{}",
            text(&output.stdout),
            text(&output.stderr)
        );
        output
    }

    /// The status line of the document that came in under `file`; with several, of the last one.
    pub fn line(&self, file: &str) -> Value {
        let lines = self.json(&["status"]);
        let found = lines.iter().rev().find(|line| line["file"] == file);
        found.unwrap_or_else(|| panic!("{file} is not in {lines:#?}")).clone()
    }

    /// The state of the document that came in under `file`.
    pub fn state(&self, file: &str) -> String {
        self.line(file)["state"].as_str().unwrap().to_owned()
    }

    /// The identity of the document that came in under `file`.
    pub fn id(&self, file: &str) -> String {
        self.line(file)["id"].as_str().unwrap().to_owned()
    }

    /// The states and how many documents are in each; their sum is what was received.
    pub fn counts(&self) -> std::collections::BTreeMap<String, u64> {
        let summary = &self.json(&["status", "--summary"])[0];
        let by_state = summary["by_state"].as_object().unwrap();
        let counts: std::collections::BTreeMap<String, u64> =
            by_state.iter().map(|(state, count)| (state.clone(), count.as_u64().unwrap())).collect();
        assert_eq!(Some(counts.values().sum()), summary["received"].as_u64(), "{summary}");
        counts
    }

    /// Writes a file beside the home and answers its path.
    pub fn beside(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    /// Imports one file, not through the inbox, whatever becomes of it; its identity.
    pub fn import(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.beside(name, bytes);
        let output = self.run(&["import", &path]);
        assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
        self.id(name)
    }

    /// Names of the files in a folder of the home, sorted.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path().join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Drops a file into the inbox.
    pub fn drop_in(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path().join("inbox").join(name), bytes).unwrap();
    }
}

/// The program (or the one that `FACTEUR_BIN` names), in French unless a test says otherwise, without anything of the tester's own environment.
pub fn facteur() -> Command {
    let built = PathBuf::from(env!("CARGO_BIN_EXE_facteur"));
    let mut command = Command::new(std::env::var_os("FACTEUR_BIN").map_or(built, PathBuf::from));
    command
        .env_remove("FACTEUR_HOME")
        .env_remove("FACTEUR_PACKS")
        .env_remove("FACTEUR_STORE")
        .env("LC_ALL", "fr_FR.UTF-8")
        .env("USER", "marie");
    command.stdin(Stdio::null());
    command
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file of the fixtures.
pub fn fixture(name: &str) -> Vec<u8> {
    fs::read(workspace().join("fixtures").join(name)).unwrap()
}

/// Our UBL invoice with another number: another invoice.
pub fn invoice(number: &str) -> Vec<u8> {
    let whole = text(&fixture("ubl/invoice-a1.xml"));
    let start = whole.find("<cbc:ID>").unwrap() + "<cbc:ID>".len();
    let end = start + whole[start..].find('<').unwrap();
    format!("{}{number}{}", &whole[..start], &whole[end..]).into_bytes()
}
