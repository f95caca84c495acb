//! The second engine: libxmlsec1 on libxml2, through the bindings of the `xmlsec` crate.
//!
//! It only verifies, with the public key of one certificate. It never holds a private key, never opens a file or a
//! connection: its input callbacks are replaced by ours, which serve the sealed bytes from memory to the thread that
//! is verifying, under the one name that the seal's reference carries, and nothing else.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

use xmlsec::bindings as ffi;

use crate::error::SignError;

/// Starts libxml2 and libxmlsec1. Call it in the main thread before any worker (after `validate::init`, which
/// shares libxml2's globals); whatever verifies calls it again, which costs nothing.
///
/// # Errors
/// If one of the libraries does not start, or is not the version that this program was built for.
pub fn init() -> Result<(), SignError> {
    static STARTED: OnceLock<Result<(), String>> = OnceLock::new();
    STARTED.get_or_init(start).clone().map_err(SignError::Engine)
}

/// What the second engine is asked.
pub(crate) struct Question<'a> {
    /// The bytes that carry the signature, already read by our own reader: no DOCTYPE, within limits.
    pub(crate) document: &'a [u8],
    /// The signer's certificate.
    pub(crate) certificate: &'a [u8],
    /// The sealed bytes and the URI under which the reference names them, for a detached signature.
    pub(crate) content: Option<(&'a str, &'a [u8])>,
    /// How many references must have been verified.
    pub(crate) references: usize,
}

/// Whether libxmlsec1 accepts the first `ds:Signature` of the document.
pub(crate) fn accepts(question: &Question<'_>) -> Result<bool, SignError> {
    init()?;
    let _quiet = Quiet::start();
    let _served = question.content.map(|(uri, bytes)| Serving::start(uri, bytes));
    let failed = |what: &str| SignError::Engine(what.to_owned());
    let document = Document::parse(question.document).ok_or_else(|| failed("libxml2 does not read the document"))?;
    let signature = document.signature().ok_or_else(|| failed("libxml2 finds no signature"))?;
    let context = Context::new().ok_or_else(|| failed("no verification context"))?;
    if !context.prepare(question.certificate, question.content.is_some()) {
        return Err(failed("libxmlsec1 does not take the certificate"));
    }
    Ok(context.verify(&document, signature, question.references))
}

unsafe extern "C" {
    fn xmlSecIOCleanupCallbacks();
    fn xmlSecIORegisterCallbacks(
        matches: Option<unsafe extern "C" fn(*const c_char) -> c_int>,
        open: Option<unsafe extern "C" fn(*const c_char) -> *mut c_void>,
        read: Option<unsafe extern "C" fn(*mut c_void, *mut c_char, c_int) -> c_int>,
        close: Option<unsafe extern "C" fn(*mut c_void) -> c_int>,
    ) -> c_int;
    fn xmlSecErrorsDefaultCallbackEnableOutput(enabled: c_int);
}

fn start() -> Result<(), String> {
    // SAFETY: plain start-up calls of both libraries, made once (`OnceLock`). xmlSecInit replaces libxml2's global
    // entity loader; it is put back so that whoever loads schemas afterwards is not affected. The default input
    // callbacks (files, HTTP, FTP) are removed before any verification can run, since every caller goes through here.
    unsafe {
        ffi::xmlInitParser();
        let loader = ffi::xmlGetExternalEntityLoader();
        if ffi::xmlSecInit() < 0 {
            return Err("xmlSecInit".to_owned());
        }
        ffi::xmlSetExternalEntityLoader(loader);
        if ffi::xmlSecOpenSSLAppInit(std::ptr::null()) < 0 || ffi::xmlSecOpenSSLInit() < 0 {
            return Err("xmlSecOpenSSLInit".to_owned());
        }
        xmlSecErrorsDefaultCallbackEnableOutput(0);
        xmlSecIOCleanupCallbacks();
        if xmlSecIORegisterCallbacks(Some(serve_match), Some(serve_open), Some(serve_read), Some(serve_close)) < 0 {
            return Err("xmlSecIORegisterCallbacks".to_owned());
        }
    }
    Ok(())
}

/// A libxml2 document, owned.
struct Document(ffi::xmlDocPtr);

