//! `facteur report NAME`

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use facteur_model::amount::Amount;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::lifecycle::State;
use facteur_report::configuration::Configuration;
use facteur_report::document::Report as Whole;
use facteur_report::payment_period::{Payer, PeriodError, Rates, Rules};
use facteur_report::render::{self, RenderError, write_to};
use facteur_report::standing::{Group, Name, Query, ReportError, Tables, build};
use facteur_report::wording::{day, sum};
use facteur_report::write::whole_file_with;

use super::{Context, Outcome, days, status};
use crate::args::{Format, Report};
use crate::output::{Talk, width};

pub async fn run(context: &Context, options: &Report) -> Outcome {
    let talk = context.talk;
    let (home, store) = context.store().await?;
    let configuration = &home.configuration.report;
    let query = query(talk, options, configuration)?;
    let format = format(talk.format, options.out.as_deref());
    if format == render::Format::Xlsx && options.out.is_none() {
        bail!(talk.say("report.needs_file", &[]));
    }
    let configured = configuration.rates.as_deref().map(|path| home.path(path));
    let rates = rates(talk, configured.iter().map(PathBuf::as_path).chain(options.rates.as_deref()))?;
    let rules = Rules::built_in().map_err(|error| table(talk, &error))?;
    let report = build(&store, Tables { rules, rates: &rates }, &query).await;
    let report = report.map_err(|error| in_words(talk, error))?;
    put(talk, format, options.out.as_deref(), &report)?;
    // Reading is done whatever was read; only a count that does not add up has to be seen.
    Ok(status(query.name != Name::Reconciliation || !report.attention))
}

fn put(talk: Talk, format: render::Format, out: Option<&Path>, report: &Whole) -> anyhow::Result<()> {
    let Some(path) = out else {
        if format == render::Format::Text {
            talk.data(&render::text(talk.language, report, width())?);
            return Ok(());
        }
        let mut standard = BufWriter::new(std::io::stdout().lock());
        write_to(format, talk.language, report, &mut standard)?;
        return Ok(standard.flush()?);
    };
    let file = path.display().to_string();
    let written = whole_file_with(path, |out| write_to(format, talk.language, report, out));
    written.map_err(|error| match error {
        RenderError::File(error) => {
            anyhow!(talk.say("report.not_written", &[("file", &file), ("what", &error.to_string())]))
        }
        other => anyhow!(talk.say("report.workbook", &[("what", &other.to_string())])),
    })?;
    talk.note("report.written", &[("file", &file)]);
    Ok(())
}

/// The format asked for; a file's name says it where the option does not.
fn format(asked: Format, out: Option<&Path>) -> render::Format {
    let extension = out.and_then(Path::extension).and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    match (asked, extension.as_deref()) {
        (Format::Csv, _) | (Format::Text, Some("csv")) => render::Format::Csv,
        (Format::Json, _) | (Format::Text, Some("json")) => render::Format::Json,
        (Format::Html, _) | (Format::Text, Some("html" | "htm")) => render::Format::Html,
        (Format::Xlsx, _) | (Format::Text, Some("xlsx")) => render::Format::Xlsx,
        // A page on paper is refused before a report is made.
        (Format::Text | Format::Pdf, _) => render::Format::Text,
    }
}

fn query(talk: Talk, options: &Report, configuration: &Configuration) -> anyhow::Result<Query> {
    let known = |all: Vec<&str>| all.join(", ");
    let name = Name::from_name(&options.name)
        .ok_or_else(|| unknown(talk, "report.unknown_name", &options.name, &known(Name::all().collect())))?;
    let mut query = Query::new(name, talk.language, SystemClock.now()).configured(configuration);
    query.subject.clone_from(&options.subject);
    query.from = options.from.as_deref().map(|text| days::date(talk, text)).transpose()?;
    query.to = options.to.as_deref().map(|text| days::date(talk, text)).transpose()?;
    for name in &options.state {
        let all = || known(State::ALL.iter().map(|state| state.as_str()).collect());
        let state = State::from_name(name).ok_or_else(|| unknown(talk, "report.unknown_state", name, &all()))?;
        query.states.push(state);
    }
    query.supplier.clone_from(&options.supplier);
    query.recipient.clone_from(&options.recipient);
    query.service.clone_from(&options.service);
    query.budget.clone_from(&options.budget);
    query.older_than = options.older_than;
    if let Some(name) = &options.group_by {
        let all = known(Group::ALL.map(Group::as_str).to_vec());
        query.group_by = Some(Group::from_name(name).ok_or_else(|| unknown(talk, "report.unknown_group", name, &all))?);
    }
    if let Some(name) = &options.payer {
        let all = known(Payer::ALL.map(Payer::as_str).to_vec());
        query.payer = Payer::from_name(name).ok_or_else(|| unknown(talk, "report.unknown_payer", name, &all))?;
    }
    query.min = options.min.as_deref().map(|text| amount(talk, text)).transpose()?.map(Amount::decimal);
    query.max = options.max.as_deref().map(|text| amount(talk, text)).transpose()?.map(Amount::decimal);
    let factor = |text: &Option<String>| text.as_deref().map(|text| amount(talk, text)).transpose();
    query.sheets_per_invoice = factor(&options.sheets_per_invoice)?.map(Amount::decimal).or(query.sheets_per_invoice);
    query.postage = factor(&options.postage)?.map(Amount::decimal).or(query.postage);
    Ok(query)
}

fn unknown(talk: Talk, key: &str, name: &str, known: &str) -> anyhow::Error {
    anyhow!(talk.say(key, &[("name", name), ("known", known)]))
}

/// `1234.56` or `1 234,56`.
fn amount(talk: Talk, text: &str) -> anyhow::Result<Amount> {
    let plain: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let plain = plain.replace(',', ".");
    Amount::parse(&plain).map_err(|_| anyhow!(talk.say("report.not_an_amount", &[("text", text)])))
}

/// The rates of this release, completed with those of these files.
fn rates<'a>(talk: Talk, files: impl Iterator<Item = &'a Path>) -> anyhow::Result<Rates> {
    let mut all = Rates::built_in().map_err(|error| table(talk, &error))?.clone();
    for path in files {
        let file = path.display().to_string();
        let wrong = |what: String| anyhow!(talk.say("error.file", &[("path", &file), ("what", &what)]));
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        all = all.completed_with(&Rates::parse(&text).map_err(|error| wrong(error.to_string()))?);
    }
    Ok(all)
}

fn table(talk: Talk, error: &PeriodError) -> anyhow::Error {
    anyhow!(talk.say("report.table", &[("what", &error.to_string())]))
}

fn in_words(talk: Talk, error: ReportError) -> anyhow::Error {
    let language = talk.language;
    match error {
        ReportError::Period { from, to } => {
            let (from, to) = (day(language, from), day(language, to));
            anyhow!(talk.say("report.impossible_period", &[("from", &from), ("to", &to)]))
        }
        ReportError::Amounts { min, max } => {
            let (min, max) = (sum(language, min), sum(language, max));
            anyhow!(talk.say("report.impossible_amounts", &[("min", &min), ("max", &max)]))
        }
        ReportError::Budget { known, .. } if known.is_empty() => anyhow!(talk.say("report.no_budgets", &[])),
        ReportError::Budget { name, known } => unknown(talk, "report.unknown_budget", &name, &known.join(", ")),
        ReportError::Rows(error) => anyhow!(talk.say("report.rows", &[("what", &error.to_string())])),
        ReportError::NoSubject => anyhow!(talk.say("report.no_subject", &[])),
        ReportError::Table(error) => table(talk, &error),
        ReportError::Store(error) => error.into(),
    }
}
