//! `facteur view FILE|ID`: the invoice as a person reads it.

use std::io::Write as _;
use std::path::Path;

use anyhow::bail;
use facteur_pipeline::convert::save;
use facteur_pipeline::engine::examiner;
use facteur_pipeline::examine::plan;
use facteur_pipeline::view::View as Shown;
use facteur_report::table::{Align, Table};
use facteur_texts::printable;
use facteur_validate::Plan;
use serde_json::json;

use super::check::known_recipients;
use super::{Context, Outcome, attachments, status};
use crate::args::{Format, View};

pub async fn run(context: &Context, options: &View) -> Outcome {
    let talk = context.talk;
    let home = context.home_if_any()?;
    if let Some(out) = options.out.as_deref().filter(|out| out.symlink_metadata().is_ok()) {
        bail!("{}", talk.say("error.exists", &[("path", &out.display().to_string())]));
    }
    let examiner = examiner(&context.packs(home.as_ref()), &std::env::current_exe()?)?;
    let examiner = examiner.with_directory(known_recipients(home.as_ref()).await);
    let own = home.as_ref().map(|home| plan(&home.configuration.check));
    let plan = own.unwrap_or_else(|| Plan::chain(facteur_validate::Context::Plain));
    let file = Path::new(&options.what);
    let shown = if file.exists() || home.is_none() {
        Shown::of_file(&examiner, &plan, file).await?
    } else {
        let (_, store) = context.store().await?;
        Shown::of_store(&examiner, &plan, &store, &options.what).await?
    };
    if !shown.is_readable() {
        shown.findings().iter().for_each(|finding| crate::output::complain(&talk.finding(finding)));
        return Ok(status(false));
    }
    let bytes = match talk.format {
        Format::Html => shown.html(talk.language).into_bytes(),
        Format::Pdf => shown.pdf(talk.language)?.unwrap_or_default(),
        Format::Json => as_json(&shown).into_bytes(),
        _ => as_text(context, &shown).into_bytes(),
    };
    match &options.out {
        Some(out) => {
            save(out, &bytes)?;
            talk.note("view.written", &[("out", &out.display().to_string())]);
        }
        None => std::io::stdout().lock().write_all(&bytes)?,
    }
    Ok(status(true))
}

fn as_json(shown: &Shown) -> String {
    let findings = shown.findings().len();
    let attached: Vec<serde_json::Value> = shown.attached().iter().map(attachments::as_json).collect();
    let line = json!({"schema": "facteur-view/1", "terms": shown.terms(), "attachments": attached,
        "findings": findings});
    format!("{line}\n")
}

/// Every term, one to a row, and under it what was found.
fn as_text(context: &Context, shown: &Shown) -> String {
    let talk = context.talk;
    let heading = |column: &str| (talk.say(&format!("convert.column_{column}"), &[]), Align::Left);
    let mut table = Table::new(vec![heading("term"), heading("line"), heading("value")]);
    for said in shown.terms() {
        let line = said.line.as_deref().map_or_else(String::new, printable);
        table.row(vec![said.term.0.to_owned(), line, printable(&said.value)]);
    }
    let attached = match shown.attached() {
        [] => String::new(),
        list => format!(
            "\n{}\n{}",
            talk.say("attachments.title", &[]),
            attachments::table(talk, list).render(crate::output::width())
        ),
    };
    let findings: Vec<String> = shown.findings().iter().map(|finding| talk.finding(finding)).collect();
    format!("{}{attached}\n{}", table.render(crate::output::width()), findings.concat())
}
