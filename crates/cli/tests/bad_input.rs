//! Everything that goes wrong around a clerk: wrong folders, full disks, broken stores, strange files, dead gateways.
//! Each time the same: a sentence that says what to do, exit status 2 where the work could not be done, and nothing
//! lost.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use common::{Gateway, Home, facteur, fixture, invoice, packs, text};

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";
/// The user and group `nobody` of Debian.
const NOBODY_ID: u32 = 65534;

fn said(output: &Output) -> String {
    text(&output.stderr)
}

fn fill(home: &Home, count: usize) {
    for index in 0..count {
        home.drop_in(&format!("f-{index:05}.xml"), &invoice(&format!("F-{index:05}")));
    }
}

/// What must hold after every interruption: a plain import finishes the work, each file exactly once.
fn finishes(home: &Home, count: u64) {
    let output = home.run(&["import"]);
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), said(&output));
    assert_eq!(home.counts(), [("queued".to_owned(), count)].into());
    assert_eq!((home.files("inbox").len(), home.files("work").len()), (0, 0));
    assert_eq!(home.files("done").len() as u64, count);
    home.ends(0, &["store", "check"]);
}

#[test]
fn a_folder_that_is_no_home_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fichier");
    fs::write(&file, "x").unwrap();
    for place in [folder.path(), &file, Path::new("/nowhere/at/all")] {
        for verb in ["status", "import", "run", "doctor"] {
            let output = facteur().args([verb, "--home"]).arg(place).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{verb} {}", place.display());
            assert!(said(&output).contains(&place.display().to_string()) && said(&output).contains("facteur init"));
        }
    }
    let output = facteur().arg("status").current_dir(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was made");
    let output = facteur().args(["init", "--demo"]).arg(file.join("dedans")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).starts_with("erreur : "), "{}", said(&output));
}

#[test]
fn a_configuration_that_cannot_be_used_is_an_error_and_never_ignored() {
    let home = Home::demo(NOBODY);
    let path = home.path().join("facteur.toml");
    let good = fs::read_to_string(&path).unwrap();
    let cases = [
        (good.replace("settle_after_seconds", "setle_after_seconds"), "setle_after_seconds"),
        (good.replace("role = \"filing_agent\"", "role = \"chef\""), "chef"),
        (good.replace("demo = true", "demo = "), "facteur.toml"),
        (good.replace("[legal_person]", "[legal_persn]"), "legal_persn"),
        (String::new(), "legal_person"),
    ];
    for (text, names) in cases {
        fs::write(&path, text).unwrap();
        let output = home.ends(2, &["status"]);
        assert!(said(&output).contains(names), "{names}: {}", said(&output));
    }
    let secret = good.replace("file:keys/piste-client-secret", "mot-de-passe-en-clair");
    fs::write(&path, secret).unwrap();
    let output = home.ends(2, &["status"]);
    assert!(!said(&output).contains("mot-de-passe-en-clair"), "{}", said(&output));
    assert!(said(&output).contains("file:"), "{}", said(&output));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    home.ends(2, &["status"]);
}

#[test]
fn a_home_is_for_its_owner_only_whatever_the_umask() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("home");
    fs::create_dir(&root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
    let run = |words: &[&str]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "umask 000; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_facteur")]).args(words);
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    };
    let home = root.to_str().unwrap();
    run(&["init", "--demo", "--gateway", &gateway.url, home]);
    fs::write(root.join("inbox/f.xml"), invoice("P-1")).unwrap();
    let packs = packs().unwrap();
    run(&["run", "--home", home, "--packs", packs.to_str().unwrap()]);
    let mut open = Vec::new();
    walk(&root, &mut |path, mode| {
        let dropped = path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("f.xml"));
        if mode & 0o077 != 0 && !dropped {
            open.push(format!("{} {mode:o}", path.display()));
        }
    });
    assert!(open.is_empty(), "{open:#?}");
}

fn walk(path: &Path, look: &mut dyn FnMut(&Path, u32)) {
    let metadata = fs::symlink_metadata(path).unwrap();
    look(path, metadata.mode() & 0o777);
    if metadata.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| walk(&entry.unwrap().path(), look));
    }
}

