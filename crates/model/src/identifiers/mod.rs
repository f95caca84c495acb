//! Identifiers of persons, accounts and references, with their checks.
//!
//! Reading an invoice never fails on an identifier: it is kept as an [`Identifier`], text and scheme as they stand.
//! The types of this module are what a text becomes once it passed its check; a text that does not is a finding.

mod bank;
mod french;
mod reference;
mod vat;

pub use bank::Iban;
pub use french::{Siren, Siret};
pub use reference::{CommitmentNumber, InvoiceNumber, ServiceCode};
pub use vat::VatNumber;

use serde::{Deserialize, Serialize};

/// An identifier as it stands in a document: text and scheme, unchecked.
///
/// Schemes are ISO/IEC 6523 codes (`0002` SIREN, `0009` SIRET, `0224` routing code, `0225` French electronic address,
/// …) or, in the historic Chorus Pro formats, the figures `1` (SIRET) to `5`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Identifier {
    /// The identifier itself.
    pub value: String,
    /// Scheme identifier (`schemeID`, or `listID` for a classification).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Scheme version identifier (`schemeVersionID`, or `listVersionID` for a classification).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme_version: Option<String>,
}

impl Identifier {
    /// An identifier without scheme.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), scheme: None, scheme_version: None }
    }

    /// An identifier of a scheme.
    #[must_use]
    pub fn of(scheme: impl Into<String>, value: impl Into<String>) -> Self {
        Self { value: value.into(), scheme: Some(scheme.into()), scheme_version: None }
    }

    /// Whether its scheme is exactly that one.
    #[must_use]
    pub fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.as_deref() == Some(scheme)
    }

    /// The value without blanks, where it is made of exactly `length` digits.
    #[must_use]
    pub fn digits(&self, length: usize) -> Option<String> {
        let compact: String = self.value.chars().filter(|character| !character.is_whitespace()).collect();
        (compact.len() == length && compact.bytes().all(|byte| byte.is_ascii_digit())).then_some(compact)
    }
}

/// Why a text is not the identifier that it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// Too short or too long.
    #[error("expected {expected} characters, found {found}")]
    Length {
        /// What the identifier has: one length, or a range.
        expected: &'static str,
        /// Characters found.
        found: usize,
    },
    /// A character that it cannot have.
    #[error("unexpected character {0:?}")]
    Character(char),
    /// Its check digits do not agree with the rest.
    #[error("the check digits do not agree")]
    CheckDigits,
    /// It does not begin with a country.
    #[error("expected a country code at the beginning")]
    Country,
}

/// Declares the text side of a checked identifier: `as_str`, `Display`, `FromStr`, and serde as its text.
macro_rules! checked_text {
    ($name:ident) => {
        impl $name {
            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::identifiers::IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::identifiers::IdentifierError;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(identifier: $name) -> Self {
                identifier.0
            }
        }
    };
}
use checked_text;

/// The digits of a text of exactly `length`, or why there are not.
fn exact_digits<'a>(text: &'a str, length: usize, expected: &'static str) -> Result<&'a str, IdentifierError> {
    let text = text.trim();
    if let Some(other) = text.chars().find(|character| !character.is_ascii_digit()) {
        return Err(IdentifierError::Character(other));
    }
    if text.len() == length { Ok(text) } else { Err(IdentifierError::Length { expected, found: text.len() }) }
}
