//! Nights in fixtures: three hundred files with every kind of trouble, against a gateway with faults, three nights in
//! a row. What each night says, mails and ends with is kept as it is read, in both languages.
#![allow(clippy::unwrap_used)]

#[path = "../../store/tests/cluster/mod.rs"]
mod cluster;
mod common;
#[path = "common/post.rs"]
mod post;

use common::{Gateway, Home, fixture, invoice, packs, text};
use post::{Hook, PostOffice, attachments, plain_text, subject};

const NOBODY: &str = "http://127.0.0.1:9";
/// The recipient of our invoices, another establishment of it that the gateway knows, and one that it does not.
const RECIPIENT: &str = "99970001600010";
const UNKNOWN_RECIPIENT: &str = "99970001600028";
const SUPPLIER: &str = "99980123600012";

/// Identities, times, dates and the journal's head differ from run to run.
fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.add_filter(r"\b\d+:[0-9a-f]{64}\b", "[head]");
    settings.add_filter(r"\b[0-9a-f]{8}\b", "[ident.]");
    settings.add_filter(r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}", "[instant]");
    settings.add_filter(r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", "[instant]");
    settings.add_filter(r"CPP001\d+", "[flow]");
    settings
}

/// A home that tells its nights to a post office, in both languages.
fn nightly_home(gateway: &str, office: &PostOffice, more: &str) -> Home {
    let home = Home::demo(gateway);
    let path = home.path().join("facteur.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let (before, _) = whole.split_once("[nightly]").unwrap();
    let night = format!(
        "[nightly]\nfollow_seconds = 15\nlanguage = 'both'\nreports = ['daily', 'waiting']\n{more}\n[nightly.mail]\n\
         server = '127.0.0.1'\nport = {}\nsecurity = 'none'\nfrom = 'facteur <facteur@mairie.example>'\n\
         to = ['factures@mairie.example']\ntimeout_seconds = 5\n",
        office.port
    );
    std::fs::write(&path, format!("{before}{night}")).unwrap();
    home
}

fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let whole = text(bytes);
    assert!(whole.contains(from), "{from}");
    whole.replace(from, to).into_bytes()
}

fn followed_by(mut bytes: Vec<u8>, end: &str) -> Vec<u8> {
    bytes.extend_from_slice(end.as_bytes());
    bytes
}

/// The files of the first night, by name. 243 invoices are good, of which the gateway will not know the recipient of
/// four; all the others are in some kind of trouble before they could leave.
fn three_hundred_files() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| files.push((name, bytes));
    for n in 1..=239 {
        add(format!("a-{n:03}.xml"), invoice(&format!("N-{n:03}")));
    }
    for n in 1..=4 {
        add(format!("b-inconnu-{n}.xml"), replaced(&invoice(&format!("U-{n}")), RECIPIENT, UNKNOWN_RECIPIENT));
    }
    for n in 1..=10 {
        add(format!("c-tronque-{n}.xml"), invoice(&format!("T-{n}"))[..900 + n].to_vec());
        let misplaced = ("</cbc:IssueDate>", "</cbc:IssueDate><cbc:DateEcheance>2026-12-01</cbc:DateEcheance>");
        add(format!("d-schema-{n}.xml"), replaced(&invoice(&format!("S-{n}")), misplaced.0, misplaced.1));
    }
    for n in 1..=5 {
        let doctype = "?>\n<!DOCTYPE Invoice [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
        add(format!("e-doctype-{n}.xml"), replaced(&invoice(&format!("X-{n}")), "?>", doctype));
        let profile = ("urn:cen.eu:en16931:2017", "urn:exemple.invalid:profil-maison:1.0");
        add(format!("f-profil-{n}.xml"), replaced(&invoice(&format!("P-{n}")), profile.0, profile.1));
        add(format!("g-copie-{n}.xml"), invoice(&format!("N-{n:03}")));
        let other = replaced(&invoice(&format!("N-{n:03}")), "2026-11-12", "2026-11-13");
        add(format!("h-meme-numero-{n}.xml"), other);
        add(format!("i-numero-long-{n}.xml"), invoice(&format!("NUMERO-BEAUCOUP-TROP-LONG-{n}")));
    }
    for n in 1..=5 {
        let plain = fixture("inbox/06-pdf-simple-taxi.pdf");
        add(format!("j-pdf-{n}.pdf"), followed_by(plain, &format!("\n%{n}\n")));
    }
    for n in 1..=2 {
        let locked = fixture("bad/pdf-mot-de-passe.pdf");
        add(format!("k-mot-de-passe-{n}.pdf"), followed_by(locked, &format!("\n%{n}\n")));
    }
    add("l-vide.xml".to_owned(), fixture("bad/vide.xml"));
    add("m-tronque.zip".to_owned(), fixture("bad/zip-tronque.zip"));
    add("n-dangereux.zip".to_owned(), fixture("bad/zip-chemin-dangereux.zip"));
    add("o-imbrique.zip".to_owned(), fixture("bad/zip-imbrique.zip"));
    add("p-encodage.xml".to_owned(), fixture("bad/xml-encodage-faux.xml"));
    assert_eq!(files.len(), 300);
    files
}

