//! Putting artefacts into a pack directory: all digests first, then all files, then a rename each.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Cursor, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use facteur_archive::{ArchiveKind, Limits, visit};
use openssl::sha::sha256;

use super::manifest::{Record, digest, hexadecimal};
use super::{Artefact, FILES, Installed, Manifest, Origin, PackError, RECORD};

/// Largest wheel that is read; those in use are about 1 MB.
const WHEEL_MAX: u64 = 64 << 20;

/// One artefact of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// `family@version`.
    pub label: String,
    /// Whether it was there already, unchanged.
    pub already: bool,
}

/// An artefact whose files are in memory and have the right digest.
struct Ready<'m> {
    artefact: &'m Artefact,
    files: Vec<(String, Vec<u8>)>,
}

/// Installs what a manifest names out of one wheel.
pub(super) fn wheel(packs: &Path, wheel: &Path, manifest: &Manifest) -> Result<Vec<Added>, PackError> {
    let ready = ready_from_wheel(wheel, manifest)?;
    install(packs, ready, manifest.origin)
}

/// Installs what a manifest names out of a directory.
pub(super) fn directory(packs: &Path, directory: &Path, manifest: &Manifest) -> Result<Vec<Added>, PackError> {
    let mut ready = Vec::new();
    for distribution in &manifest.distributions {
        let path = directory.join(&distribution.file);
        if path.is_file() {
            ready.extend(ready_from_wheel(&path, manifest)?);
        }
    }
    for artefact in &manifest.artefacts {
        let unpacked = directory.join(artefact.source(&artefact.entry)).is_file();
        if unpacked && !ready.iter().any(|known| known.artefact.label() == artefact.label()) {
            ready.push(Ready::collect(artefact, |file| fs::read(directory.join(artefact.source(file))).ok())?);
        }
    }
    if ready.is_empty() {
        return Err(PackError::Nothing { path: directory.to_owned() });
    }
    install(packs, ready, manifest.origin)
}

fn ready_from_wheel<'m>(path: &Path, manifest: &'m Manifest) -> Result<Vec<Ready<'m>>, PackError> {
    let size = fs::metadata(path).map_err(PackError::io(path))?.len();
    if size > WHEEL_MAX {
        let reason = format!("{size} bytes, the limit is {WHEEL_MAX}");
        return Err(PackError::Wheel { path: path.to_owned(), reason });
    }
    let bytes = fs::read(path).map_err(PackError::io(path))?;
    let found = hexadecimal(&sha256(&bytes));
    let Some(distribution) = manifest.distributions.iter().find(|known| known.sha256 == found) else {
        let name = path.file_name().unwrap_or_default();
        return Err(match manifest.distributions.iter().find(|known| name == known.file.as_str()) {
            Some(known) => PackError::Digest { what: known.file.clone(), expected: known.sha256.clone(), found },
            None => PackError::UnknownDistribution { path: path.to_owned(), sha256: found },
        });
    };
    let artefacts: Vec<_> =
        manifest.artefacts.iter().filter(|artefact| artefact.distribution == distribution.name).collect();
    let members = members(path, bytes, &artefacts)?;
    artefacts
        .into_iter()
        .map(|artefact| Ready::collect(artefact, |file| members.get(&artefact.source(file)).cloned()))
        .collect()
}

/// The members of a wheel that some artefact names.
fn members(path: &Path, wheel: Vec<u8>, artefacts: &[&Artefact]) -> Result<HashMap<String, Vec<u8>>, PackError> {
    let mut wanted: HashMap<String, Option<Vec<u8>>> =
        artefacts.iter().flat_map(|artefact| artefact.files.iter().map(|file| (artefact.source(file), None))).collect();
    let visited = visit(Cursor::new(wheel), ArchiveKind::Zip, &Limits::default(), |member| {
        if let Ok(member) = member
            && let Some(place) = wanted.get_mut(&member.name)
        {
            *place = Some(member.bytes);
        }
        ControlFlow::Continue(())
    });
    visited.map_err(|error| PackError::Wheel { path: path.to_owned(), reason: error.to_string() })?;
    Ok(wanted.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))).collect())
}

