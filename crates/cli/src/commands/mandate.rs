//! `facteur mandate add|list|revoke`

use anyhow::bail;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_pipeline::mandate::{FILE_MAX, MandateProblem, NewMandate, Standing, add, revoke, standing};
use facteur_report::status::short;
use facteur_report::table::{Align, Table};
use facteur_store::draft::Mandate;
use facteur_texts::printable;
use serde_json::{Value, json};

use super::{Context, Outcome, status};
use crate::args::{Mandate as Options, MandateCommand};
use crate::output::Talk;

pub async fn run(context: &Context, options: &Options) -> Outcome {
    let talk = context.talk;
    let (home, store) = context.store().await?;
    let now = SystemClock.now();
    match &options.command {
        MandateCommand::Add { supplier, file, from, until } => {
            let siren = &home.configuration.legal_person.siren;
            let new = NewMandate { siren, supplier, file, from, until };
            match add(&store, new, now, &context.actor()).await? {
                Ok(mandate) => show(talk, &[(standing(&mandate, now), mandate)]),
                Err(problem) => bail!(problem_sentence(talk, &problem)),
            }
        }
        MandateCommand::List => {
            let mandates = store.mandates(None).await?;
            let listed: Vec<_> = mandates.into_iter().map(|mandate| (standing(&mandate, now), mandate)).collect();
            if listed.is_empty() && !talk.json() {
                talk.note("mandate.none", &[]);
            } else {
                show(talk, &listed);
            }
        }
        MandateCommand::Revoke { id, why } => {
            let (mandate, changed) = revoke(&store, id, why.as_deref(), now, &context.actor()).await?;
            if !changed {
                talk.note("mandate.ended_already", &[("id", short(&mandate.id))]);
            }
            show(talk, &[(Standing::Revoked, mandate)]);
        }
    }
    Ok(status(true))
}

fn show(talk: Talk, mandates: &[(Standing, Mandate)]) {
    if talk.json() {
        return mandates.iter().for_each(|(standing, mandate)| talk.data(&line(*standing, mandate).to_string()));
    }
    let heading = |key: &str| (talk.say(key, &[]), Align::Left);
    let mut table = Table::new(vec![
        heading("mandate.id"),
        heading("mandate.supplier"),
        heading("mandate.from"),
        heading("mandate.until"),
        heading("mandate.standing"),
        heading("mandate.file"),
    ]);
    for (standing, mandate) in mandates {
        table.row(vec![
            short(&mandate.id).to_owned(),
            mandate.supplier.clone(),
            mandate.from.clone(),
            mandate.until.clone(),
            talk.say(&format!("mandate.{}", standing.as_str()), &[]),
            printable(&mandate.file),
        ]);
    }
    talk.table(&table);
}

fn line(standing: Standing, mandate: &Mandate) -> Value {
    json!({"schema": "facteur-mandate/1", "id": mandate.id, "supplier": mandate.supplier, "file": mandate.file,
        "sha256": mandate.sha256, "from": mandate.from, "until": mandate.until, "standing": standing.as_str()})
}

fn problem_sentence(talk: Talk, problem: &MandateProblem) -> String {
    match problem {
        MandateProblem::Supplier(value) => {
            talk.say("draft.fault_siren", &[("field", "--supplier"), ("value", &printable(value)), ("expected", "")])
        }
        MandateProblem::Day(value) => talk
            .say("draft.fault_date", &[("field", "--from, --until"), ("value", &printable(value)), ("expected", "")]),
        MandateProblem::Order => talk.say("mandate.order", &[]),
        MandateProblem::File { size } => {
            talk.say("mandate.bad_file", &[("size", &size.to_string()), ("most", &FILE_MAX.to_string())])
        }
    }
}
