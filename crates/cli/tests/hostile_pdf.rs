//! Every kind of PDF that gives no invoice: through `facteur extract` and `facteur import`, each with its own message,
//! none with the time limit or the memory of its reader exhausted, and none that stops the others.
#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Home, facteur, fixture, invoice, packs, text};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

/// A PDF written by hand, without cross-references; objects from 4 on, `pages` of them as its pages.
fn pdf(catalog: &str, pages: &[String], objects: &[Vec<u8>]) -> Vec<u8> {
    let first = 4 + objects.len();
    let kids: String = (0..pages.len()).map(|n| format!("{} 0 R ", first + n)).collect();
    let mut bytes = format!(
        "%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R{catalog}>>\nendobj\n\
         2 0 obj\n<</Type/Pages/Kids[{kids}]/Count {}/MediaBox[0 0 595 842]>>\nendobj\n",
        pages.len()
    )
    .into_bytes();
    let mut put = |number: usize, object: &[u8]| {
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    };
    objects.iter().enumerate().for_each(|(n, object)| put(n + 4, object));
    let page = |entries: &String| format!("<</Type/Page/Parent 2 0 R{entries}>>").into_bytes();
    pages.iter().enumerate().for_each(|(n, entries)| put(first + n, &page(entries)));
    bytes.extend(b"trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n");
    bytes
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("<<{dictionary}/Length {}>>stream\n", content.len());
    [head.as_bytes(), content, b"\nendstream"].concat()
}

fn packed(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    stream(&format!("{dictionary}/Filter/FlateDecode"), &encoder.finish().unwrap())
}

fn one_page() -> Vec<String> {
    vec![String::new()]
}

/// A page that is one grey image.
fn scan(width: usize, height: usize, samples: &[u8]) -> Vec<u8> {
    let image =
        format!("/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8");
    let page = "/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R".to_owned();
    pdf("", &[page], &[packed(&image, samples), stream("", b"q 595 0 0 842 0 0 cm /I Do Q")])
}

/// A stream that unpacks to 64 MiB, twice what is allowed.
fn object_bomb() -> Vec<u8> {
    pdf("", &one_page(), &[packed("/Type/ObjStm/N 1/First 4", &vec![b' '; 64 << 20])])
}

fn attachment_bomb() -> Vec<u8> {
    let file = b"<</Type/Filespec/UF(factur-x.xml)/EF<</F 5 0 R>>>>".to_vec();
    pdf("/AF[4 0 R]", &one_page(), &[file, packed("", &vec![b'x'; 40 << 20])])
}

struct Case {
    name: &'static str,
    bytes: Vec<u8>,
    /// What `extract` says.
    extract: &'static str,
    /// The state after `import`, and the rule that says why.
    import: (&'static str, &'static str),
}

fn case(name: &'static str, bytes: Vec<u8>, extract: &'static str, import: (&'static str, &'static str)) -> Case {
    Case { name, bytes, extract, import }
}

fn cases() -> Vec<Case> {
    let draft = ("draft", "");
    let sound = fixture("inbox/06-pdf-simple-taxi.pdf");
    vec![
        case("mot-de-passe.pdf", fixture("bad/pdf-mot-de-passe.pdf"), "PDF-PASSWORD", ("quarantined", "PDF-PASSWORD")),
        case("tronque.pdf", fixture("bad/pdf-tronque.pdf"), "PDF-DAMAGED", ("quarantined", "PDF-DAMAGED")),
        case("vide.pdf", Vec::new(), "PDF-NOT-PDF", ("quarantined", "XML-EMPTY")),
        case("en-tete.pdf", b"%PDF-1.7\n".to_vec(), "PDF-DAMAGED", ("quarantined", "PDF-DAMAGED")),
        case("sans-page.pdf", pdf("", &[], &[]), "PDF-DAMAGED", ("quarantined", "PDF-DAMAGED")),
        case("page-blanche.pdf", pdf("", &one_page(), &[]), "PDF-EMPTY", ("draft", "PDF-EMPTY")),
        case("scan.pdf", scan(1_000, 1_400, &[255; 1_400_000]), "PDF-SCAN", ("draft", "PDF-SCAN")),
        case("dix-mille-pages.pdf", pdf("", &vec![String::new(); 10_000], &[]), "PDF-PAGES", ("draft", "PDF-PAGES")),
        case("bombe-objets.pdf", object_bomb(), "PDF-BOMB", ("quarantined", "PDF-BOMB")),
        case("bombe-jointe.pdf", attachment_bomb(), "PDF-EMPTY", ("quarantined", "PDF-ATTACHMENT-SIZE")),
        case("photo.pdf", b"\x89PNG\r\n\x1a\n0000".to_vec(), "FILE-IS-IMAGE", ("quarantined", "FILE-IS-IMAGE")),
        case("photo-jpeg.pdf", b"\xFF\xD8\xFF\xE0".to_vec(), "FILE-IS-IMAGE", ("quarantined", "FILE-IS-IMAGE")),
        case("texte.pdf", fixture("bad/pas-un-pdf.pdf"), "PDF-NOT-PDF", ("quarantined", "")),
        case("facture-xml.pdf", invoice("EXTENSION-1"), "PDF-NOT-PDF", ("queued", "")),
        case("facture-pdf.xml", sound, "", draft),
    ]
}