impl<'m> Ready<'m> {
    fn collect(artefact: &'m Artefact, read: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Self, PackError> {
        let mut files = Vec::with_capacity(artefact.files.len());
        for file in &artefact.files {
            let missing = || PackError::Missing { artefact: artefact.label(), file: artefact.source(file) };
            files.push((file.clone(), read(file).ok_or_else(missing)?));
        }
        let found = digest(&files);
        if found != artefact.sha256 {
            return Err(PackError::Digest { what: artefact.label(), expected: artefact.sha256.clone(), found });
        }
        Ok(Self { artefact, files })
    }
}

fn install(packs: &Path, ready: Vec<Ready<'_>>, origin: Origin) -> Result<Vec<Added>, PackError> {
    let mut missing = Vec::new();
    let mut added = Vec::new();
    for ready in ready {
        let already = is_installed(packs, ready.artefact)?;
        added.push(Added { label: ready.artefact.label(), already });
        if !already {
            missing.push(ready);
        }
    }
    if missing.is_empty() {
        return Ok(added);
    }
    let staging = Staging::new(packs)?;
    for ready in &missing {
        staging.write(ready, origin)?;
    }
    for ready in &missing {
        staging.publish(packs, ready.artefact)?;
    }
    Ok(added)
}

/// Whether exactly this artefact is installed and whole; a damaged one is moved out of the way.
fn is_installed(packs: &Path, artefact: &Artefact) -> Result<bool, PackError> {
    let folder = packs.join(&artefact.family).join(&artefact.version);
    if !folder.exists() {
        return Ok(false);
    }
    match Installed::read(folder.clone()) {
        Ok(installed) if installed.artefact.sha256 != artefact.sha256 => {
            Err(PackError::Conflict { artefact: artefact.label(), installed: installed.artefact.sha256 })
        }
        Ok(installed) if installed.contents().is_ok() => Ok(true),
        _ => {
            fs::remove_dir_all(&folder).map_err(PackError::io(&folder))?;
            Ok(false)
        }
    }
}

/// A hidden folder beside the artefacts, removed whatever happens.
struct Staging(PathBuf);

impl Staging {
    fn new(packs: &Path) -> Result<Self, PackError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = packs.join(format!(".incoming-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).map_err(PackError::io(&path))?;
        Ok(Self(path))
    }

    fn write(&self, ready: &Ready<'_>, origin: Origin) -> Result<(), PackError> {
        let folder = self.folder(ready.artefact);
        for (name, bytes) in &ready.files {
            write_durably(&folder.join(FILES).join(name), bytes)?;
        }
        let record = Record { origin, artefact: ready.artefact.clone() };
        let path = folder.join(RECORD);
        let text = toml::to_string(&record).map_err(|error| PackError::manifest(&path, error.to_string()))?;
        write_durably(&path, text.as_bytes())
    }

    fn publish(&self, packs: &Path, artefact: &Artefact) -> Result<(), PackError> {
        let family = packs.join(&artefact.family);
        fs::create_dir_all(&family).map_err(PackError::io(&family))?;
        let to = family.join(&artefact.version);
        fs::rename(self.folder(artefact), &to).map_err(PackError::io(&to))?;
        sync(&family)?;
        sync(packs)
    }

    fn folder(&self, artefact: &Artefact) -> PathBuf {
        self.0.join(&artefact.family).join(&artefact.version)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), PackError> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(PackError::io(folder))?;
    let mut file = File::create_new(path).map_err(PackError::io(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(PackError::io(path))?;
    sync(folder)
}

fn sync(folder: &Path) -> Result<(), PackError> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(PackError::io(folder))
}
