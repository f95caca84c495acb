//! What a night leaves in the folder of reports: a folder a night, with its summary and the reports that are wanted.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use facteur_report::document::Report;
use facteur_report::night::{Night, Outcome, Step, StepName, text};
use facteur_report::payment_period::{Rates, Rules};
use facteur_report::render::{RenderError, write_to};
use facteur_report::standing::{Name, Query, Tables, build};
use facteur_report::write::{whole_file, whole_file_with};
use facteur_store::Store;
use facteur_texts::Language;

use super::settings::FormatName;
use super::{Nightly, Words, counted, failed};
use crate::error::PipelineError;
use crate::home::Home;

/// The summary for programs; whoever asks for the last night gets it from here.
const NIGHT: &str = "summary.json";

/// The folder of one night.
pub(super) fn folder(home: &Home, id: &str) -> PathBuf {
    home.path(&home.configuration.folders.reports).join(id)
}

/// The names of the nights that left a folder, the oldest first.
pub(super) fn nights(home: &Home) -> Vec<String> {
    let entries = std::fs::read_dir(home.path(&home.configuration.folders.reports));
    let folders = entries.into_iter().flatten().flatten().filter(|entry| entry.path().join(NIGHT).is_file());
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// A night, read back.
///
/// # Errors
/// Its file cannot be read.
pub(super) fn read(home: &Home, id: &str) -> Result<Night, PipelineError> {
    let path = folder(home, id).join(NIGHT);
    let bytes = std::fs::read(&path).map_err(PipelineError::file(&path))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| PipelineError::File { path, source: std::io::Error::other(error.to_string()) })
}

/// The last night, where there was one.
///
/// # Errors
/// Its file cannot be read.
pub fn last(home: &Home) -> Result<Option<Night>, PipelineError> {
    nights(home).last().map(|id| read(home, id)).transpose()
}

/// Writes the reports that are wanted and the summary; what came of it is a step of the night.
pub(super) async fn write(home: &Home, settings: &Nightly, store: &Store, words: &dyn Words, night: &mut Night) {
    let written = all(home, settings, store, night).await;
    let (outcome, count) = match written {
        Ok(files) => {
            night.files = files;
            (Outcome::Done, night.files.len() as u64)
        }
        Err(error) => (failed(words, &error), 0),
    };
    night.steps.push(Step { name: StepName::Report, outcome, counts: counted([("files", count)]), attention: 0 });
}

async fn all(home: &Home, settings: &Nightly, store: &Store, night: &Night) -> Result<Vec<String>, PipelineError> {
    let folder = folder(home, &night.id);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(PipelineError::file(&folder))?;
    let mut files = Vec::new();
    let both = settings.language.languages().len() > 1;
    for name in settings.reports.iter().filter_map(|name| Name::from_name(name)) {
        for language in settings.language.languages() {
            let report = one(home, store, name, *language, night).await?;
            for format in &settings.formats {
                let suffix = if both { format!(".{}", code(*language)) } else { String::new() };
                let file = format!("{}{suffix}.{}", name.as_str(), format.extension());
                rendered(&folder.join(&file), *format, *language, &report)?;
                files.push(file);
            }
        }
    }
    for language in settings.language.languages() {
        put(&folder.join(format!("summary.{}.txt", code(*language))), text(*language, night).as_bytes())?;
    }
    put(&folder.join(NIGHT), night.json().as_bytes())?;
    Ok(files)
}

async fn one(
    home: &Home,
    store: &Store,
    name: Name,
    language: Language,
    night: &Night,
) -> Result<Report, PipelineError> {
    let words = |error: &dyn std::fmt::Display| PipelineError::Report(error.to_string());
    let configuration = &home.configuration.report;
    let rates = rates(home)?;
    let tables = Tables { rules: Rules::built_in().map_err(|error| words(&error))?, rates: &rates };
    let mut query = Query::new(name, language, night.ended).configured(configuration);
    if name == Name::Daily {
        // A night that began before midnight is told whole.
        query.from = Some(configuration.time_zone.day(night.began));
    }
    build(store, tables, &query).await.map_err(|error| words(&error))
}

/// The rates of this release, completed with those that are configured.
fn rates(home: &Home) -> Result<Rates, PipelineError> {
    let words = |error: &dyn std::fmt::Display| PipelineError::Report(error.to_string());
    let built_in = Rates::built_in().map_err(|error| words(&error))?;
    let Some(path) = home.configuration.report.rates.as_deref().map(|path| home.path(path)) else {
        return Ok(built_in.clone());
    };
    let text = std::fs::read_to_string(&path).map_err(PipelineError::file(&path))?;
    let own = Rates::parse(&text).map_err(|error| words(&format!("{}: {error}", path.display())))?;
    Ok(built_in.completed_with(&own))
}

/// Keeps the night as it ended, deliveries included. What could be written once and cannot now is in the folder as it
/// was then.
pub(super) fn keep(home: &Home, night: &Night) {
    let _ = whole_file(&folder(home, &night.id).join(NIGHT), night.json().as_bytes());
}

/// Writes a report row after row: memory does not grow with their number.
fn rendered(path: &Path, format: FormatName, language: Language, report: &Report) -> Result<(), PipelineError> {
    whole_file_with(path, |out| write_to(format.format(), language, report, out)).map_err(|error| match error {
        RenderError::File(error) => PipelineError::file(path)(error),
        other => PipelineError::Report(other.to_string()),
    })
}

pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<(), PipelineError> {
    whole_file(path, bytes).map_err(PipelineError::file(path))
}

const fn code(language: Language) -> &'static str {
    match language {
        Language::French => "fr",
        Language::English => "en",
    }
}
