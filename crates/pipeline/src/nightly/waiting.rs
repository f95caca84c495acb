//! What waits for a person at the end of a night: those of this night first, in bounded room.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::State;
use facteur_report::night::{CASES_MAX, Case, Waiting};
use facteur_store::Store;
use facteur_store::report::{After, Entry, Selection};

use crate::error::PipelineError;

/// Invoices read at once.
const PAGE: i64 = 500;

pub(super) async fn waiting(store: &Store, began: Timestamp) -> Result<Waiting, PipelineError> {
    let states: Vec<State> = State::ALL.iter().copied().filter(|state| state.waits_for_person()).collect();
    let selection = Selection { states, ..Selection::default() };
    let mut waiting = Waiting::default();
    let (mut new, mut old) = (Vec::new(), Vec::new());
    let mut after = After::beginning();
    loop {
        let page = store.report_page(&selection, &after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.after();
        for entry in page {
            let tonight = entry.since >= began;
            waiting.total += 1;
            waiting.tonight += u64::from(tonight);
            let list = if tonight { &mut new } else { &mut old };
            if list.len() < CASES_MAX {
                list.push(case(entry, tonight));
            }
        }
    }
    new.append(&mut old);
    new.truncate(CASES_MAX);
    waiting.cases = new;
    Ok(waiting)
}

fn case(entry: Entry, tonight: bool) -> Case {
    Case {
        id: entry.id,
        file: entry.file,
        number: entry.number,
        supplier: entry.supplier,
        state: entry.state,
        since: entry.since,
        reason: entry.reason,
        tonight,
    }
}
