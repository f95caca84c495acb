//! Members of an archive, one at a time, each a document of its own; the archive is an arrival, not an invoice.

use std::io::Seek as _;
use std::ops::ControlFlow;

use facteur_archive::{ArchiveError, ArchiveKind, Limits, Member, MemberError, visit};
use facteur_model::finding::{Actor, Finding, Layer};
use facteur_store::change::ReceiveContainer;
use facteur_store::{StoreError, new_id};
use openssl::sha::Sha256;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::sources::{Opened, Source, unreadable};
use super::turns::{Turn, Turns};
use super::{DOCUMENT_BYTES_MAX, Leaf, NotTaken, Report, Told, Work, crashed};

/// Members handed over before the reader waits.
const WAITING: usize = 4;

pub(super) async fn take(
    work: &Work,
    source: &Source,
    mut opened: Opened,
    kind: ArchiveKind,
    reports: &mpsc::UnboundedSender<Report>,
) -> Report {
    let engine = &work.engine;
    let sha256 = match digest(&mut opened) {
        Ok(sha256) => sha256,
        Err(error) => {
            let finding = unreadable(&source.path, &error);
            let refused = NotTaken { name: source.path.display().to_string(), finding };
            return Ok(Told::NotTaken(Box::new(refused)));
        }
    };
    let container = source.arrival.clone().unwrap_or_else(new_id);
    let arrival = ReceiveContainer {
        arrival: container.clone(),
        siren: engine.home.configuration.legal_person.siren.clone(),
        path: source.path.display().to_string(),
        size: i64::try_from(opened.size).unwrap_or(i64::MAX),
        sha256,
        at: engine.clock.now(),
        actor: engine.actor.clone(),
    };
    engine.store.receive_container(arrival).await?;
    let (members, mut waiting) = mpsc::channel::<Result<Member, MemberError>>(WAITING);
    let reading = tokio::task::spawn_blocking(move || {
        let limits = Limits { max_member_bytes: DOCUMENT_BYTES_MAX, ..Limits::default() };
        visit(opened.file, kind, &limits, |member| match members.blocking_send(member) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        })
    });
    let mut running = JoinSet::new();
    let turns = Turns::new();
    while let Some(member) = waiting.recv().await {
        let (work, source, container, reports) = (work.clone(), source.clone(), container.clone(), reports.clone());
        match member {
            Ok(member) => {
                let room = work.room(member.bytes.len() as u64).await?;
                let turn = turns.next();
                running.spawn(async move {
                    let _room = room;
                    let _ = reports.send(one(&work, &source, &container, member, turn).await);
                });
            }
            Err(refused) => {
                let _ = reports.send(Ok(Told::NotTaken(Box::new(member_refused(&source, &refused)))));
            }
        }
    }
    while let Some(ended) = running.join_next().await {
        ended.map_err(crashed)?;
    }
    let visited = reading.await.map_err(|error| StoreError::Damaged(error.to_string()))?;
    let outcome = if visited.is_ok() { "done" } else { "refused" };
    engine.store.arrival_outcome(&container, outcome).await?;
    match visited {
        Ok(_) => Ok(Told::Archive),
        Err(broken) => Ok(Told::NotTaken(Box::new(archive_refused(source, &broken)))),
    }
}

/// A member's arrival follows from the archive's, so that a second reading of the same claim finds it again.
async fn one(work: &Work, source: &Source, container: &str, member: Member, turn: Turn) -> Report {
    let arrival = format!("{container}:{}", member.index);
    let name = format!("{}/{}", source.name, member.name);
    let leaf = Leaf {
        arrival,
        path: source.path.display().to_string(),
        member: Some(member.name),
        container: Some(container.to_owned()),
        name,
        bytes: member.bytes,
    };
    work.document(leaf, turn).await
}

fn digest(opened: &mut Opened) -> std::io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 64 * 1024];
    loop {
        match std::io::Read::read(&mut opened.file, &mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    opened.file.rewind()?;
    Ok(hasher.finish().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn refused(rule: &str, name: String, found: Option<String>, expected: Option<String>) -> NotTaken {
    let mut finding = Finding::fatal(Layer::Syntax, rule).actor(Actor::Supplier).arg("name", name.clone());
    finding.found = found;
    finding.expected = expected;
    NotTaken { name, finding }
}

fn member_refused(source: &Source, error: &MemberError) -> NotTaken {
    let name = format!("{}/{}", source.name, error.name);
    refused(error.refusal.rule(), name, error.refusal.found(), error.refusal.expected())
}

fn archive_refused(source: &Source, error: &ArchiveError) -> NotTaken {
    refused(error.rule(), source.name.clone(), error.found(), error.expected())
}
