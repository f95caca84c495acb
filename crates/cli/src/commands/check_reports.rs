//! The reports of `facteur check --html DIR --svrl DIR`: a file a document.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use facteur_report::checked::{Checked, report_name};
use facteur_report::{check_html, svrl};
use facteur_texts::Language;

use crate::args::Check;

/// Where reports go, and which names are used already.
pub struct Reports {
    html: Option<PathBuf>,
    svrl: Option<PathBuf>,
    taken: BTreeSet<String>,
}

/// Which reports are asked for.
#[derive(Clone, Copy)]
pub struct Wanted {
    language: Language,
    html: bool,
    svrl: bool,
}

/// The reports on one document.
pub struct Pages {
    html: Option<String>,
    svrl: Option<String>,
}

impl Wanted {
    /// Writes what is asked for.
    pub fn pages(self, checked: &Checked<'_>) -> Pages {
        Pages {
            html: self.html.then(|| check_html::page(self.language, checked)),
            svrl: self.svrl.then(|| svrl::document(self.language, checked)),
        }
    }
}

impl Reports {
    /// Makes the folders that are asked for.
    pub fn open(options: &Check) -> anyhow::Result<Self> {
        for folder in options.html.iter().chain(&options.svrl) {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let (html, svrl) = (options.html.clone(), options.svrl.clone());
        Ok(Self { html, svrl, taken: BTreeSet::new() })
    }

    /// Which reports are asked for, in a language.
    pub const fn wanted(&self, language: Language) -> Wanted {
        Wanted { language, html: self.html.is_some(), svrl: self.svrl.is_some() }
    }

    /// Keeps the reports on one document; those of an earlier run are replaced.
    pub fn write(&mut self, file: &str, pages: &Pages) -> anyhow::Result<()> {
        let of = [(&self.html, &pages.html, "html"), (&self.svrl, &pages.svrl, "svrl")];
        for (folder, page, extension) in of {
            if let (Some(folder), Some(page)) = (folder, page) {
                write(folder, &mut self.taken, file, extension, page)?;
            }
        }
        Ok(())
    }
}

fn write(folder: &Path, taken: &mut BTreeSet<String>, file: &str, extension: &str, report: &str) -> anyhow::Result<()> {
    // Names that differ in their letters' case alone are the same file on some systems.
    let name = report_name(file, extension, |name| taken.contains(&name.to_ascii_lowercase()));
    taken.insert(name.to_ascii_lowercase());
    let path = folder.join(name);
    fs::write(&path, report).with_context(|| path.display().to_string())
}
