//! XML Schema by libxml2: one compiled schema shared by all threads, one validation context a document.
//!
//! The only `unsafe` of this crate is here. libxml2's own rules are: initialise once before threads start; a compiled
//! schema is only read once it is compiled; parser, document and validation contexts belong to one thread.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, Once, PoisonError};

use facteur_model::finding::{Finding, Layer};
use facteur_xml::{Document, Node};
use libxml::bindings as xml;

use super::{FINDINGS_MAX, XsdOutcome, XsdValidator, message};

/// The options of the one parse that libxml2 does: bytes that our reader has accepted, in UTF-8.
const OPTIONS: u32 = xml::xmlParserOption_XML_PARSE_NONET
    | xml::xmlParserOption_XML_PARSE_BIG_LINES
    | xml::xmlParserOption_XML_PARSE_COMPACT
    | xml::xmlParserOption_XML_PARSE_IGNORE_ENC
    | xml::xmlParserOption_XML_PARSE_NOERROR
    | xml::xmlParserOption_XML_PARSE_NOWARNING
    // Our own limits on size and depth hold, and are below the ones that this lifts.
    | xml::xmlParserOption_XML_PARSE_HUGE;

/// Prepares libxml2's globals; must run once in the main thread before other threads use it.
pub(crate) fn init() {
    static ONCE: Once = Once::new();
    few_heaps();
    // SAFETY: both functions take no argument and may be called at any time; `Once` keeps them from running twice at
    // the same time.
    ONCE.call_once(|| unsafe {
        xml::xmlInitParser();
        xml::xmlSchemaInitTypes();
    });
}

/// Keeps glibc from giving each thread a heap of its own, eight for every core, and from keeping large blocks in them:
/// a heap keeps what the largest document there needed, and an import of large ones would hold that several times. Two
/// heaps a core are enough, and a large block goes back to the system when it is freed. One a core was too few: in one
/// run of five both threads that do the work got the same, waited for each other seven times a document, and took 1.8
/// times as long.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn few_heaps() {
    unsafe extern "C" {
        /// `<malloc.h>`
        fn mallopt(parameter: c_int, value: c_int) -> c_int;
    }
    /// `M_ARENA_MAX` of `<malloc.h>`.
    const ARENA_MAX: c_int = -8;
    /// `M_MMAP_THRESHOLD` of `<malloc.h>`: from how many bytes on a block is one of its own.
    const MMAP_THRESHOLD: c_int = -3;
    let cores = std::thread::available_parallelism().map_or(2, std::num::NonZeroUsize::get);
    // SAFETY: glibc's own function with its own constants; it takes two numbers, touches the allocator's settings under
    // the allocator's lock, and answers 0 where it does not know the setting, which changes nothing.
    unsafe {
        mallopt(ARENA_MAX, c_int::try_from(2 * cores.max(2)).unwrap_or(4));
        mallopt(MMAP_THRESHOLD, 1 << 20);
    }
}

/// Other C libraries have no such heaps.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn few_heaps() {}

/// A compiled schema.
pub(super) struct Schema(NonNull<xml::_xmlSchema>);

// SAFETY: after `xmlSchemaParse` a schema is only read: validation keeps its state in its own context, and schemas
// named by documents (`xsi:schemaLocation`) are not loaded into a schema that was given. It is freed once, by `Drop`,
// which no borrow outlives.
unsafe impl Send for Schema {}
// SAFETY: as above, shared access never writes.
unsafe impl Sync for Schema {}

impl Drop for Schema {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `xmlSchemaParse` and is owned by this value alone.
        unsafe { xml::xmlSchemaFree(self.0.as_ptr()) }
    }
}

