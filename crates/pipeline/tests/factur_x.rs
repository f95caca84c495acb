//! What a produced Factur-X has to be, point by point: the structure that PDF/A-3b and Factur-X demand, read back by
//! the reader of invoices and by a reader of PDFs, and the page as a person reads it.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use facteur_model::amount::Amount;
use facteur_model::invoice::Invoice;
use facteur_parse::pdf::text::{TextPage, TextWord};
use facteur_parse::pdf::{AttachmentSource, PdfLimits, extract, read_text};
use facteur_render::factur_x::{FILE_NAME, Level, attach, produce};
use facteur_render::page;
use facteur_texts::Language;
use facteur_xml::{Document, Limits};
use lopdf::{Dictionary, Object};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn invoice(name: &str) -> (Invoice, Vec<u8>) {
    let xml = std::fs::read(fixture(name)).unwrap();
    let document = Document::parse(&xml, &Limits::default()).unwrap();
    (facteur_parse::read(&document).unwrap().invoice, xml)
}

fn resolved<'d>(pdf: &'d lopdf::Document, dictionary: &'d Dictionary, key: &[u8]) -> &'d Object {
    pdf.dereference(dictionary.get(key).unwrap()).unwrap().1
}

#[test]
fn every_point_of_the_structure_holds() {
    for (name, level) in [
        ("cii/invoice-a1.xml", Level::En16931),
        ("cii/invoice-full.xml", Level::Extended),
        ("cii/invoice-a1.xml", Level::BasicWl),
    ] {
        let (invoice, xml) = invoice(name);
        let bytes = produce(&invoice, &xml, level, Language::French).unwrap();
        let pdf = lopdf::Document::load_mem(&bytes).unwrap();
        let catalog = pdf.catalog().unwrap();

        let content = extract(&bytes, &PdfLimits::default()).unwrap();
        let attachment = content.invoice().unwrap();
        assert_eq!((attachment.name.as_str(), &attachment.bytes), (FILE_NAME, &xml), "the XML is the one given");
        assert_eq!(attachment.source, AttachmentSource::Both, "/AF and the name tree");
        assert_eq!(attachment.media_type.as_deref(), Some("text/xml"));
        let relationship = if level == Level::BasicWl { "Data" } else { "Alternative" };
        assert_eq!(attachment.relationship.as_deref(), Some(relationship));
        assert!(content.findings.is_empty(), "{:?}", content.findings);
        assert!(!content.encrypted && !content.recovered);

        let xmp = content.xmp.unwrap();
        assert_eq!((xmp.pdfa_part.as_deref(), xmp.pdfa_conformance.as_deref()), (Some("3"), Some("B")));
        assert_eq!(xmp.document_file_name.as_deref(), Some(FILE_NAME));
        assert_eq!((xmp.document_type.as_deref(), xmp.version.as_deref()), (Some("INVOICE"), Some("1.0")));
        assert_eq!(xmp.conformance_level.as_deref(), Some(level.as_str()));
        let Object::Stream(metadata) = resolved(&pdf, catalog, b"Metadata") else { panic!() };
        assert!(!metadata.dict.has(b"Filter"), "the metadata are readable without unpacking");
        let text = String::from_utf8(metadata.content.clone()).unwrap();
        for property in ["DocumentFileName", "DocumentType", "Version", "ConformanceLevel"] {
            assert!(text.contains(&format!("<pdfaProperty:name>{property}</pdfaProperty:name>")), "{property}");
        }

        let intents = resolved(&pdf, catalog, b"OutputIntents").as_array().unwrap();
        let intent = pdf.dereference(&intents[0]).unwrap().1.as_dict().unwrap();
        assert!(resolved(&pdf, intent, b"DestOutputProfile").as_stream().is_ok(), "an output intent with its profile");
        assert!(!catalog.has(b"OpenAction") && !catalog.has(b"AA"), "nothing happens by itself");
        assert!(pdf.trailer.has(b"ID"));
        assert!(fonts_are_embedded(&pdf));
        assert!(file_has_a_date(&pdf));
    }
}

fn fonts_are_embedded(pdf: &lopdf::Document) -> bool {
    let descriptors: Vec<&Dictionary> = pdf
        .objects
        .values()
        .filter_map(|object| object.as_dict().ok())
        .filter(|dictionary| dictionary.has_type(b"FontDescriptor"))
        .collect();
    descriptors.len() >= 2
        && descriptors.iter().all(|font| font.has(b"FontFile2") || font.has(b"FontFile3") || font.has(b"FontFile"))
}

fn file_has_a_date(pdf: &lopdf::Document) -> bool {
    let streams = pdf.objects.values().filter_map(|object| object.as_stream().ok());
    let mut files = streams.filter(|stream| stream.dict.has_type(b"EmbeddedFile"));
    files.any(|file| file.dict.get(b"Params").and_then(Object::as_dict).is_ok_and(|params| params.has(b"ModDate")))
}

