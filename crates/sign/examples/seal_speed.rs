//! Signatures per second of CPU, beside the bare key operation in the same run:
//! `seal_speed KEY.pem CERTIFICATES.pem UBL.xml`.

use std::time::Duration;

use anyhow::{Context as _, bail};
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_sign::{SigningIdentity, Trust, read_key_file, seal_detached, sign_enveloped_ubl, verify};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [key_file, certificates, document] = arguments.as_slice() else { bail!("arguments: KEY CERTIFICATES UBL") };
    facteur_sign::init()?;
    let now = SystemClock.now();
    let pem = read_key_file(key_file.as_ref())?;
    let identity = SigningIdentity::from_pem(&pem, &std::fs::read(certificates)?, None, now)?;
    let key = PKey::private_key_from_pem(&pem)?;
    let content = std::fs::read(document)?;
    let trust = Trust::of(&identity, now);
    let seal = seal_detached(&content, "a.xml", "application/xml", &identity, now)?;

    let bare = rate(|| Ok(Signer::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(&[7; 1000])?))?;
    println!("key operation alone       {bare:9.0}/s");
    let show = |what: &str, rate: f64| println!("{what:25} {rate:9.0}/s {:5.1} %", 100.0 * rate / bare);
    let sealed = || Ok(seal_detached(&content, "a.xml", "application/xml", &identity, now)?);
    show("seal_detached", rate(sealed)?);
    show("sign_enveloped_ubl", rate(|| Ok(sign_enveloped_ubl(&content, &identity, now)?))?);
    show("verify (seal)", rate(|| verify(&seal, Some(&content), &trust).is_valid().then_some(()).context("invalid"))?);
    Ok(())
}

/// Runs for about a second of CPU.
fn rate<T>(mut run: impl FnMut() -> anyhow::Result<T>) -> anyhow::Result<f64> {
    let start = cpu();
    let mut count = 0_u32;
    while cpu() - start < Duration::from_secs(1) {
        for _ in 0..10 {
            run()?;
        }
        count += 10;
    }
    Ok(f64::from(count) / (cpu() - start).as_secs_f64())
}

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
