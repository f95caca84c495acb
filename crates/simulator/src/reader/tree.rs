//! A thin layer over `roxmltree`: children by local name, Xerces-like errors with line and position.

use roxmltree::{Document, Node, ParsingOptions};

use super::TechnicalError;
use crate::amount::Amount;

/// Elements and attributes beyond this are refused.
const NODES_MAX: u32 = 2_000_000;

/// Parses an XML text; document type declarations are refused.
pub fn parse(text: &str) -> Result<Document<'_>, TechnicalError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES_MAX, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| {
        let position = error.pos();
        TechnicalError::xsd(&error.to_string(), position.row, position.col)
    })
}

/// An element of the document.
#[derive(Clone, Copy)]
pub struct Element<'a>(Node<'a, 'a>);

impl<'a> Element<'a> {
    /// The root element.
    pub fn root(document: &'a Document<'a>) -> Self {
        Self(document.root_element())
    }

    /// Local name.
    pub fn name(self) -> &'a str {
        self.0.tag_name().name()
    }

    /// Namespace.
    pub fn namespace(self) -> Option<&'a str> {
        self.0.tag_name().namespace()
    }

    /// Children with a local name.
    pub fn all(self, name: &'static str) -> impl Iterator<Item = Element<'a>> {
        self.0.children().filter(move |node| node.is_element() && node.tag_name().name() == name).map(Element)
    }

    /// First element at a path of local names.
    pub fn find(self, path: &[&'static str]) -> Option<Element<'a>> {
        match path {
            [] => Some(self),
            [first, rest @ ..] => self.all(first).find_map(|child| child.find(rest)),
        }
    }

    /// Text of the element, trimmed; nothing when empty.
    pub fn text(self) -> Option<String> {
        let text = self.0.text().unwrap_or_default().trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Text of the first element at a path.
    pub fn text_at(self, path: &[&'static str]) -> Option<String> {
        self.find(path)?.text()
    }

    /// Attribute without a namespace.
    pub fn attribute(self, name: &str) -> Option<&'a str> {
        self.0.attribute(name)
    }

    /// Mandatory text, or the error of a missing element.
    pub fn required(self, path: &[&'static str]) -> Result<String, TechnicalError> {
        self.text_at(path).ok_or_else(|| self.missing(path))
    }

    /// Optional amount, or the error of a malformed decimal.
    pub fn amount(self, path: &[&'static str]) -> Result<Option<Amount>, TechnicalError> {
        let Some(element) = self.find(path) else { return Ok(None) };
        let text = element.text().unwrap_or_default();
        Amount::parse(&text).map(Some).ok_or_else(|| {
            element.error(&format!("cvc-datatype-valid.1.2.1: '{text}' is not a valid value for 'decimal'."))
        })
    }

    /// The error of a missing element below this one.
    pub fn missing(self, path: &[&'static str]) -> TechnicalError {
        let wanted = path.join("/");
        self.error(&format!(
            "cvc-complex-type.2.4.b: The content of element '{}' is not complete. '{wanted}' is expected.",
            self.name()
        ))
    }

    /// An error located at this element.
    pub fn error(self, what: &str) -> TechnicalError {
        let position = self.0.document().text_pos_at(self.0.range().start);
        TechnicalError::xsd(what, position.row, position.col)
    }
}
