//! Is this installation able to work? Each point with what to do about it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use facteur_model::clock::{Clock as _, SystemClock, Timestamp};
use facteur_model::gateway::GatewayError;
use facteur_store::Store;
use facteur_validate::packs::Packs;

use crate::config::{Role, SealPolicy};
use crate::engine::dispatcher;
use crate::error::PipelineError;
use crate::home::{CONFIGURATION, Home};
use crate::seal;
use crate::store_trouble::store_trouble;

/// How a point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// Good.
    Ok,
    /// Worth a look.
    Warning,
    /// Work is not possible like this.
    Wrong,
}

/// One point: what was looked at, how it is, and the key and arguments of the sentence.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Point {
    /// What was looked at (`packs`).
    pub subject: &'static str,
    /// How it is.
    pub grade: Grade,
    /// The sentence (`packs_missing`).
    pub sentence: &'static str,
    /// Its arguments.
    pub args: Vec<(&'static str, String)>,
}

/// Below this much free room on the disk of the home, in MB, work will soon stop.
const LOW_DISK_MB: u64 = 500;
/// How far the clock may be behind the journal, in milliseconds.
const CLOCK_TOLERANCE: i64 = 60_000;
/// How long the gateway is waited for.
const GATEWAY_PATIENCE: Duration = Duration::from_secs(20);

