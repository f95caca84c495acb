//! The real hybrid PDFs of the corpus: what their pages say, and what their XML does.
#![allow(dead_code, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use facteur_model::invoice::Invoice;
use facteur_parse::pdf::{PdfLimits, PdfText, extract, read_text};
use facteur_xml::{Document, Limits};

/// One of them.
pub struct Hybrid {
    pub name: String,
    pub text: PdfText,
    pub truth: Invoice,
}

/// All that have both; `None` without the corpus, which is then said.
pub fn all() -> Option<Vec<Hybrid>> {
    let named = std::env::var_os("FACTEUR_CORPUS").map(PathBuf::from);
    let corpus = named.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"));
    if !corpus.is_dir() {
        println!("left out: the corpus is not here");
        return None;
    }
    let mut files = Vec::new();
    pdfs(&corpus, &mut files);
    Some(files.iter().filter_map(|path| hybrid(path)).collect())
}

fn pdfs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().unwrap() != "pdf-torture" {
                pdfs(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "pdf") {
            found.push(path);
        }
    }
    found.sort();
}

fn hybrid(path: &Path) -> Option<Hybrid> {
    let bytes = std::fs::read(path).unwrap();
    let limits = PdfLimits::default();
    let content = extract(&bytes, &limits).ok()?;
    let xml = content.attachments.get(content.invoice_xml?)?;
    let document = Document::parse(&xml.bytes, &Limits::default()).ok()?;
    let truth = facteur_parse::read(&document).ok()?.invoice;
    let text = read_text(&bytes, &limits).ok().filter(|text| !text.is_empty())?;
    Some(Hybrid { name: path.file_name().unwrap().to_string_lossy().into_owned(), text, truth })
}
