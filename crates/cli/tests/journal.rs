//! The journal for people outside: exported and checked by the program in the documentation, timestamped by an
//! authority.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use common::{Home, invoice, text, workspace};

/// Nobody answers there; nothing here speaks to a gateway.
const NOWHERE: &str = "http://127.0.0.1:9";

/// The program of `docs/reference/journal.md`.
fn verifier() -> String {
    let page = std::fs::read_to_string(workspace().join("docs/reference/journal.md")).unwrap();
    let program = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(program.lines().count() <= 30, "a short program");
    program.to_owned()
}

fn check(folder: &Path, export: &str) -> Output {
    let program = folder.join("verify.py");
    std::fs::write(&program, verifier()).unwrap();
    Command::new("python3").arg(program).arg(export).current_dir(folder).output().unwrap()
}

/// A home with three invoices, and its head.
fn home() -> (Home, String) {
    let home = Home::demo(NOWHERE);
    for number in ["FA-1", "FA-2", "FA-3"] {
        home.import(&format!("{number}.xml"), &invoice(number));
    }
    let head = home.json(&["journal", "verify"])[0]["head"].as_str().unwrap().to_owned();
    (home, head)
}

#[test]
fn an_export_is_checked_by_the_program_in_the_documentation() {
    let (home, head) = home();
    let folder = tempfile::tempdir().unwrap();
    for options in [&[][..], &["--payloads"]] {
        let file = folder.path().join(format!("export{}.jsonl", options.len())).display().to_string();
        let told = home.json(&[&["journal", "export", "--out", &file], options].concat());
        assert_eq!(told[0]["head"], head.as_str());
        let checked = check(folder.path(), &file);
        let said = text(&checked.stdout);
        assert!(checked.status.success() && said.contains(&head), "{said}{}", text(&checked.stderr));
        let fingerprint = told[0]["certificate"].as_str().unwrap().replace(':', "").to_lowercase();
        assert!(said.contains(&fingerprint), "{said}");
        let whole = std::fs::read_to_string(&file).unwrap();
        assert_eq!(whole.contains("person:marie"), !options.is_empty(), "names only where they were asked for");
        home.ends(2, &["journal", "export", "--out", &file]);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), whole, "never overwritten");
    }
}

/// Every way of changing an export is refused by the program in the documentation.
#[test]
fn a_changed_export_is_refused() {
    let (home, _) = home();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.jsonl").display().to_string();
    home.ends(0, &["journal", "export", "--out", &file, "--payloads"]);
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let without = |gone: usize| -> String {
        lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| format!("{line}\n")).collect()
    };
    let mut swapped = lines.clone();
    swapped.swap(2, 3);
    let changed = [
        (whole.replacen("\"kind\":\"processed\"", "\"kind\":\"pr0cessed\"", 1), "changed"),
        (whole.replacen("person:marie", "person:paule", 1), "payload"),
        (without(2), "missing or out of order"),
        (without(lines.len() - 2), "end does not belong"),
        (swapped.join("\n") + "\n", "missing or out of order"),
        (whole.replacen("404833048", "404833049", 1), "end does not belong"),
        (whole.replacen("\"signature\":\"M", "\"signature\":\"N", 1), "signature"),
    ];
    for (text_of_it, why) in changed {
        assert_ne!(text_of_it, whole, "{why}");
        let path = folder.path().join("changed.jsonl");
        std::fs::write(&path, text_of_it).unwrap();
        let checked = check(folder.path(), path.to_str().unwrap());
        assert!(!checked.status.success(), "{why}: {}", text(&checked.stdout));
        assert!(text(&checked.stderr).contains(why), "{why}: {}", text(&checked.stderr));
    }
}

#[test]
fn an_export_of_some_days_holds_together() {
    let (home, head) = home();
    let folder = tempfile::tempdir().unwrap();
    let export = |name: &str, options: &[&str]| {
        let file = folder.path().join(name).display().to_string();
        let told = home.json(&[&["journal", "export", "--out", &file], options].concat());
        let checked = check(folder.path(), &file);
        assert!(checked.status.success(), "{}", text(&checked.stderr));
        told[0].clone()
    };
    assert_eq!(export("all", &["--from", "2020-01-01", "--to", "2120-01-01"])["head"], head.as_str());
    assert_eq!(export("none", &["--to", "2020-01-01"])["lines"], 0);
    assert_eq!(export("later", &["--from", "01/01/2120"])["lines"], 0);
    home.ends(2, &["journal", "export", "--out", "x", "--from", "hier"]);
}

