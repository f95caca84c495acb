//! What is read, what is refused, and where it stands in the original.
#![allow(clippy::unwrap_used)]

use facteur_xml::{Child, Document, Limits, XmlErrorKind as Kind};

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn refusal(bytes: &[u8]) -> Kind {
    match Document::parse(bytes, &Limits::default()) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(&bytes[..bytes.len().min(200)])),
        Err(error) => error.kind,
    }
}

const INVOICE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><?p i?>\n<Invoice xmlns=\"urn:i\" \
     xmlns:cbc=\"urn:b\">\n <cbc:ID s='1' cbc:s=\"2\">A<!-- x -->&amp;<![CDATA[<b>]]>&#x41;</cbc:ID>\n \
     <Line><cbc:ID>1</cbc:ID></Line><Line><cbc:ID>2</cbc:ID>tail</Line><Empty/>\n</Invoice>\n";

#[test]
fn names_text_attributes_and_places() {
    let document = parse(INVOICE);
    let root = document.root();
    assert_eq!((root.name(), root.prefix(), root.namespace(), root.line()), ("Invoice", None, Some("urn:i"), 3));
    let id = root.child("ID").unwrap();
    assert!(id.is("urn:b", "ID"));
    assert_eq!((id.text().as_ref(), id.line()), ("A&<b>A", 4));
    assert_eq!((id.attribute("s"), id.attribute_ns("urn:b", "s")), (Some("1"), Some("2")));
    assert_eq!(id.attributes().count(), 2);
    let second = root.children_named("Line").nth(1).unwrap();
    assert_eq!(second.child("ID").unwrap().path(), "/Invoice/Line[2]/cbc:ID");
    assert_eq!(second.text(), "tail");
    assert_eq!(second.string_value(), "2tail");
    assert_eq!(root.descend(&["Line", "ID"]).unwrap().text(), "1");
    assert_eq!(&INVOICE[second.byte_range()], "<Line><cbc:ID>2</cbc:ID>tail</Line>");
    assert_eq!(&INVOICE[root.start_tag_range()], "<Invoice xmlns=\"urn:i\" xmlns:cbc=\"urn:b\">");
    assert_eq!(root.descendants().count(), 6);
    assert_eq!(second.parent().unwrap().id(), root.id());
    assert!(root.child("Empty").unwrap().children().next().is_none());
    assert_eq!(document.symbol("Line"), Some(second.symbol()));
    assert!(document.symbol("Nowhere").is_none());
    assert_eq!(document.node(second.id()).path(), second.path());
}

#[test]
fn text_runs_across_comments_but_not_across_elements() {
    let document = parse("<a>x<!--c-->y<?p?>z<b/>t</a>");
    let texts: Vec<_> =
        document.root().children().filter_map(|c| if let Child::Text(t) = c { Some(t) } else { None }).collect();
    assert_eq!(texts, ["xyz", "t"]);
}

#[test]
fn line_ends_and_attribute_values_are_normalised() {
    let document = parse("<a b='1\r\n2\t3&#10;&lt;\r4'>x\r\ny\rz&#13;</a>");
    assert_eq!(document.root().attribute("b"), Some("1 2 3\n< 4"));
    assert_eq!(document.root().text(), "x\ny\nz\r");
}

#[test]
fn namespaces_follow_their_scope() {
    let document = parse("<p:a xmlns:p='u1'><p:a xmlns:p='u2'><p:a/></p:a><p:a/><b xmlns='d'><c xmlns=''/></b></p:a>");
    let spaces: Vec<_> = document.root().descendants().map(|n| n.namespace().unwrap_or("")).collect();
    assert_eq!(spaces, ["u2", "u2", "u1", "d", ""]);
    let language = parse("<a xml:lang='fr'/>");
    assert_eq!(language.root().attribute_ns("http://www.w3.org/XML/1998/namespace", "lang"), Some("fr"));
}

