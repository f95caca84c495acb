//! `facteur install-timer`

use anyhow::anyhow;
use facteur_pipeline::nightly::TimeOfDay;
use facteur_pipeline::nightly::timer::{Timer, Written, write};

use super::{Context, Outcome, status};
use crate::args::InstallTimer;

pub fn run(context: &Context, options: &InstallTimer) -> Outcome {
    let talk = context.talk;
    let home = context.home()?;
    let at = TimeOfDay::try_from(options.at.clone())
        .map_err(|_| anyhow!(talk.say("nightly.not_a_time", &[("text", &options.at)])))?;
    let timer = Timer {
        home: home.root,
        program: std::env::current_exe()?,
        packs: context.named_packs(),
        at,
        user: options.user,
        cron: options.cron,
        folder: options.dir.clone(),
    };
    let units = timer.units()?;
    if options.print {
        for unit in &units {
            talk.data(&format!("# {}\n{}", unit.path.display(), unit.text));
        }
        return Ok(status(true));
    }
    for unit in &units {
        let key = match write(unit, options.force)? {
            Written::New => "nightly.unit_new",
            Written::Same => "nightly.unit_same",
            Written::Replaced => "nightly.unit_replaced",
        };
        talk.tell(key, &[("path", &unit.path.display().to_string())]);
    }
    if !timer.next().is_empty() {
        talk.tell("nightly.unit_next", &[("commands", &timer.next().join(" && "))]);
    }
    Ok(status(true))
}
