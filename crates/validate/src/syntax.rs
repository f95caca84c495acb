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
    if error.kind == XmlErrorKind::Malformed {
        closer(&error.detail).clone_into(&mut finding.key);
    }
    finding.line = Some(error.line);
    finding.arg("line", error.line.to_string())
}

/// What is wrong, by the words of our reader, so that a person is told in their own; the reader's stand beside them.
fn closer(detail: &str) -> &'static str {
    const KINDS: [(&str, &str); 15] = [
        ("not closed", "XML-NOT-CLOSED"),
        ("before end of input", "XML-NOT-CLOSED"),
        ("expected `</", "XML-END-TAG"),
        ("match any open tag", "XML-END-TAG"),
        ("there is no element", "XML-NO-ELEMENT"),
        ("end tag", "XML-END-TAG"),
        ("second root element", "XML-AFTER-END"),
        ("outside the root element", "XML-AFTER-END"),
        ("attribute", "XML-ATTRIBUTE"),
        ("is not allowed in XML", "XML-CHARACTER"),
        ("is not the number of a character", "XML-CHARACTER"),
        ("unknown entity", "XML-ENTITY"),
        ("text before the root element", "XML-BEFORE-START"),
        ("XML declaration", "XML-DECLARATION"),
        ("XML version", "XML-DECLARATION"),
    ];
    KINDS.iter().find(|(words, _)| detail.contains(words)).map_or("XML-MALFORMED", |(_, key)| key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_xml::{Document, Limits};

    use super::*;

    #[test]
    fn what_is_wrong_with_an_xml_has_its_own_words() {
        let cases = [
            ("<a><b></a>", "XML-END-TAG"),
            ("<a><b>", "XML-NOT-CLOSED"),
            ("<a/><b/>", "XML-AFTER-END"),
            ("<a/>x", "XML-AFTER-END"),
            ("<a b=c/>", "XML-ATTRIBUTE"),
            ("<a b='1' b='2'/>", "XML-ATTRIBUTE"),
            ("<a>\u{1}</a>", "XML-CHARACTER"),
            ("<a>&nbsp;</a>", "XML-ENTITY"),
            ("<?xml version='9'?><a/>", "XML-DECLARATION"),
            ("<a><!-- -- --></a>", "XML-MALFORMED"),
        ];
        for (text, key) in cases {
            let error = Document::parse(text.as_bytes(), &Limits::default()).unwrap_err();
            let finding = finding(&error);
            assert_eq!((finding.rule.as_str(), finding.key.as_str()), ("XML-MALFORMED", key), "{text}: {error}");
        }
    }
}