#[test]
fn a_damaged_store_is_never_called_healthy() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    fill(&home, 20);
    home.ends(0, &["import"]);
    home.ends(0, &["store", "check"]);
    let path = home.path().join("facteur.db");
    let copy = home.path().join("copie.db");
    home.ends(0, &["store", "backup", copy.to_str().unwrap()]);
    let sound = fs::read(&copy).unwrap();
    let spoilt = |from: usize, length: usize| {
        let mut bytes = sound.clone();
        bytes[from..from + length].fill(0xA5);
        bytes
    };
    for (bytes, what) in [
        (spoilt(0, 100), "its head"),
        (spoilt(sound.len() / 2, 16_384), "its middle"),
        (sound[..sound.len() / 2].to_vec(), "its second half"),
        (b"this is not a database, it is a long enough text".repeat(40), "everything"),
    ] {
        fs::write(&path, bytes).unwrap();
        for leftover in ["facteur.db-wal", "facteur.db-shm"] {
            let _ = fs::remove_file(home.path().join(leftover));
        }
        let output = home.run(&["store", "check"]);
        assert_ne!(output.status.code(), Some(0), "{what} was spoilt: {}", text(&output.stdout));
        assert!(output.status.code().is_some(), "{what}: {}", said(&output));
    }
    for leftover in ["facteur.db-wal", "facteur.db-shm"] {
        let _ = fs::remove_file(home.path().join(leftover));
    }
    fs::write(&path, &sound).unwrap();
    home.ends(0, &["store", "check"]);
    assert_eq!(home.counts()["queued"], 20, "the copy holds everything");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    for verb in ["status", "import", "run"] {
        let output = home.ends(2, &[verb]);
        assert!(said(&output).starts_with("erreur : "), "{}", said(&output));
    }
}

/// A shell that lets no file grow beyond `blocks` of 512 bytes: to the store it looks like a disk that is full.
fn with_small_disk(home: &Home, blocks: u64, arguments: &[&str]) -> Output {
    let plain = home.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
    shell.arg(plain.get_program()).args(plain.get_args()).env("LC_ALL", "fr_FR.UTF-8").stdin(Stdio::null());
    shell.output().unwrap()
}

#[test]
fn a_full_disk_stops_before_acknowledging_and_a_later_run_finishes() {
    if packs().is_none() {
        return;
    }
    for blocks in [400, 700, 1100] {
        let home = Home::demo(NOBODY);
        home.ends(0, &["status"]);
        fill(&home, 120);
        let output = with_small_disk(&home, blocks, &["import"]);
        assert_eq!(output.status.code(), Some(2), "{blocks}: {}{}", text(&output.stdout), said(&output));
        assert!(said(&output).contains("Rien n'a été acquitté"), "{}", said(&output));
        assert!(said(&output).contains("conseil :"), "{}", said(&output));
        let waiting = home.files("inbox").len() + home.files("work").len();
        let recorded = home.counts().values().sum::<u64>();
        assert!(waiting > 0 && home.files("done").len() as u64 <= recorded, "put away without being recorded");
        finishes(&home, 120);
    }
}

/// The same command as a user without rights; `None` where that user cannot even start the program.
fn as_nobody(home: &Home, arguments: &[&str]) -> Option<Output> {
    let mut command = home.command(arguments);
    if is_root() {
        let mut probe = facteur();
        let probed = probe.arg("--version").uid(NOBODY_ID).gid(NOBODY_ID).current_dir("/").output();
        if !probed.is_ok_and(|output| output.status.success()) {
            eprintln!("left out: the user nobody cannot start {}", env!("CARGO_BIN_EXE_facteur"));
            return None;
        }
        command.uid(NOBODY_ID).gid(NOBODY_ID).current_dir("/");
    }
    Some(command.output().unwrap())
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Gives the home to the user that [`as_nobody`] runs as.
fn give_away(home: &Home) {
    if is_root() {
        walk(home.path().parent().unwrap(), &mut |path, _| chown(path, Some(NOBODY_ID), Some(NOBODY_ID)).unwrap());
    }
}

#[test]
fn a_store_that_may_only_be_read_stops_the_work_and_loses_nothing() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.import("avant.xml", &invoice("AVANT"));
    fill(&home, 5);
    let store = home.path().join("facteur.db");
    give_away(&home);
    fs::set_permissions(&store, fs::Permissions::from_mode(0o400)).unwrap();
    let Some(output) = as_nobody(&home, &["import"]) else { return };
    assert_eq!(output.status.code(), Some(2), "{}{}", text(&output.stdout), said(&output));
    assert!(said(&output).contains("conseil :"), "{}", said(&output));
    assert_eq!(home.files("done").len(), 0);
    fs::set_permissions(&store, fs::Permissions::from_mode(0o600)).unwrap();
    let output = as_nobody(&home, &["import"]).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), said(&output));
    assert_eq!(home.counts(), [("queued".to_owned(), 6)].into());
}

