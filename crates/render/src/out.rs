//! A small writer of XML: elements in order, indented, escaped; an element that stays empty is not written.

use std::fmt::Write as _;

use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Invoice, Leaf, Quantity, Term, Value};

use crate::written::{TermValue, Written, lost};

/// Writes one document, see the module. Elements are named with their prefix.
pub(crate) struct Out<'a> {
    invoice: &'a Invoice,
    text: String,
    /// Elements under way; the first `begun` of them are in the text.
    open: Vec<&'static str>,
    begun: usize,
    /// Places of the values that were written.
    carried: Vec<usize>,
    derived: Vec<TermValue>,
    line: Option<usize>,
}

/// A version attribute of an identifier, where the target has one.
pub(crate) type Attributes = (&'static str, Option<&'static str>);

/// What XML identifiers name their scheme and version with.
pub(crate) const SCHEME: Attributes = ("schemeID", Some("schemeVersionID"));

impl<'a> Out<'a> {
    /// Begins a document with its root, whose namespaces are `(prefix with colon or nothing, name)`.
    pub(crate) fn new(invoice: &'a Invoice, root: &'static str, namespaces: &[(&str, &str)]) -> Self {
        let mut text = String::with_capacity(4096 + 2048 * invoice.lines.len());
        text.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<");
        text.push_str(root);
        for (prefix, name) in namespaces {
            // Writing into a string does not fail.
            let _ = write!(text, " {prefix}=\"{name}\"");
        }
        text.push_str(">\n");
        let carried = Vec::with_capacity(256);
        Self { invoice, text, open: vec![root], begun: 1, carried, derived: Vec::new(), line: None }
    }

    /// Ends the document.
    pub(crate) fn finish(mut self) -> Written {
        let root = self.open[0];
        let _ = writeln!(self.text, "</{root}>");
        Written { bytes: self.text.into_bytes(), lost: lost(self.invoice, self.carried), derived: self.derived }
    }

    /// Says which line is under way.
    pub(crate) fn at_line(&mut self, line: Option<usize>) {
        self.line = line;
    }

    /// An element with what `content` writes into it; without content it is left out.
    pub(crate) fn within(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        self.open.push(name);
        content(self);
        self.open.pop();
        if self.begun > self.open.len() {
            self.begun -= 1;
            if self.is_bare(name) {
                // An element whose schema allows nothing inside allows no line break either.
                self.text.pop();
            } else {
                self.indent();
            }
            let _ = writeln!(self.text, "</{name}>");
        }
    }

    /// Whether the start tag of that element is the last thing written: no text of a document ends in one.
    fn is_bare(&self, name: &str) -> bool {
        let tag = self.text.strip_suffix(">\n").and_then(|text| text.strip_suffix(name));
        tag.is_some_and(|text| text.ends_with('<'))
    }

    /// An element that the schema demands even where it stays empty.
    pub(crate) fn always(&mut self, name: &'static str, content: impl FnOnce(&mut Self)) {
        self.within(name, |out| {
            out.begin();
            content(out);
        });
    }

    /// Whether the innermost element under way has any content.
    pub(crate) fn has_content(&self) -> bool {
        self.begun == self.open.len()
    }

    /// A value that the syntax demands and that is no term of the invoice.
    pub(crate) fn fixed(&mut self, name: &'static str, value: &str) {
        self.fixed_with(name, value, &[]);
    }

    /// The same with attributes.
    pub(crate) fn fixed_with(&mut self, name: &'static str, value: &str, attributes: &[(&str, &str)]) {
        self.start(name);
        for (attribute, text) in attributes {
            self.attribute(attribute, text);
        }
        self.text.push('>');
        escape(&mut self.text, value, false);
        self.end(name);
    }

    /// A value, where there is one.
    pub(crate) fn any<L: Leaf>(&mut self, name: &'static str, field: &'a Option<L>) {
        if let Some(leaf) = field {
            self.one(name, leaf, &[]);
        }
    }

    /// The value, else what stands for it where the schema demands the element.
    pub(crate) fn required(&mut self, name: &'static str, field: &'a Option<String>, fallback: &str) {
        match field {
            Some(leaf) => self.one(name, leaf, &[]),
            None => self.fixed(name, fallback),
        }
    }

    /// A value with attributes that are no terms.
    pub(crate) fn one(&mut self, name: &'static str, leaf: &'a impl Leaf, attributes: &[(&str, &str)]) {
        let value = leaf.value();
        if value.is_blank() {
            return;
        }
        self.start(name);
        for (attribute, text) in attributes {
            self.attribute(attribute, text);
        }
        self.text.push('>');
        self.content(value);
        self.end(name);
    }

    /// An amount of money in a currency.
    pub(crate) fn money(&mut self, name: &'static str, amount: &'a Option<Amount>, currency: &'a Option<String>) {
        let Some(amount) = amount else { return };
        match currency {
            Some(currency) => self.one(name, amount, &[("currencyID", currency)]),
            None => self.one(name, amount, &[]),
        }
    }

    /// A VAT amount in the accounting currency (BT-6). Where that is missing, or is the currency of the invoice, nobody
    /// could tell it from the amount beside it: then it has no place.
    pub(crate) fn accounting(&mut self, name: &'static str, amount: &'a Option<Amount>) {
        let currency = &self.invoice.vat_currency;
        if currency.is_some() && *currency != self.invoice.currency {
            self.money(name, amount, currency);
        }
    }

