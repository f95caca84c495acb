//! What is kept until when, what a person keeps longer, and what is eliminated once somebody approved it.
//!
//! Nothing is ever eliminated by itself. [`propose`] makes the list of what is due, a person approves it (for public
//! archives with a visa), and [`eliminate`] takes exactly what the approved list names and is still due, unchanged and
//! not on hold.

mod list;
mod schedule;

use std::path::{Path, PathBuf};

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_sign::SigningIdentity;
use facteur_store::archive::{DossierFilter, Eliminate, Eliminated, Elimination, HoldChange, Spared};
use facteur_store::document::sha256_hex;
use facteur_store::{Store, new_id};
use serde_json::json;

pub use self::list::{Approved, Proposed, read as read_list, write as write_list};
pub use self::schedule::{Class, Schedule};
use crate::error::PipelineError;
use crate::home::Home;

/// States from which nothing more is expected: only such a dossier is proposed.
pub const FINAL: [State; 8] = [
    State::Settled,
    State::Duplicate,
    State::Abandoned,
    State::OutsidePortal,
    State::Quarantined,
    State::Invalid,
    State::Rejected,
    State::Refused,
];
/// Dossiers read, or eliminated in one transaction, at a time.
const BATCH: usize = 1000;
/// Folder of the home in which certificates of elimination are kept.
const FOLDER: &str = "archives";

/// What is due, and what would be due but for something.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    /// What may be eliminated once somebody approves it.
    pub due: Vec<Proposed>,
    /// Due, but on hold.
    pub held: u64,
    /// Past its end, but in a state that is not final.
    pub not_final: u64,
}

/// The schedule of a home: its own, or the built-in one.
///
/// # Errors
/// The home's cannot be read.
pub fn schedule(home: &Home) -> Result<Schedule, PipelineError> {
    match &home.configuration.archive.schedule {
        Some(path) => Schedule::read(&home.path(path)),
        None => Schedule::built_in(),
    }
}

/// What may be eliminated at `now`.
///
/// # Errors
/// The store cannot be read.
pub async fn propose(store: &Store, schedule: &Schedule, now: Timestamp) -> Result<Proposal, PipelineError> {
    let today = day(now);
    let mut proposal = Proposal::default();
    // Nothing that was received after the shortest of the classes' years can be due.
    let filter = DossierFilter { received_before: Some(years_before(now, schedule.shortest())), ..Default::default() };
    let mut after = String::new();
    loop {
        let ids = store.dossier_ids(&filter, &after, BATCH as i64).await?;
        let Some(last) = ids.last() else { return Ok(proposal) };
        after.clone_from(last);
        for id in &ids {
            let dossier = store.dossier(id).await?;
            let end = schedule.end_of(&dossier);
            if end >= today {
                continue;
            }
            match (&dossier.hold, FINAL.contains(&dossier.state)) {
                (_, false) => proposal.not_final += 1,
                (Some(_), true) => proposal.held += 1,
                (None, true) => proposal.due.push(Proposed { dossier, end }),
            }
        }
    }
}

/// Until when a dossier is kept, and what became of it.
#[derive(Debug, Clone)]
pub struct Retention {
    /// The last day, `YYYY-MM-DD`.
    pub end: String,
    /// Why it is kept longer, where somebody said so.
    pub hold: Option<String>,
    /// By which elimination it was eliminated.
    pub eliminated: Option<Elimination>,
}

/// Until when the dossier of an invoice is kept.
///
/// # Errors
/// It does not exist, or the schedule cannot be read.
pub async fn retention(home: &Home, store: &Store, id: &str) -> Result<Retention, PipelineError> {
    let dossier = store.dossier(id).await?;
    let eliminated = match &dossier.eliminated {
        Some(elimination) => Some(store.elimination(elimination).await?),
        None => None,
    };
    Ok(Retention { end: schedule(home)?.end_of(&dossier), hold: dossier.hold, eliminated })
}

/// What is to be put on hold, or released: one invoice, or all that a filter names.
#[derive(Debug, Clone)]
pub enum Which {
    /// These, by identity or number.
    Named(Vec<String>),
    /// All that the filter names.
    Filter(DossierFilter),
}

/// Puts dossiers on hold (`reason`), or ends their hold (`None`). Answers the invoices for which that changed something.
///
/// # Errors
/// One of those named does not exist, or the store cannot be written.
pub async fn hold(
    store: &Store,
    which: &Which,
    reason: Option<&str>,
    note: &str,
    at: Timestamp,
    actor: &str,
) -> Result<Vec<String>, PipelineError> {
    let mut changed = Vec::new();
    for id in ids(store, which).await? {
        let hold = HoldChange {
            id: id.clone(),
            reason: reason.map(str::to_owned),
            note: Some(note.to_owned()),
            at,
            actor: actor.to_owned(),
        };
        if store.hold(hold).await? {
            changed.push(id);
        }
    }
    Ok(changed)
}

/// Every name is looked up before anything is changed.
async fn ids(store: &Store, which: &Which) -> Result<Vec<String>, PipelineError> {
    let mut found = Vec::new();
    match which {
        Which::Named(names) => {
            for name in names {
                found.push(store.invoice(name).await?.id);
            }
        }
        Which::Filter(filter) => loop {
            let after = found.last().cloned().unwrap_or_default();
            let page = store.dossier_ids(filter, &after, BATCH as i64).await?;
            if page.is_empty() {
                break;
            }
            found.extend(page);
        },
    }
    Ok(found)
}