#[test]
fn files_and_folders_without_rights_are_told_and_the_others_are_done() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    fill(&home, 3);
    let (closed_file, closed_folder) = (home.path().join("inbox/f-00001.xml"), home.path().join("inbox/ferme"));
    fs::create_dir(&closed_folder).unwrap();
    fs::write(closed_folder.join("dedans.xml"), invoice("DEDANS")).unwrap();
    give_away(&home);
    fs::set_permissions(&closed_file, fs::Permissions::from_mode(0o000)).unwrap();
    fs::set_permissions(&closed_folder, fs::Permissions::from_mode(0o000)).unwrap();
    let Some(output) = as_nobody(&home, &["import", "--format", "json"]) else { return };
    fs::set_permissions(&closed_folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(output.status.code(), Some(1), "{}{}", text(&output.stdout), said(&output));
    let summary: serde_json::Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!((summary["received"].as_u64(), summary["found"].as_u64()), (Some(2), Some(4)), "{summary}");
    for refused in summary["not_taken"].as_array().unwrap() {
        assert_eq!(refused["rule"], "FILE-NO-RIGHTS", "{summary}");
    }
}

#[test]
fn check_tells_what_it_could_not_look_at() {
    let Some(packs) = packs() else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let closed = folder.path().join("ferme");
    fs::create_dir(&closed).unwrap();
    fs::write(folder.path().join("bonne.xml"), invoice("CHECK-1")).unwrap();
    symlink("/etc/passwd", folder.path().join("lien.xml")).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = facteur();
    command.args(["check", "--format", "json", "--packs"]).arg(packs).arg(folder.path()).current_dir("/");
    if is_root() {
        command.uid(NOBODY_ID).gid(NOBODY_ID);
    }
    let Ok(output) = command.output() else { return };
    let lines = text(&output.stdout);
    if lines.is_empty() && is_root() {
        eprintln!("left out: the user nobody cannot use this workspace");
        return;
    }
    assert_eq!(output.status.code(), Some(1), "{lines}{}", said(&output));
    assert_eq!(lines.lines().count(), 3, "{lines}");
    assert!(lines.contains("FILE-NO-RIGHTS") && lines.contains("FILE-NOT-REGULAR"), "{lines}");
    assert!(!lines.contains("root:"), "{lines}");
}

#[test]
fn an_interrupted_import_is_finished_by_the_next() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    fill(&home, 400);
    let mut command = home.command(&["import"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while home.files("done").is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(2));
    }
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("Interrompu"), "{}", said(&output));
    assert!(home.counts().values().sum::<u64>() < 400, "it ended before it was interrupted");
    finishes(&home, 400);
}

#[test]
fn a_second_import_at_the_same_time_is_told_to_wait() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.ends(0, &["import"]);
    let lock = fs::File::options().write(true).open(home.path().join("import.lock")).unwrap();
    lock.lock().unwrap();
    fill(&home, 1);
    for verb in ["import", "run"] {
        let output = home.ends(2, &[verb]);
        assert!(said(&output).contains("Un autre facteur travaille déjà"), "{}", said(&output));
    }
    assert_eq!(home.files("inbox").len(), 1);
    drop(lock);
    finishes(&home, 1);
}

#[test]
fn a_gateway_that_is_down_gets_nothing_and_loses_nothing() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    fill(&home, 2);
    let output = home.ends(2, &["run"]);
    assert!(text(&output.stdout).contains("2 enregistré(s)"), "the import was done: {}", text(&output.stdout));
    assert!(said(&output).contains("ne répond pas") && said(&output).contains("Rien n'a été envoyé"));
    let output = home.ends(2, &["send"]);
    assert!(said(&output).contains("ne répond pas"), "{}", said(&output));
    assert_eq!(home.counts()["queued"], 2);
    let id = home.id("f-00000.xml");
    assert_eq!(home.json(&["show", &id])[0]["deliveries"].as_array().unwrap().len(), 0, "no intent without a gateway");
}

