//! The second engine: libxmlsec1 on libxml2, through the bindings of the `xmlsec` crate.
//!
//! It only verifies, with the public key of one certificate. It never holds a private key, never opens a file or a
//! connection: its input callbacks are replaced by ours, which serve the sealed bytes from memory to the thread that
//! is verifying, under the one name that the seal's reference carries, and nothing else.

mod memory;

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::OnceLock;

use openssl::pkey::{PKeyRef, Public};
use xmlsec::bindings as ffi;

use crate::error::SignError;
use memory::{Serving, serve_close, serve_match, serve_open, serve_read};

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
    /// The signer's certificate, in DER, and its public key.
    pub(crate) certificate: &'a [u8],
    pub(crate) key: &'a PKeyRef<Public>,
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
    let key = Key::of(question.certificate, question.key).ok_or_else(|| failed("libxmlsec1 does not take the key"))?;
    if !context.prepare(key, question.content.is_some()) {
        return Err(failed("libxmlsec1 cannot be limited to what is allowed"));
    }
    Ok(context.verify(&document, signature, question.references))
}

#[allow(unsafe_code)]
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

#[allow(unsafe_code)]
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
        // The layout of its structures is the one that the bindings were generated from.
        let [major, minor, patch] =
            [ffi::XMLSEC_VERSION_MAJOR, ffi::XMLSEC_VERSION_MINOR, ffi::XMLSEC_VERSION_SUBMINOR].map(u32::cast_signed);
        let compatible = ffi::xmlSecCheckVersionMode_xmlSecCheckVersionABICompatible;
        if ffi::xmlSecCheckVersionExt(major, minor, patch, compatible) != 1 {
            return Err(format!("libxmlsec1 is not compatible with {major}.{minor}.{patch}"));
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

#[allow(unsafe_code)]
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

#[allow(unsafe_code)]
impl Drop for Document {
    fn drop(&mut self) {
        // SAFETY: made by xmlReadMemory, freed once.
        unsafe { ffi::xmlFreeDoc(self.0) }
    }
}

/// A libxmlsec1 verification context, owned.
struct Context(ffi::xmlSecDSigCtxPtr);

#[allow(unsafe_code)]
impl Context {
    fn new() -> Option<Self> {
        // SAFETY: a null key manager is allowed: the key is set by hand.
        let context = unsafe { ffi::xmlSecDSigCtxCreate(std::ptr::null_mut()) };
        (!context.is_null()).then_some(Self(context))
    }

    /// Sets the key, and what references and transforms may be.
    fn prepare(&self, key: Key, detached: bool) -> bool {
        /// `xmlSecTransformUriTypeEmpty`, `…SameDocument` and `…Remote`; libxmlsec1 counts a bare name as remote.
        const EMPTY_OR_SAME: u32 = 0x0001 | 0x0002;
        const NAMED: u32 = 0x0008;
        // SAFETY: the context is live and ours alone; it takes the key over and frees it with itself. Transform
        // classes are static data of the library.
        unsafe {
            (*self.0).signKey = key.into_raw();
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

#[allow(unsafe_code)]
impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: made by xmlSecDSigCtxCreate, destroyed once.
        unsafe { ffi::xmlSecDSigCtxDestroy(self.0) }
    }
}

/// A public key of libxmlsec1, owned.
struct Key(ffi::xmlSecKeyPtr);

thread_local! {
    // OpenSSL 3 takes longer to decode a key than to verify a signature with it, and a batch has one signer: each
    // thread keeps the last key that it used.
    static LAST_KEY: RefCell<Option<(Vec<u8>, Key)>> = const { RefCell::new(None) };
}

#[allow(unsafe_code)]
impl Key {
    /// The key of a certificate, decoded or copied from the last time.
    fn of(certificate: &[u8], key: &PKeyRef<Public>) -> Option<Self> {
        LAST_KEY.with_borrow_mut(|last| match last {
            Some((known, key)) if known.as_slice() == certificate => key.duplicate(),
            _ => {
                let key = Self::decoded(&key.public_key_to_der().ok()?)?;
                let copy = key.duplicate();
                *last = Some((certificate.to_vec(), key));
                copy
            }
        })
    }

    fn decoded(der: &[u8]) -> Option<Self> {
        let size = u32::try_from(der.len()).ok()?;
        // SAFETY: pointer and size are those of a live slice; no password is asked for with null callbacks.
        let key = unsafe {
            ffi::xmlSecOpenSSLAppKeyLoadMemory(
                der.as_ptr(),
                size,
                ffi::xmlSecKeyDataFormat_xmlSecKeyDataFormatDer,
                std::ptr::null(),
                std::ptr::null_mut(),
                std::ptr::null_mut(),
            )
        };
        (!key.is_null()).then_some(Self(key))
    }

    fn duplicate(&self) -> Option<Self> {
        // SAFETY: a live key, used on this thread only.
        let copy = unsafe { ffi::xmlSecKeyDuplicate(self.0) };
        (!copy.is_null()).then_some(Self(copy))
    }

    fn into_raw(self) -> ffi::xmlSecKeyPtr {
        std::mem::ManuallyDrop::new(self).0
    }
}

#[allow(unsafe_code)]
impl Drop for Key {
    fn drop(&mut self) {
        // SAFETY: made by libxmlsec1 and still ours, destroyed once.
        unsafe { ffi::xmlSecKeyDestroy(self.0) }
    }
}

#[allow(unsafe_code)]
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

#[allow(unsafe_code)]
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

#[allow(unsafe_code)]
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

#[allow(unsafe_code)]
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

#[allow(unsafe_code)]
impl Drop for Quiet {
    fn drop(&mut self) {
        // SAFETY: what stood there before, on the same thread.
        unsafe { ffi::xmlSetStructuredErrorFunc(self.context, self.handler) }
    }
}

#[allow(unsafe_code)]
unsafe extern "C" fn ignore(_context: *mut c_void, _error: ffi::xmlErrorPtr) {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{SigningIdentity, generate_demo_identity, seal_detached};
    use facteur_model::clock::Timestamp;

    const NOW: Timestamp = Timestamp(1_795_453_606_000);

    /// Asks about a seal over `Cargo.toml`, a file that is there in the folder where tests run.
    fn asked(served: Option<(&str, &[u8])>) -> bool {
        let content = std::fs::read("Cargo.toml").unwrap();
        let (key, certificate) = generate_demo_identity(NOW).unwrap();
        let identity = SigningIdentity::from_pem(&key, &certificate, None, NOW).unwrap();
        let seal = seal_detached(&content, "Cargo.toml", "text/plain", &identity, NOW).unwrap();
        let key = identity.certificate().public_key().unwrap();
        let certificate = identity.certificate_der();
        let question = Question { document: &seal, certificate, key: &key, content: served, references: 2 };
        accepts(&question).unwrap()
    }

    #[test]
    fn the_bytes_come_from_memory_and_from_nowhere_else() {
        let content = std::fs::read("Cargo.toml").unwrap();
        assert!(asked(Some(("Cargo.toml", &content))));
        assert!(!asked(Some(("Cargo.toml", b"other bytes than those of the file"))));
        assert!(!asked(Some(("Cargo.lock", &content))), "served under another name, and the file is not opened");
        assert!(!asked(None), "nothing is served, and the file is not opened");
    }
}
