//! Verification: a verdict with parts, never a yes or no.
//!
//! The rules are those of a verifier that trusts no signature engine with the meaning of a document: one reading of
//! the bytes, no DOCTYPE, one signature at the one expected place, exactly the expected references, each resolved to
//! the very node that we process and digested there by ourselves.

mod checks;
mod signer;
mod structure;

use facteur_model::clock::Timestamp;
use facteur_model::finding::{Actor, Finding, Layer, Verdict};
use facteur_xml::{Document, Limits};
use openssl::x509::X509;
use serde::Serialize;

use crate::canonical;
use crate::engine;
use crate::error::SignError;
use crate::identity::SigningIdentity;
use signer::Signer;
use structure::Signature;

/// Whose signatures are trusted, and what time it is.
#[derive(Debug, Clone)]
pub struct Trust {
    anchors: Vec<Anchor>,
    now: Timestamp,
}

#[derive(Debug, Clone)]
struct Anchor {
    der: Vec<u8>,
    certificate: X509,
}

impl Trust {
    /// Trusts nobody: the certificate path of every signature is then not checked.
    #[must_use]
    pub fn nobody(now: Timestamp) -> Self {
        Self { anchors: Vec::new(), now }
    }

    /// Trusts these certificates (PEM) and whoever they certify.
    ///
    /// # Errors
    /// If it is not PEM.
    pub fn from_pem(anchors: &[u8], now: Timestamp) -> Result<Self, SignError> {
        let anchors = X509::stack_from_pem(anchors).map_err(|error| SignError::Certificate(error.to_string()))?;
        let anchor = |certificate: X509| Ok(Anchor { der: certificate.to_der()?, certificate });
        Ok(Self { anchors: anchors.into_iter().map(anchor).collect::<Result<_, SignError>>()?, now })
    }

    /// Trusts exactly the certificate of this identity: for what we signed ourselves.
    #[must_use]
    pub fn of(identity: &SigningIdentity, now: Timestamp) -> Self {
        let anchor = Anchor { der: identity.certificate_der().to_vec(), certificate: identity.certificate().clone() };
        Self { anchors: vec![anchor], now }
    }

    /// Trusts what the other trusts as well.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.anchors.extend(other.anchors.iter().cloned());
        self
    }
}

/// What became of one part of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Checked, and right.
    Passed,
    /// Checked, and wrong.
    Failed,
    /// Not checked; the detail says why.
    NotChecked,
}

/// One part of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// What became of it.
    pub status: Status,
    /// What was found, in English; empty where there is nothing to say.
    pub detail: String,
}

impl Part {
    pub(crate) fn passed(detail: impl Into<String>) -> Self {
        Self { status: Status::Passed, detail: detail.into() }
    }

    pub(crate) fn failed(detail: impl Into<String>) -> Self {
        Self { status: Status::Failed, detail: detail.into() }
    }

    pub(crate) fn not_checked(detail: impl Into<String>) -> Self {
        Self { status: Status::NotChecked, detail: detail.into() }
    }
}

impl From<Result<(), String>> for Part {
    fn from(result: Result<(), String>) -> Self {
        match result {
            Ok(()) => Self::passed(""),
            Err(detail) => Self::failed(detail),
        }
    }
}

/// Every part of a verification, whether it could be checked or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parts {
    /// Exactly one signature, at its expected place, in a document without DOCTYPE, without equal ids.
    pub position: Part,
    /// Exactly one reference to the data, one to the signed properties of this very signature, nothing external.
    pub references: Part,
    /// Only the enveloped transform and canonicalisation.
    pub transforms: Part,
    /// SHA-256 or better, RSA of 2048 bits or more, P-256 or P-384.
    pub algorithms: Part,
    /// The digests, recomputed by us over the nodes and bytes that we process.
    pub coverage: Part,
    /// The signature value, by our own canonical bytes and OpenSSL.
    pub crypto: Part,
    /// The whole signature, by libxmlsec1.
    pub crypto_second: Part,
    /// The certificate is the one that the signed properties name.
    pub certificate_digest: Part,
    /// From the certificate to a trusted one.
    pub certificate_path: Part,
    /// The certificate was valid when the signature says it was made, and still is.
    pub dates: Part,
    /// The certificate is for signing.
    pub key_usage: Part,
    /// The signed properties that XAdES-BASELINE-B demands.
    pub xades_properties: Part,
    /// The level that the signature shows (B, EPES, T…).
    pub level: Part,
    /// Revocation: never checked so far, and said so.
    pub revocation: Part,
}

