//! Learning a template: the PDF and a person's values in, a file in the folder of the home out.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use facteur_model::finding::{Actor, Finding, Layer};
use facteur_model::lifecycle::State;
use facteur_parse::pdf::fields::FieldName;
use facteur_parse::pdf::fields::template::{Learnt, Template};
use facteur_store::Store;
use facteur_texts::Language;

use super::{FOLDER, TemplateText, file_stem, to_yaml};
use crate::draft;
use crate::error::PipelineError;
use crate::home::{Home, make_folder};
use crate::pdf_worker::PdfWorkerPool;

/// What to learn from.
#[derive(Debug, Clone)]
pub struct Source {
    /// What the PDF is called.
    pub name: String,
    /// Its bytes.
    pub pdf: Vec<u8>,
    /// What a person made of it.
    pub values: BTreeMap<FieldName, String>,
}

impl Source {
    /// A draft of the store, as a person corrected it: once it is confirmed, every value; before that those that the
    /// person gave, and what names the supplier.
    ///
    /// # Errors
    /// There is no such invoice, or it never was a draft.
    pub async fn of_draft(home: &Home, store: &Store, name: &str) -> Result<Self, PipelineError> {
        let corrected = draft::corrected(home, store, name).await?;
        let open = store.invoice(&corrected.id).await?.state == State::Draft;
        let names_supplier =
            [FieldName::Supplier, FieldName::SupplierSiret, FieldName::SupplierSiren, FieldName::SupplierVat];
        let looked_at = |field: &FieldName| !open || corrected.given.contains(field) || names_supplier.contains(field);
        let values = corrected.values.into_iter().filter(|(field, _)| looked_at(field)).collect();
        Ok(Self { name: corrected.file, pdf: corrected.pdf, values })
    }
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Taught {
    /// What was learnt.
    pub learnt: Learnt,
    /// The file, as written.
    pub yaml: String,
    /// Where it is.
    pub file: PathBuf,
}

/// Learns a template and writes it into the folder of the home, under `name` or the supplier's. What is written has
/// been read back and gives back the values that it says. A file that is there is replaced only where that is asked.
///
/// # Errors
/// The outer error: the folder cannot be written, or there is such a file. The inner one: the PDF cannot be read, or
/// nothing on it names the supplier.
pub async fn teach(
    home: &Home,
    pool: &PdfWorkerPool,
    source: Source,
    name: Option<&str>,
    replace: bool,
    language: Language,
) -> Result<Result<Taught, Finding>, PipelineError> {
    let learnt = match pool.learn(&source.pdf, source.values).await {
        Ok(Some(learnt)) => learnt,
        Ok(None) => {
            return Ok(Err(Finding::warning(Layer::Reading, "TEMPLATE-NO-SUPPLIER").actor(Actor::Service)));
        }
        Err(error) => return Ok(Err(error.finding())),
    };
    let yaml = to_yaml(&learnt, &TemplateText { language, source: &source.name });
    let stem = name.map_or_else(|| file_stem(&learnt.template), str::to_owned);
    let file = home.root.join(FOLDER).join(format!("{stem}.yaml"));
    if let Err(error) = Template::parse("", yaml.as_bytes()) {
        return Ok(Err(error.finding(&file.display().to_string())));
    }
    make_folder(&home.root.join(FOLDER))?;
    write(&file, yaml.as_bytes(), replace)?;
    Ok(Ok(Taught { learnt, yaml, file }))
}

/// Whole or not at all.
fn write(file: &PathBuf, bytes: &[u8], replace: bool) -> Result<(), PipelineError> {
    if !replace && file.symlink_metadata().is_ok() {
        return Err(PipelineError::TemplateExists(file.clone()));
    }
    let beside = file.with_extension(format!("{}.part", std::process::id()));
    let written = fs::File::create(&beside).and_then(|mut part| {
        part.write_all(bytes)?;
        part.sync_all()
    });
    let placed = written.and_then(|()| fs::rename(&beside, file));
    placed.map_err(|error| {
        fs::remove_file(&beside).ok();
        PipelineError::file(file)(error)
    })
}
