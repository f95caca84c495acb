//! A draft as a form in TOML that any editor fills in. What is wrong is said by line, and the person's text stays.

mod page;
mod reading;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use facteur_model::lifecycle::State;
use facteur_texts::Language;

use self::page::page;
use self::reading::{Answer, apply};
use super::field::Form;
use super::work::{Changed, Opened, open, save, wrong_state};
use crate::engine::Engine;
use crate::error::PipelineError;
use crate::home::{make_folder, write_private};

/// The folder of a home in which forms lie while somebody fills them in.
const FOLDER: &str = "drafts";
/// Largest form that is read back.
const FORM_MAX: u64 = 1 << 20;

/// What is wrong with a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormProblem {
    /// On which line, from 1.
    pub line: usize,
    /// What.
    pub what: Wrong,
}

/// What is wrong on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// It is no TOML; the reader's words.
    Toml(String),
    /// There is no such field.
    Unknown(String),
    /// The value is not what it has to be.
    Value {
        /// The field, or the column of a table.
        field: String,
        /// The value.
        value: String,
        /// What it has to be.
        form: Form,
    },
    /// The form is of an older state of the draft.
    Outdated,
}

/// What came of an evening with the form.
#[derive(Debug, Clone)]
pub enum Edited {
    /// The draft says what the form said.
    Saved(Box<Opened>, Vec<Changed>),
    /// The form says nothing else than the draft.
    Unchanged(Box<Opened>),
    /// The form cannot be used; it stays where it is.
    Wrong {
        /// Where the person's text is.
        file: PathBuf,
        /// What is wrong with it.
        problems: Vec<FormProblem>,
    },
    /// The editor did not end well: nothing is changed.
    EditorFailed {
        /// The command.
        editor: String,
        /// What became of it.
        what: String,
    },
    /// No editor is named.
    NoEditor,
}

/// Opens the form in the person's editor and takes what it says: all of it, or nothing. A form that could not be used
/// the last time is offered again, unless a fresh one is asked for.
///
/// # Errors
/// It is no draft; or the form cannot be written or read.
pub async fn edit(engine: &Engine, name: &str, fresh: bool, language: Language) -> Result<Edited, PipelineError> {
    let mut opened = open(engine, name).await?;
    if opened.invoice.state != State::Draft {
        return Err(wrong_state(&opened.invoice, "draft edit"));
    }
    let Some(editor) = editor() else { return Ok(Edited::NoEditor) };
    let file = place(engine, &opened, fresh)?;
    if file.symlink_metadata().is_err() {
        write_private(&file, page(&opened, language).as_bytes())?;
    }
    let asked = fs::read(&file).map_err(PipelineError::file(&file))?;
    if let Err(what) = run(&editor, &file).await {
        // A form that nobody touched is nothing to keep.
        if fs::read(&file).is_ok_and(|text| text == asked) && asked == page(&opened, language).into_bytes() {
            fs::remove_file(&file).map_err(PipelineError::file(&file))?;
        }
        return Ok(Edited::EditorFailed { editor, what });
    }
    let text = read(&file)?;
    let answer = match apply(&opened, &text) {
        Ok(answer) => answer,
        Err(problems) => return Ok(Edited::Wrong { file, problems }),
    };
    let Answer { draft, changed } = answer;
    if !changed.is_empty() {
        opened.draft = draft;
        save(engine, &mut opened, &changed).await?;
    }
    fs::remove_file(&file).map_err(PipelineError::file(&file))?;
    let opened = Box::new(opened);
    Ok(if changed.is_empty() { Edited::Unchanged(opened) } else { Edited::Saved(opened, changed) })
}

fn place(engine: &Engine, opened: &Opened, fresh: bool) -> Result<PathBuf, PipelineError> {
    let folder = engine.home.root.join(FOLDER);
    make_folder(&folder)?;
    let file = folder.join(format!("{}.toml", opened.invoice.id));
    if fresh && file.symlink_metadata().is_ok() {
        fs::remove_file(&file).map_err(PipelineError::file(&file))?;
    }
    Ok(file)
}

/// `$VISUAL`, else `$EDITOR`.
fn editor() -> Option<String> {
    ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok().filter(|editor| !editor.trim().is_empty()))
}

/// The editor has the terminal until it ends. Its command may have arguments, parted by blanks.
async fn run(editor: &str, file: &Path) -> Result<(), String> {
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words).arg(file);
    let ended = tokio::task::spawn_blocking(move || command.status()).await;
    match ended {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(status)) => Err(status.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn read(file: &Path) -> Result<String, PipelineError> {
    let size = fs::metadata(file).map_err(PipelineError::file(file))?.len();
    if size > FORM_MAX {
        let source = std::io::Error::other(format!("{size} > {FORM_MAX}"));
        return Err(PipelineError::File { path: file.to_owned(), source });
    }
    fs::read_to_string(file).map_err(PipelineError::file(file))
}
