//! The list of an elimination: made by us, approved by a person, read again. A table that spreadsheets open and that
//! prints well; what decides is the identity and the fingerprint at the start of each line.

use std::fmt::Write as _;
use std::path::Path;

use facteur_store::archive::Dossier;
use facteur_store::document::sha256_hex;

use crate::error::PipelineError;

/// Largest list that is read: about 300,000 dossiers.
const LIST_BYTES_MAX: u64 = 64 << 20;
/// First line of every list.
const TITLE: &str = "facteur-elimination/1";
const COLUMNS: &str = "dossier;empreinte;fournisseur;numéro;émise;reçue;état;documents;octets;fin de conservation";

/// One line of a list: a dossier that may be eliminated, and its end.
#[derive(Debug, Clone)]
pub struct Proposed {
    /// The dossier.
    pub dossier: Dossier,
    /// The last day on which it had to be kept.
    pub end: String,
}

/// A list as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// SHA-256 of the file.
    pub sha256: String,
    /// Identity and fingerprint of each dossier.
    pub dossiers: Vec<(String, String)>,
}

/// The list, as text.
#[must_use]
pub fn write(siren: &str, schedule: &str, day: &str, proposed: &[Proposed]) -> String {
    let mut text = format!("\u{feff}{TITLE};{siren};{schedule};{day}\r\n{COLUMNS}\r\n");
    for Proposed { dossier, end } in proposed {
        let known = |value: &Option<String>| plain(value.as_deref().unwrap_or_default());
        let _ = write!(
            text,
            "{};{};{};{};{};{};{};{};{};{end}\r\n",
            dossier.id,
            dossier.fingerprint(),
            known(&dossier.supplier),
            known(&dossier.number),
            known(&dossier.issued),
            dossier.received_at.rfc3339().get(..10).unwrap_or_default(),
            dossier.state,
            dossier.documents.len(),
            dossier.size(),
        );
    }
    text
}

/// A text that no spreadsheet takes for a formula and that ends no field and no line.
fn plain(text: &str) -> String {
    let safe = |letter: char| if letter.is_control() || matches!(letter, ';' | '"') { ' ' } else { letter };
    let text: String = text.chars().map(safe).collect();
    if text.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) { format!("'{text}") } else { text }
}

/// Reads a list. Lines may have been taken away by whoever approved it, and a spreadsheet may have written it again.
///
/// # Errors
/// It is not a list, or too large to be one.
pub fn read(path: &Path) -> Result<Approved, PipelineError> {
    let size = std::fs::metadata(path).map_err(PipelineError::file(path))?.len();
    let wrong = |what: String| PipelineError::NotAList { path: path.to_owned(), what };
    if size > LIST_BYTES_MAX {
        return Err(wrong(format!("{size} > {LIST_BYTES_MAX}")));
    }
    let bytes = std::fs::read(path).map_err(PipelineError::file(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let title = lines.next().unwrap_or_default();
    if !title.trim_start_matches(['\u{feff}', '"']).starts_with(TITLE) {
        return Err(wrong(format!("1: {TITLE}")));
    }
    let mut dossiers = Vec::new();
    for (number, line) in (2..).zip(lines) {
        let mut fields = line.split(';').map(|field| field.trim().trim_matches('"'));
        let (id, fingerprint) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        if id.is_empty() || id == "dossier" {
            continue;
        }
        let hexadecimal = fingerprint.len() == 64 && fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal || id.len() > 64 {
            return Err(wrong(number.to_string()));
        }
        dossiers.push((id.to_owned(), fingerprint.to_ascii_lowercase()));
    }
    Ok(Approved { sha256: sha256_hex(&bytes), dossiers })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_model::clock::Timestamp;
    use facteur_model::lifecycle::State;

    use super::*;

    fn proposed(supplier: &str) -> Proposed {
        let dossier = Dossier {
            id: "01a2-3".into(),
            state: State::Settled,
            number: Some("F;1".into()),
            supplier: Some(supplier.into()),
            issued: Some("2010-05-06".into()),
            received_at: Timestamp(1_300_000_000_000),
            retention_end: None,
            hold: None,
            eliminated: None,
            documents: Vec::new(),
        };
        Proposed { dossier, end: "2021-12-31".into() }
    }

    #[test]
    fn a_list_reads_back_also_after_a_spreadsheet_and_with_lines_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        let text = write("404833048", "1", "2026-11-23", &[proposed("=A1"), proposed("Dupont\nBois")]);
        assert!(text.contains(";'=A1;F 1;") && text.contains(";Dupont Bois;"), "{text}");
        std::fs::write(&path, &text).unwrap();
        let approved = read(&path).unwrap();
        assert_eq!(approved.dossiers, vec![("01a2-3".to_owned(), proposed("").dossier.fingerprint()); 2]);
        let quoted: String = text.lines().map(|line| format!("\"{}\"\n", line.replace(';', "\";\""))).collect();
        std::fs::write(&path, quoted).unwrap();
        assert_eq!(read(&path).unwrap().dossiers, approved.dossiers);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv");
        for text in ["", "id;name\n1;x\n", "facteur-elimination/1\n01a2;short\n", "\0\u{1}\u{2}"] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(read(&path), Err(PipelineError::NotAList { .. })), "{text:?}");
        }
    }
}
