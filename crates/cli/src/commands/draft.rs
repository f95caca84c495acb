//! `facteur draft show|set|edit|confirm`

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::bail;
use facteur_pipeline::draft::{
    Changed, Confirmation, Edited, Fault, FormProblem, Opened, Outgoing, Refusal, Wrong, confirm, edit, give, open,
};
use facteur_pipeline::engine::Engine;
use facteur_report::status::short;
use facteur_texts::printable;
use serde_json::{Value, json};

use super::draft_look::{field_name, lines_of, show, want_sentence};
use super::{Context, Outcome, status};
use crate::args::{Draft, DraftCommand, FormName};
use crate::output::{Talk, complain};

pub async fn run(context: &Context, options: &Draft) -> Outcome {
    let engine = context.engine().await?;
    let talk = context.talk;
    match &options.command {
        DraftCommand::Show { id } => {
            let opened = open(&engine, id).await?;
            Ok(status(show(talk, &engine, &opened).await?))
        }
        DraftCommand::Set { id, values } => set(talk, &engine, id, values).await,
        DraftCommand::Edit { id, fresh } => edit_until_good(talk, &engine, id, *fresh).await,
        DraftCommand::Confirm { id, reason, form, unsure_checked } => {
            let outgoing = form.map(|form| match form {
                FormName::FacturX => Outgoing::FacturX,
                FormName::Ubl => Outgoing::Ubl,
                FormName::Cii => Outgoing::Cii,
            });
            let confirmation = Confirmation { reason: reason.as_deref(), outgoing, unsure_checked: *unsure_checked };
            confirmed(talk, &engine, id, confirmation).await
        }
    }
}

async fn set(talk: Talk, engine: &Engine, id: &str, values: &[String]) -> Outcome {
    let mut pairs = Vec::new();
    for text in values {
        match text.split_once('=') {
            Some((field, value)) => pairs.push((field.trim().to_owned(), value.to_owned())),
            None => bail!(talk.say("draft.no_pair", &[("text", text)])),
        }
    }
    match give(engine, id, &pairs).await? {
        Ok((opened, changed)) => {
            tell_changes(talk, &opened, &changed);
            Ok(status(true))
        }
        Err(faults) => {
            faults.iter().for_each(|fault| complain(&format!("{}\n", fault_sentence(talk, fault))));
            bail!(talk.say("draft.nothing_changed", &[]))
        }
    }
}

/// A form that cannot be used is offered again at a terminal; otherwise it stays for the next time.
async fn edit_until_good(talk: Talk, engine: &Engine, id: &str, fresh: bool) -> Outcome {
    let mut fresh = fresh;
    loop {
        match edit(engine, id, fresh, talk.language).await? {
            Edited::Saved(opened, changed) => {
                tell_changes(talk, &opened, &changed);
                return Ok(status(true));
            }
            Edited::Unchanged(opened) => {
                talk.note("draft.unchanged", &[("id", short(&opened.invoice.id))]);
                return Ok(status(true));
            }
            Edited::NoEditor => bail!(talk.say("draft.no_editor", &[])),
            Edited::EditorFailed { editor, what } => {
                bail!(talk.say("draft.editor_failed", &[("editor", &editor), ("what", &what)]))
            }
            Edited::Wrong { file, problems } => {
                for problem in &problems {
                    complain(&format!("{}\n", problem_sentence(talk, problem)));
                }
                let path = file.display().to_string();
                if !std::io::stdin().is_terminal() {
                    bail!(talk.say("draft.form_kept", &[("path", &path)]));
                }
                talk.note("draft.form_again", &[]);
                let mut answer = String::new();
                std::io::stdin().lock().read_line(&mut answer)?;
                if answer.trim().to_lowercase().starts_with('n') {
                    bail!(talk.say("draft.form_kept", &[("path", &path)]));
                }
                fresh = false;
            }
        }
    }
}

