//! An expression on a document: a verdict or an error of its own, in bounded time, whatever both are; the same twice.
//!
//! An input is the expression and then, from the first line that begins with `<`, the document; without one, ours.
#![no_main]

use facteur_rules::RuleSet;
use facteur_xml::{Document, Limits};
use libfuzzer_sys::fuzz_target;

const DOCUMENT: &str = "<o:order xmlns:o='urn:o' currency='EUR'><o:line n='1'><o:id>A</o:id><o:amount>10.10</o:amount></o:line>\
                        <o:line n='2'><o:id>B</o:id><o:amount> 20.2 </o:amount></o:line><o:total>30.30</o:total>\
                        <o:date>2026-11-23</o:date><o:word>douze</o:word><o:empty/></o:order>";

fuzz_target!(|input: &str| {
    let (expression, document) = match input.find("\n<") {
        Some(at) => (&input[..at], &input[at + 1..]),
        None => (input, DOCUMENT),
    };
    let Ok(document) = Document::parse(document.as_bytes(), &Limits { max_nodes: 2_000, ..Limits::default() }) else {
        return;
    };
    let escaped = expression.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let schema = format!(
        "<schema xmlns='http://purl.oclc.org/dsdl/schematron'><ns prefix='o' uri='urn:o'/>\
         <ns prefix='xs' uri='http://www.w3.org/2001/XMLSchema'/><pattern><rule context='/*'>\
         <let name='x' value='*'/><assert id='T' test=\"{escaped}\"><value-of select=\"{escaped}\"/></assert>\
         </rule></pattern></schema>"
    );
    let Ok(rules) = RuleSet::load("own.sch", schema.as_bytes(), &|_| None) else { return };
    let failures = rules.evaluate(&document);
    assert_eq!(failures, rules.evaluate(&document));
    for failure in failures {
        assert_eq!(failure.evaluated, failure.reason.is_none());
    }
});
