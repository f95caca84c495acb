//! `facteur work`

use facteur_pipeline::worker::{Stop, Work, work};

use super::{Context, Outcome, status};
use crate::args::Work as Options;

/// Ends with 0 when it was asked to stop: what waits for a person is in the reports, not in the exit status of a
/// service.
pub async fn run(context: &Context, options: &Options) -> Outcome {
    let dispatcher = context.dispatcher("work").await?;
    let _alone = match dispatcher.store.location().file() {
        Some(_) => Some(context.home()?.lock_worker()?),
        None => None,
    };
    let stop = Stop::on_signals()?;
    if !context.talk.json() {
        context.talk.note("work.begins", &[]);
    }
    let options = Work { metrics: options.metrics, until_idle: options.until_idle };
    let done = work(&dispatcher, options, stop).await;
    dispatcher.store.close().await;
    let done = done?;
    if context.talk.json() {
        context.talk.data(&serde_json::to_string(&done)?);
    } else {
        super::send::show(context.talk, &done.sent);
        super::follow::show(context.talk, &done.followed);
    }
    Ok(status(true))
}
