//! Peers in Python: a process that stays, asked for one round at a time, so that rounds of ours and theirs alternate.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, bail};
use serde_json::Value;

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where real documents are, if they are here.
pub fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("FACTEUR_CORPUS").map(PathBuf::from);
    named.or_else(|| Some(workspace().join("../shared/corpus"))).filter(|path| path.is_dir())
}

/// The Python that has what the peers need: `FACTEUR_BENCH_PYTHON`, or an environment made for it.
pub fn python() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os("FACTEUR_BENCH_PYTHON") {
        return Ok(named.into());
    }
    let folder = target().join("bench-venv");
    let made = Command::new(workspace().join("scripts/venv.sh"))
        .arg(&folder)
        .arg("benches/peers/requirements.txt")
        .stdout(Stdio::null())
        .status()?;
    if !made.success() {
        bail!("no Python environment for the peers (scripts/venv.sh)");
    }
    Ok(folder.join("bin/python"))
}

/// The folder that cargo builds in, whole.
pub fn target() -> PathBuf {
    let named = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| workspace().join("target"));
    folder.canonicalize().unwrap_or(folder)
}

/// A command that runs one of the peers.
pub fn script(python: &Path, name: &str) -> Command {
    let mut command = Command::new(python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// A peer that answers rounds.
pub struct Peer {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    pub fn start(python: &Path, name: &str, arguments: &[&OsStr]) -> anyhow::Result<Self> {
        let mut command = script(python, name);
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let ask = child.stdin.take().context("no way to ask")?;
        let answers = BufReader::new(child.stdout.take().context("no way to hear")?);
        let mut peer = Self { child, ask, answers };
        peer.hear().with_context(|| format!("{name} does not start"))?;
        Ok(peer)
    }

    /// One round.
    pub fn round(&mut self) -> anyhow::Result<Value> {
        self.ask.write_all(b"\n")?;
        self.hear()
    }

    fn hear(&mut self) -> anyhow::Result<Value> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).with_context(|| format!("not an answer: {line:?}"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