const AUTHORITY: &str = r#"
set -e
cat > tsa.cnf <<'END'
[tsa]
serial = serial
default_policy = 1.3.6.1.4.1.99999.1
signer_digest = sha256
digests = sha256
ess_cert_id_alg = sha256
[stamps]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
END
echo 01 > serial
for name in ca other; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $name.key -out $name.pem -days 30 -subj "/CN=$name"
done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj '/CN=Horodatage invente'
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile tsa.cnf -extensions stamps -out tsa.pem
"#;

fn shell(folder: &Path, script: &str) {
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
}

/// A time stamping authority on this machine: OpenSSL's command behind the smallest of web servers. Answers its address.
fn authority(folder: &Path) -> String {
    shell(folder, AUTHORITY);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stamp", listener.local_addr().unwrap());
    let folder = folder.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
            let body = loop {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
                let end = request.windows(4).position(|four| four == b"\r\n\r\n");
                let Some(end) = end else { continue };
                let head = text(&request[..end]).to_lowercase();
                assert!(head.contains("content-type: application/timestamp-query"), "{head}");
                let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
                let length: usize = length.parse().unwrap();
                if request.len() >= end + 4 + length {
                    break request.split_off(end + 4);
                }
            };
            std::fs::write(folder.join("query.tsq"), body).unwrap();
            shell(
                &folder,
                "openssl ts -reply -queryfile query.tsq -signer tsa.pem -inkey tsa.key -config tsa.cnf -section tsa -out reply.tsr",
            );
            let reply = std::fs::read(folder.join("reply.tsr")).unwrap();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/timestamp-reply\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                reply.len()
            );
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&reply)).unwrap();
        }
    });
    url
}

fn configured(home: &Home, section: &str) {
    let path = home.path().join("facteur.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let base = whole.split("[timestamp]").next().unwrap();
    std::fs::write(&path, format!("{base}\n[timestamp]\n{section}\n")).unwrap();
}

#[test]
fn the_head_is_timestamped_once_and_the_token_verified_each_time() {
    let (home, head) = home();
    let folder = tempfile::tempdir().unwrap();
    home.ends(2, &["journal", "timestamp"]);
    let url = authority(folder.path());
    let trust = |name: &str| format!("url = \"{url}\"\ntrust = \"{}\"", folder.path().join(name).display());
    configured(&home, &trust("other.pem"));
    let refused = home.ends(2, &["journal", "timestamp"]);
    assert!(text(&refused.stderr).contains("Aucun horodatage"), "{}", text(&refused.stderr));
    configured(&home, &trust("ca.pem"));
    let stamp = home.json(&["journal", "timestamp"])[0].clone();
    assert_eq!(stamp["head"], head.as_str());
    assert_eq!(home.json(&["journal", "timestamp"])[0], stamp, "not again while nothing happened");
    let verified = home.json(&["journal", "verify"])[0].clone();
    assert_eq!((&verified["verified"], &verified["timestamps"]), (&true.into(), &1.into()));
    // Whoever signs the token must be trusted whenever it is verified.
    configured(&home, &trust("other.pem"));
    let output = home.ends(1, &["journal", "verify"]);
    assert!(text(&output.stdout).contains("ligne 6"), "{}", text(&output.stdout));
}

#[test]
fn an_authority_that_cannot_be_reached_or_used_is_told_and_nothing_is_kept() {
    let (home, head) = home();
    for section in [
        "url = \"http://127.0.0.1:9/\"\ntrust = \"keys/seal.pem\"",
        "url = \"http://horodatage.example/\"\ntrust = \"keys/seal.pem\"",
        "url = \"https://horodatage.example/\"\ntrust = \"keys/nothing.pem\"",
        "url = \"https://horodatage.example/\"\ntrust = \"keys/seal.pem\"\nmisspelt = 1",
    ] {
        configured(&home, section);
        home.ends(2, &["journal", "timestamp"]);
    }
    configured(&home, "url = \"http://127.0.0.1:9/\"\ntrust = \"keys/seal.pem\"");
    assert_eq!(home.json(&["journal", "verify"])[0]["head"], head.as_str());
}
