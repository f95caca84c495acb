//! Agreement with an independent reader on generated documents, and no panic on anything.
#![allow(clippy::unwrap_used)]

use facteur_xml::{Child, Document, Limits, Node};
use proptest::prelude::*;
use quick_xml::events::Event;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("b"), Just("p:a"), Just("q:c"), Just("é")].prop_map(str::to_owned)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ a-zé€\n\t\"'>]{0,12}",
        // A lone carriage return before a reference is left out: there the other reader keeps it, against 2.11.
        Just("x\r\ny\rz".to_owned()),
        Just("&amp;&#233;&#xE9;&lt;".to_owned()),
        Just("<![CDATA[<&>\r\n]]>".to_owned()),
        Just("<!-- comment -->".to_owned()),
        Just("<?target data?>".to_owned()),
    ]
}

fn attributes() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just(" x='1' y=\"&lt;\r\n\t&#9;\"".to_owned()),
        Just(" xmlns:p='urn:p2' p:x='1' x='2'".to_owned()),
        Just("\n xmlns='urn:d' xml:lang = 'fr' ".to_owned()),
        Just(" xmlns=''".to_owned()),
    ]
}

fn element() -> impl Strategy<Value = String> {
    let leaf = (name(), attributes()).prop_map(|(name, attributes)| format!("<{name}{attributes}/>"));
    leaf.prop_recursive(5, 40, 6, |inner| {
        let content = prop::collection::vec(prop_oneof![inner, text()], 0..6);
        (name(), attributes(), content)
            .prop_map(|(name, attributes, content)| format!("<{name}{attributes}>{}</{name} >", content.concat()))
    })
}

/// Everything that both trees must agree on, as lines of text.
fn ours(node: Node<'_>, lines: &mut Vec<String>) {
    let mut attributes: Vec<_> =
        node.attributes().map(|a| format!("{:?}{}={:?}", a.namespace(), a.name(), a.value())).collect();
    attributes.sort();
    lines.push(format!("{:?}{} {attributes:?} {:?}", node.namespace(), node.name(), node.byte_range()));
    for child in node.children() {
        match child {
            Child::Element(element) => ours(element, lines),
            Child::Text(text) => lines.push(format!("{text:?}")),
        }
    }
}

fn theirs(node: roxmltree::Node<'_, '_>, lines: &mut Vec<String>) {
    let space = |namespace: Option<&str>| namespace.filter(|n| !n.is_empty()).map(str::to_owned);
    let mut attributes: Vec<_> =
        node.attributes().map(|a| format!("{:?}{}={:?}", space(a.namespace()), a.name(), a.value())).collect();
    attributes.sort();
    let tag = node.tag_name();
    lines.push(format!("{:?}{} {attributes:?} {:?}", space(tag.namespace()), tag.name(), node.range()));
    let mut run = String::new();
    for child in node.children() {
        if child.is_element() && !run.is_empty() {
            lines.push(format!("{:?}", std::mem::take(&mut run)));
        }
        if child.is_element() {
            theirs(child, lines);
        } else if let Some(text) = child.text().filter(|_| child.is_text()) {
            run.push_str(text);
        }
    }
    if !run.is_empty() {
        lines.push(format!("{run:?}"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_roxmltree_on_well_formed_documents(body in element()) {
        let source = format!("<r xmlns:p='urn:p' xmlns:q='urn:q'>{body}</r>");
        let document = Document::parse(source.as_bytes(), &Limits::default()).unwrap();
        let other = roxmltree::Document::parse(&source).unwrap();
        let (mut mine, mut yours) = (Vec::new(), Vec::new());
        ours(document.root(), &mut mine);
        theirs(other.root_element(), &mut yours);
        prop_assert_eq!(mine, yours);
    }

    #[test]
    fn what_is_accepted_has_the_tags_that_quick_xml_sees(source in "(<a|</a|<b |>|/>|<!--|-->|<!\\[CDATA\\[|\\]\\]>|<\\?x |\\?>|&lt;|c='>'|\"|x| ){0,24}") {
        let source = format!("<a>{source}</a>");
        if let Ok(document) = Document::parse(source.as_bytes(), &Limits::default()) {
            let mut reader = quick_xml::Reader::from_str(&source);
            let mut starts = Vec::new();
            loop {
                let start = usize::try_from(reader.buffer_position()).unwrap();
                match reader.read_event().unwrap() {
                    Event::Start(_) | Event::Empty(_) => starts.push(start..usize::try_from(reader.buffer_position()).unwrap()),
                    Event::Eof => break,
                    _ => {}
                }
            }
            let root = document.root();
            let ours: Vec<_> = [root].into_iter().chain(root.descendants()).map(Node::start_tag_range).collect();
            prop_assert_eq!(ours, starts);
        }
    }

    #[test]
    fn never_panics_on_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Document::parse(&bytes, &Limits::default());
    }

    #[test]
    fn never_panics_on_markup_like_text(source in "[<>/?!&;'\"= a:\\[\\]#x1\\-\r\nDOCTYPECDATAxmlnsé]{0,80}") {
        let _ = Document::parse(format!("<a>{source}</a>").as_bytes(), &Limits::default());
        let _ = Document::parse(source.as_bytes(), &Limits::default());
    }

    #[test]
    fn never_panics_on_a_changed_byte(body in element(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = format!("<r xmlns:p='urn:p' xmlns:q='urn:q'>{body}</r>").into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(document) = Document::parse(&bytes, &Limits::default()) {
            for node in document.root().descendants() {
                let range = node.byte_range();
                prop_assert!(bytes[range.clone()].starts_with(b"<") && bytes[range].ends_with(b">"));
            }
        }
    }
}
