//! `facteur run`: inbox, send, follow.

use std::sync::Arc;
use std::time::Duration;

use facteur_pipeline::deposit::follow::follow;
use facteur_pipeline::deposit::send::send;
use facteur_pipeline::import::{Progress, import};

use super::{Context, Outcome, status};
use crate::args::Run;

pub async fn run(context: &Context, options: &Run) -> Outcome {
    let talk = context.talk;
    let engine = context.engine().await?;
    let dispatcher = engine.dispatcher("run")?;
    heading(context, "run.import");
    let bar = super::import::bar(talk);
    let progress: Arc<dyn Progress> = bar.clone();
    let imported = import(&engine, &[], &progress).await;
    bar.finish();
    let imported = imported?;
    super::import::show(talk, &imported);
    super::import::complain_of_templates(talk, &engine.template_problems);
    if !talk.json() {
        context.note_missing_rules(&engine.home);
    }
    heading(context, "run.send");
    let sent = send(&dispatcher, &[]).await?;
    super::send::show(talk, &sent);
    heading(context, "run.follow");
    let Some(seconds) = options.wait else {
        let followed = follow(&dispatcher, &[], false).await?;
        super::follow::show(talk, &followed);
        return Ok(status(imported.all_good() && sent.all_good() && followed.need_person == 0));
    };
    let rounds = super::follow::until_quiet(&dispatcher, Duration::from_secs(seconds), true).await?;
    super::follow::show(talk, &rounds.followed);
    super::follow::still_on_the_way(talk, rounds.pending);
    // What had no answer or had to wait was settled by the rounds, or is still pending.
    let sent_well = sent.rejected + sent.held == 0;
    Ok(status(imported.all_good() && sent_well && rounds.followed.need_person == 0 && rounds.pending == 0))
}

fn heading(context: &Context, key: &str) {
    if !context.talk.json() {
        context.talk.data(&context.talk.say(key, &[]));
    }
}
