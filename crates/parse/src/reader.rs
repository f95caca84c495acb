//! The cursor over a document: every value taken is marked with its term, whatever is left is listed.

pub(crate) mod values;

use std::borrow::Cow;
use std::fmt::{self, Write};

use facteur_model::finding::{Finding, Layer};
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{Invoice, Term};
use facteur_model::kind::DocumentKind;
use facteur_xml::{Document, Node, NodeId};

use crate::checks::Failed;
use crate::parsed::{Parsed, Unmapped};

/// Most leftovers and most findings that are listed one by one; the others are counted. Working out a path costs
/// as much as the element has siblings.
const LISTED_MAX: usize = 50;
/// Most characters of a text that are repeated in a finding or in the list of leftovers.
const EXCERPT_MAX: usize = 200;
/// Attributes that say which edition of a code list or which agency is meant, not what is invoiced.
const METADATA: [&str; 17] = [
    "listID",
    "listAgencyID",
    "listAgencyName",
    "listName",
    "listVersionID",
    "listURI",
    "listSchemeURI",
    "schemeName",
    "schemeAgencyID",
    "schemeAgencyName",
    "schemeDataURI",
    "schemeURI",
    "languageID",
    "languageLocaleID",
    "unitCodeListID",
    "unitCodeListAgencyID",
    "currencyCodeListVersionID",
];
/// Namespace of XML signatures: they are verified elsewhere and are no terms of the invoice.
const SIGNATURES: &str = "http://www.w3.org/2000/09/xmldsig#";

