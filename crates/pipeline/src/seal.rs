//! The seal of the structure: its key and certificate, and the seal or signature that its policy puts on a document.

use std::fmt;

use facteur_model::clock::Timestamp;
use facteur_model::finding::{Actor, Finding, Layer, Severity};
use facteur_model::kind::DocumentKind;
use facteur_sign::{SignError, SigningIdentity};
use facteur_store::change::Process;
use facteur_store::document::{Dictionary, Packed, Role};

use crate::config::{Seal, SealPolicy};
use crate::home::Home;

/// Why nothing was sealed. Its own text is technical and in English; people are told the finding's sentences.
#[derive(Debug, Clone)]
pub struct SealProblem(Box<Finding>);

impl SealProblem {
    fn new(key: &str, what: impl Into<String>) -> Self {
        let what = what.into();
        let finding = Finding::fatal(Layer::Reading, key).actor(Actor::Administrator).found(what.as_str());
        Self(Box::new(finding.official(what)))
    }

    /// As a finding on the document that was not sealed.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding { rule: "SEAL-FAILED".to_owned(), severity: Severity::Warning, ..(*self.0).clone() }
    }
}

impl fmt::Display for SealProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.official.as_deref().unwrap_or(&self.0.key))
    }
}

impl From<SignError> for SealProblem {
    fn from(error: SignError) -> Self {
        Self(Box::new(error.finding().official(error.to_string())))
    }
}

/// The seal's identity, `None` under the policy `none`; what is wrong with it otherwise.
#[must_use]
pub fn load(home: &Home, now: Timestamp) -> Option<Result<SigningIdentity, SealProblem>> {
    let seal = &home.configuration.seal;
    (seal.policy != SealPolicy::None).then(|| identity_of(home, now))
}

fn identity_of(home: &Home, now: Timestamp) -> Result<SigningIdentity, SealProblem> {
    let seal = &home.configuration.seal;
    let key = facteur_sign::read_key_file(&home.path(&seal.key))?;
    let path = home.path(&seal.certificate);
    let unreadable = |error| SealProblem::new("SIGN-CERTIFICATE", format!("{}: {error}", path.display()));
    let certificate = std::fs::read(&path).map_err(unreadable)?;
    let password = match &seal.password {
        Some(reference) => {
            Some(reference.resolve(&home.root).map_err(|error| SealProblem::new("SIGN-KEY", error.to_string()))?)
        }
        None => None,
    };
    let password = password.map(|password| facteur_sign::Secret::new(password.expose().as_bytes().to_vec()));
    Ok(SigningIdentity::from_pem(&key, &certificate, password.as_ref(), now)?)
}

/// Seals or signs as the policy says; true when something was made. `common` is what all seals of the key have in
/// common.
pub(crate) fn put(
    seal: &Seal,
    identity: Option<&Result<SigningIdentity, SealProblem>>,
    common: &Dictionary,
    process: &mut Process,
    kind: DocumentKind,
    file: &str,
    bytes: &[u8],
) -> Result<bool, SealProblem> {
    if seal.policy == SealPolicy::None {
        return Ok(false);
    }
    let identity = match identity {
        Some(Ok(identity)) => identity,
        Some(Err(problem)) => return Err(problem.clone()),
        None => return Err(SealProblem::new("SIGN-KEY-FILE", "no key is configured")),
    };
    let ubl = matches!(kind, DocumentKind::UblInvoice | DocumentKind::UblCreditNote);
    if seal.policy == SealPolicy::Issuer && ubl {
        let signed = facteur_sign::sign_enveloped_ubl(bytes, identity, process.at)?;
        let document = Packed::inserted(Role::Transmitted, "application/xml", &signed, bytes, common);
        process.transmitted = Some(document.sha256.clone());
        process.documents.push(document);
        return Ok(true);
    }
    let media_type = if kind == DocumentKind::FacturX { "application/pdf" } else { "application/xml" };
    let name = sealed_name(file);
    let seal = facteur_sign::seal_detached(bytes, &name, media_type, identity, process.at)?;
    let document = Packed::alike(Role::Seal, "application/xml", &seal, common);
    process.seal = Some(document.sha256.clone());
    process.documents.push(document);
    Ok(true)
}

/// The bare name by which a seal speaks of its file. What no name of a file should hold, and some hold, is replaced:
/// it is the digest that binds.
fn sealed_name(file: &str) -> String {
    let bare = file.rsplit('/').next().unwrap_or(file);
    let name: String = bare.chars().map(|c| if c.is_control() || c == '\\' { '_' } else { c }).collect();
    if matches!(name.as_str(), "" | "." | "..") { "facture".to_owned() } else { name }
}
