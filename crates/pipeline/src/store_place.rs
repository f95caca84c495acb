//! Where the store of a home is, and bringing it to another place.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use facteur_store::copy::{self, Copied, Original};
use facteur_store::location::Location;
use facteur_store::{Store, StoreError, killpoint};
use facteur_transmit::secrets::SecretReference;

use crate::config::{Configuration, StorePlace};
use crate::error::PipelineError;
use crate::home::{CONFIGURATION, Home, STORE};
use crate::lock::Lock;

/// The variable that names another store than the configuration.
pub const ENVIRONMENT: &str = "FACTEUR_STORE";
/// The ending that a file gets when its store has moved elsewhere.
const MOVED: &str = ".moved";

impl Home {
    /// Where the store is: what the environment says, else the configuration, else a file of the home.
    ///
    /// # Errors
    /// The address or the password cannot be used.
    pub fn location(&self) -> Result<Location, PipelineError> {
        let place = &self.configuration.store;
        let url = std::env::var(ENVIRONMENT).ok().filter(|url| !url.is_empty()).or_else(|| place.url.clone());
        self.located(url.as_deref(), place.password.as_ref())
    }

    fn located(&self, url: Option<&str>, password: Option<&SecretReference>) -> Result<Location, PipelineError> {
        let Some(url) = url else { return Ok(Location::Sqlite(self.root.join(STORE))) };
        match Location::parse(url)? {
            Location::Sqlite(path) => Ok(Location::Sqlite(self.root.join(path))),
            server => Ok(match password {
                Some(reference) => {
                    let secret = reference.resolve(&self.root);
                    let secret = secret.map_err(|error| PipelineError::StorePassword(error.to_string()))?;
                    server.with_password(secret.expose().to_owned())
                }
                None => server,
            }),
        }
    }

    /// Brings a backup back into the store of this home, which must be empty.
    ///
    /// # Errors
    /// The store is not empty, or one of the two cannot be used; nothing has changed then.
    pub async fn restore(&self, file: &Path) -> Result<Copied, PipelineError> {
        let _locks = self.still()?;
        let location = self.location()?;
        if let Some(path) = location.file() {
            prepared(path)?;
        }
        Ok(copy::restore(file, &location, &self.root).await?)
    }

    /// Moves the store to another place, which must be empty, and has the configuration name it. The old file stays
    /// beside, under another name. Whenever this is interrupted, either the old store is the one in use and whole, or
    /// the new one is; the same command then finishes. The password is given by reference.
    ///
    /// # Errors
    /// The target is not empty, one of the two cannot be used, or the configuration cannot be written.
    pub async fn move_store(&self, url: &str, password: Option<&str>) -> Result<Moved, PipelineError> {
        let reference = password.map(|text| SecretReference::try_from(text.to_owned())).transpose();
        let password = reference.map_err(|error| PipelineError::StorePassword(error.to_string()))?;
        if std::env::var_os(ENVIRONMENT).is_some_and(|url| !url.is_empty()) {
            return Err(PipelineError::StoreByEnvironment);
        }
        let _locks = self.still()?;
        let (from, to) = (self.location()?, self.located(Some(url), password.as_ref())?);
        if same_place(&from, &to) {
            return Err(StoreError::NotEmpty(to.to_string()).into());
        }
        [&from, &to].into_iter().filter_map(|location| location.file()).try_for_each(prepared)?;
        let copied = copy::copy(&from, &to, Original::IsLeft).await?;
        let place = StorePlace { url: Some(url.to_owned()), password };
        named_by_configuration(&self.root.join(CONFIGURATION), &place)?;
        killpoint::reach("move.configured");
        let old = from.file().map(put_aside).transpose()?;
        Ok(Moved { copied, from, to, old })
    }

    /// Nobody imports or sends meanwhile.
    fn still(&self) -> Result<[Lock; 2], PipelineError> {
        Ok([Lock::take(&self.root.join("import.lock"))?, Lock::take(&self.root.join("send.lock"))?])
    }
}

/// What a move did.
#[derive(Debug)]
pub struct Moved {
    /// What was copied.
    pub copied: Copied,
    /// Where the store was.
    pub from: Location,
    /// Where it is now.
    pub to: Location,
    /// Where the old file is now, where it was a file.
    pub old: Option<PathBuf>,
}

/// Opens the store of a home, which brings its schema up to date: its number and the journal's head.
///
/// # Errors
/// The store cannot be opened or written.
pub async fn migrate(home: &Home) -> Result<(Store, i64), PipelineError> {
    let store = home.store().await?;
    Ok((store, facteur_store::SCHEMA))
}

