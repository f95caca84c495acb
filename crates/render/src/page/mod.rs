//! The page that a person reads: an invoice on A4, in French or English, over as many sheets as it takes.
//!
//! The same invoice gives the same bytes. What the page does not show is in the data that it is made from; it shows
//! parties, references, lines, sums, payment and mentions.

mod draw;
mod font;
mod head;
mod sheet;
mod table;
mod tail;
mod words;

use facteur_model::invoice::Invoice;
use facteur_texts::Language;
use krilla::embed::EmbeddedFile;

pub(crate) use self::draw::day;
use self::font::Fonts;
use self::sheet::Sheets;
use self::words::Words;

/// The page could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A font of the program itself is damaged.
    #[error("a font of the program cannot be used")]
    Font,
    /// The writer of PDFs refused what was drawn, with its reasons.
    #[error("the PDF cannot be written: {0}")]
    Refused(String),
    /// The supplier's PDF cannot be opened without a password.
    #[error("the PDF is protected by a password")]
    Protected,
    /// The supplier's PDF is signed: any change would break the signature.
    #[error("the PDF is signed")]
    Signed,
    /// The PDF could not be opened to be completed.
    #[error("the PDF cannot be completed: {0}")]
    Incomplete(String),
}

/// The invoice as a PDF without attachment, for reading only.
///
/// # Errors
/// [`PageError`].
pub fn pdf(invoice: &Invoice, language: Language) -> Result<Vec<u8>, PageError> {
    with_file(invoice, language, None)
}

/// The same with a file attached.
pub(crate) fn with_file(
    invoice: &Invoice,
    language: Language,
    file: Option<EmbeddedFile>,
) -> Result<Vec<u8>, PageError> {
    let fonts = Fonts::load()?;
    let words = Words::of(language, invoice);
    let mut sheets = Sheets::new(&fonts);
    head::write(&mut sheets, &words, invoice);
    table::write(&mut sheets, &words, invoice);
    tail::write(&mut sheets, &words, invoice);
    draw::draw(&sheets, invoice, language, file)
}
