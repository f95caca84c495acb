//! Whatever an artefact is: it loads, or it is refused with its place, in bounded time. What loads runs too.
#![no_main]

use std::sync::OnceLock;

use facteur_rules::RuleSet;
use facteur_xml::{Document, Limits};
use libfuzzer_sys::fuzz_target;

const CODES: &[u8] = b"<codedb><cl id='4'><enumeration value='EUR'/></cl></codedb>";
const DOCUMENT: &[u8] = b"<order currency='EUR'><line n='1'><id>A</id><amount>10.10</amount></line><total>10.1</total></order>";

fn document() -> &'static Document {
    static PARSED: OnceLock<Document> = OnceLock::new();
    PARSED.get_or_init(|| Document::parse(DOCUMENT, &Limits::default()).expect("our own document is well-formed"))
}

fuzz_target!(|artefact: &[u8]| {
    match RuleSet::load("artefact", artefact, &|name| (name == "codes.xml").then(|| CODES.to_vec())) {
        Ok(rules) => {
            let failures = rules.evaluate(document());
            assert!(failures.len() <= rules.checks() * (document().len() + 2));
        }
        Err(error) => assert!(error.line >= 1 && !error.detail.is_empty()),
    }
});