#[test]
fn byte_ranges_are_those_of_the_original_in_every_encoding() {
    let body = format!("<a>{}<b>€é</b><c>ç</c></a>", "é\u{20AC}".repeat(2000));
    let utf16: Vec<u8> = [0xFEFF].into_iter().chain(body.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let text = format!("<?xml version='1.0' encoding='windows-1252'?>{body}");
    let windows: Vec<u8> = text.chars().map(|c| if c == '€' { 0x80 } else { u32::from(c) as u8 }).collect();
    let marked = [b"\xEF\xBB\xBF".as_slice(), body.as_bytes()].concat();
    for (bytes, encoding, expected) in [
        (&utf16, "UTF-16BE", "<c>ç</c>".encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>()),
        (&windows, "windows-1252", b"<c>\xE7</c>".to_vec()),
        (&marked, "UTF-8", "<c>ç</c>".as_bytes().to_vec()),
    ] {
        let document = Document::parse(bytes, &Limits::default()).unwrap();
        assert_eq!(document.encoding(), encoding);
        assert_eq!(document.root().child("b").unwrap().text(), "€é");
        assert_eq!(bytes[document.root().child("c").unwrap().byte_range()], expected, "{encoding}");
    }
}

#[test]
fn encodings_are_taken_at_their_word() {
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9\x80</a>";
    assert_eq!(Document::parse(latin, &Limits::default()).unwrap().root().text(), "é\u{80}");
    let euro = b"<?xml version='1.0' encoding='ISO-8859-15'?><a>\xA4</a>";
    assert_eq!(Document::parse(euro, &Limits::default()).unwrap().root().text(), "€");
    let bad: [&[u8]; 9] = [
        b"<?xml version='1.0' encoding='UTF-8'?><a>\xE9</a>",
        b"<a>\xE9</a>",
        b"<?xml version='1.0' encoding='UTF-7'?><a/>",
        b"<?xml version='1.0' encoding='UTF-16'?><a/>",
        b"<?xml version='1.0' encoding='US-ASCII'?><a>\xC3\xA9</a>",
        b"\xEF\xBB\xBF<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        b"\xFE\xFF\0<\0a\0/\0",
        b"\xFF\xFE\0\0<\0\0\0",
        b"<\0a\0/\0>\0",
    ];
    for bytes in bad {
        assert_eq!(refusal(bytes), Kind::Encoding, "{bytes:?}");
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    let bad = [
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<!-- -->x<a/>",
        "<a/>x",
        "<a/>&amp;",
        "<a/><![CDATA[ ]]>",
        "<a b='1' b='2'/>",
        "<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>",
        "<a b='1'c='2'/>",
        "<a b=1/>",
        "<a b/>",
        "<a b='<'/>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- ---></a>",
        "<!-- -- --><a/>",
        "<a><?xml version='1.0'?></a>",
        " <?xml version='1.0'?><a/>",
        "<?XML version='1.0'?><a/>",
        "<a><? x?></a>",
        "<p:a/>",
        "<a p:b='1'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:xmlns='u'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<xmlns:a/>",
        "<a:b:c xmlns:a='u'/>",
        "<1a/>",
        "<a\"/>",
        "<a>&eacute;</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a>&#X41;</a>",
        "<a>&#+65;</a>",
        "<a>&#;</a>",
        "<a>&amp</a>",
        "<a>& b</a>",
        "<a b='&x;'/>",
        "<a b='&lt'/>",
        "<a>\u{1}</a>",
        "<a>\u{FFFE}</a>",
        "<a b='\u{B}'/>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml version='1.0'encoding='UTF-8'?><a/>",
        "<?xml version='1.0'?>",
        "<!-- -->",
        "<a></a b>",
        "</a>",
        "<a xmlns='u' xmlns='v'/>",
        "<a/ >",
        "< a/>",
        "<a><![cdata[x]]></a>",
        "<!ELEMENT a ANY><a/>",
        "<?xml?><a/>",
        "<a></ a>",
        "<a><!></a>",
        "<a>\u{FEFF}</a>\u{FEFF}",
        "<?xml version='1.0'?>\u{FEFF}<a/>",
    ];
    for text in bad {
        assert_eq!(refusal(text.as_bytes()), Kind::Malformed, "{text}");
    }
}

#[test]
fn other_refusals_have_their_class() {
    assert_eq!(refusal(b""), Kind::Empty);
    assert_eq!(refusal(b" \n\t"), Kind::Empty);
    assert_eq!(refusal(b"\xEF\xBB\xBF"), Kind::Empty);
    assert_eq!(refusal(b"%PDF-1.7"), Kind::NotXml);
    assert_eq!(refusal(b"x<a/>y"), Kind::NotXml);
    assert_eq!(refusal(b"{\"a\":1}"), Kind::NotXml);
    for text in [
        "<!DOCTYPE a><a/>",
        "<?xml version='1.0'?><!-- --> <!doctype a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'http://127.0.0.1/'>]><a>&x;</a>",
        "<!DOCTYPE a [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]><a>&b;</a>",
        "<!DOCTYPE a [ \u{1}",
    ] {
        assert_eq!(refusal(text.as_bytes()), Kind::Doctype, "{text}");
    }
}

#[test]
fn limits_hold_before_memory_is_spent() {
    let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth)).into_bytes();
    assert!(Document::parse(&deep(128), &Limits::default()).is_ok());
    assert_eq!(refusal(&deep(129)), Kind::TooDeep);
    assert_eq!(refusal(&deep(100_000)), Kind::TooDeep);
    let wide = |count: usize| {
        let attributes: String = (0..count).map(|n| format!(" a{n}=''")).collect();
        format!("<a{attributes}/>").into_bytes()
    };
    assert!(Document::parse(&wide(64), &Limits::default()).is_ok());
    assert_eq!(refusal(&wide(1_000_000)), Kind::TooManyAttributes);
    let names: String = (0..70_000).map(|n| format!("<n{n}/>")).collect();
    assert_eq!(refusal(format!("<a>{names}</a>").as_bytes()), Kind::TooManyNodes);
    let nodes = format!("<a>{}</a>", "<b/>".repeat(2_000_000));
    assert_eq!(refusal(nodes.as_bytes()), Kind::TooManyNodes);
    let nested: String = (0..100).map(|d| format!("<a xmlns:p{d}='u' xmlns:q{d}='u' xmlns:r{d}='u'>")).collect();
    assert_eq!(refusal(nested.as_bytes()), Kind::TooManyAttributes);
    let small = Limits { max_bytes: 10, ..Limits::default() };
    assert_eq!(Document::parse(b"<a>12345</a>", &small).unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn a_truncated_document_is_never_accepted() {
    for end in 0..INVOICE.trim_end().len() {
        assert!(Document::parse(&INVOICE.as_bytes()[..end], &Limits::default()).is_err(), "cut at {end}");
    }
}

#[test]
fn a_refusal_says_where() {
    let error = Document::parse("\u{FEFF}<a>\n<b>\n</c></a>".as_bytes(), &Limits::default()).unwrap_err();
    assert_eq!((error.line, error.offset), (3, 11));
}

#[test]
fn a_document_may_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Document>();
}