/// Makes an empty file that nobody else may read, whatever the umask says, where there is none.
pub(crate) fn prepared(path: &Path) -> Result<(), PipelineError> {
    if !path.exists() {
        let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        made.map_err(PipelineError::file(path))?;
    }
    writable(path)
}

/// A store that may only be read is refused before the database lays its side files beside it with the same rights,
/// which would outlive the repair.
fn writable(path: &Path) -> Result<(), PipelineError> {
    match fs::OpenOptions::new().write(true).open(path) {
        Err(error) if matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => {
            Err(StoreError::NotWritable(format!("{}: {error}", path.display())).into())
        }
        // Whatever else is wrong, the database says it better.
        _ => Ok(()),
    }
}

fn same_place(one: &Location, other: &Location) -> bool {
    match (one.file(), other.file()) {
        (Some(one), Some(other)) => {
            one == other || fs::canonicalize(one).ok().is_some_and(|one| Some(one) == fs::canonicalize(other).ok())
        }
        (None, None) => one.to_string() == other.to_string(),
        _ => false,
    }
}

/// Has the configuration name the store; the rest of the file stays as people wrote it. The new file takes the place
/// of the old one whole.
fn named_by_configuration(path: &Path, place: &StorePlace) -> Result<(), PipelineError> {
    let text = fs::read_to_string(path).map_err(PipelineError::file(path))?;
    let new = with_store(&text, place)?;
    let beside = path.with_extension("toml.new");
    let _ = fs::remove_file(&beside);
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside);
    let mut file = file.map_err(PipelineError::file(&beside))?;
    file.write_all(new.as_bytes()).and_then(|()| file.sync_all()).map_err(PipelineError::file(&beside))?;
    fs::rename(&beside, path).map_err(PipelineError::file(path))
}

/// The same configuration with another `[store]`, at its place or at the end.
fn with_store(text: &str, place: &StorePlace) -> Result<String, PipelineError> {
    let wrong = |what: String| PipelineError::NotACorrection(format!("the configuration cannot be written: {what}"));
    let body = toml::to_string(place).map_err(|error| wrong(error.to_string()))?;
    let (mut new, mut inside, mut put) = (String::new(), false, false);
    for line in text.lines() {
        let header = line.trim_start().starts_with('[');
        if header {
            inside = line.split('#').next().unwrap_or_default().trim() == "[store]";
        }
        if !inside || header || line.trim().is_empty() || line.trim_start().starts_with('#') {
            new.push_str(line);
            new.push('\n');
        }
        if header && inside {
            new.push_str(&body);
            put = true;
        }
    }
    if !put {
        new.push_str("\n[store]\n");
        new.push_str(&body);
    }
    match toml::from_str::<Configuration>(&new) {
        Ok(read) if read.store == *place => Ok(new),
        Ok(_) => Err(wrong("[store]".to_owned())),
        Err(error) => Err(wrong(error.message().to_owned())),
    }
}

/// The old file gets another name, so that nobody takes it for the store. Its side files went when it was closed.
fn put_aside(path: &Path) -> Result<PathBuf, PipelineError> {
    let free = (1..).map(|count| {
        let mut name = path.as_os_str().to_owned();
        name.push(if count == 1 { MOVED.to_owned() } else { format!("{MOVED}.{count}") });
        PathBuf::from(name)
    });
    let Some(target) = free.into_iter().find(|target| !target.exists()) else { return Ok(path.to_owned()) };
    fs::rename(path, &target).map_err(PipelineError::file(path))?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const CONFIGURATION: &str = "# ours\n[legal_person]\nsiren = \"404833048\"\nname = \"x\"\n\n[structure]\n\
        siret = \"40483304800022\"\nname = \"x\"\nrole = \"issuer\"\n";

    #[test]
    fn only_the_store_changes_in_the_configuration() {
        let place = StorePlace {
            url: Some("postgres://f@db/f".into()),
            password: Some(SecretReference::File("keys/db".into())),
        };
        let once = with_store(CONFIGURATION, &place).unwrap();
        assert!(once.starts_with(CONFIGURATION) && once.contains("password = \"file:keys/db\""), "{once}");
        let back = StorePlace { url: Some("sqlite:other.db".into()), password: None };
        let twice = with_store(&format!("{once}\n[seal]\npolicy = \"none\"\n"), &back).unwrap();
        assert!(
            !twice.contains("postgres") && !twice.contains("keys/db") && twice.contains("policy = \"none\""),
            "{twice}"
        );
        assert_eq!(twice.matches("[store]").count(), 1);
    }
}