impl Document {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let size = c_int::try_from(bytes.len()).ok()?;
        let options = ffi::xmlParserOption_XML_PARSE_NONET
            | ffi::xmlParserOption_XML_PARSE_NOERROR
            | ffi::xmlParserOption_XML_PARSE_NOWARNING
            | ffi::xmlParserOption_XML_PARSE_HUGE;
        let options = c_int::try_from(options).ok()?;
        // SAFETY: pointer and size are those of a live slice; libxml2 copies what it keeps.
        let document =
            unsafe { ffi::xmlReadMemory(bytes.as_ptr().cast(), size, std::ptr::null(), std::ptr::null(), options) };
        (!document.is_null()).then_some(Self(document))
    }

    /// The first `ds:Signature`, with the `Id` attributes of the document registered for references.
    fn signature(&self) -> Option<ffi::xmlNodePtr> {
        let mut names = [c"Id".as_ptr().cast::<ffi::xmlChar>(), std::ptr::null()];
        // SAFETY: the document is live; names is a null-terminated array of static strings.
        unsafe {
            let root = ffi::xmlDocGetRootElement(self.0);
            if root.is_null() {
                return None;
            }
            ffi::xmlSecAddIDs(self.0, root, names.as_mut_ptr());
            let namespace = c"http://www.w3.org/2000/09/xmldsig#".as_ptr().cast();
            let node = ffi::xmlSecFindNode(root, c"Signature".as_ptr().cast(), namespace);
            (!node.is_null()).then_some(node)
        }
    }
}

impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: made by xmlReadMemory, freed once.
        unsafe { ffi::xmlFreeDoc(self.0) }
    }
}

/// A libxmlsec1 verification context, owned.
struct Context(ffi::xmlSecDSigCtxPtr);

impl Context {
    fn new() -> Option<Self> {
        // SAFETY: a null key manager is allowed: the key is set by hand.
        let context = unsafe { ffi::xmlSecDSigCtxCreate(std::ptr::null_mut()) };
        (!context.is_null()).then_some(Self(context))
    }

    /// Sets the key, and what references and transforms may be.
    fn prepare(&self, certificate: &[u8], detached: bool) -> bool {
        /// `xmlSecTransformUriTypeEmpty`, `…SameDocument` and `…Remote`; libxmlsec1 counts a bare name as remote.
        const EMPTY_OR_SAME: u32 = 0x0001 | 0x0002;
        const NAMED: u32 = 0x0008;
        let Ok(size) = u32::try_from(certificate.len()) else { return false };
        // SAFETY: the context is live and ours alone; the certificate is a live slice of that size; the context
        // takes the key over and frees it with itself. Transform classes are static data of the library.
        unsafe {
            let key = ffi::xmlSecOpenSSLAppKeyLoadMemory(
                certificate.as_ptr(),
                size,
                ffi::xmlSecKeyDataFormat_xmlSecKeyDataFormatCertDer,
                std::ptr::null(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            );
            if key.is_null() {
                return false;
            }
            (*self.0).signKey = key;
            (*self.0).enabledReferenceUris = if detached { EMPTY_OR_SAME | NAMED } else { EMPTY_OR_SAME };
            reference_transforms().iter().all(|&id| ffi::xmlSecDSigCtxEnableReferenceTransform(self.0, id) == 0)
                && signature_transforms().iter().all(|&id| ffi::xmlSecDSigCtxEnableSignatureTransform(self.0, id) == 0)
        }
    }

    fn verify(&self, _document: &Document, signature: ffi::xmlNodePtr, references: usize) -> bool {
        // SAFETY: the node belongs to the document, which lives as long as this call; the context is used once.
        unsafe {
            ffi::xmlSecDSigCtxVerify(self.0, signature) == 0
                && (*self.0).status == ffi::xmlSecDSigStatus_xmlSecDSigStatusSucceeded
                && ffi::xmlSecPtrListGetSize(&raw mut (*self.0).signedInfoReferences) as usize == references
        }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by xmlSecDSigCtxCreate, destroyed once.
        unsafe { ffi::xmlSecDSigCtxDestroy(self.0) }
    }
}

fn canonicalisations() -> [ffi::xmlSecTransformId; 6] {
    // SAFETY: getters of static data.
    unsafe {
        [
            ffi::xmlSecTransformInclC14NGetKlass(),
            ffi::xmlSecTransformInclC14NWithCommentsGetKlass(),
            ffi::xmlSecTransformInclC14N11GetKlass(),
            ffi::xmlSecTransformInclC14N11WithCommentsGetKlass(),
            ffi::xmlSecTransformExclC14NGetKlass(),
            ffi::xmlSecTransformExclC14NWithCommentsGetKlass(),
        ]
    }
}

fn reference_transforms() -> Vec<ffi::xmlSecTransformId> {
    let mut all = canonicalisations().to_vec();
    // SAFETY: getters of static data.
    all.extend(unsafe {
        [
            ffi::xmlSecTransformEnvelopedGetKlass(),
            ffi::xmlSecOpenSSLTransformSha256GetKlass(),
            ffi::xmlSecOpenSSLTransformSha384GetKlass(),
            ffi::xmlSecOpenSSLTransformSha512GetKlass(),
        ]
    });
    all
}

fn signature_transforms() -> Vec<ffi::xmlSecTransformId> {
    let mut all = canonicalisations().to_vec();
    // SAFETY: getters of static data.
    all.extend(unsafe {
        [
            ffi::xmlSecOpenSSLTransformRsaSha256GetKlass(),
            ffi::xmlSecOpenSSLTransformRsaSha384GetKlass(),
            ffi::xmlSecOpenSSLTransformRsaSha512GetKlass(),
            ffi::xmlSecOpenSSLTransformEcdsaSha256GetKlass(),
            ffi::xmlSecOpenSSLTransformEcdsaSha384GetKlass(),
            ffi::xmlSecOpenSSLTransformEcdsaSha512GetKlass(),
        ]
    });
    all
}

/// Keeps libxml2 from writing to standard error on this thread for as long as it lives: what it has to say of a
/// hostile document is in the verdict.
struct Quiet {
    handler: ffi::xmlStructuredErrorFunc,
    context: *mut c_void,
}

impl Quiet {
    fn start() -> Self {
        // SAFETY: libxml2 keeps both per thread; what stood there is put back on drop.
        unsafe {
            let before = Self { handler: *ffi::__xmlStructuredError(), context: *ffi::__xmlStructuredErrorContext() };
            ffi::xmlSetStructuredErrorFunc(std::ptr::null_mut(), Some(ignore));
            before
        }
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // SAFETY: what stood there before, on the same thread.
        unsafe { ffi::xmlSetStructuredErrorFunc(self.context, self.handler) }
    }
}

unsafe extern "C" fn ignore(_context: *mut c_void, _error: ffi::xmlErrorPtr) {}

/// What this thread may be served while it verifies.
struct Served {
    uri: Vec<u8>,
    decoded: Option<Vec<u8>>,
    bytes: *const u8,
    length: usize,
}

thread_local! {
    // A verification runs from its first to its last step on one thread, so that parallel verifications never see
    // each other's bytes and no lock is needed.
    static SERVED: RefCell<Option<Served>> = const { RefCell::new(None) };
}

/// Serves bytes to the verification on this thread for as long as it lives.
struct Serving<'a>(std::marker::PhantomData<&'a [u8]>);

