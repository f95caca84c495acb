//! Signs one file from the command line: `sign_file KEY.pem CERTIFICATES.pem IN OUT enveloped|detached`, or verifies
//! one: `sign_file verify ANCHORS.pem SIGNED [CONTENT]`. The conformance tests put other tools at its ends.

use anyhow::{Context as _, bail};
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_sign::{SigningIdentity, Trust, read_key_file, seal_detached, sign_enveloped_ubl, verify};

fn main() -> anyhow::Result<()> {
    facteur_sign::init()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["verify", anchors, signed] => check(anchors, signed, None),
        ["verify", anchors, signed, content] => check(anchors, signed, Some(content)),
        [key, certificates, input, output, form @ ("enveloped" | "detached")] => {
            sign(key, certificates, input, output, form)
        }
        _ => bail!("arguments: KEY CERTIFICATES IN OUT enveloped|detached, or verify ANCHORS SIGNED [CONTENT]"),
    }
}

fn sign(key: &str, certificates: &str, input: &str, output: &str, form: &str) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let identity = SigningIdentity::from_pem(&read_key_file(key.as_ref())?, &std::fs::read(certificates)?, None, now)?;
    let bytes = std::fs::read(input)?;
    let signed = if form == "enveloped" {
        sign_enveloped_ubl(&bytes, &identity, now)?
    } else {
        let name = std::path::Path::new(input).file_name().and_then(|name| name.to_str()).context("no file name")?;
        seal_detached(&bytes, name, "application/octet-stream", &identity, now)?
    };
    Ok(std::fs::write(output, signed)?)
}

fn check(anchors: &str, signed: &str, content: Option<&str>) -> anyhow::Result<()> {
    let trust = Trust::from_pem(&std::fs::read(anchors)?, SystemClock.now())?;
    let content = content.map(std::fs::read).transpose()?;
    let verification = verify(&std::fs::read(signed)?, content.as_deref(), &trust);
    println!("{}", verification.verdict.as_str());
    for (name, part) in verification.parts.each() {
        println!("{name}: {:?} {}", part.status, part.detail);
    }
    if !verification.is_valid() {
        std::process::exit(1);
    }
    Ok(())
}