#[test]
fn the_same_invoice_gives_the_same_bytes() {
    let (invoice, xml) = invoice("cii/invoice-full.xml");
    let once = produce(&invoice, &xml, Level::Extended, Language::English).unwrap();
    assert_eq!(once, produce(&invoice, &xml, Level::Extended, Language::English).unwrap());
    assert_ne!(once, produce(&invoice, &xml, Level::Extended, Language::French).unwrap());
}

#[test]
fn a_person_reads_on_the_page_what_the_invoice_says() {
    let (invoice, _) = invoice("ubl/invoice-full.xml");
    let text = read_text(&page::pdf(&invoice, Language::French).unwrap(), &PdfLimits::default()).unwrap();
    let plain = text.plain().replace(['\u{A0}', '\u{202F}'], " ");
    assert_eq!(text.unexplained, 0, "every glyph can be copied as text");
    for shown in [
        "FACTURE",
        "N° FA-2026-0107",
        "Entreprise Durbois",
        "Commune de Valbrune",
        "ENG-2026-77",
        "BATIMENTS",
        "Étude acoustique",
        "Panneau de liège",
        "Formation des agents",
        "Total TTC",
        "1 656,00 €",
        "1 000,00 €",
        "FR92 9999 9000 0100 1234 5678 901",
        "20/11/2026",
    ] {
        assert!(plain.contains(shown), "{shown} is not in\n{plain}");
    }
}

#[test]
fn a_long_invoice_goes_on_over_many_sheets_and_loses_no_line() {
    let (mut invoice, _) = invoice("cii/invoice-a1.xml");
    let line = invoice.lines[0].clone();
    invoice.lines = (1..=400)
        .map(|number| {
            let mut line = line.clone();
            line.id = Some(number.to_string());
            line.item.name = Some(format!("Article-{number:04}"));
            line.net_amount = Amount::parse(&format!("{number}.07")).ok();
            line
        })
        .collect();
    let text = read_text(&page::pdf(&invoice, Language::French).unwrap(), &PdfLimits::default()).unwrap();
    let plain = text.plain();
    assert!(text.pages.len() >= 8, "{} pages", text.pages.len());
    for number in 1..=400 {
        let row = plain.lines().find(|row| row.contains(&format!("Article-{number:04}"))).unwrap();
        assert!(row.contains(&format!("{number},07")), "{row}");
    }
    let sum = |upto: usize| (1..=upto).sum::<usize>();
    for (this, next) in text.pages.iter().zip(&text.pages[1..]) {
        let rows = |page: &TextPage| {
            let line = |words: &[TextWord]| words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
            page.lines.iter().map(|row| line(&row.words)).collect::<Vec<_>>()
        };
        let Some(foot) = rows(this).into_iter().find(|row| row.starts_with("À reporter")) else {
            assert_eq!(next.number, text.pages.len(), "only the last turn may be after the lines");
            continue;
        };
        assert!(rows(next).contains(&foot.replace("À reporter", "Report")), "what is carried is brought");
        let names = rows(this).into_iter().filter_map(|row| row.split("Article-").nth(1)?[..4].parse::<usize>().ok());
        let last = names.max().unwrap();
        let cents = sum(last) * 100 + last * 7;
        let digits: String = foot.chars().filter(char::is_ascii_digit).collect();
        assert_eq!(digits, cents.to_string(), "{foot}");
    }
    for page in &text.pages {
        let words: Vec<&str> = page.lines.iter().flat_map(|line| &line.words).map(|word| word.text.as_str()).collect();
        let right = page.lines.iter().flat_map(|line| &line.words).map(|word| word.place.right).max().unwrap();
        assert!(right <= page.width - 4000, "nothing runs over the margin");
        let count = ["page", &page.number.to_string(), "/", &text.pages.len().to_string()].map(str::to_owned);
        assert!(words.windows(4).any(|four| four.iter().eq(count.iter())), "{words:?}");
    }
}

#[test]
fn what_no_font_draws_and_what_is_too_long_stays_visible_and_inside() {
    let (mut invoice, xml) = invoice("cii/invoice-a1.xml");
    invoice.seller.name = Some(format!("{}\u{202e}漢字\n<script>", "Interminable".repeat(40)));
    invoice.lines[0].item.name = Some("mot".repeat(200));
    let bytes = produce(&invoice, &xml, Level::En16931, Language::French).unwrap();
    let text = read_text(&bytes, &PdfLimits::default()).unwrap();
    let right =
        text.pages.iter().flat_map(|page| &page.lines).flat_map(|line| &line.words).map(|word| word.place.right);
    assert!(right.max().unwrap() <= 59_500 - 4000);
}