fn point(subject: &'static str, grade: Grade, sentence: &'static str, args: &[(&'static str, String)]) -> Point {
    Point { subject, grade, sentence, args: args.to_vec() }
}

/// Looks at everything. Nothing is changed.
pub async fn examine(home: &Home, packs: &Path) -> Vec<Point> {
    let file = home.root.join(CONFIGURATION).display().to_string();
    let mut points = vec![point("configuration", Grade::Ok, "configuration_ok", &[("file", file)]), role(home)];
    points.push(look_at_packs(packs));
    points.push(seal_point(home));
    points.push(disk(home));
    points.push(inbox(home));
    points.push(nightly(home));
    match home.store().await {
        Ok(store) => {
            points.push(store_point(&store).await);
            points.push(clock(&store).await);
            points.push(gateway(home, store).await);
        }
        Err(error) => points.push(store_wrong(&error)),
    }
    points
}

fn role(home: &Home) -> Point {
    let structure = &home.configuration.structure;
    let args = [
        ("name", structure.name.clone()),
        ("siret", structure.siret.clone()),
        ("role", structure.role.as_str().to_owned()),
    ];
    point("role", Grade::Ok, "role_ok", &args)
}

fn look_at_packs(folder: &Path) -> Point {
    let packs = match Packs::open(folder) {
        Ok(packs) => packs,
        Err(error) => return point("packs", Grade::Wrong, "packs_wrong", &[("what", error.to_string())]),
    };
    if packs.list().is_empty() {
        return point("packs", Grade::Wrong, "packs_missing", &[]);
    }
    let verified = packs.verify();
    match verified.iter().find_map(|one| one.problem.as_ref().map(|problem| format!("{}: {problem}", one.label))) {
        Some(what) => point("packs", Grade::Wrong, "packs_wrong", &[("what", what)]),
        None => point("packs", Grade::Ok, "packs_ok", &[("count", verified.len().to_string())]),
    }
}

fn seal_point(home: &Home) -> Point {
    let now = SystemClock.now();
    if home.configuration.seal.policy == SealPolicy::None {
        return point("seal", Grade::Warning, "seal_none", &[]);
    }
    match seal::load(home, now) {
        None => point("seal", Grade::Warning, "seal_none", &[]),
        Some(Err(what)) => point("seal", Grade::Wrong, "seal_wrong", &[("what", what.to_string())]),
        Some(Ok(identity)) => {
            let args = [("subject", identity.subject()), ("until", iso_date(&identity.not_after()))];
            if identity.is_demo() {
                point("seal", Grade::Warning, "seal_demo", &args[1..])
            } else if identity.expires_within_30_days(now) {
                point("seal", Grade::Warning, "seal_soon", &args)
            } else {
                point("seal", Grade::Ok, "seal_ok", &args)
            }
        }
    }
}

/// OpenSSL says `Nov 23 18:10:50 2027 GMT`; people get `2027-11-23`.
fn iso_date(text: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let [month, day, _, year, ..] = words[..] else { return text.to_owned() };
    match MONTHS.iter().position(|known| *known == month) {
        Some(index) => format!("{year}-{:02}-{day:0>2}", index + 1),
        None => text.to_owned(),
    }
}

fn disk(home: &Home) -> Point {
    match rustix::fs::statvfs(&home.root) {
        Ok(room) => {
            let free = room.f_bavail.saturating_mul(room.f_frsize) / 1_000_000;
            let args = [("free", free.to_string())];
            if free < LOW_DISK_MB {
                point("disk", Grade::Warning, "disk_low", &args)
            } else {
                point("disk", Grade::Ok, "disk_ok", &args)
            }
        }
        Err(error) => point(
            "disk",
            Grade::Warning,
            "inbox_wrong",
            &[("folder", home.root.display().to_string()), ("what", error.to_string())],
        ),
    }
}

/// A rename is only atomic on one file system.
fn inbox(home: &Home) -> Point {
    let folders = &home.configuration.folders;
    let mut device = None;
    for folder in [&folders.inbox, &folders.work, &folders.done, &folders.refused] {
        let path = home.path(folder);
        let name = ("folder", path.display().to_string());
        match std::fs::metadata(&path) {
            Ok(metadata) if !metadata.is_dir() => {
                return point("inbox", Grade::Wrong, "inbox_wrong", &[name, ("what", "not a folder".to_owned())]);
            }
            Ok(metadata) if device.is_some_and(|device| device != metadata.dev()) => {
                return point("inbox", Grade::Wrong, "inbox_apart", &[name]);
            }
            Ok(metadata) => device = Some(metadata.dev()),
            Err(error) => {
                return point("inbox", Grade::Wrong, "inbox_wrong", &[name, ("what", error.to_string())]);
            }
        }
    }
    point("inbox", Grade::Ok, "inbox_ok", &[])
}

/// Settings, secrets and certificates of the night, before the night needs them. Nothing is sent.
fn nightly(home: &Home) -> Point {
    match crate::nightly::ready(home) {
        Ok(told) => point("nightly", Grade::Ok, if told { "nightly_ok" } else { "nightly_silent" }, &[]),
        Err(error) => point("nightly", Grade::Wrong, "nightly_wrong", &[("what", error.to_string())]),
    }
}

async fn store_point(store: &Store) -> Point {
    match store.head().await {
        Ok(head) => point("store", Grade::Ok, "store_ok", &[("head", head.to_string())]),
        Err(error) => store_wrong(&error.into()),
    }
}

fn store_wrong(error: &PipelineError) -> Point {
    let known = if let PipelineError::Store(cause) = error { store_trouble(cause) } else { None };
    let (sentence, args) = known.unwrap_or_else(|| ("store_wrong", vec![("what", error.to_string())]));
    point("store", Grade::Wrong, sentence, &args)
}

async fn clock(store: &Store) -> Point {
    let last = store.last_journal_time().await.ok().flatten().unwrap_or(Timestamp(0));
    if SystemClock.now().plus_millis(CLOCK_TOLERANCE) < last {
        point("clock", Grade::Wrong, "clock_back", &[("last", last.rfc3339())])
    } else {
        point("clock", Grade::Ok, "clock_ok", &[])
    }
}

async fn gateway(home: &Home, store: Store) -> Point {
    if home.configuration.structure.role == Role::Recipient {
        return point("gateway", Grade::Warning, "gateway_none", &[]);
    }
    let Some(url) = home.configuration.gateway.chorus_pro.as_ref().map(|gateway| gateway.api_url.clone()) else {
        return point("gateway", Grade::Wrong, "gateway_none", &[]);
    };
    let dispatcher = match dispatcher(home, store, "doctor", "doctor") {
        Ok(dispatcher) => dispatcher,
        Err(PipelineError::NoGateway) => return point("gateway", Grade::Wrong, "gateway_none", &[]),
        Err(error) => return point("gateway", Grade::Wrong, "gateway_wrong", &[("what", error.to_string())]),
    };
    let siret =
        (home.configuration.structure.role == Role::Issuer).then_some(home.configuration.structure.siret.as_str());
    match tokio::time::timeout(GATEWAY_PATIENCE, dispatcher.gateway.probe(siret)).await {
        Ok(Ok(())) => point("gateway", Grade::Ok, "gateway_ok", &[("url", url)]),
        Ok(Err(GatewayError::Credentials(what))) => {
            point("gateway", Grade::Wrong, "gateway_credentials", &[("what", what)])
        }
        Ok(Err(GatewayError::Unavailable(what))) => {
            point("gateway", Grade::Wrong, "gateway_unreachable", &[("what", what)])
        }
        Ok(Err(error)) => point("gateway", Grade::Wrong, "gateway_wrong", &[("what", error.to_string())]),
        Err(_) => point(
            "gateway",
            Grade::Wrong,
            "gateway_unreachable",
            &[("what", format!("{} s", GATEWAY_PATIENCE.as_secs()))],
        ),
    }
}