#[test]
fn wrong_credentials_are_told_and_nothing_is_sent() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    for secret in ["piste-client-secret", "chorus-pro-password"] {
        let home = Home::demo(&gateway.url);
        home.import("f.xml", &invoice("W-1"));
        fs::write(home.path().join("keys").join(secret), "pas-le-bon").unwrap();
        let output = home.ends(2, &["send"]);
        assert!(said(&output).contains("refuse l'accès"), "{secret}: {}", said(&output));
        assert!(said(&output).contains("conseil :") && said(&output).contains("facteur doctor"), "{}", said(&output));
        assert!(!said(&output).contains("pas-le-bon"));
        assert_eq!(home.counts()["queued"], 1);
    }
    assert_eq!(gateway.ledger().len(), 0);
    let home = Home::demo(&gateway.url);
    home.import("f.xml", &invoice("W-2"));
    let path = home.path().join("keys/piste-client-secret");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let output = home.ends(2, &["send"]);
    assert!(said(&output).contains("chmod 600"), "{}", said(&output));
    fs::remove_file(&path).unwrap();
    home.ends(2, &["send"]);
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let letters = (0..4).map(|index| char::from(ALPHABET[(word >> (18 - 6 * index)) as usize & 63]));
        text.extend(letters.take(chunk.len() + 1));
    }
    text
}

#[test]
fn secrets_are_in_no_output_no_log_and_no_store() {
    if packs().is_none() {
        return;
    }
    const CLIENT_SECRET: &str = "Zq7secretDePiste";
    const PASSWORD: &str = "Xw9motDePasseTechnique";
    let gateway = Gateway::start(&["--client-secret", CLIENT_SECRET, "--account-password", PASSWORD]);
    let home = Home::demo(&gateway.url);
    fs::write(home.path().join("keys/piste-client-secret"), CLIENT_SECRET).unwrap();
    fs::write(home.path().join("keys/chorus-pro-password"), PASSWORD).unwrap();
    home.drop_in("f.xml", &invoice("Z-1"));
    let key = fs::read_to_string(home.path().join("keys/seal.key")).unwrap();
    let key_line = key.lines().nth(1).unwrap().to_owned();
    let account = base64(format!("TECH_1_demo@cpro.fr:{PASSWORD}").as_bytes());
    let client = base64(format!("facteur-demo:{CLIENT_SECRET}").as_bytes());
    let hidden = [CLIENT_SECRET, PASSWORD, &account, &client, &key_line, "Bearer "];
    let mut whole = String::new();
    let commands: [&[&str]; 7] =
        [&["run", "--wait", "30"], &["status"], &["show", "Z-1"], &["doctor"], &["send"], &["follow"], &["run"]];
    for log in ["text", "json"] {
        for arguments in commands {
            let mut command = home.command(arguments);
            let output = command.env("FACTEUR_LOG", "trace").args(["--log-format", log]).output().unwrap();
            assert!(output.status.code().is_some_and(|code| code < 2), "{arguments:?} {}", said(&output));
            whole.push_str(&text(&output.stdout));
            whole.push_str(&said(&output));
        }
    }
    assert_eq!(gateway.ledger().len(), 1, "the secrets were used");
    assert!(whole.contains("TRACE"), "the log speaks");
    for secret in hidden {
        assert!(!whole.contains(secret), "{secret} was printed");
    }
    walk(&home.path(), &mut |path, _| {
        let in_keys = path.starts_with(home.path().join("keys"));
        if path.is_file() && !in_keys {
            let bytes = text(&fs::read(path).unwrap());
            assert!(hidden.iter().all(|secret| !bytes.contains(secret)), "a secret is in {}", path.display());
        }
    });
}

#[test]
fn a_recipient_never_deposits_and_a_demonstration_never_leaves_this_machine() {
    if packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = Home::demo(&gateway.url);
    home.import("f.xml", &invoice("ROLE-1"));
    home.set("role = \"filing_agent\"", "role = \"recipient\"");
    for verb in ["send", "follow", "run"] {
        let output = home.ends(2, &[verb]);
        assert!(said(&output).contains("destinataire") && said(&output).contains(verb), "{}", said(&output));
    }
    assert_eq!(gateway.ledger().len(), 0);
    let home = Home::demo(&gateway.url);
    home.import("f.xml", &invoice("ROLE-2"));
    home.set(&format!("api_url = \"{}\"", gateway.url), "api_url = \"https://192.0.2.1\"");
    for verb in ["send", "follow", "run"] {
        let output = home.ends(2, &[verb]);
        assert!(said(&output).contains("que sur cette machine") || said(&output).contains("qu'à un portail"));
    }
    let home = Home::demo(&gateway.url);
    home.set("demo = true", "demo = false");
    home.set(&format!("api_url = \"{}\"", gateway.url), "api_url = \"http://192.0.2.1\"");
    home.ends(2, &["send"]);
}