impl<'a> Serving<'a> {
    fn start(uri: &str, bytes: &'a [u8]) -> Self {
        let served = Served {
            uri: uri.as_bytes().to_vec(),
            decoded: crate::seal::file_name_of(uri).map(String::into_bytes),
            bytes: bytes.as_ptr(),
            length: bytes.len(),
        };
        SERVED.with_borrow_mut(|slot| *slot = Some(served));
        Self(std::marker::PhantomData)
    }
}

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        SERVED.with_borrow_mut(|slot| *slot = None);
    }
}

/// How far libxmlsec1 has read.
struct Cursor {
    next: *const u8,
    left: usize,
}

unsafe extern "C" fn serve_match(name: *const c_char) -> c_int {
    // SAFETY: libxmlsec1 passes a null-terminated string.
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    SERVED.with_borrow(|slot| {
        let known = |s: &Served| s.uri == name || s.decoded.as_deref() == Some(name);
        c_int::from(slot.as_ref().is_some_and(known))
    })
}

unsafe extern "C" fn serve_open(_name: *const c_char) -> *mut c_void {
    SERVED.with_borrow(|slot| match slot {
        Some(served) => Box::into_raw(Box::new(Cursor { next: served.bytes, left: served.length })).cast(),
        None => std::ptr::null_mut(),
    })
}

unsafe extern "C" fn serve_read(context: *mut c_void, buffer: *mut c_char, length: c_int) -> c_int {
    let Ok(wanted) = usize::try_from(length) else { return -1 };
    // SAFETY: context comes from serve_open and is not closed yet; it points into bytes that `Serving` borrows until
    // the verification is over; the buffer holds `length` bytes and is not ours.
    unsafe {
        let cursor = &mut *context.cast::<Cursor>();
        let count = wanted.min(cursor.left);
        std::ptr::copy_nonoverlapping(cursor.next, buffer.cast(), count);
        cursor.next = cursor.next.add(count);
        cursor.left -= count;
        c_int::try_from(count).unwrap_or(-1)
    }
}

unsafe extern "C" fn serve_close(context: *mut c_void) -> c_int {
    // SAFETY: context comes from serve_open and is closed once.
    drop(unsafe { Box::from_raw(context.cast::<Cursor>()) });
    0
}