#[test]
fn every_hostile_pdf_has_its_own_message_in_extract() {
    let folder = tempfile::tempdir().unwrap();
    for Case { name, bytes, extract, .. } in cases() {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        // Nothing on the PATH: no program recognises text here.
        let output =
            facteur().env("PATH", "/nulle-part").args(["extract", "--lang", "fr"]).arg(&path).output().unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(!extract.is_empty())), "{name}: {said}");
        assert!(
            said.contains(extract) && !said.contains("PDF-TOO-SLOW") && !said.contains("PDF-WORKER"),
            "{name}: {said}"
        );
        assert!(extract.is_empty() || said.contains("À faire") || said.contains("→"), "{name}: {said}");
    }
}

#[test]
fn every_hostile_pdf_ends_in_its_state_in_import_and_the_good_one_goes_on() {
    if packs().is_none() {
        return;
    }
    let home = Home::demo(NOBODY);
    let cases = cases();
    for Case { name, bytes, .. } in &cases {
        home.drop_in(name, bytes);
    }
    home.drop_in("bonne.xml", &invoice("BONNE"));
    // Nothing on the PATH: no program recognises text here.
    let output = home.command(&["import"]).env("PATH", "/nulle-part").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    for Case { name, import: (state, rule), .. } in &cases {
        let line = home.line(name);
        assert_eq!(line["state"], *state, "{name}: {line}");
        let shown = text(&home.run(&["show", line["id"].as_str().unwrap(), "--format", "json"]).stdout);
        assert!(shown.contains(rule), "{name}: {rule} is not in {shown}");
    }
    assert_eq!(home.state("bonne.xml"), "queued");
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// The fixture as a scanner would give it: 200 dots an inch, grey, no text.
fn scanned() -> Option<Vec<u8>> {
    let (Some(painter), Some(_)) = (program("pdftoppm"), program("tesseract")) else {
        println!("left out: pdftoppm and tesseract are not both installed");
        return None;
    };
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/inbox/06-pdf-simple-taxi.pdf");
    let painted = Command::new(painter).args(["-r", "200", "-gray"]).arg(file).output().unwrap().stdout;
    // P5, width and height, 255, samples.
    let head: Vec<&[u8]> = painted.splitn(4, |byte| *byte == b'\n').collect();
    let size = String::from_utf8_lossy(head[1]).into_owned();
    let (width, height) = size.split_once(' ').unwrap();
    Some(scan(width.parse().unwrap(), height.parse().unwrap(), head[3]))
}

#[test]
fn a_scan_is_recognised_where_tesseract_is_installed_and_nothing_of_it_is_sure() {
    let Some(bytes) = scanned() else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.pdf");
    std::fs::write(&path, bytes).unwrap();
    let only_tesseract = folder.path().join("bin");
    std::fs::create_dir(&only_tesseract).unwrap();
    std::os::unix::fs::symlink(program("tesseract").unwrap(), only_tesseract.join("tesseract")).unwrap();
    let with_all = std::env::var_os("PATH").unwrap();
    // Painted by pdftoppm, and taken out of the PDF.
    for search in [with_all.as_os_str(), only_tesseract.as_os_str()] {
        let output = facteur().env("PATH", search).args(["extract", "--format", "json"]).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let line: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        assert_eq!(line["recognised"], true);
        let fields = line["fields"].as_object().unwrap();
        for (field, value) in [("number", "TX-2026-0902"), ("total", "630.30"), ("supplier_vat", "FR54999810054")] {
            assert_eq!(fields[field]["value"], value, "{line}");
        }
        assert!(fields.values().all(|field| field["sure"] == false), "{line}");
    }
}
