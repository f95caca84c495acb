//! `facteur template learn|list|check|show`

use std::path::Path;

use anyhow::{Context as _, bail};
use facteur_model::finding::{Finding, Layer};
use facteur_pipeline::draft::read_file;
use facteur_pipeline::home::Home;
use facteur_pipeline::pdf_worker::PdfWorkerPool;
use facteur_pipeline::template::{
    Source, Taught, Template, Templates, ValuesError, find, read_template, read_values, teach,
};
use facteur_report::table::{Align, Table};
use facteur_texts::printable;
use serde_json::{Value, json};

use super::{Context, Outcome, extract, status};
use crate::args::{Learn, TemplateArguments, TemplateCommand};
use crate::output::{Talk, complain};

pub async fn run(context: &Context, options: &TemplateArguments) -> Outcome {
    match &options.command {
        TemplateCommand::Learn(options) => learn(context, options).await,
        TemplateCommand::List => list(context, &context.home()?),
        TemplateCommand::Check { file, on } => check(context, file, on.as_deref()).await,
        TemplateCommand::Show { name } => show(context, &context.home()?, name),
    }
}

async fn learn(context: &Context, options: &Learn) -> Outcome {
    let talk = context.talk;
    let home = context.home()?;
    let name = options.name.as_deref();
    if let Some(name) = name.filter(|name| !is_name(name)) {
        bail!("{}", talk.say("template.bad_name", &[("name", &printable(name))]));
    }
    let source = match &options.values {
        Some(values) => of_file(talk, Path::new(&options.what), values)?,
        None if Path::new(&options.what).is_file() => bail!("{}", talk.say("template.values_needed", &[])),
        None => Source::of_draft(&home, &home.store().await?, &options.what).await?,
    };
    let pool = PdfWorkerPool::new(std::env::current_exe()?, ["worker-pdf"], 1)?;
    match teach(&home, &pool, source, name, options.replace, talk.language).await? {
        Ok(taught) => {
            told(talk, &taught);
            Ok(status(taught.learnt.missing.is_empty()))
        }
        Err(finding) => {
            complain(&talk.finding(&finding));
            Ok(status(false))
        }
    }
}

/// A PDF and a file of its right values.
fn of_file(talk: Talk, file: &Path, values: &Path) -> anyhow::Result<Source> {
    let path = values.display().to_string();
    let written = std::fs::read_to_string(values).with_context(|| path.clone())?;
    let values = match read_values(&written) {
        Ok(values) => values,
        Err(error) => bail!("{}", values_problem(talk, &path, &error)),
    };
    let pdf = std::fs::read(file).with_context(|| file.display().to_string())?;
    Ok(Source { name: file.file_name().unwrap_or_default().to_string_lossy().into_owned(), pdf, values })
}

/// A name is that of a file of the folder, and of nothing else.
fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    !name.is_empty() && name.len() <= 100 && name.chars().all(plain)
}

fn values_problem(talk: Talk, path: &str, error: &ValuesError) -> String {
    let what = match error {
        ValuesError::Syntax(what) => what.clone(),
        ValuesError::UnknownField { name, known } => {
            talk.say("template.unknown_field", &[("name", &printable(name)), ("known", known)])
        }
        ValuesError::NotText { name } => talk.say("template.not_text", &[("name", &printable(name))]),
        ValuesError::Empty => talk.say("template.no_value", &[]),
    };
    talk.say("template.values", &[("path", path), ("what", &what)])
}

fn told(talk: Talk, taught: &Taught) {
    let learnt = &taught.learnt;
    let file = taught.file.display().to_string();
    if talk.json() {
        let missing: Vec<Value> = learnt
            .missing
            .iter()
            .map(|missing| json!({"field": missing.field, "value": missing.value, "reason": missing.reason}))
            .collect();
        let line = json!({"schema": "facteur-template/1", "file": file, "given_back": learnt.given_back,
            "missing": missing});
        return talk.data(&line.to_string());
    }
    let given_back = learnt.given_back.len().to_string();
    let asked = (learnt.given_back.len() + learnt.missing.len()).to_string();
    talk.tell("template.learnt", &[("file", &file), ("count", &given_back), ("asked", &asked)]);
    for missing in &learnt.missing {
        let reason = talk.say(&format!("template.{}", missing.reason.as_str()), &[]);
        let field = talk.say(&format!("field.{}", missing.field.as_str()), &[]);
        let args = [("field", field.as_str()), ("value", &printable(&missing.value)), ("reason", &reason)];
        talk.tell("template.missing", &args);
    }
}