impl Schema {
    /// Compiles the schema that begins with that file. The caller has checked that it refers to its own files only.
    pub(super) fn compile(entry: &Path) -> Result<Self, String> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        init();
        let entry = entry.canonicalize().map_err(|error| error.to_string())?;
        let name = CString::new(entry.as_os_str().as_bytes()).map_err(|error| error.to_string())?;
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reports = Collector::default();
        // SAFETY: `name` is a C string that outlives the call, which copies it.
        let context = Owned::new(unsafe { xml::xmlSchemaNewParserCtxt(name.as_ptr()) }, xml::xmlSchemaFreeParserCtxt);
        let context = context.ok_or("libxml2 has no memory for a schema parser")?;
        // SAFETY: the context is alive; `reports` outlives it and is only used by the callback while `xmlSchemaParse`
        // runs.
        let schema = unsafe {
            xml::xmlSchemaSetParserStructuredErrors(context.as_ptr(), Some(on_report), reports.as_data());
            xml::xmlSchemaParse(context.as_ptr())
        };
        let first = || reports.list.first().map_or("libxml2 gives no reason", |report| report.message.as_str());
        NonNull::new(schema).map(Self).ok_or_else(|| format!("not a schema: {}", first()))
    }
}

impl Schema {
    /// Whether a text surely follows the schema, without a tree of it: most documents do, and for those nothing else
    /// is needed. False says nothing: then the tree tells what is wrong, and where.
    fn surely_allows(&self, source: &str) -> bool {
        let Ok(length) = c_int::try_from(source.len()) else { return false };
        let mut reports = Collector::default();
        // SAFETY: the schema is alive as long as `self`.
        let context = Owned::new(unsafe { xml::xmlSchemaNewValidCtxt(self.0.as_ptr()) }, xml::xmlSchemaFreeValidCtxt);
        // SAFETY: takes nothing, returns a new context or null.
        let parser = Owned::new(unsafe { xml::xmlNewParserCtxt() }, xml::xmlFreeParserCtxt);
        let (Some(context), Some(parser)) = (context, parser) else { return false };
        // SAFETY: context, parser and `reports` are alive during the whole block and belong to this thread. The
        // parser's own handlers, which would build a tree, are taken out before the validation's are put in (so that
        // it calls no others), and put back before the parser is freed, which frees them. The buffer is alive during
        // the call and `length` is its length.
        unsafe {
            xml::xmlSchemaSetValidStructuredErrors(context.as_ptr(), Some(on_report), reports.as_data());
            let parser = parser.as_ptr();
            let (handlers, data) = ((*parser).sax, (*parser).userData);
            (*parser).sax = ptr::null_mut();
            let plug = xml::xmlSchemaSAXPlug(context.as_ptr(), &raw mut (*parser).sax, &raw mut (*parser).userData);
            if plug.is_null() {
                ((*parser).sax, (*parser).userData) = (handlers, data);
                return false;
            }
            let start = source.as_ptr().cast::<c_char>();
            let options = c_int::try_from(OPTIONS).unwrap_or(0);
            let tree = xml::xmlCtxtReadMemory(parser, start, length, ptr::null(), c"UTF-8".as_ptr(), options);
            let _ = Owned::new(tree, xml::xmlFreeDoc);
            let whole = (*parser).wellFormed == 1;
            let valid = xml::xmlSchemaIsValid(context.as_ptr()) == 1;
            xml::xmlSchemaSAXUnplug(plug);
            ((*parser).sax, (*parser).userData) = (handlers, data);
            whole && valid && reports.total == 0
        }
    }
}

impl XsdValidator for Schema {
    fn validate(&self, document: &Document, layer: Layer) -> XsdOutcome {
        if self.surely_allows(document.source()) {
            return XsdOutcome { findings: Vec::new(), finished: true };
        }
        let parsed = match parse(document.source()) {
            Ok(parsed) => parsed,
            Err(reason) => return unfinished(layer, "XSD-UNREADABLE", &reason),
        };
        let mut reports = Collector::default();
        // SAFETY: the schema is alive as long as `self`.
        let context = Owned::new(unsafe { xml::xmlSchemaNewValidCtxt(self.0.as_ptr()) }, xml::xmlSchemaFreeValidCtxt);
        let Some(context) = context else {
            return unfinished(layer, "XSD-INTERNAL", "libxml2 has no memory for a validation");
        };
        // SAFETY: context and document are alive and belong to this thread; `reports` outlives the validation, and
        // only the callback uses it while that runs.
        let code = unsafe {
            xml::xmlSchemaSetValidStructuredErrors(context.as_ptr(), Some(on_report), reports.as_data());
            xml::xmlSchemaValidateDoc(context.as_ptr(), parsed.as_ptr())
        };
        if code < 0 || (code > 0 && reports.total == 0) {
            return unfinished(layer, "XSD-INTERNAL", &format!("libxml2 ended with {code}"));
        }
        let mut findings = reports.findings(document, layer);
        findings.retain(|finding| !is_long_serial_number(finding));
        XsdOutcome { findings, finished: true }
    }
}

