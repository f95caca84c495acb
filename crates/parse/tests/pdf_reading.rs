//! PDFs made for one property each: where the invoice hides, and how a PDF attacks.
#![allow(clippy::unwrap_used)]

use facteur_parse::pdf::{AttachmentSource, InvoiceRoot, PdfContent, PdfError, PdfLimits, extract};
use lopdf::{
    Dictionary, Document, EncryptionState, EncryptionVersion, Object, ObjectId, Permissions, Stream, StringFormat,
    dictionary,
};
use proptest::prelude::*;

const CII: &[u8] = b"<CrossIndustryInvoice xmlns=\"urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100\"/>";

/// A PDF under construction: a page tree with one page, and a catalog to hang things on.
struct Pdf {
    document: Document,
    catalog: Dictionary,
}

impl Pdf {
    fn new() -> Self {
        let mut document = Document::with_version("1.7");
        let pages = document.new_object_id();
        let page = document.add_object(dictionary! { "Type" => "Page", "Parent" => pages });
        document.objects.insert(
            pages,
            Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
        );
        let catalog = dictionary! { "Type" => "Catalog", "Pages" => pages };
        document.trailer.set("ID", vec![Object::string_literal("0123456789abcdef"), Object::string_literal("0")]);
        Self { document, catalog }
    }

    fn file(&mut self, name: Object, content: &[u8], compress: bool) -> ObjectId {
        let mut stream = Stream::new(dictionary! { "Subtype" => "text#2Fxml" }, content.to_vec());
        if compress {
            stream.compress().unwrap();
        }
        let stream = self.document.add_object(stream);
        self.document.add_object(dictionary! {
            "Type" => "Filespec", "UF" => name, "AFRelationship" => "Data",
            "EF" => dictionary! { "F" => stream },
        })
    }

    fn xml(&mut self, name: &str, content: &[u8]) -> ObjectId {
        self.file(Object::string_literal(name), content, true)
    }

    fn leaf(&mut self, files: &[ObjectId]) -> ObjectId {
        let names: Vec<Object> =
            files.iter().flat_map(|id| [Object::string_literal("key"), Object::Reference(*id)]).collect();
        self.document.add_object(dictionary! { "Names" => names })
    }

    fn name_tree(&mut self, root: ObjectId) {
        self.catalog.set("Names", dictionary! { "EmbeddedFiles" => root });
    }

    fn associated(&mut self, files: &[ObjectId]) {
        self.catalog.set("AF", files.iter().map(|id| Object::Reference(*id)).collect::<Vec<_>>());
    }

    fn finish(mut self) -> Document {
        let catalog = self.document.add_object(self.catalog);
        self.document.trailer.set("Root", catalog);
        self.document
    }

    fn bytes(self) -> Vec<u8> {
        save(&mut self.finish())
    }
}

