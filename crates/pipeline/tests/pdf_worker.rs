//! Real children read real, damaged and hostile PDFs.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use facteur_parse::pdf::{PdfContent, PdfError, PdfLimits};
use facteur_pipeline::pdf_worker::{PdfWorkerPool, TIME_LIMIT};
use flate2::Compression;
use flate2::write::ZlibEncoder;

const NO_ARGUMENTS: [&str; 0] = [];

/// The example beside this test, which cargo builds with the tests of the crate.
fn child() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let child = deps.parent().unwrap().parent().unwrap().join("examples/pdf_worker_child");
    assert!(child.is_file(), "{} is missing: run the tests of the whole crate", child.display());
    child
}

fn pool() -> PdfWorkerPool {
    PdfWorkerPool::new(child(), NO_ARGUMENTS, 2).unwrap()
}

/// A PDF written by hand, without cross-references: the reader has to find the objects itself.
fn pdf_of(catalog: &str, objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R".to_vec();
    bytes.extend(catalog.as_bytes());
    bytes
        .extend(b">>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page>>\nendobj\n");
    for (n, object) in objects.iter().enumerate() {
        bytes.extend(format!("{} 0 obj\n", n + 4).as_bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    bytes.extend(b"trailer\n<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n");
    bytes
}

fn stream(dictionary: &str, content: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    let packed = encoder.finish().unwrap();
    let mut bytes = format!("<<{dictionary}/Filter/FlateDecode/Length {}>>stream\n", packed.len()).into_bytes();
    bytes.extend(packed);
    bytes.extend(b"\nendstream");
    bytes
}

const CII: &[u8] = b"<CrossIndustryInvoice xmlns='urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100'/>";

fn with_invoice() -> Vec<u8> {
    let file = b"<</Type/Filespec/UF(factur-x.xml)/EF<</F 5 0 R>>>>".to_vec();
    pdf_of("/AF[4 0 R]", &[file, stream("", CII)])
}

/// Thirty object streams of one long string each: every one within its limit, together far over the memory.
fn memory_bomb() -> Vec<u8> {
    let mut content = b"900 0 (".to_vec();
    let first = content.len() - 1;
    content.resize(30 << 20, b'a');
    content.push(b')');
    let object = stream(&format!("/Type/ObjStm/N 1/First {first}"), &content);
    let objects: Vec<Vec<u8>> = (0..30)
        .map(|n| {
            let number = format!("/Number {n}");
            let mut object = object.clone();
            object.splice(2..2, number.bytes());
            object
        })
        .collect();
    pdf_of("", &objects)
}

#[tokio::test]
async fn an_invoice_comes_back_from_the_child() {
    let content = pool().extract(&with_invoice()).await.unwrap();
    assert_eq!(content.invoice().unwrap().bytes, CII);
}

#[tokio::test]
async fn the_pages_come_back_from_the_child_as_from_the_reader() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/inbox/06-pdf-simple-taxi.pdf");
    let bytes = std::fs::read(file).unwrap();
    let pages = pool().read_pages(&bytes).await.unwrap();
    assert_eq!(pages, facteur_parse::pdf::read_pages(&bytes, &PdfLimits::default()).unwrap());
    assert!(pages.reading.fields.len() > 10);
}

#[tokio::test]
async fn a_child_is_used_again_and_replaced_in_time() {
    let pool = PdfWorkerPool::new(child(), NO_ARGUMENTS, 1).unwrap();
    for _ in 0..120 {
        pool.extract(&with_invoice()).await.unwrap();
    }
}

#[tokio::test]
async fn an_error_of_one_document_does_not_touch_the_next() {
    let pool = PdfWorkerPool::new(child(), NO_ARGUMENTS, 1).unwrap();
    for _ in 0..3 {
        assert!(matches!(pool.extract(b"%PDF-1.7 nothing").await, Err(PdfError::Damaged { .. })));
        assert!(pool.extract(&with_invoice()).await.is_ok());
        assert_eq!(pool.extract(b"PK").await, Err(PdfError::NotPdf));
    }
    let tight = pool.with_limits(PdfLimits { max_file_bytes: 100, ..PdfLimits::default() });
    assert!(matches!(tight.extract(&with_invoice()).await, Err(PdfError::FileTooLarge { limit: 100, .. })));
}

#[tokio::test]
async fn a_document_that_exhausts_the_memory_ends_its_reader_only() {
    let pool = PdfWorkerPool::new(child(), NO_ARGUMENTS, 1).unwrap();
    let bomb = memory_bomb();
    assert!(bomb.len() < 2 << 20);
    assert!(pool.extract(&with_invoice()).await.is_ok());
    let outcome = pool.extract(&bomb).await;
    assert!(matches!(outcome, Err(PdfError::WorkerDied { .. })), "{outcome:?}");
    assert!(pool.extract(&with_invoice()).await.is_ok());
}

/// Structures made to exhaust a reader: in each the answer comes in time and is no invoice.
#[tokio::test]
async fn structures_made_to_exhaust_a_reader_end_in_time() {
    let nested =
        |open: &str, close: &str, depth: usize| pdf_of("", &[(open.repeat(depth) + &close.repeat(depth)).into_bytes()]);
    let table = |table: &str| {
        let mut bytes = pdf_of("", &[]);
        let end = bytes.windows(7).rposition(|window| window == b"trailer").unwrap();
        bytes.truncate(end);
        bytes.extend(table.replace("HERE", &end.to_string()).bytes());
        bytes
    };
    let many: Vec<Vec<u8>> = (0..150_000).map(|_| b"<<>>".to_vec()).collect();
    let cases = [
        ("dictionaries", nested("<</A", ">>", 100_000)),
        ("arrays", nested("[", "]", 200_000)),
        ("parentheses", nested("(", ")", 200_000)),
        ("objects", pdf_of("", &many)),
        ("kids", pdf_of("/Names<</EmbeddedFiles 4 0 R>>", &[b"<</Kids[4 0 R 4 0 R 4 0 R]>>".to_vec()])),
        (
            "prev",
            table("xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 1/Prev HERE>>\nstartxref\nHERE\n%%EOF"),
        ),
        (
            "size",
            table("xref\n0 1\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 2147483648>>\nstartxref\nHERE\n%%EOF"),
        ),
        (
            "count",
            table("xref\n0 4294967295\n0000000000 65535 f \ntrailer\n<</Root 1 0 R/Size 5>>\nstartxref\nHERE\n%%EOF"),
        ),
    ];
    let pool = pool();
    for (name, bytes) in cases {
        let outcome = pool.extract(&bytes).await;
        assert!(!matches!(outcome, Err(PdfError::TooSlow { .. })), "{name} takes too long");
        assert!(
            outcome.as_ref().map_or_else(|error| !error.is_ours(), |content| content.invoice_xml.is_none()),
            "{name}"
        );
        println!("{name}: {:?}", outcome.map(|content| content.recovered));
    }
}

#[tokio::test]
async fn an_attachment_that_unpacks_to_a_gigabyte_is_refused() {
    let file = b"<</Type/Filespec/UF(factur-x.xml)/EF<</F 5 0 R>>>>".to_vec();
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    let block = vec![0; 1 << 20];
    (0..1024).for_each(|_| encoder.write_all(&block).unwrap());
    let packed = encoder.finish().unwrap();
    let mut object = format!("<</Filter/FlateDecode/Length {}>>stream\n", packed.len()).into_bytes();
    object.extend(packed);
    object.extend(b"\nendstream");
    let outcome = pool().extract(&pdf_of("/AF[4 0 R]", &[file, object])).await;
    assert!(matches!(outcome, Err(PdfError::AttachmentTooLarge { .. })), "{outcome:?}");
}

#[tokio::test]
async fn a_reader_that_hangs_is_killed() {
    let pool = PdfWorkerPool::new("/bin/sleep", ["600"], 1).unwrap().with_time_limit(Duration::from_millis(300));
    assert_eq!(pool.extract(&with_invoice()).await, Err(PdfError::TooSlow { seconds: 0 }));
}

#[tokio::test]
async fn a_reader_that_dies_or_babbles_is_reported() {
    for (program, arguments) in [("/bin/false", vec![]), ("/bin/sh", vec!["-c", "echo nonsense nonsense"])] {
        let pool = PdfWorkerPool::new(program, arguments, 1).unwrap();
        let outcome = pool.extract(&with_invoice()).await;
        assert!(matches!(outcome, Err(PdfError::WorkerDied { .. })), "{program}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_reader_that_cannot_start_says_nothing_of_the_document() {
    for (program, arguments) in [("/nonexistent/facteur", vec![]), ("/bin/sh", vec!["-c", "exit 70"])] {
        let pool = PdfWorkerPool::new(program, arguments, 1).unwrap();
        let error = pool.extract(&with_invoice()).await.unwrap_err();
        assert!(error.is_ours(), "{program}: {error:?}");
    }
}

/// What the kernel says of a child that answered a request: started as the pool never would, with descriptors and
/// limits wide open.
#[test]
fn a_child_takes_away_from_itself_what_it_does_not_need() {
    let leaked = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let mut process =
        Command::new(child()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let question = br#"{"task":"attachments","limits":{}}"#;
    let length = u32::try_from(question.len()).unwrap();
    let pdf = with_invoice();
    let input = process.stdin.as_mut().unwrap();
    input
        .write_all(&[&length.to_le_bytes(), question.as_slice(), &(pdf.len() as u32).to_le_bytes(), &pdf].concat())
        .unwrap();
    input.flush().unwrap();
    let mut length = [0; 4];
    process.stdout.as_mut().unwrap().read_exact(&mut length).unwrap();

    let proc = PathBuf::from(format!("/proc/{}", process.id()));
    let limits = std::fs::read_to_string(proc.join("limits")).unwrap();
    let hard = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().nth(1).unwrap().to_owned()
    };
    assert_eq!(hard("Max address space"), (512_u64 << 20).to_string());
    assert_eq!(hard("Max cpu time"), "60");
    assert_eq!(hard("Max core file size"), "0");
    assert_eq!(hard("Max file size"), "0");
    assert_eq!(hard("Max open files"), "3");
    let status = std::fs::read_to_string(proc.join("status")).unwrap();
    assert!(status.lines().any(|line| line.split_whitespace().eq(["NoNewPrivs:", "1"])), "{status}");
    let descriptors = std::fs::read_dir(proc.join("fd")).unwrap().count();
    assert_eq!(descriptors, 3);
    assert_eq!(std::fs::read_link(proc.join("cwd")).unwrap(), Path::new("/"));

    drop(process.stdin.take());
    drop(process.stdout.take());
    process.wait().unwrap();
}

fn hostile_files() -> Option<Vec<PathBuf>> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let folder = std::env::var_os("FACTEUR_CORPUS").map_or(beside, PathBuf::from).join("pdf-torture");
    if !folder.is_dir() {
        println!("no corpus at {}: left out", folder.display());
        return None;
    }
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    Some(files.filter(|path| path.extension().is_some_and(|extension| extension == "pdf")).collect())
}

#[tokio::test]
async fn the_hostile_pdfs_of_the_corpus_are_refused_or_plain() {
    let Some(files) = hostile_files() else { return };
    let pool = pool();
    let (mut plain, mut refused, mut died, mut slowest) = (0, 0, 0, Duration::ZERO);
    for path in &files {
        let start = Instant::now();
        let outcome = pool.extract(&std::fs::read(path).unwrap()).await;
        slowest = slowest.max(start.elapsed());
        match outcome {
            Ok(PdfContent { invoice_xml: None, .. }) => plain += 1,
            Ok(_) => panic!("{}: an invoice came out", path.display()),
            Err(PdfError::TooSlow { .. }) => panic!("{}: longer than {TIME_LIMIT:?}", path.display()),
            Err(error) if error.is_ours() => panic!("{}: {error}", path.display()),
            Err(PdfError::WorkerDied { .. }) => died += 1,
            Err(_) => refused += 1,
        }
    }
    println!("{} files: {plain} plain, {refused} refused, {died} ended their reader; slowest {slowest:?}", files.len());
    assert_eq!(plain + refused + died, files.len());
}