/// The gateway's faults for the first deposits, in order: each kind several times.
fn faults() -> String {
    let kinds = ["lose-answer", "http-500", "half-body", "http-503-html", "reset", "incident", "http-429"];
    let kinds = [&kinds[..], &["empty-flow-number", "unknown-state", "out-of-order"]].concat();
    let mut list: Vec<String> = Vec::new();
    for _ in 0..2 {
        list.extend(kinds.iter().map(|kind| format!("\"{kind}\"")));
    }
    list.extend(std::iter::repeat_n("\"slow-integration\"".to_owned(), 3));
    format!(r#"{{"next":[{}]}}"#, list.join(","))
}

/// Where a test keeps its store.
#[derive(Clone, Copy)]
enum Place {
    /// In a file of the home.
    Embedded,
    /// In a new database of a server.
    Server,
}

impl Place {
    fn of(self, home: &Home) {
        if matches!(self, Self::Server) {
            home.keep_in(&cluster::shared().url(&cluster::shared().new_database()));
        }
    }
}

#[test]
fn three_nights_with_three_hundred_files_and_a_gateway_with_faults() {
    three_nights(Place::Embedded);
}

/// What a night says does not depend on where the store is.
#[test]
fn three_nights_are_the_same_on_postgresql() {
    three_nights(Place::Server);
}

fn three_nights(place: Place) {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    let gateway = Gateway::start(&["--seed", "20261123", "--slow-integration", "1h"]);
    let home = nightly_home(&gateway.url, &office, "");
    place.of(&home);
    home.set("concurrency = 2", "concurrency = 1");
    home.set("stop_after_failures = 3", "stop_after_failures = 50");
    gateway.tell("structure", &format!(r#"{{"siret":"{UNKNOWN_RECIPIENT}","known":false}}"#));
    for (name, bytes) in three_hundred_files() {
        home.drop_in(&name, &bytes);
    }

    gateway.tell("faults", &faults());
    let first = home.ends(1, &["nightly"]);
    let mailed = office.letters();
    assert_eq!(mailed.len(), 1);
    settings().bind(|| {
        insta::assert_snapshot!("night-1-fr", text(&first.stdout));
        insta::assert_snapshot!("night-1-subject", subject(&mailed[0]));
        insta::assert_snapshot!("night-1-mail", plain_text(&mailed[0]));
    });
    for attached in ["daily.fr.html", "daily.en.csv", "waiting.fr.csv"] {
        assert!(mailed[0].contains(attached), "{attached}");
    }

    // The second night: the recipient refuses and suspends, the slow flows arrive, and the post office is closed.
    gateway.tell("clock", r#"{"advance":"2h"}"#);
    for (number, status) in
        [("N-101", "REJETEE"), ("N-102", "REJETEE"), ("N-103", "SUSPENDUE"), ("N-104", "MISE_EN_PAIEMENT")]
    {
        let body = format!(
            r#"{{"number":"{number}","supplier":"{SUPPLIER}","status":"{status}","comment":"Bon de commande absent"}}"#
        );
        gateway.tell("status", &body);
    }
    office.set_closed(true);
    home.drop_in("q-nouvelle.xml", &invoice("N-300"));
    let second = home.ends(1, &["nightly"]);
    assert_eq!(office.letters().len(), 1, "nothing was delivered");
    settings().bind(|| {
        insta::assert_snapshot!("night-2-fr", text(&second.stdout));
        insta::assert_snapshot!("night-2-en", text(&home.ends(1, &["nightly", "--last", "--lang", "en"]).stdout));
    });

    // The third night has nothing new, and catches up with the mail of the second.
    office.set_closed(false);
    let third = home.ends(0, &["nightly"]);
    let mailed = office.letters();
    assert_eq!(mailed.len(), 3);
    assert!(plain_text(&mailed[2]).contains("this office is closed"), "the letter of the second night");
    settings().bind(|| {
        insta::assert_snapshot!("night-3-fr", text(&third.stdout));
        insta::assert_snapshot!("night-summary-fr", text(&home.run(&["status", "--summary"]).stdout));
        insta::assert_snapshot!("night-summary-en", text(&home.run(&["status", "--summary", "--lang", "en"]).stdout));
    });

    the_books_balance(&home, &gateway);
    let head = text(&third.stdout).lines().find_map(|line| line.split_once("ailleurs : ")).unwrap().1.trim().to_owned();
    home.ends(0, &["journal", "verify", "--head", &head]);
    home.ends(0, &["nightly", "--mail-only"]);
    assert_eq!(office.letters().len(), 3, "nothing was owed");
}

/// Nothing lost, nothing twice: every number was accepted once, or again only after the gateway gave the first up.
fn the_books_balance(home: &Home, gateway: &Gateway) {
    home.counts();
    home.ends(0, &["store", "check"]);
    let ledger = gateway.ledger();
    assert!(
        ledger.iter().all(|deposit| deposit["duplicate_of"].is_null()),
        "a second deposit of a number that was there"
    );
    let integrated = ledger.iter().filter(|deposit| deposit["flow_state"] == "IN_INTEGRE").count();
    assert_eq!(integrated, 241, "239 good invoices and one of an archive in the first night, one in the second");
    assert_eq!(home.files("inbox"), [""; 0]);
    assert_eq!(home.files("work"), [""; 0]);
}

/// Every report that is wanted, in both languages and every format: in the night's folder, and the very same bytes in
/// its mail; made with the settings of the structure.
#[test]
fn the_reports_of_a_night_are_in_its_folder_and_in_its_mail_in_both_languages() {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    let gateway = Gateway::start(&[]);
    let home = nightly_home(&gateway.url, &office, "formats = ['html', 'csv', 'xlsx', 'json', 'text']");
    home.set("reports = ['daily', 'waiting']", "reports = ['daily', 'deadlines', 'year-end']");
    home.set("time_zone = \"Europe/Paris\"", "time_zone = 'Indian/Reunion'");
    home.set("payer = \"local_authority\"", "payer = 'health_establishment'");
    let path = home.path().join("facteur.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let budget = "[[report.budget]]\nname = 'Budget annexe'\nsiret = '99970001600010'\n";
    std::fs::write(&path, format!("{whole}\n{budget}")).unwrap();
    home.drop_in("une.xml", &invoice("R-1"));
    home.drop_in("vide.xml", b"");
    home.ends(1, &["nightly"]);
    let nights = home.files("reports");
    assert_eq!(nights.len(), 1);
    let folder = home.path().join("reports").join(&nights[0]);
    let letter = office.letters().remove(0);
    let mailed = attachments(&letter);
    assert_eq!(mailed.len(), 3 * 2 * 5);
    for (name, bytes) in &mailed {
        assert!(!bytes.is_empty() && std::fs::read(folder.join(name)).unwrap() == *bytes, "{name}");
    }
    let attached = |name: &str| {
        let (_, bytes) = mailed.iter().find(|(attached, _)| attached == name).unwrap_or_else(|| panic!("{name}"));
        String::from_utf8(bytes.clone()).unwrap()
    };
    for (language, received, zone, budget) in [
        ("fr", "Reçues pendant la période", "Indian/Reunion", "Le budget n'est pas connu"),
        ("en", "Received during the period", "Indian/Reunion", "The budget is not known"),
    ] {
        assert!(attached(&format!("daily.{language}.html")).contains(received));
        let daily: serde_json::Value = serde_json::from_str(&attached(&format!("daily.{language}.json"))).unwrap();
        let counted = |section: &serde_json::Value| section["totals"][0]["count"].as_i64();
        assert_eq!(daily["sections"].as_array().unwrap().iter().map(counted).collect::<Vec<_>>()[0], Some(2));
        assert!(attached(&format!("deadlines.{language}.txt")).contains(zone));
        let year_end = attached(&format!("year-end.{language}.txt"));
        assert!(!year_end.contains(budget), "the budget is configured: {year_end}");
        assert!(
            mailed
                .iter()
                .any(|(name, bytes)| *name == format!("deadlines.{language}.xlsx") && bytes.starts_with(b"PK"))
        );
    }
    let told = plain_text(&letter);
    assert!(told.contains("Rapports joints") && told.contains("Reports attached"), "{told}");
}

#[test]
fn a_night_within_its_budget_leaves_the_rest_to_the_next_one_and_says_so() {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    let gateway = Gateway::start(&[]);
    let home = nightly_home(&gateway.url, &office, "");
    home.set("night_budget = 0", "night_budget = 2");
    for number in 1..=5 {
        home.drop_in(&format!("{number}.xml"), &invoice(&format!("B-{number}")));
    }
    // At ten in the evening, an hour later, after the clock was set back by three hours and by twelve, and the nights
    // after: all runs of one night share its budget.
    let evening = seconds_until_ten_in_the_evening();
    let back = [(-3 * HOUR, 2, 1), (-12 * HOUR, 2, 1)];
    let nights = [&[(0, 2, 1), (HOUR, 2, 1)][..], &back, &[(DAY, 4, 1), (2 * DAY, 6, 1), (3 * DAY, 7, 0)]].concat();
    for (later, deposited, code) in nights {
        if later < 0 {
            home.drop_in(&format!("{later}.xml"), &invoice(&format!("B{later}")));
        }
        let shift = (evening + later).to_string();
        let night = home.command(&["nightly"]).env("FACTEUR_CLOCK_SHIFT", shift).output().unwrap();
        let told = text(&night.stdout);
        assert_eq!(night.status.code(), Some(code), "{told}{}", text(&night.stderr));
        assert_eq!(gateway.ledger().len(), deposited, "{later}");
        assert_eq!(told.contains("Le nombre de dépôts prévu pour une nuit"), code == 1, "{told}");
    }
    assert_eq!(home.counts()["integrated"], 7);
}

const HOUR: i64 = 3600;
const DAY: i64 = 24 * 3600;

/// How far the clock is from 22:00 UTC of today.
fn seconds_until_ten_in_the_evening() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    22 * 3600 - i64::try_from(now).unwrap() % DAY
}

/// Where the limit was once said: silence would make somebody believe in a limit that is not there.
#[test]
fn the_former_name_of_the_budget_is_refused_with_the_new_one() {
    let office = PostOffice::open();
    let home = nightly_home(NOBODY, &office, "deposits = 2");
    for command in ["nightly", "send"] {
        let told = text(&home.ends(2, &[command]).stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains("[nightly] deposits = 2 → [deposit] night_budget = 2"), "{told}");
    }
}

#[test]
fn a_night_that_is_cut_off_anywhere_is_taken_up_and_told_by_the_next_one() {
    cut_off(Place::Embedded);
}

#[test]
fn a_night_that_is_cut_off_on_postgresql_is_taken_up_too() {
    cut_off(Place::Server);
}

fn cut_off(place: Place) {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    let gateway = Gateway::start(&[]);
    let home = nightly_home(&gateway.url, &office, "");
    place.of(&home);
    let points = ["after_import", "after_gateway", "after_note", "before_delivery", "after_delivery"];
    let told = ["import.after_received", "send.after_intent", "send.after_answer"];
    let points = told.iter().map(|point| (*point).to_owned()).chain(points.map(|point| format!("nightly.{point}")));
    let mut letters = 0;
    for (index, point) in points.enumerate() {
        home.drop_in(&format!("{index}.xml"), &invoice(&format!("K-{index}")));
        let output = home.command(&["nightly"]).env("FACTEUR_KILL_AT", &point).output().unwrap();
        assert_eq!(output.status.code(), None, "{point} was not reached: {}", text(&output.stdout));
        home.ends(0, &["nightly"]);
        assert_eq!(gateway.ledger().len(), index + 1, "{point}");
        assert_eq!(home.counts()["integrated"], index as u64 + 1, "{point}");
        // The night after tells itself, and the one that was cut off while it was telling.
        letters += match point.as_str() {
            "nightly.before_delivery" => 2,
            "nightly.after_delivery" => 3,
            _ => 1,
        };
        assert_eq!(office.letters().len(), letters, "{point}");
    }
    let same: Vec<String> = office.letters().iter().map(|letter| message_id(letter)).collect();
    assert_eq!(same[same.len() - 3], same[same.len() - 1], "a letter that is sent again is the same message");
    home.ends(0, &["store", "check"]);
}

fn message_id(letter: &str) -> String {
    letter.lines().find(|line| line.starts_with("Message-ID:")).unwrap().to_owned()
}

#[test]
fn a_webhook_gets_the_night_and_one_that_refuses_is_told_again() {
    if packs().is_none() {
        return;
    }
    let hook = Hook::open();
    let home = Home::demo(NOBODY);
    let secret = home.path().join("keys/hook");
    std::fs::write(&secret, "Bearer hunter2").unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let path = home.path().join("facteur.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let more = format!("\n[nightly.webhook]\nurl = 'http://127.0.0.1:{}/nuit'\nsecret = 'file:keys/hook'\n", hook.port);
    std::fs::write(&path, whole + &more).unwrap();
    hook.answer(503);
    let told = text(&home.ends(1, &["nightly"]).stdout);
    assert!(told.contains("Webhook : ÉCHEC.") && told.contains("503"), "{told}");
    hook.answer(204);
    home.ends(0, &["nightly", "--mail-only"]);
    let posted = hook.posted();
    assert_eq!(posted.len(), 2);
    assert!(posted.iter().all(|request| request.to_ascii_lowercase().contains("authorization: bearer hunter2")));
    let body = posted[1].split("\r\n\r\n").nth(1).unwrap();
    let night: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(night["schema"], "facteur-night/1");
    assert!(night["began"].as_str().unwrap().ends_with('Z') && night["head"].as_str().unwrap().contains(':'));
    assert!(!text(&home.run(&["nightly", "--last"]).stdout).contains("hunter2"));
}

#[test]
fn a_dry_run_shows_everything_and_changes_nothing() {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    let home = nightly_home(NOBODY, &office, "");
    home.import("une.xml", &invoice("D-1"));
    home.drop_in("deux.xml", &invoice("D-2"));
    let head = text(&home.ends(0, &["journal", "verify"]).stdout);
    let shown = text(&home.ends(0, &["nightly", "--dry-run"]).stdout);
    assert!(shown.contains("Dépôts dus : 1.") && shown.contains("1 fichier(s) à prendre"), "{shown}");
    let plan = &home.json(&["nightly", "--dry-run"])[0];
    assert_eq!((&plan["due"], &plan["inbox"]["ready"], &plan["recipients"]), (&1.into(), &1.into(), &1.into()));
    assert_eq!(text(&home.ends(0, &["journal", "verify"]).stdout), head);
    assert_eq!(home.files("inbox"), ["deux.xml"]);
    assert!(!home.path().join("reports").exists() && office.letters().is_empty());
}

#[test]
fn one_bad_step_never_hides_the_others() {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    let home = nightly_home(NOBODY, &office, "");
    home.drop_in("une.xml", &invoice("E-1"));
    home.drop_in("vide.xml", b"");
    let night = home.ends(2, &["nightly"]);
    let told = text(&night.stdout);
    assert!(told.contains("2 document(s) trouvé(s)") && told.contains("ÉCHEC. Le portail ne répond pas"), "{told}");
    assert!(!told.contains("Tout ce que cette nuit avait à faire est fait"));
    assert_eq!(home.state("une.xml"), "queued");
    assert_eq!(office.letters().len(), 1);
    let json = &home.json_of(2, &["nightly", "--last"]);
    assert_eq!((&json["schema"], &json["grade"]), (&"facteur-night/1".into(), &"failed".into()));
    assert_eq!(json["counts"]["received"], 2);

    // A key that others may read is refused, and nothing of it stops the night.
    let path = home.path().join("facteur.toml");
    let whole = std::fs::read_to_string(&path).unwrap();
    let secret = home.path().join("keys/mail");
    std::fs::write(&secret, "hunter2").unwrap();
    std::fs::write(&path, whole.replace("to = [", "user = 'facteur'\npassword = 'file:keys/mail'\nto = [")).unwrap();
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    let night = home.ends(2, &["nightly"]);
    let told = text(&night.stdout) + &text(&night.stderr);
    assert!(told.contains("Courriel : ÉCHEC.") && told.contains("600") && !told.contains("hunter2"), "{told}");
}

#[test]
fn a_night_out_of_its_hours_or_beside_another_one_says_so_and_leaves() {
    if packs().is_none() {
        return;
    }
    let office = PostOffice::open();
    // A window of one minute that is over, whatever the time is.
    let minutes = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() / 60;
    let time = |ahead: u64| format!("{:02}:{:02}", (minutes + ahead) % 1440 / 60, (minutes + ahead) % 60);
    // Paris is one or two hours ahead of UTC: eight hours ahead is neither.
    let home = nightly_home(NOBODY, &office, &format!("from = '{}'\nuntil = '{}'", time(480), time(481)));
    home.drop_in("une.xml", &invoice("W-1"));
    let told = text(&home.ends(2, &["nightly"]).stderr);
    assert!(told.contains("Ce n'est pas l'heure"), "{told}");
    assert!(text(&home.ends(0, &["nightly", "--dry-run"]).stdout).contains("RIEN : la plage horaire est fermée"));
    assert_eq!(home.files("inbox"), ["une.xml"]);

    let lock = std::fs::File::create(home.path().join("nightly.lock")).unwrap();
    lock.lock().unwrap();
    let told = text(&home.ends(2, &["nightly", "--any-time"]).stderr);
    assert!(told.contains("travaille déjà"), "{told}");
    drop(lock);
    home.ends(2, &["nightly", "--any-time"]);
    assert_eq!(home.state("une.xml"), "queued", "the gateway was not there, the import was done");

    for wrong in ["from = '22:00'", "from = '22:00'\nuntil = '22:00'", "reports = ['audit']", "until = '25:00'"] {
        let home = nightly_home(NOBODY, &office, "");
        home.set("follow_seconds = 15", &format!("follow_seconds = 15\n{wrong}"));
        if wrong.starts_with("reports") {
            home.set("reports = ['daily', 'waiting']\n", "");
        }
        let told = text(&home.ends(2, &["nightly"]).stderr);
        assert!(told.contains("configuration"), "{told}");
    }
}

#[test]
fn the_timer_is_written_once_and_never_over_what_somebody_changed() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let folder = home.path().join("units");
    let into = folder.to_str().unwrap();
    let printed = text(&home.ends(0, &["install-timer", "--print"]).stdout);
    assert!(printed.contains("/etc/systemd/system/facteur-nightly.timer") && printed.contains("22:05:00"), "{printed}");
    assert!(!folder.exists());
    home.ends(0, &["install-timer", "--dir", into, "--at", "23:30"]);
    assert_eq!(home.files("units"), ["facteur-nightly.service", "facteur-nightly.timer"]);
    let same = text(&home.ends(0, &["install-timer", "--dir", into, "--at", "23:30"]).stdout);
    assert!(same.contains("Déjà en place"), "{same}");
    verified_by_systemd(&folder);

    let service = folder.join("facteur-nightly.service");
    let mine = std::fs::read_to_string(&service).unwrap().replace("oneshot", "simple");
    std::fs::write(&service, &mine).unwrap();
    let told = text(&home.ends(2, &["install-timer", "--dir", into]).stderr);
    assert!(told.contains("modifié à la main"), "{told}");
    assert_eq!(std::fs::read_to_string(&service).unwrap(), mine);
    home.ends(0, &["install-timer", "--dir", into, "--force"]);
    home.ends(0, &["install-timer", "--dir", into, "--cron"]);
    let cron = std::fs::read_to_string(folder.join("facteur-nightly")).unwrap();
    assert!(cron.contains("5 22 * * * "), "{cron}");
    home.ends(2, &["install-timer", "--dir", into, "--at", "demain"]);
}

/// What systemd itself says of the units, where it is installed.
fn verified_by_systemd(folder: &std::path::Path) {
    let units = ["facteur-nightly.service", "facteur-nightly.timer"].map(|name| folder.join(name));
    let Ok(output) = std::process::Command::new("systemd-analyze").arg("verify").args(&units).output() else {
        eprintln!("left out: systemd-analyze is not installed");
        return;
    };
    let told = text(&output.stderr);
    let about_ours: Vec<&str> = told.lines().filter(|line| line.contains("facteur-nightly")).collect();
    assert!(about_ours.is_empty(), "{told}");
}