#[test]
fn an_issuer_deposits_its_own_invoices_only() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.set("role = \"filing_agent\"", "role = \"issuer\"");
    home.import("f.xml", &invoice("ISSUER-1"));
    let line = home.line("f.xml");
    assert_eq!((line["state"].as_str(), line["reason"]["code"].as_str()), (Some("held"), Some("OTHER-SUPPLIER")));
}

#[test]
fn links_and_strange_files_in_the_inbox_stay_where_they_are() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let outside = home.beside("dehors.xml", &invoice("DEHORS"));
    let inbox = home.path().join("inbox");
    symlink(&outside, inbox.join("lien.xml")).unwrap();
    symlink(Path::new(&outside).parent().unwrap(), inbox.join("dossier")).unwrap();
    symlink("/dev/zero", inbox.join("zero.xml")).unwrap();
    assert!(Command::new("mkfifo").arg(inbox.join("tube.xml")).status().unwrap().success());
    fs::write(inbox.join(".cachee.xml"), invoice("CACHEE")).unwrap();
    fill(&home, 1);
    let summary = &home.json(&["import"])[0];
    assert_eq!((summary["received"].as_u64(), summary["not_taken"].as_array().unwrap().len()), (Some(1), 4));
    for refused in summary["not_taken"].as_array().unwrap() {
        assert_eq!(refused["rule"], "FILE-NOT-REGULAR");
    }
    assert_eq!(home.files("inbox").len(), 5);
    assert_eq!(fs::read(&outside).unwrap(), invoice("DEHORS"));
    // The same, named on the command line: a folder is walked, links inside it are not.
    let output = home.run(&["import", inbox.parent().unwrap().join("inbox/dossier").to_str().unwrap(), "/dev/zero"]);
    assert!(output.status.code().is_some_and(|code| code < 2));
}

#[test]
fn a_file_that_is_still_being_written_is_left_alone() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    home.set("quiet_seconds = 0", "quiet_seconds = 3600");
    fill(&home, 2);
    let before = SystemTime::now() - Duration::from_secs(2 * 3600);
    let old = fs::File::options().write(true).open(home.path().join("inbox/f-00000.xml")).unwrap();
    old.set_modified(before).unwrap();
    home.ends(0, &["import"]);
    assert_eq!(home.files("inbox"), ["f-00001.xml"]);
    assert_eq!(home.counts()["queued"], 1);
}

#[test]
fn names_cannot_speak_to_the_terminal() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let name = "a\u{1b}[31mrouge\u{7}\n\u{202e}lmx.xml";
    let whole = text(&invoice("NOM-1")).replacen("Menuiserie des Trois Sapins", "Nom\u{202e}iseL", 1);
    home.drop_in(name, whole.as_bytes());
    home.drop_in("b\u{1b}]0;titre\u{7}.xml", b"<pas une facture");
    let outputs = [home.run(&["import"]), home.run(&["status"]), home.run(&["show", "NOM-1"]), home.run(&["send"])];
    for output in outputs {
        let whole = text(&output.stdout) + &said(&output);
        assert!(!whole.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{whole:?}");
    }
    let check = facteur().args(["check"]).arg(home.path().join("refused")).output().unwrap();
    assert!(!text(&check.stdout).contains(['\u{1b}', '\u{7}']), "{:?}", text(&check.stdout));
    assert_eq!(home.line(name)["state"], "queued", "programs get the name as it is");
}

#[test]
fn long_names_deep_folders_and_names_like_ours_are_taken_too() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let long = format!("{}.xml", "é".repeat(125));
    home.drop_in(&long, &invoice("LONG-1"));
    let folder = home.path().join("inbox/mairie/novembre");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("f.xml"), invoice("DOSSIER-1")).unwrap();
    // Two files that a person put back into `work`, with a name that looks like one of ours.
    for index in [1, 2] {
        fs::write(home.path().join(format!("work/copie--{index}.xml")), invoice(&format!("RETOUR-{index}"))).unwrap();
    }
    home.ends(0, &["import"]);
    assert_eq!(home.counts(), [("queued".to_owned(), 4)].into());
    assert_eq!(home.line(&long)["number"], "LONG-1");
    let deep = (0..12).fold(home.path().join("inbox"), |path, _| path.join("d"));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("profond.xml"), invoice("PROFOND")).unwrap();
    let output = home.ends(1, &["import"]);
    assert!(text(&output.stdout).contains("FOLDER-TOO-DEEP"), "what is skipped is told: {}", text(&output.stdout));
}