impl Parts {
    /// Each part with its name in the JSON contract.
    #[must_use]
    pub fn each(&self) -> [(&'static str, &Part); 14] {
        [
            ("position", &self.position),
            ("references", &self.references),
            ("transforms", &self.transforms),
            ("algorithms", &self.algorithms),
            ("coverage", &self.coverage),
            ("crypto", &self.crypto),
            ("crypto_second", &self.crypto_second),
            ("certificate_digest", &self.certificate_digest),
            ("certificate_path", &self.certificate_path),
            ("dates", &self.dates),
            ("key_usage", &self.key_usage),
            ("xades_properties", &self.xades_properties),
            ("level", &self.level),
            ("revocation", &self.revocation),
        ]
    }

    /// The parts on which the verdict rests: all but the level, which informs, and revocation, which is stated.
    fn deciding(&self) -> impl Iterator<Item = (&'static str, &Part)> {
        self.each().into_iter().filter(|(name, _)| !matches!(*name, "level" | "revocation"))
    }

    fn unchecked(why: &str) -> Self {
        let part = || Part::not_checked(why);
        Self {
            position: part(),
            references: part(),
            transforms: part(),
            algorithms: part(),
            coverage: part(),
            crypto: part(),
            crypto_second: part(),
            certificate_digest: part(),
            certificate_path: part(),
            dates: part(),
            key_usage: part(),
            xades_properties: part(),
            level: part(),
            revocation: Part::not_checked("revocation is not checked"),
        }
    }
}

/// What a signature is worth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// `Valid` only if every deciding part passed; `Invalid` if one failed; else `NotChecked`.
    pub verdict: Verdict,
    /// `enveloped` or `detached`, where there is a signature.
    pub form: Option<&'static str>,
    /// The name that a detached signature gives to what it signs.
    pub signed_name: Option<String>,
    /// The subject of the signer's certificate.
    pub signer: Option<String>,
    /// SHA-256 of the signer's certificate.
    pub fingerprint: Option<String>,
    /// When the signer says that it was made.
    pub signing_time: Option<String>,
    /// The parts.
    pub parts: Parts,
}

impl Verification {
    /// Whether every deciding part passed.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.verdict == Verdict::Valid
    }

    /// One finding for each deciding part that failed (fatal) or could not be checked (a warning), `SIGN-POSITION`
    /// to `SIGN-XADES-PROPERTIES`.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let finding = |(name, part): (&str, &Part)| {
            let rule = format!("SIGN-{}", name.to_ascii_uppercase().replace('_', "-"));
            let finding = match part.status {
                Status::Passed => return None,
                Status::Failed => Finding::fatal(Layer::Reading, &rule),
                Status::NotChecked => Finding { evaluated: false, ..Finding::warning(Layer::Reading, &rule) },
            };
            Some(finding.found(part.detail.clone()).actor(Actor::Service))
        };
        self.parts.deciding().filter_map(finding).collect()
    }

    /// An error naming what is wrong unless the verdict is `Valid`.
    pub(crate) fn accepted(&self) -> Result<(), SignError> {
        if self.is_valid() {
            return Ok(());
        }
        let wrong = self.parts.deciding().filter(|(_, part)| part.status != Status::Passed);
        let wrong: Vec<_> = wrong.map(|(name, part)| format!("{name}: {}", part.detail)).collect();
        Err(SignError::Refused(wrong.join("; ")))
    }

    fn new(parts: Parts) -> Self {
        let any = |status| parts.deciding().any(|(_, part)| part.status == status);
        let verdict = if any(Status::Failed) {
            Verdict::Invalid
        } else if any(Status::NotChecked) {
            Verdict::NotChecked
        } else {
            Verdict::Valid
        };
        let nothing = || None;
        Self {
            verdict,
            form: None,
            signed_name: nothing(),
            signer: nothing(),
            fingerprint: nothing(),
            signing_time: nothing(),
            parts,
        }
    }

    fn without_signature(detail: String) -> Self {
        let parts = Parts { position: Part::failed(detail), ..Parts::unchecked("no signature to check") };
        Self::new(parts)
    }
}

