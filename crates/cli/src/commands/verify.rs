//! `facteur verify FILE`

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_model::finding::Verdict;
use facteur_sign::{Trust, verify};
use serde_json::json;

use super::{Context, Outcome, status};
use crate::args::Verify;

pub fn run(context: &Context, options: &Verify) -> Outcome {
    let talk = context.talk;
    let bytes = fs::read(&options.file).with_context(|| options.file.display().to_string())?;
    let trust = trust(context, options)?;
    let given = options.content.as_deref().map(|path| fs::read(path).with_context(|| path.display().to_string()));
    let mut content = given.transpose()?;
    let mut verification = verify(&bytes, content.as_deref(), &trust);
    if content.is_none()
        && let Some(beside) = beside(&options.file, verification.signed_name.as_deref())
    {
        content = Some(beside);
        verification = verify(&bytes, content.as_deref(), &trust);
    }
    let mut parts = serde_json::to_value(&verification)?;
    let parts = parts["parts"].take();
    if talk.json() {
        let line = json!({"schema": "facteur-verify/1", "file": options.file.display().to_string(),
            "verdict": verification.verdict.as_str(), "form": verification.form, "signer": verification.signer,
            "signing_time": verification.signing_time, "parts": parts});
        talk.data(&line.to_string());
    } else {
        let verdict = facteur_texts::verdict(talk.language, verification.verdict);
        talk.data(&talk.say("sign.verdict", &[("verdict", &verdict)]));
        for (name, part) in parts.as_object().into_iter().flatten() {
            let detail = part["detail"].as_str().map(facteur_texts::printable).unwrap_or_default();
            talk.data(&format!("  {name:<22} {:<12} {detail}", part["status"].as_str().unwrap_or("—")));
        }
    }
    Ok(match verification.verdict {
        Verdict::Valid => status(true),
        Verdict::Invalid | Verdict::NotChecked => status(false),
        Verdict::Unreadable => ExitCode::from(1),
    })
}

/// The file that a seal names, where it lies beside the seal. A seal carries a bare name, never a path.
fn beside(seal: &Path, name: Option<&str>) -> Option<Vec<u8>> {
    let name = name.filter(|name| !name.contains(['/', '\\']) && !matches!(*name, "" | "." | ".."))?;
    fs::read(seal.parent()?.join(name)).ok()
}

/// As named; else the home's own certificate; else nobody, and the path is then not checked.
fn trust(context: &Context, options: &Verify) -> anyhow::Result<Trust> {
    let now = SystemClock.now();
    let file = match (&options.trust, context.home_if_any()?) {
        (Some(path), _) => Some(path.clone()),
        (None, Some(home)) => Some(home.path(&home.configuration.seal.certificate)).filter(|path| path.exists()),
        (None, None) => None,
    };
    match file {
        Some(path) => {
            let anchors = fs::read(&path).with_context(|| path.display().to_string())?;
            Ok(Trust::from_pem(&anchors, now)?)
        }
        None => Ok(Trust::nobody(now)),
    }
}
