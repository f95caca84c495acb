//! `facteur resolve`

use facteur_pipeline::resolve::{Found, Word, resolve};

use super::{Context, Outcome, status};
use crate::args::{FoundName, Resolve};

pub async fn run(context: &Context, options: &Resolve) -> Outcome {
    let engine = context.engine().await?;
    let found = match options.found {
        FoundName::Integrated => Found::Integrated,
        FoundName::Settled => Found::Settled,
        FoundName::Rejected => Found::Rejected,
        FoundName::Absent => Found::Absent,
        FoundName::Outside => Found::Outside,
    };
    let word = Word { found, flow: options.flow.as_deref(), why: &options.why };
    let row = resolve(&engine, &options.id, word).await?;
    super::hands::show(context.talk, &row);
    // A rejection that was found is what was asked for; what comes back to be deposited should have been queued.
    Ok(status(found != Found::Absent || !row.state.waits_for_person()))
}