fn list(context: &Context, home: &Home) -> Outcome {
    let talk = context.talk;
    let templates = Templates::of(home);
    if talk.json() {
        templates.usable.iter().for_each(|template| talk.data(&as_json(template).to_string()));
        for problem in &templates.problems {
            let line = json!({"schema": "facteur-template/1", "file": problem.args.get("file"), "line": problem.line,
                "problem": problem.rule});
            talk.data(&line.to_string());
        }
    } else if templates.usable.is_empty() && templates.problems.is_empty() {
        talk.note("template.none", &[]);
    } else {
        table(talk, &templates.usable);
    }
    templates.problems.iter().for_each(|problem| complain(&talk.finding(problem)));
    Ok(status(templates.problems.is_empty()))
}

fn as_json(template: &Template) -> Value {
    let fields: Vec<&str> = template.fields.keys().map(|field| field.as_str()).collect();
    let constants: serde_json::Map<String, Value> = template
        .constants
        .iter()
        .map(|(field, value)| (field.as_str().to_owned(), Value::from(value.as_str())))
        .collect();
    json!({"schema": "facteur-template/1", "name": template.name, "supplier": template.supplier,
        "keywords": template.keywords, "fields": fields, "constants": constants})
}

fn table(talk: Talk, templates: &[Template]) {
    let heading = |key: &str, align| (talk.say(&format!("template.column_{key}"), &[]), align);
    let mut table = Table::new(vec![
        heading("name", Align::Left),
        heading("supplier", Align::Left),
        heading("keywords", Align::Left),
        heading("fields", Align::Right),
        heading("constants", Align::Right),
    ]);
    for template in templates {
        let supplier = &template.supplier;
        let named = supplier.name.as_ref().or(supplier.siret.as_ref()).or(supplier.vat.as_ref());
        table.row(vec![
            printable(&template.name),
            printable(named.map_or("—", String::as_str)),
            printable(&template.keywords.join(", ")),
            template.fields.len().to_string(),
            template.constants.len().to_string(),
        ]);
    }
    talk.table(&table);
}

async fn check(context: &Context, file: &Path, on: Option<&Path>) -> Outcome {
    let talk = context.talk;
    let template = match read_template(file) {
        Ok(template) => template,
        Err(finding) => {
            complain(&talk.finding(&finding));
            return Ok(status(false));
        }
    };
    let Some(pdf) = on else {
        if talk.json() {
            talk.data(&as_json(&template).to_string());
        } else {
            talk.tell("template.good", &[("file", &file.display().to_string())]);
        }
        return Ok(status(true));
    };
    let read = match read_file(&std::env::current_exe()?, pdf, vec![template]).await? {
        Ok(read) => read,
        Err(finding) => return Ok(extract::refused(context, &pdf.display().to_string(), &finding)),
    };
    if read.pages.reading.template.is_none() {
        let finding = Finding::warning(Layer::Reading, "TEMPLATE-NOT-CHOSEN").arg("file", pdf.display().to_string());
        return Ok(extract::refused(context, &pdf.display().to_string(), &finding));
    }
    extract::tell(context, pdf, &read);
    Ok(status(true))
}

fn show(context: &Context, home: &Home, name: &str) -> Outcome {
    let talk = context.talk;
    let Some(file) = find(home, name) else {
        bail!("{}", talk.say("template.unknown", &[("name", &printable(name))]));
    };
    match read_template(&file) {
        Ok(template) if talk.json() => talk.data(&as_json(&template).to_string()),
        Ok(_) => talk.data(&std::fs::read_to_string(&file)?),
        Err(finding) => {
            complain(&talk.finding(&finding));
            return Ok(status(false));
        }
    }
    Ok(status(true))
}