    /// A quantity with its unit; a unit without a number has no place.
    pub(crate) fn quantity(&mut self, name: &'static str, quantity: &'a Option<Quantity>) {
        let Some(Quantity { value: Some(value), unit }) = quantity else { return };
        self.start(name);
        if let Some(unit) = unit {
            self.attribute("unitCode", unit);
            self.carry(unit);
        }
        self.text.push('>');
        self.content(value.value());
        self.end(name);
    }

    /// An identifier with its scheme.
    pub(crate) fn identifier(&mut self, name: &'static str, identifier: &'a Identifier, (scheme, version): Attributes) {
        if identifier.value.trim().is_empty() {
            return;
        }
        self.start(name);
        if let Some(text) = &identifier.scheme {
            self.attribute(scheme, text);
            self.carry(text);
        }
        if let (Some(version), Some(text)) = (version, &identifier.scheme_version) {
            self.attribute(version, text);
            self.carry(text);
        }
        self.text.push('>');
        self.content(identifier.value.value());
        self.end(name);
    }

    /// A value in words of the syntax: another form of it, or another code for the same.
    pub(crate) fn translated(&mut self, name: &'static str, leaf: &'a impl Leaf, words: &str) {
        self.fixed(name, words);
        self.carry(leaf);
    }

    /// An attachment: base64, with its media type and file name.
    pub(crate) fn attachment(&mut self, name: &'static str, attachment: &'a facteur_model::invoice::Attachment) {
        self.start(name);
        for (attribute, field) in [("mimeCode", &attachment.mime_code), ("filename", &attachment.file_name)] {
            if let Some(text) = field {
                self.attribute(attribute, text);
                self.carry(text);
            }
        }
        self.text.push('>');
        self.content(attachment.content.value());
        self.end(name);
    }

    /// Says that a value stands in the document.
    pub(crate) fn carry(&mut self, leaf: &'a impl Leaf) {
        let value = leaf.value();
        if !matches!(value, Value::Text(text) if text.chars().any(is_forbidden)) {
            self.carried.push(value.address());
        }
    }

    /// Remembers a value that the syntax demands and that follows from others.
    pub(crate) fn derive(&mut self, term: &'static str, value: &dyn std::fmt::Display) {
        self.derived.push(TermValue::new(self.invoice, Term(term), self.line, value));
    }

    fn content(&mut self, value: Value<'a>) {
        match value {
            Value::Text(text) => {
                escape(&mut self.text, text.trim(), false);
                self.carry(text);
            }
            Value::Date(date) => {
                let _ = write!(self.text, "{date}");
                self.carry(date);
            }
            Value::Amount(amount) => {
                let _ = write!(self.text, "{amount}");
                self.carry(amount);
            }
        }
    }

    fn attribute(&mut self, name: &str, value: &str) {
        let _ = write!(self.text, " {name}=\"");
        escape(&mut self.text, value.trim(), true);
        self.text.push('"');
    }

    fn start(&mut self, name: &'static str) {
        self.begin();
        self.spaces(self.open.len());
        self.text.push('<');
        self.text.push_str(name);
    }

    fn end(&mut self, name: &'static str) {
        let _ = writeln!(self.text, "</{name}>");
    }

    /// Writes the start tags of what is under way.
    fn begin(&mut self) {
        while self.begun < self.open.len() {
            self.indent();
            let _ = writeln!(self.text, "<{}>", self.open[self.begun]);
            self.begun += 1;
        }
    }

    fn indent(&mut self) {
        self.spaces(self.begun);
    }

    fn spaces(&mut self, depth: usize) {
        (0..depth).for_each(|_| self.text.push_str("  "));
    }
}

/// A day as CII writes it (UNTDID 2379, 102): `YYYYMMDD`.
pub(crate) fn compact(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// Characters that no XML 1.0 document can hold, in whatever form.
fn is_forbidden(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => false,
        '\u{FFFE}' | '\u{FFFF}' => true,
        other => other < ' ',
    }
}

fn escape(out: &mut String, text: &str, attribute: bool) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if attribute => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' if attribute => {
                let _ = write!(out, "&#{};", u32::from(character));
            }
            other if is_forbidden(other) => {}
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn written(number: &str) -> Written {
        let invoice = Invoice { number: Some(number.to_owned()), ..Invoice::default() };
        let mut out = Out::new(&invoice, "a", &[("xmlns", "urn:x")]);
        out.within("empty", |_| {});
        out.within("b", |out| out.within("c", |out| out.any("d", &invoice.number)));
        out.always("e", |_| {});
        out.finish()
    }

    #[test]
    fn elements_without_content_are_left_out_unless_demanded() {
        let text = String::from_utf8(written("1 < 2 & \"3\"\r\n4").bytes).unwrap();
        let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a xmlns=\"urn:x\">\n  <b>\n    <c>\n      \
                        <d>1 &lt; 2 &amp; \"3\"&#13;\n4</d>\n    </c>\n  </b>\n  <e></e>\n</a>\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_text_that_xml_cannot_hold_counts_as_lost() {
        assert!(written("tab\tand line\n").lost.is_empty());
        let lost = written("bell\u{7}").lost;
        assert_eq!((lost[0].term.0, lost[0].value.as_str()), ("BT-1", "bell\u{7}"));
    }
}