/// libxml2 2.9 knows no `xs:integer` of more than 24 digits; the serial numbers of certificates have up to 49
/// (RFC 5280, 4.1.2.2), and a signed invoice is not wrong for that.
fn is_long_serial_number(finding: &Finding) -> bool {
    let serial = finding.path.as_deref().is_some_and(|path| path.ends_with("X509SerialNumber"));
    let digits = finding.found.as_deref().is_some_and(|value| value.bytes().all(|byte| byte.is_ascii_digit()));
    serial && digits && finding.expected.as_deref() == Some("xs:integer")
}

/// libxml2's own tree of a text that our reader has accepted.
fn parse(source: &str) -> Result<Owned<xml::_xmlDoc>, String> {
    let length = c_int::try_from(source.len()).map_err(|_| "longer than libxml2 reads".to_owned())?;
    let options = c_int::try_from(OPTIONS).unwrap_or(0);
    // SAFETY: takes nothing, returns a new context or null.
    let context = Owned::new(unsafe { xml::xmlNewParserCtxt() }, xml::xmlFreeParserCtxt);
    let context = context.ok_or("libxml2 has no memory for a parser")?;
    // SAFETY: the buffer is alive during the call and `length` is its length; the encoding is a C string.
    let document = unsafe {
        let start = source.as_ptr().cast::<c_char>();
        xml::xmlCtxtReadMemory(context.as_ptr(), start, length, ptr::null(), c"UTF-8".as_ptr(), options)
    };
    Owned::new(document, xml::xmlFreeDoc).ok_or_else(|| {
        // SAFETY: the context is alive; the error, if any, lives in it.
        let error = unsafe { xml::xmlCtxtGetLastError(context.as_ptr().cast::<c_void>()).cast_const().as_ref() };
        // SAFETY: the message of a libxml2 error is null or a C string that lives as long as the error.
        error.map_or_else(|| "libxml2 gives no reason".to_owned(), |error| unsafe { text(error.message) })
    })
}

fn unfinished(layer: Layer, rule: &str, reason: &str) -> XsdOutcome {
    let mut finding = Finding::fatal(layer, rule).found(reason.trim_end()).official(reason.trim_end());
    finding.evaluated = false;
    XsdOutcome { findings: vec![finding], finished: false }
}

/// Something of libxml2 that has to be freed.
struct Owned<T> {
    pointer: NonNull<T>,
    free: unsafe extern "C" fn(*mut T),
}

impl<T> Owned<T> {
    fn new(pointer: *mut T, free: unsafe extern "C" fn(*mut T)) -> Option<Self> {
        NonNull::new(pointer).map(|pointer| Self { pointer, free })
    }

    const fn as_ptr(&self) -> *mut T {
        self.pointer.as_ptr()
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // SAFETY: `free` is libxml2's function for this type, and the pointer is owned by this value alone.
        unsafe { (self.free)(self.pointer.as_ptr()) }
    }
}

/// What libxml2 reported, copied out of its memory.
#[derive(Default)]
struct Collector {
    list: Vec<Report>,
    total: usize,
}

struct Report {
    code: c_int,
    message: String,
    line: u32,
    /// The place of the element: at each level below the root, which child element.
    steps: Option<Vec<usize>>,
}

impl Collector {
    fn as_data(&mut self) -> *mut c_void {
        ptr::from_mut(self).cast()
    }

    fn findings(self, document: &Document, layer: Layer) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut facet: Option<Vec<usize>> = None;
        for report in self.list {
            let repeated = message::TYPE_AGAIN.contains(&report.code) && facet.is_some() && facet == report.steps;
            facet = if message::is_facet(report.code) { report.steps.clone() } else { None };
            match findings.last_mut().filter(|_| repeated) {
                Some(same) => append(&mut same.official, &report.message),
                None => findings.push(report.finding(document, layer)),
            }
        }
        if self.total > FINDINGS_MAX {
            let others = (self.total - FINDINGS_MAX).to_string();
            findings.push(Finding::warning(layer, "XSD-MORE").arg("count", others));
        }
        findings
    }
}

