//! `facteur packs add|list|verify`

use anyhow::Context as _;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_report::table::{Align, Table};
use facteur_validate::packs::{Installed, Manifest, Origin, Packs};
use serde_json::json;

use super::{Context, Outcome, status, user_packs};
use crate::args::{Packs as Options, PacksCommand};
use crate::output::Talk;

pub async fn run(context: &Context, options: &Options) -> Outcome {
    let home = context.home_if_any()?;
    let talk = context.talk;
    match &options.command {
        PacksCommand::Add { paths, manifest } => {
            // What is added goes where it is looked for first, not into some other installation's folder.
            let folder = context
                .packs
                .clone()
                .or_else(|| home.as_ref().map(|home| home.path(&home.configuration.folders.packs)));
            let folder = folder.unwrap_or_else(user_packs);
            let mut packs = Packs::open(&folder)?;
            let own = match manifest {
                Some(path) => Some(Manifest::read(path)?),
                None => None,
            };
            let manifest = own.as_ref().unwrap_or_else(|| Manifest::built_in());
            for path in paths {
                let added =
                    if path.is_dir() { packs.add_directory(path, manifest) } else { packs.add_wheel(path, manifest) };
                let added = added.with_context(|| path.display().to_string())?;
                talk.note("packs.added", &[("count", &added.len().to_string()), ("file", &path.display().to_string())]);
                if let Some(home) = &home {
                    let labels: Vec<String> = added.iter().map(|one| one.label.clone()).collect();
                    let payload = json!({"actor": context.actor(), "from": path.display().to_string(),
                        "artefacts": labels, "administrator": own.is_some()});
                    home.store().await?.note("packs", "installation", payload.to_string(), SystemClock.now()).await?;
                }
            }
            Ok(status(true))
        }
        PacksCommand::List => {
            let packs = Packs::open(context.packs(home.as_ref()))?;
            list(talk, packs.list());
            Ok(status(!packs.list().is_empty()))
        }
        PacksCommand::Verify => {
            let packs = Packs::open(context.packs(home.as_ref()))?;
            verify(talk, &packs)
        }
    }
}

fn list(talk: Talk, installed: &[Installed]) {
    if talk.json() {
        for one in installed {
            let artefact = &one.artefact;
            let line = json!({"schema": "facteur-pack/1", "family": artefact.family, "version": artefact.version,
                "file": artefact.files, "sha256": artefact.sha256, "license": artefact.licence,
                "valid_from": artefact.valid_from, "administrator": one.origin == Origin::Administrator});
            talk.data(&line.to_string());
        }
        return;
    }
    if installed.is_empty() {
        return talk.note("packs.none", &[]);
    }
    let heading = |key: &str| (talk.say(&format!("column.{key}"), &[]), Align::Left);
    let mut table = Table::new(vec![heading("pack"), heading("version"), heading("source"), heading("license")]);
    for one in installed {
        let origin = if one.origin == Origin::Administrator { "packs.administrator" } else { "packs.official" };
        let artefact = &one.artefact;
        table.row(vec![
            artefact.family.clone(),
            artefact.version.clone(),
            talk.say(origin, &[]),
            artefact.licence.clone(),
        ]);
    }
    talk.table(&table);
}

fn verify(talk: Talk, packs: &Packs) -> Outcome {
    let verified = packs.verify();
    let mut intact = true;
    for one in &verified {
        intact &= one.problem.is_none();
        if talk.json() {
            talk.data(
                &json!({"schema": "facteur-pack-check/1", "artefact": one.label, "problem": one.problem}).to_string(),
            );
        } else if let Some(problem) = &one.problem {
            talk.data(&format!("{}{} {} ({problem})", one.label, talk.colon(), talk.say("packs.damaged", &[])));
        }
    }
    if verified.is_empty() {
        talk.note("packs.none", &[]);
    } else if intact && !talk.json() {
        talk.data(&talk.say("packs.verified", &[("count", &verified.len().to_string())]));
    }
    Ok(status(intact && !verified.is_empty()))
}
