//! One invoice made readable: from a file, or from the store by its identity or number.

use std::path::Path;

use facteur_model::finding::Finding;
use facteur_render::page::{self, PageError};
use facteur_render::{TermValue, all};
use facteur_report::check_html::{self, Appendix, File, Said};
use facteur_report::checked::Checked;
use facteur_store::Store;
use facteur_store::document::sha256_hex;
use facteur_texts::Language;
use facteur_validate::Plan;

use crate::attachments::{self, Attached};
use crate::convert::open;
use crate::draft;
use crate::error::PipelineError;
use crate::examine::{Examined, Examiner};

/// An invoice to be shown, with what was found about it.
#[derive(Debug, Clone)]
pub struct View {
    name: String,
    sha256: String,
    examined: Examined,
    attached: Vec<Attached>,
}

/// The file name and the bytes of an invoice as the store keeps it: as it came in, of its latest version, or what a
/// confirmed draft became.
pub(crate) async fn stored(store: &Store, name: &str) -> Result<(String, Vec<u8>), PipelineError> {
    let invoice = store.invoice(name).await?;
    let confirmed = draft::confirmed_document(store, &invoice).await?;
    let sha256 = confirmed.as_ref().unwrap_or(&invoice.sha256);
    let bytes = store.document(&invoice.siren, sha256).await?;
    Ok((invoice.file, bytes))
}

impl View {
    /// Looks at a file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn of_file(examiner: &Examiner, plan: &Plan, file: &Path) -> Result<Self, PipelineError> {
        let bytes = open(file)?;
        Ok(Self::of_bytes(examiner, plan, &file.display().to_string(), &bytes).await)
    }

    /// Looks at what the store keeps: the file as it came in, of the invoice's latest version; of a confirmed draft,
    /// what was made of it.
    ///
    /// # Errors
    /// The store does not know it, or no longer has its bytes.
    pub async fn of_store(examiner: &Examiner, plan: &Plan, store: &Store, name: &str) -> Result<Self, PipelineError> {
        let (file, bytes) = stored(store, name).await?;
        Ok(Self::of_bytes(examiner, plan, &file, &bytes).await)
    }

    async fn of_bytes(examiner: &Examiner, plan: &Plan, name: &str, bytes: &[u8]) -> Self {
        let examined = examiner.examine(name, bytes, plan).await;
        let attached = match attachments::of_bytes(examiner, name, bytes).await {
            Ok(attachments) => attachments.list,
            // What cannot be read has been found already.
            Err(_) => Vec::new(),
        };
        Self { name: name.to_owned(), sha256: sha256_hex(bytes), examined, attached }
    }

    /// Whether there is an invoice to show.
    #[must_use]
    pub const fn is_readable(&self) -> bool {
        self.examined.invoice.is_some()
    }

    /// What was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.examined.report.findings
    }

    /// The files that it carries.
    #[must_use]
    pub fn attached(&self) -> &[Attached] {
        &self.attached
    }

    /// The page for a browser: the invoice with the findings beside what they concern.
    #[must_use]
    pub fn html(&self, language: Language) -> String {
        let (examined, report) = (&self.examined, &self.examined.report);
        let files: Vec<File<'_>> = self.attached.iter().map(shown_file).collect();
        let terms = self.terms();
        let terms = terms.iter().map(|said| Said { term: said.term.0, line: said.line.as_deref(), value: &said.value });
        check_html::page_with(
            language,
            &Checked {
                file: &self.name,
                sha256: Some(&self.sha256),
                kind: examined.kind.as_str(),
                profile: report.profile.as_deref(),
                verdict: report.verdict,
                layers: &report.layers,
                findings: &report.findings,
                invoice: examined.invoice.as_ref(),
            },
            &Appendix { files: &files, terms: &terms.collect::<Vec<_>>() },
        )
    }

    /// The page on paper; nothing where there is no invoice.
    ///
    /// # Errors
    /// The page cannot be drawn.
    pub fn pdf(&self, language: Language) -> Result<Option<Vec<u8>>, PageError> {
        self.examined.invoice.as_ref().map(|invoice| page::pdf(invoice, language)).transpose()
    }

    /// Every term that the invoice says, in the order of the model.
    #[must_use]
    pub fn terms(&self) -> Vec<TermValue> {
        self.examined.invoice.as_ref().map(all).unwrap_or_default()
    }
}

fn shown_file(attached: &Attached) -> File<'_> {
    File {
        name: attached.name.as_deref(),
        media_type: attached.media_type.as_deref(),
        size: attached.bytes.as_ref().map(Vec::len),
        sha256: attached.sha256.as_deref(),
        in_pdf: attached.origin != attachments::Origin::Xml,
        invoice: attached.invoice,
    }
}
