//! `facteur attachments FILE|ID [--extract DIR]`

use std::path::{Path, PathBuf};

use facteur_pipeline::attachments::{self, Attached, Attachments as Found, Origin};
use facteur_pipeline::engine::examiner;
use facteur_report::table::{Align, Table};
use facteur_texts::printable;
use serde_json::{Value, json};

use super::check_look::finding_line;
use super::{Context, Outcome, status};
use crate::args::Attachments;
use crate::output::{Talk, complain};

pub async fn run(context: &Context, options: &Attachments) -> Outcome {
    let talk = context.talk;
    let home = context.home_if_any()?;
    let examiner = examiner(&context.packs(home.as_ref()), &std::env::current_exe()?)?;
    let file = Path::new(&options.what);
    let found = if file.exists() || home.is_none() {
        attachments::of_file(&examiner, file).await?
    } else {
        let (_, store) = context.store().await?;
        attachments::of_store(&examiner, &store, &options.what).await?
    };
    let found = match found {
        Ok(found) => found,
        Err(findings) => {
            if talk.json() {
                let findings: Vec<Value> = findings.iter().map(|finding| finding_line(talk, finding)).collect();
                let line = json!({"schema": "facteur-attachments/1", "file": options.what, "attachments": null,
                    "findings": findings});
                talk.data(&line.to_string());
            }
            findings.iter().for_each(|finding| complain(&talk.finding(finding)));
            return Ok(status(false));
        }
    };
    let places = match &options.extract {
        Some(folder) => attachments::extract(&found, folder)?,
        None => vec![None; found.list.len()],
    };
    if talk.json() {
        talk.data(&line(&found, &places).to_string());
    } else {
        show(talk, &found, options.extract.as_deref());
    }
    Ok(status(found.are_whole()))
}

/// One JSON line: `facteur-attachments/1`.
fn line(found: &Found, places: &[Option<PathBuf>]) -> Value {
    let files = found.list.iter().zip(places).map(|(attached, place)| {
        let mut one = as_json(attached);
        one["written"] = json!(place.as_ref().map(|place| place.display().to_string()));
        one
    });
    json!({"schema": "facteur-attachments/1", "file": found.file, "attachments": files.collect::<Vec<_>>()})
}

/// What there is to say of one file; also a part of `facteur-view/1`.
pub fn as_json(attached: &Attached) -> Value {
    json!({"name": attached.name, "media_type": attached.media_type, "size": attached.bytes.as_ref().map(Vec::len),
        "sha256": attached.sha256, "relation": attached.relation, "origin": attached.origin,
        "reference": attached.reference, "description": attached.description, "invoice": attached.invoice})
}

fn show(talk: Talk, found: &Found, folder: Option<&Path>) {
    if found.list.is_empty() {
        return talk.tell("attachments.none", &[("file", &printable(&found.file))]);
    }
    talk.table(&table(talk, &found.list));
    let lost = found.list.iter().filter(|attached| attached.bytes.is_none()).count();
    if lost > 0 {
        talk.note("attachments.unreadable", &[("count", &lost.to_string())]);
    }
    if let Some(folder) = folder {
        let count = (found.list.len() - lost).to_string();
        talk.note("attachments.written", &[("count", &count), ("folder", &folder.display().to_string())]);
    }
}

/// One file to a row; also a part of the view.
pub fn table(talk: Talk, list: &[Attached]) -> Table {
    let heading = |column: &str, align| (talk.say(&format!("attachments.{column}"), &[]), align);
    let mut table = Table::new(vec![
        heading("name", Align::Left),
        heading("type", Align::Left),
        heading("size", Align::Right),
        heading("relation", Align::Left),
        heading("origin", Align::Left),
        heading("reference", Align::Left),
        heading("sha256", Align::Left),
    ]);
    let text = |value: &Option<String>| value.as_deref().map_or_else(|| "—".to_owned(), printable);
    for attached in list {
        let origin = match (attached.origin, attached.invoice) {
            (Origin::Xml, _) => "origin_xml",
            (_, true) => "origin_invoice",
            (_, false) => "origin_pdf",
        };
        let said = [&attached.reference, &attached.description].into_iter().flatten();
        let said: Vec<String> = said.map(|part| printable(part)).collect();
        table.row(vec![
            text(&attached.name),
            text(&attached.media_type),
            attached.bytes.as_ref().map_or_else(|| "?".to_owned(), |bytes| bytes.len().to_string()),
            text(&attached.relation),
            talk.say(&format!("attachments.{origin}"), &[]),
            said.join(" — "),
            text(&attached.sha256),
        ]);
    }
    table
}
