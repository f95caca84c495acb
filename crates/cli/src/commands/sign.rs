//! `facteur sign FILE -o OUT`

use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use facteur_model::clock::{Clock as _, SystemClock};
use facteur_pipeline::seal;
use facteur_sign::SigningIdentity;
use facteur_texts::speak;

use super::{Context, Outcome, status};
use crate::args::Sign;

pub fn run(context: &Context, options: &Sign) -> Outcome {
    let talk = context.talk;
    let named = |path: &Path| path.display().to_string();
    let bytes = fs::read(&options.file).with_context(|| named(&options.file))?;
    let now = SystemClock.now();
    let identity = identity(context, options)?;
    let signed = if options.detached {
        let name = options.file.file_name().unwrap_or_default().to_string_lossy();
        let media_type = if bytes.starts_with(b"%PDF") { "application/pdf" } else { "application/xml" };
        facteur_sign::seal_detached(&bytes, &name, media_type, &identity, now)?
    } else {
        facteur_sign::sign_enveloped_ubl(&bytes, &identity, now)?
    };
    let mut out = match fs::File::options().write(true).create_new(true).open(&options.out) {
        Ok(out) => out,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{}", talk.say("error.exists", &[("path", &named(&options.out))]));
        }
        Err(error) => return Err(error).with_context(|| named(&options.out)),
    };
    out.write_all(&signed).and_then(|()| out.sync_all()).with_context(|| named(&options.out))?;
    talk.note("sign.done", &[("out", &named(&options.out))]);
    Ok(status(true))
}

fn identity(context: &Context, options: &Sign) -> anyhow::Result<SigningIdentity> {
    if let (Some(key), Some(certificate)) = (&options.key, &options.certificate) {
        let secret = facteur_sign::read_key_file(key)?;
        let chain = fs::read(certificate).with_context(|| certificate.display().to_string())?;
        return Ok(SigningIdentity::from_pem(&secret, &chain, None, SystemClock.now())?);
    }
    match seal::load(&context.home()?, SystemClock.now()) {
        Some(Ok(identity)) => Ok(identity),
        Some(Err(problem)) => {
            let text = speak(context.talk.language, &problem.finding());
            bail!("{} {}", text.message, text.advice)
        }
        None => bail!("{}", context.talk.say("doctor_say.seal_none", &[])),
    }
}
