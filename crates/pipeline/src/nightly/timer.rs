//! The timer that begins the night: a pair of systemd units, or a crontab line. Written once, never over what somebody
//! changed.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use facteur_report::write::whole_file;
use facteur_store::document::sha256_hex;

use super::window::TimeOfDay;
use crate::error::PipelineError;

/// Before the digest of what follows, in the first line of every file that we write.
const MARK: &str = "# facteur install-timer ";
/// Where the administrator's units are (systemd.unit(5)).
const SYSTEM_UNITS: &str = "/etc/systemd/system";
/// Where those of one user are, below the home folder of the user (systemd.unit(5)).
const USER_UNITS: &str = ".config/systemd/user";
/// Where cron reads files with a column for the user (cron(8) of Debian).
const CRON_FOLDER: &str = "/etc/cron.d";

/// What is to be installed.
#[derive(Debug, Clone)]
pub struct Timer {
    /// The home that the night works in.
    pub home: PathBuf,
    /// This program.
    pub program: PathBuf,
    /// The installed packs, where they are named.
    pub packs: Option<PathBuf>,
    /// When the night begins.
    pub at: TimeOfDay,
    /// For the user who installs it, not for the machine.
    pub user: bool,
    /// A crontab line instead of systemd units.
    pub cron: bool,
    /// Where the files go, instead of the usual place.
    pub folder: Option<PathBuf>,
}

/// A file of the timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Where it goes.
    pub path: PathBuf,
    /// Its text, mark included.
    pub text: String,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// It is there now.
    New,
    /// It was there, just so.
    Same,
    /// It replaces an earlier one of ours.
    Replaced,
}

impl Timer {
    /// The files, whole.
    ///
    /// # Errors
    /// The home does not exist, a path cannot stand in such a file, or the user's folder is not known.
    pub fn units(&self) -> Result<Vec<Unit>, PipelineError> {
        let home = fs::canonicalize(&self.home).map_err(PipelineError::file(&self.home))?;
        let folder = self.folder()?;
        let unit = |name: &str, body: String| Unit { path: folder.join(name), text: marked(&body) };
        if self.cron {
            return Ok(vec![unit("facteur-nightly", self.cron_line(&home)?)]);
        }
        Ok(vec![unit("facteur-nightly.service", self.service(&home)?), unit("facteur-nightly.timer", self.timer())])
    }

    /// The commands that put it to work, for the person to run.
    #[must_use]
    pub const fn next(&self) -> &'static [&'static str] {
        match (self.cron, self.user) {
            (true, false) => &[],
            (true, true) => &["crontab -l 2>/dev/null | cat - facteur-nightly | crontab -"],
            (false, false) => &["systemctl daemon-reload", "systemctl enable --now facteur-nightly.timer"],
            (false, true) => &["systemctl --user daemon-reload", "systemctl --user enable --now facteur-nightly.timer"],
        }
    }

    fn folder(&self) -> Result<PathBuf, PipelineError> {
        if let Some(folder) = &self.folder {
            return Ok(folder.clone());
        }
        match (self.cron, self.user) {
            (true, false) => Ok(PathBuf::from(CRON_FOLDER)),
            // A user's crontab is not a file of the user: it is written here, and `crontab` takes it from here.
            (true, true) => Ok(PathBuf::from(".")),
            (false, false) => Ok(PathBuf::from(SYSTEM_UNITS)),
            (false, true) => {
                let user = std::env::var_os("HOME").filter(|home| !home.is_empty());
                let user = user.ok_or_else(|| PipelineError::Timer("HOME is not set".to_owned()))?;
                Ok(PathBuf::from(user).join(USER_UNITS))
            }
        }
    }

    fn words(&self, home: &Path) -> Result<Vec<String>, PipelineError> {
        let mut words = vec![plain(&self.program)?, "nightly".to_owned(), "--home".to_owned(), plain(home)?];
        if let Some(packs) = &self.packs {
            let packs = fs::canonicalize(packs).map_err(PipelineError::file(packs))?;
            words.extend(["--packs".to_owned(), plain(&packs)?]);
        }
        Ok(words)
    }

    fn service(&self, home: &Path) -> Result<String, PipelineError> {
        let command: Vec<String> = self.words(home)?.iter().map(|word| systemd_word(word)).collect();
        let owner = if self.user { String::new() } else { format!("User={}\n", owner(home)?) };
        let writable = systemd_word(&plain(home)?);
        Ok(format!(
            "[Unit]\n\
             Description=facteur: the nightly run\n\
             Documentation=man:systemd.service(5)\n\
             Wants=network-online.target\n\
             After=network-online.target\n\
             \n\
             [Service]\n\
             Type=oneshot\n\
             {owner}\
             ExecStart={}\n\
             # 1: something waits for a person; the summary says what.\n\
             SuccessExitStatus=1\n\
             UMask=0077\n\
             NoNewPrivileges=yes\n\
             PrivateTmp=yes\n\
             ProtectSystem=strict\n\
             ReadWritePaths={writable}\n",
            command.join(" ")
        ))
    }

    fn timer(&self) -> String {
        format!(
            "[Unit]\n\
             Description=facteur: when the nightly run begins\n\
             \n\
             [Timer]\n\
             OnCalendar=*-*-* {}:00 Europe/Paris\n\
             AccuracySec=1min\n\
             \n\
             [Install]\n\
             WantedBy=timers.target\n",
            self.at
        )
    }

    /// A file of `/etc/cron.d` names the user; a user's own crontab does not.
    fn cron_line(&self, home: &Path) -> Result<String, PipelineError> {
        let command: Vec<String> = self.words(home)?.iter().map(|word| cron_word(word)).collect();
        let text = self.at.to_string();
        let (hours, minutes) = text.split_once(':').unwrap_or_default();
        let number = |digits: &str| digits.trim_start_matches('0').to_owned();
        let number =
            |digits| Some(number(digits)).filter(|digits| !digits.is_empty()).unwrap_or_else(|| "0".to_owned());
        let owner = if self.user { String::new() } else { format!("{} ", owner(home)?) };
        Ok(format!(
            "# By the clock of this machine: cron knows no other.\n{} {} * * * {owner}{}\n",
            number(minutes),
            number(hours),
            command.join(" ")
        ))
    }
}

