//! The layer `syntax`: what our reader refuses, as a finding.

use facteur_model::finding::{Finding, Layer};
use facteur_xml::{XmlError, XmlErrorKind};

/// The finding for a document that is not readable XML.
#[must_use]
pub fn finding(error: &XmlError) -> Finding {
    let rule = match error.kind {
        XmlErrorKind::Empty => "XML-EMPTY",
        XmlErrorKind::NotXml => "XML-NOT-XML",
        XmlErrorKind::TooLarge => "XML-TOO-LARGE",
        XmlErrorKind::TooDeep => "XML-TOO-DEEP",
        XmlErrorKind::TooManyAttributes => "XML-TOO-MANY-ATTRIBUTES",
        XmlErrorKind::TooManyNodes => "XML-TOO-MANY-NODES",
        XmlErrorKind::Doctype => "XML-DOCTYPE",
        XmlErrorKind::Encoding => "XML-ENCODING",
        XmlErrorKind::Malformed => "XML-MALFORMED",
    };
    let mut finding = Finding::fatal(Layer::Syntax, rule).found(error.detail.clone()).official(error.to_string());
    finding.line = Some(error.line);
    finding.arg("line", error.line.to_string())
}
