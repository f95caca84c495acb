//! References that a public buyer gives or asks for: service code, commitment number, invoice number.

use serde::{Deserialize, Serialize};

use super::{IdentifierError, checked_text};

/// Code of the service that handles the invoice at the public buyer (*code service exécutant*), as the buyer entered
/// it in the Chorus Pro directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceCode(String);

/// Number of the commitment that the invoice draws on (*numéro d'engagement*, BT-13).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitmentNumber(String);

/// Invoice number (BT-1) of a form that the French rules allow.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InvoiceNumber(String);

checked_text!(ServiceCode);
checked_text!(CommitmentNumber);
checked_text!(InvoiceNumber);

impl ServiceCode {
    /// Longest service code (CPPFactureMixte `CodeService`; BR-FR-26 for the routing code 0224).
    pub const MAX: usize = 100;

    /// A service code: printable characters, neither empty nor too long.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        printable(text, Self::MAX, "1 to 100").map(Self)
    }
}

impl CommitmentNumber {
    /// Longest commitment number (BR-FR-CPRO-15, CPPFactureMixte).
    pub const MAX: usize = 50;

    /// A commitment number: printable characters, neither empty nor too long.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        printable(text, Self::MAX, "1 to 50").map(Self)
    }
}

impl InvoiceNumber {
    /// Longest invoice number between companies (BR-FR-01).
    pub const MAX: usize = 35;
    /// Longest invoice number towards a public buyer (BR-FR-CPRO-02).
    pub const MAX_PUBLIC: usize = 20;

    /// An invoice number of at most [`InvoiceNumber::MAX`] letters, digits and `+ - _ /` (BR-FR-01, BR-FR-02).
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        Self::parse_within(text, Self::MAX, "1 to 35")
    }

    /// As [`InvoiceNumber::parse`], of at most [`InvoiceNumber::MAX_PUBLIC`] characters.
    ///
    /// # Errors
    /// [`IdentifierError`].
    pub fn parse_public(text: &str) -> Result<Self, IdentifierError> {
        Self::parse_within(text, Self::MAX_PUBLIC, "1 to 20")
    }

    fn parse_within(text: &str, max: usize, expected: &'static str) -> Result<Self, IdentifierError> {
        if let Some(other) = text.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '_' | '/')) {
            return Err(IdentifierError::Character(other));
        }
        if text.is_empty() || text.len() > max {
            return Err(IdentifierError::Length { expected, found: text.len() });
        }
        Ok(Self(text.to_owned()))
    }
}

fn printable(text: &str, max: usize, expected: &'static str) -> Result<String, IdentifierError> {
    let text = text.trim();
    let found = text.chars().count();
    if found == 0 || found > max {
        return Err(IdentifierError::Length { expected, found });
    }
    match text.chars().find(|character| character.is_control()) {
        Some(other) => Err(IdentifierError::Character(other)),
        None => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_for_a_public_buyer_is_shorter() {
        let long = "FA-2026/0001_ABCDEFGHI";
        assert!(InvoiceNumber::parse(long).is_ok());
        assert_eq!(
            InvoiceNumber::parse_public(long),
            Err(IdentifierError::Length { expected: "1 to 20", found: long.len() })
        );
        assert_eq!(InvoiceNumber::parse("FA 1"), Err(IdentifierError::Character(' ')));
    }

    #[test]
    fn empty_references_are_refused() {
        assert!(ServiceCode::parse(" ").is_err());
        assert!(CommitmentNumber::parse("").is_err());
        assert!(InvoiceNumber::parse("").is_err());
    }

    proptest! {
        #[test]
        fn what_is_public_is_also_allowed_between_companies(text in "\\PC{0,40}") {
            if let Ok(number) = InvoiceNumber::parse_public(&text) {
                prop_assert_eq!(InvoiceNumber::parse(&text), Ok(number));
            }
        }

        #[test]
        fn lengths_count_characters(text in "[éa]{1,120}") {
            prop_assert_eq!(ServiceCode::parse(&text).is_ok(), text.chars().count() <= ServiceCode::MAX);
        }
    }
}
