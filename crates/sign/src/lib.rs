//! Seals and signatures: keys, XAdES-BASELINE-B, and verification as a verdict with parts.
//!
//! Two engines, always: what signs an XML document here (canonical bytes by `bergshamra-c14n`, the key operation by
//! OpenSSL, XAdES of our own) is never what alone says that it is right. Every signature is verified by our own
//! rules and by libxmlsec1 before it is returned, and whatever is verified later is verified by both.
//!
//! ```no_run
//! use facteur_model::clock::{Clock, SystemClock};
//! use facteur_sign::{SigningIdentity, Trust, read_key_file, seal_detached, verify};
//!
//! # fn main() -> Result<(), facteur_sign::SignError> {
//! facteur_sign::init()?;
//! let now = SystemClock.now();
//! let key = read_key_file("keys/seal.key.pem".as_ref())?;
//! let certificate = std::fs::read("keys/seal.cert.pem").unwrap_or_default();
//! let identity = SigningIdentity::from_pem(&key, &certificate, None, now)?;
//! let seal = seal_detached(b"<Invoice/>", "invoice.xml", "application/xml", &identity, now)?;
//! let verification = verify(&seal, Some(b"<Invoice/>"), &Trust::of(&identity, now));
//! println!("{}", verification.verdict.as_str());
//! # Ok(())
//! # }
//! ```

mod bytes;
mod canonical;
mod certificate;
mod demo;
mod der;
mod engine;
mod envelope;
mod error;
mod identity;
mod names;
mod seal;
mod secret;
mod timestamp;
mod verify;
mod xades;

pub use bytes::{ByteSignature, sign_bytes, verify_bytes};
pub use demo::generate_demo_identity;
pub use engine::init;
pub use envelope::sign_enveloped_ubl;
pub use error::SignError;
pub use identity::{DEMO_MARK, SigningIdentity};
pub use seal::seal_detached;
pub use secret::{Secret, read_key_file};
pub use timestamp::{TOKEN_MAX, TimestampError, TimestampRequest, Timestamped, verify_timestamp};
pub use verify::{Part, Parts, Status, Trust, Verification, verify};
