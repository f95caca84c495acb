//! Factur-X: a PDF/A-3b that shows the invoice and carries its XML.

mod attach;
mod own_xmp;
mod xmp;

use facteur_model::invoice::Invoice;
use facteur_texts::Language;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use serde::{Deserialize, Serialize};

pub use self::attach::attach;
use crate::page::{self, PageError};

/// The name that the standard gives to the attachment (Factur-X 1.09, 6.2.2).
pub const FILE_NAME: &str = "factur-x.xml";

/// The profile as the metadata spell it (`fx:ConformanceLevel`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Level {
    /// MINIMUM: no invoice in the sense of the law.
    Minimum,
    /// BASIC WL: without lines.
    BasicWl,
    /// BASIC.
    Basic,
    /// EN 16931, also called COMFORT.
    En16931,
    /// EXTENDED.
    Extended,
}

impl Level {
    /// The spelling in the metadata.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minimum => "MINIMUM",
            Self::BasicWl => "BASIC WL",
            Self::Basic => "BASIC",
            Self::En16931 => "EN 16931",
            Self::Extended => "EXTENDED",
        }
    }

    /// How the XML relates to the page: below BASIC it holds less than the page shows (6.2.3).
    const fn relationship(self) -> AssociationKind {
        match self {
            Self::Minimum | Self::BasicWl => AssociationKind::Data,
            Self::Basic | Self::En16931 | Self::Extended => AssociationKind::Alternative,
        }
    }
}

/// Draws the invoice and attaches its XML. The bytes depend on nothing but the arguments.
///
/// # Errors
/// [`PageError`].
pub fn produce(invoice: &Invoice, xml: &[u8], level: Level, language: Language) -> Result<Vec<u8>, PageError> {
    let file = EmbeddedFile {
        path: FILE_NAME.to_owned(),
        mime_type: MimeType::new("text/xml"),
        description: Some("Factur-X".to_owned()),
        association_kind: level.relationship(),
        data: xml.to_vec().into(),
        modification_date: Some(page::day(invoice)),
        compress: Some(true),
        location: None,
    };
    xmp::complete(&page::with_file(invoice, language, Some(file))?, level)
}