fn append(official: &mut Option<String>, more: &str) {
    let text = official.get_or_insert_default();
    text.push('\n');
    text.push_str(more);
}

impl Report {
    fn finding(self, document: &Document, layer: Layer) -> Finding {
        let reading = message::read(self.code, &self.message);
        let mut finding = Finding::fatal(layer, &message::rule(self.code));
        finding.key = reading.key.to_owned();
        finding.found = reading.found;
        finding.expected = reading.expected;
        if let Some(subject) = reading.subject {
            finding.args.insert("element".to_owned(), subject);
        }
        match self.steps.and_then(|steps| walk(document.root(), &steps)) {
            Some(node) => finding = finding.at(node.path(), node.line()),
            None => finding.line = Some(self.line).filter(|&line| line > 0),
        }
        finding.official(self.message)
    }
}

/// The same element in our own tree.
fn walk<'d>(root: Node<'d>, steps: &[usize]) -> Option<Node<'d>> {
    steps.iter().try_fold(root, |node, &step| node.elements().nth(step))
}

/// Called by libxml2 for each error; copies it and returns. Must not panic.
unsafe extern "C" fn on_report<P: ErrorPointer>(data: *mut c_void, error: P) {
    // SAFETY: `data` is the `Collector` that was registered with this callback, alive and not used elsewhere while
    // libxml2 runs; `error` is null or a libxml2 error that lives during the call.
    let (collector, error) = unsafe { (data.cast::<Collector>().as_mut(), error.constant().as_ref()) };
    let (Some(collector), Some(error)) = (collector, error) else { return };
    if error.level < xml::xmlErrorLevel_XML_ERR_ERROR {
        return;
    }
    collector.total += 1;
    if collector.list.len() < FINDINGS_MAX {
        // SAFETY: the message is null or a C string, the node null or a node of the document being validated.
        let (message, steps) = unsafe { (text(error.message), steps(error.node.cast())) };
        let line = u32::try_from(error.line).unwrap_or(0);
        collector.list.push(Report { code: error.code, message: message.trim_end().to_owned(), line, steps });
    }
}

/// libxml2 2.12 made the error that callbacks get constant: the same callback serves both.
trait ErrorPointer {
    fn constant(self) -> *const xml::_xmlError;
}

impl ErrorPointer for *mut xml::_xmlError {
    fn constant(self) -> *const xml::_xmlError {
        self
    }
}

impl ErrorPointer for *const xml::_xmlError {
    fn constant(self) -> *const xml::_xmlError {
        self
    }
}

/// # Safety
/// `message` is null or a C string.
unsafe fn text(message: *const c_char) -> String {
    if message.is_null() {
        return String::new();
    }
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(message) }.to_string_lossy().trim_end().to_owned()
}

/// Which child element at each level below the root leads to the element of a node.
///
/// # Safety
/// `node` is null or a node of a live document.
unsafe fn steps(node: *const xml::_xmlNode) -> Option<Vec<usize>> {
    // SAFETY: promised by the caller; parents and siblings of a live node are null or live nodes, and every kind of
    // node begins with the fields that are read here.
    unsafe {
        let mut node = node.as_ref()?;
        if node.type_ != xml::xmlElementType_XML_ELEMENT_NODE {
            node = node.parent.as_ref()?;
        }
        let mut steps = Vec::new();
        while let Some(parent) = node.parent.as_ref().filter(|p| p.type_ == xml::xmlElementType_XML_ELEMENT_NODE) {
            let mut before = 0;
            let mut sibling = node.prev;
            while let Some(other) = sibling.as_ref() {
                before += usize::from(other.type_ == xml::xmlElementType_XML_ELEMENT_NODE);
                sibling = other.prev;
            }
            steps.push(before);
            node = parent;
        }
        steps.reverse();
        Some(steps)
    }
}