/// Reads one document, see the module.
pub(crate) struct Reader<'a> {
    document: &'a Document,
    /// Beginnings of the namespaces in which the syntax has its elements.
    vocabulary: &'static [&'static str],
    /// Which nodes were taken, by their number.
    taken: Vec<bool>,
    terms: Vec<(NodeId, Term)>,
    findings: Vec<Finding>,
    more_findings: usize,
    /// Attributes that nobody asked for, by element.
    attributes: Vec<(NodeId, &'a str, &'a str)>,
    /// BT-5 and BT-6, known before the first amount is read.
    currency: Option<Cow<'a, str>>,
    vat_currency: Option<Cow<'a, str>>,
    /// Whether there is a VAT total in BT-5, once somebody asked.
    vat_total: Option<bool>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(document: &'a Document, vocabulary: &'static [&'static str]) -> Self {
        Self {
            document,
            vocabulary,
            taken: vec![false; document.len()],
            terms: Vec::with_capacity(document.len() / 4),
            findings: Vec::new(),
            more_findings: 0,
            attributes: Vec::new(),
            currency: None,
            vat_currency: None,
            vat_total: None,
        }
    }

    /// Names the currencies of the document (BT-5, BT-6), for the checks of amounts.
    pub(crate) fn currencies(&mut self, invoice: Option<Node<'a>>, vat: Option<Node<'a>>) {
        self.currency = invoice.map(text_of).filter(|code| !code.is_empty());
        self.vat_currency = vat.map(text_of).filter(|code| !code.is_empty());
    }

    /// Whether `code` is the accounting currency of VAT and not that of the invoice.
    pub(crate) fn is_vat_currency_only(&self, code: Option<&str>) -> bool {
        code.is_some() && code == self.vat_currency.as_deref() && code != self.currency.as_deref()
    }

    /// Whether an amount is stated in the currency of the invoice (BT-5).
    pub(crate) fn is_native(&self, amount: Node<'a>) -> bool {
        let stated = amount.attribute("currencyID").map(str::trim);
        stated.is_some() && stated == self.currency.as_deref()
    }

    /// Whether an amount is stated in a currency that the document does not name.
    pub(crate) fn is_foreign(&self, amount: Node<'a>) -> bool {
        let stated = amount.attribute("currencyID").map(str::trim);
        stated.is_some() && stated != self.currency.as_deref() && stated != self.vat_currency.as_deref()
    }

    /// Whether the document has a VAT total in the currency of the invoice; `find` looks it up, once.
    pub(crate) fn has_vat_total(&mut self, find: impl FnOnce(&Self) -> bool) -> bool {
        let found = self.vat_total.unwrap_or_else(|| find(self));
        *self.vat_total.insert(found)
    }

    /// The child elements that belong to the syntax; those of other namespaces are left over.
    pub(crate) fn elements(&self, node: Node<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
        let vocabulary = self.vocabulary;
        let belongs = move |namespace: &str| vocabulary.iter().any(|beginning| namespace.starts_with(beginning));
        node.elements().filter(move |child| child.namespace().is_some_and(belongs))
    }

    /// The first such child of that name.
    pub(crate) fn child(&self, node: Node<'a>, local: &str) -> Option<Node<'a>> {
        self.elements(node).find(|child| child.name() == local)
    }

    /// Names a group: its element carries no value of its own.
    pub(crate) fn group(&mut self, node: Node<'a>, term: &'static str) {
        self.terms.push((node.id(), Term(term)));
    }

    /// Takes an element that the syntax demands and that says nothing on the invoice.
    pub(crate) fn syntax(&mut self, node: Node<'a>) {
        self.taken[node.id().0 as usize] = true;
    }

    /// Takes the value of an element: trimmed, nothing where it is empty. `handled` are the attributes that the
    /// caller reads; others are left over, but for metadata.
    pub(crate) fn value(&mut self, node: Node<'a>, term: &'static str, handled: &[&str]) -> Option<Cow<'a, str>> {
        self.syntax(node);
        self.terms.push((node.id(), Term(term)));
        for attribute in node.attributes() {
            let name = attribute.name();
            let known = attribute.namespace().is_some() || handled.contains(&name) || METADATA.contains(&name);
            if !known && self.attributes.len() < LISTED_MAX {
                self.attributes.push((node.id(), name, attribute.value()));
            }
        }
        Some(text_of(node)).filter(|text| !text.is_empty())
    }

    /// Adds a warning on an element.
    pub(crate) fn warn(&mut self, node: Node<'a>, rule: &str, complete: impl FnOnce(Finding) -> Finding) {
        if self.findings.len() < LISTED_MAX {
            let finding = Finding::warning(Layer::Reading, rule).at(node.path(), node.line());
            self.findings.push(complete(finding));
        } else {
            self.more_findings += 1;
        }
    }

    /// Adds a warning where a check of an identifier failed.
    pub(crate) fn check(&mut self, node: Node<'a>, term: &str, found: &str, failed: Option<Failed>) {
        let Some(failed) = failed else { return };
        self.warn(node, failed.rule, |finding| {
            let finding = finding.term(term).found(excerpt(found));
            match failed.expected {
                Some(expected) => finding.expected(expected),
                None => finding,
            }
        });
    }

    /// Adds a warning where a number without scheme in a French party fails the check of its length.
    pub(crate) fn check_unnamed(&mut self, node: Node<'a>, term: &str, identifier: &Identifier) {
        self.check(node, term, &identifier.value, crate::checks::unnamed(identifier));
    }

    /// Ends the reading: lists what nobody took.
    pub(crate) fn finish(mut self, kind: DocumentKind, invoice: Invoice) -> Parsed {
        let (unmapped, unmapped_total) = self.leftovers();
        if let Some(first) = unmapped.first() {
            self.findings.push(
                Finding::warning(Layer::Reading, "READ-UNMAPPED")
                    .at(first.path.clone(), first.line)
                    .found(first.text.clone())
                    .arg("count", unmapped_total.to_string()),
            );
        }
        if self.more_findings > 0 {
            self.findings
                .push(Finding::warning(Layer::Reading, "READ-MORE").arg("count", self.more_findings.to_string()));
        }
        self.terms.sort_unstable_by_key(|(node, _)| *node);
        Parsed { kind, invoice, terms: self.terms, unmapped, unmapped_total, findings: self.findings }
    }

    fn leftovers(&self) -> (Vec<Unmapped>, usize) {
        let mut listed = Vec::new();
        let mut total = 0;
        let mut signature_end = NodeId(0);
        for node in std::iter::once(self.document.root()).chain(self.document.root().descendants()) {
            if self.taken[node.id().0 as usize] || node.id() < signature_end {
                continue;
            }
            if node.namespace() == Some(SIGNATURES) {
                signature_end = node.subtree_end();
                continue;
            }
            let text = text_of(node);
            if !text.is_empty() {
                total += 1;
                if listed.len() < LISTED_MAX {
                    listed.push(Unmapped { path: node.path(), line: node.line(), text: excerpt(&text) });
                }
            }
        }
        for (id, name, value) in &self.attributes {
            total += 1;
            let node = self.document.node(*id);
            let path = format!("{}/@{name}", node.path());
            listed.push(Unmapped { path, line: node.line(), text: excerpt(value) });
        }
        (listed, total)
    }
}

/// The element's own text without the white space around it, read across comments.
pub(crate) fn text_of(node: Node<'_>) -> Cow<'_, str> {
    match node.text() {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// The beginning of a text, for people.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The beginning of what a value prints; a long one is not copied whole.
pub(crate) fn excerpt_of(value: &impl fmt::Display) -> String {
    struct Beginning(String);
    impl fmt::Write for Beginning {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.push_str(&excerpt(text));
            Ok(())
        }
    }
    let mut beginning = Beginning(String::new());
    // Writing into a string does not fail.
    let _ = write!(beginning, "{value}");
    excerpt(&beginning.0)
}
