//! `facteur journal verify|export|timestamp`

use facteur_model::clock::{Clock as _, SystemClock};
use facteur_pipeline::error::PipelineError;
use facteur_pipeline::journal::export::{Export, export};
use facteur_pipeline::journal::{Verified, timestamp, verify};
use facteur_pipeline::seal;
use facteur_store::StoreError;
use facteur_store::journal::Head;
use serde_json::json;

use super::{Context, Outcome, days, status};
use crate::args::{Journal, JournalCommand};

pub async fn run(context: &Context, options: &Journal) -> Outcome {
    match &options.command {
        JournalCommand::Verify { head } => verified(context, head.as_deref()).await,
        JournalCommand::Export { .. } => exported(context, &options.command).await,
        JournalCommand::Timestamp => timestamped(context).await,
    }
}

async fn verified(context: &Context, head: Option<&str>) -> Outcome {
    let talk = context.talk;
    let kept = head.map(str::parse::<Head>).transpose()?;
    let (home, store) = context.store().await?;
    match verify(&home, &store, kept).await {
        Ok(Verified { head, timestamps, timestamps_not_checked }) => {
            if talk.json() {
                let line = json!({"verified": true, "lines": head.seq, "head": head.to_string(),
                    "timestamps": timestamps, "timestamps_not_checked": timestamps_not_checked});
                talk.data(&line.to_string());
            } else {
                let (lines, head) = (head.seq.to_string(), head.to_string());
                talk.tell("journal.verified", &[("lines", &lines), ("head", &head)]);
                for (key, count) in
                    [("journal.stamps", timestamps), ("journal.stamps_not_checked", timestamps_not_checked)]
                {
                    if count > 0 {
                        talk.tell(key, &[("count", &count.to_string())]);
                    }
                }
            }
            Ok(status(true))
        }
        Err(PipelineError::Store(StoreError::Journal { seq, what })) => {
            if talk.json() {
                talk.data(&json!({"verified": false, "line": seq, "what": what}).to_string());
            } else {
                talk.tell("journal.broken", &[("seq", &seq.to_string()), ("what", &what)]);
            }
            Ok(status(false))
        }
        Err(error) => Err(error.into()),
    }
}

async fn exported(context: &Context, command: &JournalCommand) -> Outcome {
    let JournalCommand::Export { out, from, to, payloads } = command else { return Ok(status(true)) };
    let talk = context.talk;
    let (home, store) = context.store().await?;
    let at = SystemClock.now();
    let no_key = || PipelineError::Seal(talk.say("journal.no_key", &[]));
    let identity = seal::load(&home, at).ok_or_else(no_key)?;
    let identity = identity.map_err(|problem| PipelineError::Seal(problem.to_string()))?;
    let what = Export {
        siren: &home.configuration.legal_person.siren,
        from: days::start(talk, from.as_deref(), 0)?,
        until: days::start(talk, to.as_deref(), 1)?,
        payloads: *payloads,
        at,
    };
    let (head, lines) = export(&store, what, &identity, out).await?;
    let (file, head) = (out.display().to_string(), head.to_string());
    if talk.json() {
        let line = json!({"schema": "facteur-exported/1", "file": file, "lines": lines, "head": head,
            "certificate": identity.fingerprint()});
        talk.data(&line.to_string());
    } else {
        let args = [("lines", lines.to_string()), ("file", file), ("head", head)];
        talk.tell("journal.exported", &args.each_ref().map(|(name, value)| (*name, value.as_str())));
        talk.tell("journal.signed_by", &[("fingerprint", identity.fingerprint())]);
    }
    Ok(status(true))
}

async fn timestamped(context: &Context) -> Outcome {
    let talk = context.talk;
    let (home, store) = context.store().await?;
    let stamp = timestamp::timestamp(&home, &store, &context.actor(), SystemClock.now()).await?;
    let (head, at) = (stamp.head.to_string(), stamp.at.rfc3339());
    if talk.json() {
        let line = json!({"schema": "facteur-timestamp/1", "head": head, "at": at, "bytes": stamp.token.len()});
        talk.data(&line.to_string());
    } else {
        talk.tell("journal.stamped", &[("head", &head), ("at", &at)]);
    }
    Ok(status(true))
}