#[test]
fn an_empty_invoice_is_drawn_too() {
    let bytes = page::pdf(&Invoice::default(), Language::English).unwrap();
    assert!(read_text(&bytes, &PdfLimits::default()).unwrap().plain().contains("INVOICE"));
}

#[test]
fn the_supplier_s_own_pdf_keeps_its_pages_and_carries_the_xml() {
    let own = std::fs::read(fixture("inbox/06-pdf-simple-taxi.pdf")).unwrap();
    let (_, xml) = invoice("cii/invoice-a1.xml");
    let hybrid = attach(&own, &xml, Level::En16931).unwrap();
    let content = extract(&hybrid, &PdfLimits::default()).unwrap();
    assert_eq!(content.invoice().unwrap().bytes, xml);
    assert_eq!(content.xmp.unwrap().conformance_level.as_deref(), Some("EN 16931"));
    let limits = PdfLimits::default();
    assert_eq!(read_text(&hybrid, &limits).unwrap(), read_text(&own, &limits).unwrap());
    assert_eq!(attach(&own, &xml, Level::En16931).unwrap(), hybrid, "the same arguments give the same bytes");
    assert!(attach(b"%PDF-1.7 nothing", &xml, Level::En16931).is_err());
}

#[test]
fn another_invoice_takes_the_place_of_the_first_and_other_attachments_stay() {
    let limits = PdfLimits::default();
    let first = std::fs::read(fixture("pdf/avec-piece-jointe.pdf")).unwrap();
    let before = extract(&first, &limits).unwrap();
    let (_, xml) = invoice("cii/invoice-full.xml");
    assert_ne!(before.invoice().unwrap().bytes, xml);
    let second = attach(&first, &xml, Level::Extended).unwrap();
    let after = extract(&second, &limits).unwrap();
    assert_eq!(after.invoice().unwrap().bytes, xml);
    assert_eq!(after.invoice().unwrap().source, AttachmentSource::Both);
    let others = |content: &facteur_parse::pdf::PdfContent| {
        let invoice = content.invoice_xml.unwrap();
        let others = content.attachments.iter().enumerate().filter(|(index, _)| *index != invoice);
        others.map(|(_, file)| (file.name.clone(), file.bytes.clone())).collect::<Vec<_>>()
    };
    assert_eq!(others(&after), others(&before));
    assert_eq!(others(&after).len(), 1);
    assert!(after.findings.is_empty(), "{:?}", after.findings);
    assert_eq!(after.xmp.unwrap().conformance_level.as_deref(), Some("EXTENDED"));
    assert_eq!(read_text(&second, &limits).unwrap(), read_text(&first, &limits).unwrap());
    let streams = lopdf::Document::load_mem(&second).unwrap();
    let files =
        streams.objects.values().filter(|object| object.as_stream().is_ok_and(|s| s.dict.has_type(b"EmbeddedFile")));
    assert_eq!(files.count(), 2, "nothing of the first invoice is left in the file");
}

#[test]
fn every_invoice_of_the_fixtures_gives_way_to_another() {
    let (_, xml) = invoice("cii/invoice-a1.xml");
    for name in [
        "pdf/factur-x-seulement-dans-af.pdf",
        "pdf/factur-x-seulement-dans-names.pdf",
        "pdf/xrechnung.pdf",
        "pdf/sans-metadonnees.pdf",
        "inbox/04-factur-x-basic-traiteur.pdf",
        "bad/pdf-deux-factures.pdf",
    ] {
        let pdf = attach(&std::fs::read(fixture(name)).unwrap(), &xml, Level::En16931).unwrap();
        let content = extract(&pdf, &PdfLimits::default()).unwrap();
        assert_eq!(content.attachments.len(), 1, "{name}");
        assert_eq!(content.invoice().unwrap().bytes, xml, "{name}");
        assert_eq!(content.xmp.unwrap().conformance_level.as_deref(), Some("EN 16931"), "{name}");
    }
}

#[test]
fn a_signed_or_protected_pdf_is_left_alone() {
    let (_, xml) = invoice("cii/invoice-a1.xml");
    for name in ["bad/pdf-mot-de-passe.pdf", "pdf/mot-de-passe-vide.pdf"] {
        let pdf = std::fs::read(fixture(name)).unwrap();
        assert!(matches!(attach(&pdf, &xml, Level::Basic), Err(page::PageError::Protected)), "{name}");
    }
    let own = std::fs::read(fixture("inbox/06-pdf-simple-taxi.pdf")).unwrap();
    let mut signed = lopdf::Document::load_mem(&own).unwrap();
    let form = signed.add_object(lopdf::dictionary! { "SigFlags" => 3, "Fields" => Vec::<Object>::new() });
    signed.catalog_mut().unwrap().set("AcroForm", form);
    let mut bytes = Vec::new();
    signed.save_to(&mut bytes).unwrap();
    assert!(matches!(attach(&bytes, &xml, Level::Basic), Err(page::PageError::Signed)));
}
