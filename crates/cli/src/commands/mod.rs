//! One module a command. Each calls one function of `pipeline` and prints what came of it.

pub mod archive;
pub mod attachments;
pub mod check;
pub mod check_look;
pub mod check_reports;
pub mod convert;
pub mod days;
pub mod directory;
pub mod doctor;
pub mod draft;
pub mod draft_look;
pub mod explain;
pub mod extract;
pub mod follow;
pub mod hands;
pub mod import;
pub mod init;
pub mod install_timer;
pub mod journal;
pub mod mandate;
pub mod nightly;
pub mod packs;
pub mod report;
pub mod resolve;
pub mod run;
pub mod send;
pub mod show;
pub mod sign;
pub mod status;
pub mod store;
pub mod template;
pub mod verify;
pub mod view;
pub mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use facteur_pipeline::deposit::Dispatcher;
use facteur_pipeline::engine::{Engine, dispatcher};
use facteur_pipeline::error::PipelineError;
use facteur_pipeline::home::{CONFIGURATION, Home};
use facteur_store::record::Filter;
use facteur_store::{Store, StoreError};
use facteur_texts::printable;

use crate::args::Arguments;
use crate::output::Talk;

/// What a command ends with: 0 all good, 1 something touched is refused or waits for a person; an error is 2.
pub type Outcome = anyhow::Result<ExitCode>;

/// Invoices of one number that are named, at most.
const CANDIDATES: i64 = 20;

/// Everything a command is given besides its own options.
pub struct Context {
    /// How it speaks.
    pub talk: Talk,
    home: Option<PathBuf>,
    packs: Option<PathBuf>,
}

/// 0 when all is good, else 1.
pub fn status(all_good: bool) -> ExitCode {
    ExitCode::from(u8::from(!all_good))
}

impl Context {
    pub fn new(arguments: &Arguments, talk: Talk) -> Self {
        Self { talk, home: arguments.home.clone(), packs: arguments.packs.clone() }
    }

    /// The home named, or the present folder where it is one.
    pub fn home(&self) -> Result<Home, PipelineError> {
        Home::open(self.home.as_deref().unwrap_or(Path::new(".")))
    }

    /// The home, where there is one.
    pub fn home_if_any(&self) -> Result<Option<Home>, PipelineError> {
        match &self.home {
            Some(root) => Home::open(root).map(Some),
            None if Path::new(CONFIGURATION).exists() => Home::open(Path::new(".")).map(Some),
            None => Ok(None),
        }
    }

    /// Where the packs are: as named, in the home, in the user's data, or beside the program.
    pub fn packs(&self, home: Option<&Home>) -> PathBuf {
        if let Some(named) = &self.packs {
            return named.clone();
        }
        let own = home.map(|home| home.path(&home.configuration.folders.packs));
        let candidates = own.iter().cloned().chain([user_packs()]).chain(beside_the_program());
        let filled = |folder: &PathBuf| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        candidates.into_iter().find(filled).or(own).unwrap_or_else(user_packs)
    }

    /// The packs, where they were named.
    pub fn named_packs(&self) -> Option<PathBuf> {
        self.packs.clone()
    }

    /// Says that the business rules are not checked, where their packs are missing.
    pub fn note_missing_rules(&self, home: &Home) {
        if !facteur_pipeline::examine::has_rules(&self.packs(Some(home))) {
            self.talk.note("status.rules", &[]);
        }
    }

    /// Who works, for the journal.
    pub fn actor(&self) -> String {
        let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        format!("person:{}", name.unwrap_or_else(|| "unknown".to_owned()))
    }

    /// The whole engine.
    pub async fn engine(&self) -> anyhow::Result<Arc<Engine>> {
        let home = self.home()?;
        let packs = self.packs(Some(&home));
        let program = std::env::current_exe()?;
        Ok(Arc::new(Engine::open(home, &packs, &program, self.actor()).await?))
    }

    /// The store alone.
    pub async fn store(&self) -> anyhow::Result<(Home, Store)> {
        let home = self.home()?;
        let store = home.store().await?;
        Ok((home, store))
    }

    /// The gateway with the store.
    pub async fn dispatcher(&self, verb: &'static str) -> anyhow::Result<Dispatcher> {
        let (home, store) = self.store().await?;
        Ok(dispatcher(&home, store, &self.actor(), verb)?)
    }
}

/// Where a number is that of several invoices, names them, so that one of them can be chosen.
pub async fn name_candidates(talk: Talk, store: &Store, error: &StoreError) {
    let StoreError::Ambiguous(name) = error else { return };
    let filter = Filter { number: Some(name.clone()), limit: Some(CANDIDATES), ..Filter::default() };
    for invoice in store.invoices(&filter).await.unwrap_or_default() {
        let text = |value: &Option<String>| printable(value.as_deref().unwrap_or("—"));
        let args = [
            ("id", invoice.id.clone()),
            ("supplier", text(&invoice.supplier)),
            ("issued", text(&invoice.issued)),
            ("total", text(&invoice.total)),
            ("file", printable(&invoice.file)),
            ("state", facteur_texts::state(talk.language, invoice.state)),
        ];
        let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
        talk.note("show.candidate", &args);
    }
}

/// `~/.local/share/facteur/packs`.
pub fn user_packs() -> PathBuf {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from);
    let data = data.or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    data.unwrap_or_else(|| PathBuf::from("/var/lib")).join("facteur/packs")
}

/// An installed program has them in `share`, one that was just built in the folder that `make packs` fills.
fn beside_the_program() -> Vec<PathBuf> {
    let Ok(program) = std::env::current_exe() else { return Vec::new() };
    let Some(folder) = program.parent() else { return Vec::new() };
    let built = folder.ancestors().skip(1).take(3).map(|above| above.join(".packs/installed"));
    [folder.join("packs"), folder.join("../share/facteur/packs")].into_iter().chain(built).collect()
}
