//! ZIP: walks the central directory, one entry at a time, duplicates kept.
//!
//! `ZipIterable` keeps entries that share a name, which `ZipArchive` would lose; it stands among the unstable parts of
//! `zip`, whose version is therefore pinned exactly.

use std::collections::HashSet;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;

use zip::CompressionMethod;
use zip::ZipReadOptions;
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

use crate::bounded::{is_bomb, read_up_to};
use crate::{ArchiveError, Delivery, Limits, Member, MemberError, Refusal, is_nested_archive, name};

const UNIX_TYPE_MASK: u32 = 0o170_000;
const UNIX_REGULAR: u32 = 0o100_000;
const UNIX_LINK: u32 = 0o120_000;

pub(crate) fn read<R: Read + Seek>(
    reader: R,
    limits: &Limits,
    delivery: &mut Delivery<'_>,
) -> Result<(), ArchiveError> {
    let mut archive = ZipIterable::try_new(reader, Config::default()).map_err(container_error)?;
    if archive.len() > limits.max_members {
        return Err(ArchiveError::TooManyMembers { found: archive.len(), limit: limits.max_members });
    }
    let mut visit = Visit { limits, names: HashSet::new(), offsets: HashSet::new(), left: limits.max_total_bytes };
    let entries = archive.files().map_err(container_error)?;
    let mut index = 0;
    while let Some(entry) = entries.next() {
        let entry = entry.map_err(container_error)?;
        if entry.is_dir() {
            delivery.directory();
        } else {
            visit.reserve(&entry)?;
            let outcome = visit.member(index, entry, entries.reader_mut());
            if let ControlFlow::Break(()) = delivery.hand_over(outcome) {
                return Ok(());
            }
        }
        index += 1;
    }
    Ok(())
}

struct Visit<'a> {
    limits: &'a Limits,
    names: HashSet<String>,
    offsets: HashSet<u64>,
    /// Bytes that may still be announced.
    left: u64,
}

impl Visit<'_> {
    /// Takes a member's announced size off the total; more than announced never comes out of it.
    fn reserve(&mut self, entry: &ZipFileEntry<'_>) -> Result<(), ArchiveError> {
        let announced = entry.size().min(self.limits.max_member_bytes);
        self.left = self
            .left
            .checked_sub(announced)
            .ok_or(ArchiveError::TotalTooLarge { limit: self.limits.max_total_bytes })?;
        Ok(())
    }

    fn member<R: Read + Seek>(
        &mut self,
        index: usize,
        entry: ZipFileEntry<'_>,
        reader: &mut R,
    ) -> Result<Member, MemberError> {
        let raw_name = decode_name(&entry);
        let refuse = |refusal| MemberError { index, name: name::printable(&raw_name), refusal };
        let name = name::sanitise(&raw_name, self.limits).map_err(refuse)?;
        self.check_header(&entry).map_err(refuse)?;
        let bytes = Self::content(entry, reader).map_err(refuse)?;
        if is_nested_archive(&bytes) {
            return Err(refuse(Refusal::NestedArchive));
        }
        let name_seen_before = !self.names.insert(name.clone());
        Ok(Member { index, name, bytes, name_seen_before })
    }

    fn check_header(&mut self, entry: &ZipFileEntry<'_>) -> Result<(), Refusal> {
        if let Some(kind) = special_file(entry) {
            return Err(Refusal::NotAFile { kind });
        }
        if entry.encrypted() {
            return Err(Refusal::Encrypted);
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(Refusal::UnsupportedCompression { method: entry.compression().to_string() });
        }
        if entry.size() > self.limits.max_member_bytes {
            return Err(Refusal::TooLarge { limit: self.limits.max_member_bytes });
        }
        if is_bomb(entry.compressed_size(), entry.size(), self.limits.max_ratio) {
            return Err(Refusal::Bomb { limit: self.limits.max_ratio });
        }
        if !self.offsets.insert(entry.header_start()) {
            return Err(Refusal::Overlapping);
        }
        Ok(())
    }

    /// Unpacks a member, never further than one byte past what it declares.
    fn content<R: Read + Seek>(entry: ZipFileEntry<'_>, reader: &mut R) -> Result<Vec<u8>, Refusal> {
        let declared = entry.size();
        let file = entry.with_reader(reader, ZipReadOptions::new()).map_err(member_error)?;
        let bytes = read_up_to(file, declared, declared)
            .map_err(|error| Refusal::Damaged { detail: error.to_string() })?
            .ok_or(Refusal::SizeMismatch { declared, found: declared.saturating_add(1) })?;
        if bytes.len() as u64 != declared {
            return Err(Refusal::SizeMismatch { declared, found: bytes.len() as u64 });
        }
        Ok(bytes)
    }
}

/// UTF-8 where the bytes are UTF-8, whatever the flag says (many tools forget it), else code page 437.
fn decode_name(entry: &ZipFileEntry<'_>) -> String {
    match std::str::from_utf8(entry.name_raw()) {
        Ok(name) => name.to_owned(),
        Err(_) => match entry.name() {
            Ok(name) => name.into_owned(),
            Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
        },
    }
}

fn special_file(entry: &ZipFileEntry<'_>) -> Option<&'static str> {
    match entry.unix_mode().map_or(0, |mode| mode & UNIX_TYPE_MASK) {
        0 | UNIX_REGULAR => None,
        UNIX_LINK => Some("link"),
        _ => Some("special file"),
    }
}

fn member_error(error: ZipError) -> Refusal {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => Refusal::Encrypted,
        ZipError::CompressionMethodNotSupported(method) => {
            Refusal::UnsupportedCompression { method: method.to_string() }
        }
        other => Refusal::Damaged { detail: other.to_string() },
    }
}

fn container_error(error: ZipError) -> ArchiveError {
    match error {
        ZipError::Io(source) if source.kind() != io::ErrorKind::UnexpectedEof && source.raw_os_error().is_some() => {
            ArchiveError::Io(source)
        }
        ZipError::UnsupportedArchive(detail) if detail.contains("multi-disk") => ArchiveError::SeveralParts,
        other => ArchiveError::Damaged { detail: other.to_string() },
    }
}
