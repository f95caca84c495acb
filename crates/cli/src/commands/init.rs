//! `facteur init`

use std::process::ExitCode;

use facteur_pipeline::config::Role;
use facteur_pipeline::home::{Home, Init};

use super::{Context, Outcome};
use crate::args::{Init as Options, RoleName};

pub fn run(context: &Context, options: &Options) -> Outcome {
    let init = Init {
        demo: options.demo,
        gateway: options.gateway.clone(),
        siret: options.siret.clone(),
        name: options.name.clone(),
        role: options.role.map(|role| match role {
            RoleName::Issuer => Role::Issuer,
            RoleName::FilingAgent => Role::FilingAgent,
            RoleName::Recipient => Role::Recipient,
        }),
    };
    let home = Home::init(&options.dir, &init)?;
    let talk = context.talk;
    let dir = options.dir.display().to_string();
    let inbox = home.path(&home.configuration.folders.inbox).display().to_string();
    talk.note("init.done", &[("dir", &dir)]);
    if options.demo {
        talk.note("init.demo", &[]);
    }
    let packs = context.packs(Some(&home));
    if std::fs::read_dir(&packs).map_or(true, |mut entries| entries.next().is_none()) {
        talk.note("init.packs", &[("dir", &dir)]);
    }
    talk.note("init.next", &[("inbox", &inbox), ("dir", &dir)]);
    Ok(ExitCode::SUCCESS)
}
