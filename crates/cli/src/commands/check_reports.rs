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
    language: Language,
    html: Option<PathBuf>,
    svrl: Option<PathBuf>,
    taken: BTreeSet<String>,
}

impl Reports {
    /// Makes the folders that are asked for.
    pub fn open(language: Language, options: &Check) -> anyhow::Result<Self> {
        for folder in options.html.iter().chain(&options.svrl) {
            fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let (html, svrl) = (options.html.clone(), options.svrl.clone());
        Ok(Self { language, html, svrl, taken: BTreeSet::new() })
    }

    /// Writes the reports on one document; those of an earlier run are replaced.
    pub fn write(&mut self, checked: &Checked<'_>) -> anyhow::Result<()> {
        if let Some(folder) = &self.html {
            write(folder, &mut self.taken, checked, "html", &check_html::page(self.language, checked))?;
        }
        if let Some(folder) = &self.svrl {
            write(folder, &mut self.taken, checked, "svrl", &svrl::document(self.language, checked))?;
        }
        Ok(())
    }
}

fn write(
    folder: &Path,
    taken: &mut BTreeSet<String>,
    checked: &Checked<'_>,
    extension: &str,
    report: &str,
) -> anyhow::Result<()> {
    // Names that differ in their letters' case alone are the same file on some systems.
    let name = report_name(checked.file, extension, |name| taken.contains(&name.to_ascii_lowercase()));
    taken.insert(name.to_ascii_lowercase());
    let path = folder.join(name);
    fs::write(&path, report).with_context(|| path.display().to_string())
}
