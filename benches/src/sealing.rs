//! Seals a second, against what `openssl speed` says the key alone can do, in the same run.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_sign::{SigningIdentity, Trust, read_key_file, seal_detached, verify};

use crate::generate::{Generator, UBL_LINES_10_KB};
use crate::measure::{Spread, micros_each};
use crate::report::{Goal, Row, print};

const DOCUMENTS: usize = 100;

/// A kind of key: its name, how `openssl req` is told, what `openssl speed` calls it.
const KEYS: [(&str, &[&str], &str, Goal); 2] = [
    ("RSA-3072", &["-newkey", "rsa:3072"], "rsa3072", Goal::AtLeast(0.8)),
    ("P-256", &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ecdsap256", Goal::None),
];

pub fn run(rounds: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let mut generator = Generator::new(3);
    let documents: Vec<String> = (0..DOCUMENTS).map(|_| generator.ubl(UBL_LINES_10_KB)).collect();
    let mut rows = Vec::new();
    for (name, request, speed, goal) in KEYS {
        let identity = identity(folder.path(), request)?;
        let now = SystemClock.now();
        let seal = |text: &String| seal_detached(text.as_bytes(), "invoice.xml", "application/xml", &identity, now);
        let seals = documents.iter().map(seal).collect::<Result<Vec<_>, _>>()?;
        let pairs: Vec<(&String, Vec<u8>)> = documents.iter().zip(seals).collect();
        let trust = Trust::of(&identity, now);
        let (mut made, mut verified, mut key) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            key.push(key_alone(speed)?);
            made.push(1e6 / micros_each(&documents, seal)?);
            verified.push(1e6 / micros_each(&pairs, |(text, seal)| verify(seal, Some(text.as_bytes()), &trust))?);
        }
        rows.push(row(&format!("{name}: `seal_detached`, verified by both engines"), &made, &key, goal));
        let signing: Vec<f64> =
            made.iter().zip(&verified).map(|(made, verified)| 1.0 / (1.0 / made - 1.0 / verified)).collect();
        rows.push(row(
            &format!("{name}: the same without the verification (by subtraction)"),
            &signing,
            &key,
            Goal::None,
        ));
    }
    let note = "Peer: `openssl speed`, the key operation alone, which nothing can exceed. Each seal is verified by our \
                rules and by libxmlsec1 before it is returned: that is part of the first figure. CPU time of one thread."
        .to_owned();
    print("Seals a second", &rows, &[note]);
    Ok(())
}

/// A key and a self-signed certificate that may sign.
fn identity(folder: &Path, request: &[&str]) -> anyhow::Result<SigningIdentity> {
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "30", "-subj", "/C=FR/O=DEMONSTRATION/CN=DEMONSTRATION bench"])
        .args(["-addext", "keyUsage=critical,digitalSignature,nonRepudiation"])
        .args(request)
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()?;
    ensure!(made.status.success(), "openssl req: {}", String::from_utf8_lossy(&made.stderr));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600))?;
    Ok(SigningIdentity::from_pem(&read_key_file(&key)?, &fs::read(&certificate)?, None, SystemClock.now())?)
}

/// Signatures a second of CPU time, by `openssl speed -mr`: `+F2:3:3072:635.0:29985.4`.
fn key_alone(algorithm: &str) -> anyhow::Result<f64> {
    let output = Command::new("openssl").args(["speed", "-mr", "-seconds", "1", algorithm]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find(|line| line.starts_with("+F")).context("openssl speed says nothing")?;
    Ok(line.split(':').nth(3).context("openssl speed says something else")?.parse()?)
}

fn row(what: &str, ours: &[f64], peer: &[f64], goal: Goal) -> Row {
    let shown = |series: &[f64]| format!("{:.0}/s", Spread::of(series).median);
    let ratio = Spread::of_ratios(ours, peer);
    Row { what: what.to_owned(), ours: shown(ours), peer: shown(peer), ratio, goal }
}