#[test]
fn archives_give_what_is_good_and_name_what_is_not() {
    if packs().is_none() {
        return;
    }
    let cases = [
        ("zip-chemin-dangereux.zip", "ARCHIVE-MEMBER-NAME", 1),
        ("zip-imbrique.zip", "ARCHIVE-MEMBER-NESTED", 1),
        ("zip-mot-de-passe.zip", "ARCHIVE-MEMBER-PASSWORD", 1),
        ("zip-tronque.zip", "ARCHIVE-DAMAGED", 0),
    ];
    for (name, rule, received) in cases {
        let home = Home::demo(NOBODY);
        home.drop_in(name, &fixture(&format!("bad/{name}")));
        home.drop_in("a-cote.xml", &invoice("A-COTE"));
        let summary = &home.json(&["import"])[0];
        let rules: Vec<&str> =
            summary["not_taken"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).collect();
        assert_eq!(rules, [rule], "{name}");
        assert_eq!(summary["received"], received + 1, "{name}: {summary}");
        assert_eq!(home.counts()["queued"], received + 1, "{name}");
        assert_eq!(home.files("work").len(), 0);
        assert!(!home.path().join("../etc").exists());
    }
}

#[test]
fn every_bad_file_ends_where_its_page_says() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let cases = [
        ("pdf-mot-de-passe.pdf", "quarantined", "PDF-PASSWORD"),
        ("pdf-tronque.pdf", "quarantined", "PDF-DAMAGED"),
        ("pdf-xml-tronque.pdf", "quarantined", "XML-MALFORMED"),
        ("pdf-deux-factures-du-meme-nom.pdf", "invalid", "PDF-SAME-NAME-XML"),
        ("pas-un-pdf.pdf", "quarantined", ""),
        ("xml-encodage-faux.xml", "quarantined", "XML-ENCODING"),
        ("xml-trop-profond.xml", "quarantined", "XML-TOO-DEEP"),
        ("xml-bombe-entites.xml", "quarantined", "XML-DOCTYPE"),
        ("xml-dtd-externe.xml", "quarantined", "XML-DOCTYPE"),
        ("autre-racine.xml", "quarantined", ""),
        ("vide.xml", "quarantined", "XML-EMPTY"),
    ];
    for (name, _, _) in cases {
        home.drop_in(name, &fixture(&format!("bad/{name}")));
    }
    home.drop_in("bonne.xml", &invoice("BONNE"));
    home.ends(1, &["import"]);
    for (name, state, rule) in cases {
        let line = home.line(name);
        assert_eq!(line["state"], state, "{name}: {}", line["reason"]);
        let said = line["reason"]["args"]["rule"].as_str().unwrap_or_default();
        assert!(rule.is_empty() || said == rule, "{name}: {said}");
        let shown = text(&home.run(&["show", line["id"].as_str().unwrap()]).stdout);
        assert!(!shown.contains('{') && shown.contains("À faire"), "{name}: {shown}");
    }
    assert_eq!(home.state("bonne.xml"), "queued", "one bad file never stops a batch");
}

#[test]
fn one_poisoned_file_among_many_is_the_only_one_that_is_not_done() {
    if packs().is_none() {
        return;
    }
    let count = 1_500;
    let home = Home::demo(NOBODY);
    fill(&home, count - 1);
    home.drop_in("f-00700-poison.xml", &fixture("bad/xml-bombe-entites.xml"));
    let summary = &home.json(&["import"])[0];
    assert_eq!(summary["found"], count);
    assert_eq!(summary["by_state"], serde_json::json!({"queued": count - 1, "quarantined": 1}));
    assert_eq!((home.files("done").len(), home.files("refused").len()), (count - 1, 1));
}

#[test]
fn what_needs_a_look_is_told_first_and_a_flood_is_cut_with_its_number() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    fill(&home, 60);
    home.drop_in("illisible.xml", b"<Invoice");
    let said = text(&home.ends(1, &["import"]).stdout);
    let (look, doubles) = (said.find("illisible.xml").unwrap(), said.find("Doubles probables").unwrap());
    assert!(look < doubles, "{said}");
    assert_eq!(said.matches("double probable de").count(), 40, "{said}");
    assert!(said.contains("19 autre(s)"), "{said}");
}