fn save(document: &mut Document) -> Vec<u8> {
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn read(bytes: &[u8]) -> Result<PdfContent, PdfError> {
    extract(bytes, &PdfLimits::default())
}

fn rules(content: &PdfContent) -> Vec<&str> {
    content.findings.iter().map(|finding| finding.rule.as_str()).filter(|rule| *rule != "PDF-XMP-MISSING").collect()
}

#[test]
fn an_invoice_is_found_in_the_name_tree_in_af_and_in_both() {
    for (in_tree, in_af, source) in [
        (true, false, AttachmentSource::NameTree),
        (false, true, AttachmentSource::AssociatedFile),
        (true, true, AttachmentSource::Both),
    ] {
        let mut pdf = Pdf::new();
        let file = pdf.xml("factur-x.xml", CII);
        if in_tree {
            let leaf = pdf.leaf(&[file]);
            pdf.name_tree(leaf);
        }
        if in_af {
            pdf.associated(&[file]);
        }
        let content = read(&pdf.bytes()).unwrap();
        assert_eq!(content.attachments.len(), 1);
        let invoice = content.invoice().unwrap();
        assert_eq!((invoice.source, invoice.root), (source, Some(InvoiceRoot::Cii)));
        assert_eq!(invoice.bytes, CII);
        assert_eq!(invoice.relationship.as_deref(), Some("Data"));
        assert_eq!(content.pages, Some(1));
    }
}

#[test]
fn a_deep_tree_and_a_utf16_name_are_read() {
    let mut pdf = Pdf::new();
    let name: Vec<u8> =
        [0xFE, 0xFF].into_iter().chain("factur-x.xml".encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let file = pdf.file(Object::String(name, StringFormat::Hexadecimal), CII, false);
    let mut node = pdf.leaf(&[file]);
    for _ in 0..3 {
        node = pdf.document.add_object(dictionary! { "Kids" => vec![node.into()] });
    }
    pdf.name_tree(node);
    assert_eq!(read(&pdf.bytes()).unwrap().invoice().unwrap().name, "factur-x.xml");
}

#[test]
fn a_tree_that_points_at_itself_ends() {
    let mut pdf = Pdf::new();
    let file = pdf.xml("factur-x.xml", CII);
    let leaf = pdf.leaf(&[file]);
    let node = pdf.document.new_object_id();
    let kids: Vec<Object> = vec![node.into(), node.into(), node.into(), leaf.into()];
    pdf.document.objects.insert(node, Object::Dictionary(dictionary! { "Kids" => kids }));
    pdf.name_tree(node);
    assert!(read(&pdf.bytes()).unwrap().invoice().is_some());
}

#[test]
fn references_that_point_at_each_other_end() {
    let mut pdf = Pdf::new();
    let (first, second) = (pdf.document.new_object_id(), pdf.document.new_object_id());
    pdf.document.objects.insert(first, Object::Reference(second));
    pdf.document.objects.insert(second, Object::Reference(first));
    pdf.name_tree(first);
    pdf.associated(&[second]);
    assert_eq!(read(&pdf.bytes()).unwrap().invoice_xml, None);
}

#[test]
fn a_tree_with_too_many_nodes_is_refused() {
    let mut pdf = Pdf::new();
    let kids: Vec<Object> = (0..2_000).map(|_| pdf.document.add_object(Dictionary::new()).into()).collect();
    let root = pdf.document.add_object(dictionary! { "Kids" => kids });
    pdf.name_tree(root);
    assert_eq!(read(&pdf.bytes()), Err(PdfError::NameTreeTooLarge { limit: 1_000 }));
    let mut pdf = Pdf::new();
    let file = pdf.xml("a.txt", b"x");
    pdf.associated(&vec![file; 2_000]);
    assert_eq!(read(&pdf.bytes()), Err(PdfError::NameTreeTooLarge { limit: 1_000 }));
}

#[test]
fn a_chain_of_nodes_deeper_than_any_tree_is_refused() {
    let mut pdf = Pdf::new();
    let mut node = pdf.leaf(&[]);
    for _ in 0..100 {
        node = pdf.document.add_object(dictionary! { "Kids" => vec![node.into()] });
    }
    pdf.name_tree(node);
    assert!(matches!(read(&pdf.bytes()), Err(PdfError::NameTreeTooLarge { .. })));
}

#[test]
fn too_many_attachments_are_refused() {
    let mut pdf = Pdf::new();
    let files: Vec<ObjectId> = (0..51).map(|n| pdf.xml(&format!("{n}.txt"), b"x")).collect();
    pdf.associated(&files);
    assert_eq!(read(&pdf.bytes()), Err(PdfError::TooManyAttachments { limit: 50 }));
}

#[test]
fn a_bomb_is_refused_by_the_limit_that_it_passes() {
    let zeros = vec![0; 3 << 20];
    let bomb = |name: &str, count: usize| {
        let mut pdf = Pdf::new();
        let files: Vec<ObjectId> = (0..count).map(|_| pdf.xml(name, &zeros)).collect();
        pdf.associated(&files);
        pdf.bytes()
    };
    let small = PdfLimits { max_stream_bytes: 2 << 20, ..PdfLimits::default() };
    let refused = extract(&bomb("x.bin", 1), &small);
    assert_eq!(refused, Err(PdfError::AttachmentTooLarge { name: "x.bin".to_owned(), limit: 2 << 20 }));
    let total = PdfLimits { max_attachments_bytes: 4 << 20, ..PdfLimits::default() };
    assert_eq!(extract(&bomb("x.bin", 2), &total), Err(PdfError::AttachmentsTooLarge { limit: 4 << 20 }));
    let xml = PdfLimits { max_xml_bytes: 1 << 20, ..PdfLimits::default() };
    let name = "factur-x.xml".to_owned();
    let refused = extract(&bomb(&name, 1), &xml);
    assert_eq!(refused, Err(PdfError::InvoiceTooLarge { name, found: 3 << 20, limit: 1 << 20 }));
    assert!(extract(&bomb("x.bin", 1), &PdfLimits::default()).is_ok());
}

#[test]
fn an_object_stream_bomb_is_refused_while_loading() {
    let mut pdf = Pdf::new();
    let mut stream = Stream::new(dictionary! { "Type" => "ObxStm", "N" => 1, "First" => 4 }, vec![b' '; 3 << 20]);
    stream.compress().unwrap();
    pdf.document.add_object(stream);
    let limits = PdfLimits { max_stream_bytes: 1 << 20, ..PdfLimits::default() };
    // The writer would leave a real object stream out.
    let mut bytes = pdf.bytes();
    let at = bytes.windows(6).position(|window| window == b"ObxStm").unwrap();
    bytes[at..at + 6].copy_from_slice(b"ObjStm");
    assert_eq!(extract(&bytes, &limits), Err(PdfError::StreamTooLarge { limit: 1 << 20 }));
}

#[test]
fn size_and_number_of_objects_are_limited() {
    let limits = PdfLimits { max_objects: 2, ..PdfLimits::default() };
    assert_eq!(extract(&Pdf::new().bytes(), &limits), Err(PdfError::TooManyObjects { found: 4, limit: 2 }));
    let limits = PdfLimits { max_file_bytes: 10, ..PdfLimits::default() };
    assert!(matches!(extract(&Pdf::new().bytes(), &limits), Err(PdfError::FileTooLarge { limit: 10, .. })));
}

#[test]
fn a_damaged_invoice_is_an_error_and_a_damaged_neighbour_a_finding() {
    let broken = |name: &str| {
        let mut pdf = Pdf::new();
        let dict = dictionary! { "Filter" => "JBIG2Decode" };
        let stream = pdf.document.add_object(Stream::new(dict, b"not packed".to_vec()));
        let bad = pdf.document.add_object(dictionary! {
            "UF" => Object::string_literal(name), "EF" => dictionary! { "F" => stream },
        });
        let good = pdf.xml("xrechnung.xml", CII);
        pdf.associated(&[bad, good]);
        read(&pdf.bytes())
    };
    assert!(matches!(broken("factur-x.xml"), Err(PdfError::InvoiceUnreadable { .. })));
    let content = broken("plan.jb2").unwrap();
    assert_eq!(rules(&content), ["PDF-ATTACHMENT-UNREADABLE"]);
    assert_eq!(content.invoice().unwrap().name, "xrechnung.xml");
}

fn encrypted(user_password: &str) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let file = pdf.xml("factur-x.xml", CII);
    pdf.associated(&[file]);
    let mut document = pdf.finish();
    let version = EncryptionVersion::V2 {
        document: &document,
        owner_password: "owner",
        user_password,
        key_length: 128,
        permissions: Permissions::all(),
    };
    let state = EncryptionState::try_from(version).unwrap();
    document.encrypt(&state).unwrap();
    save(&mut document)
}

#[test]
fn an_empty_password_opens_and_any_other_is_asked_for() {
    let content = read(&encrypted("")).unwrap();
    assert_eq!(content.invoice().unwrap().bytes, CII);
    assert!(content.encrypted);
    assert_eq!(read(&encrypted("secret")), Err(PdfError::PasswordRequired));
}

#[test]
fn a_file_with_lost_bytes_is_recovered_and_marked() {
    let mut pdf = Pdf::new();
    let file = pdf.xml("factur-x.xml", CII);
    pdf.associated(&[file]);
    let bytes = pdf.bytes();
    let end = bytes.windows(5).position(|window| window == b"/XRef").unwrap();
    let content = read(&bytes[..end]).unwrap();
    assert!(content.recovered);
    assert_eq!(content.invoice().unwrap().bytes, CII);
    assert!(rules(&content).contains(&"PDF-RECOVERED"));
}

#[test]
fn what_is_no_pdf_is_said_to_be_none() {
    assert_eq!(read(b""), Err(PdfError::NotPdf));
    assert_eq!(read(CII), Err(PdfError::NotPdf));
    assert!(matches!(read(b"%PDF-1.7\n"), Err(PdfError::Damaged { .. })));
    let mut late = vec![b' '; 2_000];
    late.extend(Pdf::new().bytes());
    assert_eq!(read(&late), Err(PdfError::NotPdf));
}

#[test]
fn every_error_has_its_own_rule_and_speaks_through_a_finding() {
    let (name, detail) = (String::from("a"), String::from("b"));
    let errors = [
        PdfError::NotPdf,
        PdfError::FileTooLarge { found: 2, limit: 1 },
        PdfError::Damaged { detail: detail.clone() },
        PdfError::PasswordRequired,
        PdfError::EncryptionUnsupported { detail: detail.clone() },
        PdfError::StreamTooLarge { limit: 1 },
        PdfError::TooManyObjects { found: 2, limit: 1 },
        PdfError::TooManyAttachments { limit: 1 },
        PdfError::NameTreeTooLarge { limit: 1 },
        PdfError::AttachmentTooLarge { name: name.clone(), limit: 1 },
        PdfError::AttachmentsTooLarge { limit: 1 },
        PdfError::InvoiceTooLarge { name: name.clone(), found: 2, limit: 1 },
        PdfError::InvoiceUnreadable { name, detail: detail.clone() },
        PdfError::TooSlow { seconds: 10 },
        PdfError::WorkerDied { detail: detail.clone() },
        PdfError::WorkerUnavailable { detail },
    ];
    let rules: std::collections::BTreeSet<String> = errors.iter().map(|error| error.finding().rule).collect();
    assert_eq!(rules.len(), errors.len());
    for error in errors {
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(serde_json::from_str::<PdfError>(&text).unwrap(), error);
    }
}

proptest! {
    #[test]
    fn a_spoilt_pdf_never_panics(
        spoils in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut pdf = Pdf::new();
        let file = pdf.xml("factur-x.xml", CII);
        let leaf = pdf.leaf(&[file]);
        pdf.name_tree(leaf);
        let mut bytes = pdf.bytes();
        for (index, value) in spoils {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(content) = read(bytes) {
                prop_assert!(content.invoice_xml.is_none_or(|index| index < content.attachments.len()));
            }
        }
    }
}