/// Writes a file, unless somebody changed the one that is there.
///
/// # Errors
/// It was changed and `force` is not given, or it cannot be written.
pub fn write(unit: &Unit, force: bool) -> Result<Written, PipelineError> {
    let before = match fs::read_to_string(&unit.path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(source) => return Err(PipelineError::File { path: unit.path.clone(), source }),
    };
    let done = match &before {
        Some(text) if *text == unit.text => return Ok(Written::Same),
        Some(text) if !force && !is_as_we_wrote_it(text) => {
            return Err(PipelineError::UnitChanged(unit.path.clone()));
        }
        Some(_) => Written::Replaced,
        None => Written::New,
    };
    if let Some(folder) = unit.path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(PipelineError::file(folder))?;
    }
    whole_file(&unit.path, unit.text.as_bytes()).map_err(PipelineError::file(&unit.path))?;
    Ok(done)
}

fn marked(body: &str) -> String {
    format!("{MARK}{}\n{body}", sha256_hex(body.as_bytes()))
}

/// Whether the digest of the first line is that of the others.
fn is_as_we_wrote_it(text: &str) -> bool {
    let Some((mark, body)) = text.split_once('\n') else { return false };
    mark.strip_prefix(MARK).is_some_and(|digest| digest == sha256_hex(body.as_bytes()))
}

/// A path as text that cannot begin a line of its own.
fn plain(path: &Path) -> Result<String, PipelineError> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.map(str::to_owned).ok_or_else(|| PipelineError::Timer(format!("{} cannot stand in a unit", path.display())))
}

/// Quoted as systemd.syntax(7) reads it; `%` and `$` stand for themselves.
fn systemd_word(word: &str) -> String {
    let escaped = word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$");
    if escaped.chars().any(|letter| letter.is_whitespace() || matches!(letter, '\'' | '"' | ';')) {
        format!("\"{escaped}\"")
    } else {
        escaped
    }
}

/// Quoted for the shell; cron itself reads `%` as the end of the line (crontab(5)).
fn cron_word(word: &str) -> String {
    let safe = |letter: char| letter.is_ascii_alphanumeric() || "/._-+=:@,".contains(letter);
    let quoted = if word.chars().all(safe) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) };
    quoted.replace('%', "\\%")
}

/// The owner of the home: whoever made it works in it. By number: names are not ours to look up.
fn owner(home: &Path) -> Result<String, PipelineError> {
    let owner = fs::metadata(home).map_err(PipelineError::file(home))?.uid();
    let accounts = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, number) = (fields.next()?, fields.next()?, fields.next()?);
        (number.parse() == Ok(owner)).then(|| name.to_owned())
    });
    Ok(name.unwrap_or_else(|| owner.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn timer(home: &Path, cron: bool, user: bool) -> Timer {
        let at = TimeOfDay::try_from("22:05".to_owned()).unwrap();
        let program = PathBuf::from("/usr/bin/facteur");
        Timer { home: home.to_owned(), program, packs: None, at, user, cron, folder: Some(home.join("units")) }
    }

    #[test]
    fn a_unit_that_somebody_changed_is_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let units = timer(folder.path(), false, false).units().unwrap();
        let unit = &units[0];
        assert_eq!(write(unit, false).unwrap(), Written::New);
        assert_eq!(write(unit, false).unwrap(), Written::Same);
        let later = Timer { program: PathBuf::from("/opt/facteur"), ..timer(folder.path(), false, false) };
        let later = &later.units().unwrap()[0];
        assert_eq!(write(later, false).unwrap(), Written::Replaced);
        let changed = fs::read_to_string(&unit.path).unwrap().replace("oneshot", "simple");
        fs::write(&unit.path, &changed).unwrap();
        assert!(matches!(write(unit, false), Err(PipelineError::UnitChanged(_))));
        assert_eq!(fs::read_to_string(&unit.path).unwrap(), changed);
        assert_eq!(write(unit, true).unwrap(), Written::Replaced);
    }

    #[test]
    fn paths_are_quoted_for_whoever_reads_them() {
        assert_eq!(systemd_word("/srv/a b%\"$"), "\"/srv/a b%%\\\"$$\"");
        assert_eq!(cron_word("/srv/l'eau 100%"), "'/srv/l'\\''eau 100\\%'");
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("two words");
        fs::create_dir(&home).unwrap();
        let line = timer(&home, true, true).units().unwrap().remove(0).text;
        assert!(line.contains("\n5 22 * * * /usr/bin/facteur nightly --home '"), "{line}");
        let named = timer(&home, true, false).units().unwrap().remove(0).text;
        assert!(named.contains(&format!("5 22 * * * {} /usr/bin/facteur", owner(&home).unwrap())), "{named}");
        let evil = Timer { program: PathBuf::from("/x\nExecStartPre=/bin/sh"), ..timer(&home, false, true) };
        assert!(matches!(evil.units(), Err(PipelineError::Timer(_))));
    }
}
