//! Whatever the bytes are: attachments, text, fields and images of a PDF in bounded time and memory, or an error of its
//! own; the same twice, and with a supplier's template too.
#![no_main]

use std::sync::OnceLock;

use facteur_parse::pdf::fields::template::Template;
use facteur_parse::pdf::scan::scan;
use facteur_parse::pdf::{PdfLimits, extract, read_pages_with};
use libfuzzer_sys::fuzz_target;

const TEMPLATE: &[u8] = b"format: facteur-template/1\nkeywords: [FACT]\ndate_format: j mois aaaa\ndecimal: ','\nfields:\n\
    \x20 number: { label: 'Facture n', pattern: '[A-Z]+-\\d+' }\n  total: { regex: 'Total\\s+(\\S+)' }\n\
    \x20 due: { box: [0, 0, 600, 900], page: last }\n  net: { label: Net, position: below, occurrence: last }\n\
    constants: { service: DST }\n";

fn templates() -> &'static [Template] {
    static PARSED: OnceLock<Vec<Template>> = OnceLock::new();
    PARSED.get_or_init(|| vec![Template::parse("fuzz", TEMPLATE).expect("our own template is one")])
}

fn limits() -> PdfLimits {
    PdfLimits {
        max_stream_bytes: 1 << 20,
        max_xml_bytes: 1 << 20,
        max_attachments_bytes: 2 << 20,
        max_objects: 5_000,
        max_pages: 200,
        max_text_pages: 20,
        ..PdfLimits::default()
    }
}

fuzz_target!(|bytes: &[u8]| {
    // Most mutants would end at their first bytes.
    let headed = [b"%PDF-1.7\n", bytes].concat();
    let limits = limits();
    if let Ok(content) = extract(&headed, &limits) {
        assert!(content.invoice_xml.is_none_or(|index| index < content.attachments.len()));
        let total: usize = content.attachments.iter().map(|attachment| attachment.bytes.len()).sum();
        assert!(total <= limits.max_attachments_bytes);
    }
    let pages = read_pages_with(&headed, &limits, templates());
    assert_eq!(pages, read_pages_with(&headed, &limits, templates()));
    if let Ok(pages) = pages {
        assert!(pages.reading.fields.values().all(|field| field.confidence <= 100 && field.page <= pages.pages));
    }
    let _ = scan(&headed, &limits, true);
});