/// What an elimination did, and where its certificate is.
#[derive(Debug, Clone)]
pub struct Done {
    /// What was erased and what was spared.
    pub eliminated: Eliminated,
    /// The certificate; `None` when nothing was eliminated.
    pub certificate: Option<PathBuf>,
}

/// Who eliminates, when and why.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    /// Why, and who approved.
    pub why: &'a str,
    /// Who.
    pub actor: &'a str,
    /// When.
    pub at: Timestamp,
    /// Seals the certificate, where the home has a key.
    pub identity: Option<&'a SigningIdentity>,
}

/// Eliminates what the approved list names and is still due, unchanged and not on hold; the rest is spared and named.
///
/// # Errors
/// The list cannot be read, or the store cannot be written.
pub async fn eliminate(home: &Home, store: &Store, list: &Path, order: Order<'_>) -> Result<Done, PipelineError> {
    let approved = read_list(list)?;
    let schedule = schedule(home)?;
    let today = day(order.at);
    let mut sum = Eliminated::default();
    let mut due = Vec::new();
    for (id, fingerprint) in approved.dossiers {
        match store.dossier(&id).await {
            Ok(dossier) if dossier.eliminated.is_none() && schedule.end_of(&dossier) >= today => {
                sum.spared.push((id, Spared::NotDue));
            }
            Ok(_) => due.push((id, fingerprint)),
            Err(facteur_store::StoreError::Missing(_)) => sum.spared.push((id, Spared::Unknown)),
            Err(error) => return Err(error.into()),
        }
    }
    let elimination = new_id();
    for batch in due.chunks(BATCH) {
        let one = store
            .eliminate(Eliminate {
                elimination: elimination.clone(),
                siren: home.configuration.legal_person.siren.clone(),
                list: approved.sha256.clone(),
                dossiers: batch.to_vec(),
                states: FINAL.to_vec(),
                why: order.why.to_owned(),
                at: order.at,
                actor: order.actor.to_owned(),
            })
            .await?;
        add(&mut sum, one);
    }
    let certificate = if sum.dossiers.is_empty() {
        None
    } else {
        Some(certify(home, store, &elimination, &approved.sha256, &sum, order).await?)
    };
    Ok(Done { eliminated: sum, certificate })
}

fn add(sum: &mut Eliminated, one: Eliminated) {
    sum.dossiers.extend(one.dossiers);
    sum.spared.extend(one.spared);
    sum.documents.extend(one.documents);
    sum.shared += one.shared;
    sum.payloads += one.payloads;
}

/// Writes the certificate of elimination, seals it where there is a key, and notes its digest in the journal.
async fn certify(
    home: &Home,
    store: &Store,
    elimination: &str,
    list: &str,
    sum: &Eliminated,
    order: Order<'_>,
) -> Result<PathBuf, PipelineError> {
    let person = &home.configuration.legal_person;
    let documents: Vec<_> = sum.documents.iter().map(|(sha256, size)| json!([sha256, size])).collect();
    let certificate = json!({
        "schema": "facteur-elimination-certificate/1", "elimination": elimination, "siren": person.siren,
        "at": order.at.rfc3339(), "list_sha256": list, "why": order.why, "by": order.actor,
        "dossiers": sum.dossiers, "documents": documents, "shared_documents_kept": sum.shared,
        "journal_payloads": sum.payloads,
    });
    let text = format!("{}\n", serde_json::to_string_pretty(&certificate).unwrap_or_default());
    let folder = home.path(Path::new(FOLDER));
    crate::home::make_folder(&folder)?;
    let path = folder.join(format!("elimination-{elimination}.json"));
    crate::home::write_private(&path, text.as_bytes())?;
    if let Some(identity) = order.identity {
        let name = format!("elimination-{elimination}.json");
        let seal = facteur_sign::seal_detached(text.as_bytes(), &name, "application/json", identity, order.at)
            .map_err(|error| PipelineError::Seal(error.to_string()))?;
        crate::home::write_private(&folder.join(format!("{name}.seal.xml")), &seal)?;
    }
    let payload = json!({"certificate": sha256_hex(text.as_bytes()), "dossiers": sum.dossiers.len(),
        "documents": sum.documents.len()});
    store.note("elimination_certificate", elimination, payload.to_string(), order.at).await?;
    Ok(path)
}

/// Writes a file that does not exist yet.
///
/// # Errors
/// It exists, or cannot be written.
pub fn write_new(path: &Path, text: &str) -> Result<(), PipelineError> {
    crate::home::write_private(path, text.as_bytes())
}

/// The day of an instant, UTC, `YYYY-MM-DD`.
pub(crate) fn day(at: Timestamp) -> String {
    at.rfc3339().get(..10).unwrap_or_default().to_owned()
}

fn years_before(now: Timestamp, years: i32) -> Timestamp {
    const YEAR: i64 = 365 * 24 * 3600 * 1000;
    now.plus_millis(-YEAR * i64::from(years))
}