/// Verifies the signature in `bytes`: enveloped in a UBL document, or detached, over `content`.
///
/// Never fails: what cannot be read or understood is a part that failed.
#[must_use]
pub fn verify(bytes: &[u8], content: Option<&[u8]>, trust: &Trust) -> Verification {
    let document = match Document::parse(bytes, &Limits::default()) {
        Ok(document) => document,
        Err(error) => return Verification::without_signature(format!("not a readable document: {error}")),
    };
    match judge(bytes, &document, content, trust) {
        Ok(verification) => verification,
        Err(detail) => Verification::without_signature(detail),
    }
}

fn judge(bytes: &[u8], document: &Document, content: Option<&[u8]>, trust: &Trust) -> Result<Verification, String> {
    let text = canonical::text_of(bytes, document.encoding()).map_err(|error| error.to_string())?;
    let tree = canonical::tree(&text).map_err(|error| error.to_string())?;
    let signature = Signature::read(&tree)?;
    let signer = Signer::of(&signature, trust)?;
    let references = Part::from(checks::references(&tree, &signature));
    let transforms = Part::from(checks::transforms(&signature));
    let algorithms = Part::from(checks::algorithms(&signature, &signer));
    // What is not a signature as we expect it is worth no digest, and is nothing to feed to the second engine.
    let expected = [&references, &transforms, &algorithms].iter().all(|part| part.status == Status::Passed);
    let unless = |check: &dyn Fn() -> Part| {
        if expected { check() } else { Part::not_checked("references, transforms or algorithms are not as expected") }
    };
    let parts = Parts {
        position: Part::passed(signature.form.as_str()),
        coverage: unless(&|| checks::coverage(document, &tree, &signature, content)),
        crypto: Part::from(checks::crypto(&tree, &signature, &signer)),
        crypto_second: unless(&|| second(bytes, &signature, &signer, content)),
        references,
        transforms,
        algorithms,
        certificate_digest: Part::from(signer.named.clone()),
        certificate_path: signer.path(trust, &signature),
        dates: signer.dates(trust, &signature),
        key_usage: Part::from(signer.usage()),
        xades_properties: Part::from(checks::properties(&tree, &signature)),
        level: checks::level(&tree, &signature),
        revocation: Part::not_checked("revocation is not checked"),
    };
    let mut verification = Verification::new(parts);
    verification.form = Some(signature.form.as_str());
    verification.signed_name = signature.signed_name();
    verification.signer = Some(signer.subject());
    verification.fingerprint = signer.fingerprint();
    verification.signing_time = signature.properties.signing_time.clone();
    Ok(verification)
}

/// What libxmlsec1 says.
fn second(bytes: &[u8], signature: &Signature, signer: &Signer, content: Option<&[u8]>) -> Part {
    let content = match (signature.form, content) {
        (structure::Form::Enveloped, _) => None,
        (structure::Form::Detached, None) => return Part::not_checked("the sealed document was not given"),
        (structure::Form::Detached, Some(content)) => match signature.data_uri() {
            Some(uri) => Some((uri, content)),
            None => return Part::failed("no reference to the sealed document"),
        },
    };
    let question = engine::Question {
        document: bytes,
        certificate: &signer.der,
        key: &signer.key,
        content,
        references: signature.references.len(),
    };
    match engine::accepts(&question) {
        Ok(true) => Part::passed("libxmlsec1"),
        Ok(false) => Part::failed("libxmlsec1 refuses the signature"),
        Err(error) => Part::failed(error.to_string()),
    }
}
