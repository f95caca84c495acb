//! What is kept of a document, in as few bytes as it takes.

use facteur_model::finding::{LayerResult, LayerStatus};
use facteur_sign::SigningIdentity;
use facteur_store::document::Dictionary;
use serde_json::json;

use crate::seal::SealProblem;

/// What a version keeps of its layers: those that concern it, without how long each took.
pub(crate) fn layers_kept(layers: &[LayerResult]) -> String {
    let concerned = layers.iter().filter(|layer| layer.status != LayerStatus::Skipped);
    let kept = concerned.map(|layer| match &layer.artefact {
        Some(artefact) => json!({"layer": layer.layer, "artefact": artefact, "status": layer.status}),
        None => json!({"layer": layer.layer, "status": layer.status}),
    });
    kept.collect::<serde_json::Value>().to_string()
}

/// What all seals of a key have in common: its certificates.
pub(crate) fn seals_in_common(seal: Option<&Result<SigningIdentity, SealProblem>>) -> Dictionary {
    let identity = seal.and_then(|seal| seal.as_ref().ok());
    let certificates = identity.and_then(|identity| identity.certificates_in_seals().ok()).unwrap_or_default();
    Dictionary::of_certificates(certificates.iter().map(Vec::as_slice))
}
