//! `facteur journal verify`

use facteur_store::journal::Head;

use super::{Context, Outcome, status};
use crate::args::{Journal, JournalCommand};

pub async fn run(context: &Context, options: &Journal) -> Outcome {
    let talk = context.talk;
    let JournalCommand::Verify { head } = &options.command;
    let kept = head.as_deref().map(str::parse::<Head>).transpose()?;
    let (_, store) = context.store().await?;
    match store.verify_journal(kept).await {
        Ok(head) => {
            if talk.json() {
                talk.data(
                    &serde_json::json!({"verified": true, "lines": head.seq, "head": head.to_string()}).to_string(),
                );
            } else {
                let (lines, head) = (head.seq.to_string(), head.to_string());
                talk.tell("journal.verified", &[("lines", &lines), ("head", &head)]);
            }
            Ok(status(true))
        }
        Err(facteur_store::StoreError::Journal { seq, what }) => {
            if talk.json() {
                talk.data(&serde_json::json!({"verified": false, "line": seq, "what": what}).to_string());
            } else {
                talk.tell("journal.broken", &[("seq", &seq.to_string()), ("what", &what)]);
            }
            Ok(status(false))
        }
        Err(error) => Err(error.into()),
    }
}