async fn confirmed(talk: Talk, engine: &Engine, id: &str, confirmation: Confirmation<'_>) -> Outcome {
    let done = match confirm(engine, id, confirmation).await? {
        Ok(done) => done,
        Err(refusal) => {
            let lines = refusal_lines(talk, &refusal);
            if talk.json() {
                let line = json!({"schema": "facteur-draft-confirm/1", "id": id, "confirmed": false,
                    "refused": refusal_word(&refusal), "messages": lines});
                talk.data(&line.to_string());
            } else {
                lines.iter().for_each(|line| complain(&format!("{}\n", printable(line))));
            }
            return Ok(status(false));
        }
    };
    let good = !done.row.state.waits_for_person();
    if talk.json() {
        let line = json!({"schema": "facteur-draft-confirm/1", "id": done.row.id, "confirmed": good,
            "state": done.row.state, "form": done.outgoing, "verdict": done.report.verdict.as_str(),
            "reason": done.row.reason, "pdf_a_certified": false});
        talk.data(&line.to_string());
        return Ok(status(good));
    }
    talk.data(&talk.row(&done.row));
    if !good {
        done.report.findings.iter().for_each(|finding| talk.data(&talk.finding(finding)));
    } else if done.outgoing == Outgoing::FacturX {
        talk.note("draft.not_certified", &[]);
    }
    Ok(status(good))
}

const fn refusal_word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Incomplete(_) => "incomplete",
        Refusal::Unsure(_) => "unsure",
        Refusal::OtherSupplier { .. } => "other_supplier",
        Refusal::NoMandate { .. } => "no_mandate",
        Refusal::CannotCarry(_) => "cannot_carry",
    }
}

fn refusal_lines(talk: Talk, refusal: &Refusal) -> Vec<String> {
    match refusal {
        Refusal::Incomplete(wants) => {
            let wants = wants.iter().map(|want| format!("  {}", want_sentence(talk, want)));
            std::iter::once(talk.say("draft.incomplete", &[])).chain(wants).collect()
        }
        Refusal::Unsure(fields) => {
            let fields = fields.iter().map(|field| format!("  {} ({})", field_name(talk, field), field.term));
            std::iter::once(talk.say("draft.unsure", &[])).chain(fields).collect()
        }
        Refusal::OtherSupplier { found, expected } => {
            vec![talk.say("draft.other_supplier", &[("found", found), ("expected", expected)])]
        }
        Refusal::NoMandate { supplier } => vec![talk.say("draft.no_mandate", &[("supplier", supplier)])],
        Refusal::CannotCarry(what) => vec![talk.say("draft.cannot_carry", &[("what", what)])],
    }
}

fn tell_changes(talk: Talk, opened: &Opened, changed: &[Changed]) {
    if talk.json() {
        let changed = changed.iter().map(|one| json!({"field": one.field, "before": one.before, "after": one.after}));
        let line = json!({"schema": "facteur-draft-change/1", "id": opened.invoice.id, "revision": opened.revision,
            "changed": changed.collect::<Vec<Value>>()});
        return talk.data(&line.to_string());
    }
    if changed.is_empty() {
        return talk.note("draft.unchanged", &[("id", short(&opened.invoice.id))]);
    }
    for one in changed {
        let shown = |text: &str| if text.is_empty() { "—".to_owned() } else { printable(text) };
        let args = [("field", one.field.clone()), ("before", shown(&one.before)), ("after", shown(&one.after))];
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        talk.tell("draft.changed", &args);
    }
    lines_of(talk, opened);
}

fn fault_sentence(talk: Talk, fault: &Fault) -> String {
    let (field, value) = (printable(&fault.field), printable(&fault.value));
    match fault.form {
        None => talk.say("draft.fault_unknown", &[("field", &field)]),
        Some(form) => {
            let args = [("field", field.as_str()), ("value", &value), ("expected", &form.expected())];
            talk.say(&format!("draft.fault_{}", form.word()), &args)
        }
    }
}

fn problem_sentence(talk: Talk, problem: &FormProblem) -> String {
    let what = match &problem.what {
        Wrong::Toml(what) => talk.say("draft.fault_toml", &[("what", &printable(what))]),
        Wrong::Unknown(field) => talk.say("draft.fault_unknown", &[("field", &printable(field))]),
        Wrong::Outdated => talk.say("draft.fault_outdated", &[]),
        Wrong::Value { field, value, form } => {
            let fault = Fault { field: field.clone(), value: value.clone(), form: Some(*form) };
            fault_sentence(talk, &fault)
        }
    };
    talk.say("draft.form_line", &[("line", &problem.line.to_string()), ("what", &what)])
}
