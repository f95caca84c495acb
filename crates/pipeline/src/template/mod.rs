//! Templates of suppliers: the folder `templates` of a home, what is in it, and what is wrong with it.
//!
//! A template that cannot be used is said with its file and line, and left out: the others go on, and nothing stops.

mod learn;
mod values;
mod write;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use facteur_model::finding::{Actor, Finding, Layer};
pub use facteur_parse::pdf::fields::template::Template;
use facteur_parse::pdf::fields::template::{Problem, TEMPLATE_BYTES_MAX, TemplateError};

use crate::home::Home;

pub use self::learn::{Source, Taught, teach};
pub use self::values::{ValuesError, read_values};
pub use self::write::{TemplateText, file_stem, to_yaml};

/// The folder of a home.
pub const FOLDER: &str = "templates";
/// Endings of the files that are templates.
const ENDINGS: [&str; 2] = ["yaml", "yml"];
/// Most files of the folder.
const FILES_MAX: usize = 1_000;
/// Most bytes of all templates together: every reader of PDFs is told them.
const BYTES_MAX: usize = 2 << 20;

/// The templates of a home.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// Those that can be used, in the order of their names.
    pub usable: Vec<Template>,
    /// What is wrong with the others.
    pub problems: Vec<Finding>,
}

impl Templates {
    /// Reads the templates of a home; without the folder there is none.
    #[must_use]
    pub fn of(home: &Home) -> Self {
        Self::read(&home.root.join(FOLDER))
    }

    /// Reads the templates of a folder.
    #[must_use]
    pub fn read(folder: &Path) -> Self {
        let mut templates = Self::default();
        let files = match files(folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return templates,
            Err(error) => {
                templates.problems.push(*unreadable(folder, &error));
                return templates;
            }
        };
        let mut bytes_left = BYTES_MAX;
        for file in &files {
            let read = read_file(file).and_then(|bytes| {
                let used = bytes.len();
                bytes_left = bytes_left.checked_sub(used).ok_or_else(|| too_many(file))?;
                parse(file, &bytes)
            });
            match read {
                Ok(template) => templates.usable.push(template),
                Err(finding) => templates.problems.push(*finding),
            }
        }
        templates
    }
}

/// Reads one template.
///
/// # Errors
/// The finding that says what is wrong, and on which line.
pub fn read_template(file: &Path) -> Result<Template, Box<Finding>> {
    read_file(file).and_then(|bytes| parse(file, &bytes))
}

/// The file of a template of a home by its name.
#[must_use]
pub fn find(home: &Home, name: &str) -> Option<PathBuf> {
    let files = files(&home.root.join(FOLDER)).ok()?;
    files.into_iter().find(|file| {
        file.file_stem().is_some_and(|stem| stem == name) || file.file_name().is_some_and(|own| own == name)
    })
}

fn parse(file: &Path, bytes: &[u8]) -> Result<Template, Box<Finding>> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Template::parse(&name, bytes).map_err(|error| Box::new(error.finding(&shown(file))))
}

fn shown(file: &Path) -> String {
    file.display().to_string()
}

fn unreadable(file: &Path, error: &io::Error) -> Box<Finding> {
    let finding = Finding::warning(Layer::Reading, "TEMPLATE-UNREADABLE").arg("file", shown(file));
    Box::new(finding.found(error.to_string()).actor(Actor::Administrator))
}

fn too_many(file: &Path) -> Box<Finding> {
    let finding = Finding::warning(Layer::Reading, "TEMPLATE-TOO-MANY").arg("file", shown(file));
    Box::new(finding.expected(BYTES_MAX.to_string()).actor(Actor::Administrator))
}

/// The bytes of a file, not one more than a template may have.
fn read_file(file: &Path) -> Result<Vec<u8>, Box<Finding>> {
    let regular = fs::metadata(file).map_err(|error| unreadable(file, &error))?.is_file();
    if !regular {
        return Err(unreadable(file, &io::ErrorKind::InvalidInput.into()));
    }
    let mut bytes = Vec::new();
    let open = fs::File::open(file).and_then(|file| file.take(TEMPLATE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes));
    open.map_err(|error| unreadable(file, &error))?;
    if bytes.len() > TEMPLATE_BYTES_MAX {
        let problem = Problem::TooLarge { limit: TEMPLATE_BYTES_MAX };
        return Err(Box::new(TemplateError { line: 1, problem }.finding(&shown(file))));
    }
    Ok(bytes)
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)?.take(FILES_MAX * 2) {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if !hidden && ENDINGS.contains(&ending) {
            files.push(path);
        }
    }
    files.sort();
    files.truncate(FILES_MAX);
    Ok(files)
}
