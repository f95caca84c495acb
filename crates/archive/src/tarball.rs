//! `.tar.gz`: one pass over the stream. Long names are read here, with limits, not by the tar library, which would
//! take any length.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Entry, EntryType};

use crate::bounded::{Counting, Exceeded, Inflated, read_up_to};
use crate::{ArchiveError, Delivery, Limits, Member, MemberError, Refusal, is_nested_archive, name};

/// Largest extension record (PAX, GNU long name) that is read; a name fits many times.
const EXTENSION_MAX: u64 = 64 << 10;

pub(crate) fn read(reader: impl Read, limits: &Limits, delivery: &mut Delivery<'_>) -> Result<(), ArchiveError> {
    let (packed, packed_count) = Counting::new(reader);
    let (stream, exceeded) =
        Inflated::new(MultiGzDecoder::new(packed), packed_count, limits.max_total_bytes, limits.max_ratio);
    let mut archive = tar::Archive::new(stream);
    let mut visit = Visit { limits, names: HashSet::new(), long_name: None, exceeded, index: 0 };
    let entries = archive.entries().map_err(|error| visit.container_error(error))?.raw(true);
    for entry in entries {
        let mut entry = entry.map_err(|error| visit.container_error(error))?;
        if let ControlFlow::Break(()) = visit.entry(&mut entry, delivery)? {
            return Ok(());
        }
    }
    // The checksum of the gzip stream stands at its end.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(|error| visit.container_error(error))?;
    Ok(())
}

struct Visit<'a> {
    limits: &'a Limits,
    names: HashSet<String>,
    /// The name that an extension record gave for the next entry.
    long_name: Option<Vec<u8>>,
    exceeded: Rc<Cell<Option<Exceeded>>>,
    index: usize,
}

impl Visit<'_> {
    fn entry<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        delivery: &mut Delivery<'_>,
    ) -> Result<ControlFlow<()>, ArchiveError> {
        match entry.header().entry_type() {
            EntryType::XGlobalHeader | EntryType::GNULongLink => return Ok(ControlFlow::Continue(())),
            EntryType::GNULongName => {
                let bytes = self.extension(entry)?;
                let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
                self.long_name = Some(bytes[..end].to_vec());
                return Ok(ControlFlow::Continue(()));
            }
            EntryType::XHeader => {
                let records = self.extension(entry)?;
                self.long_name = pax_name(&records)?.or(self.long_name.take());
                return Ok(ControlFlow::Continue(()));
            }
            _ => {}
        }
        self.listed(entry, delivery)
    }

    fn listed<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        delivery: &mut Delivery<'_>,
    ) -> Result<ControlFlow<()>, ArchiveError> {
        let index = self.index;
        self.index += 1;
        if self.index > self.limits.max_members {
            return Err(ArchiveError::TooManyMembers { found: self.index, limit: self.limits.max_members });
        }
        let raw_name = self.long_name.take().unwrap_or_else(|| entry.header().path_bytes().into_owned());
        if entry.header().entry_type() == EntryType::Directory {
            delivery.directory();
            return Ok(ControlFlow::Continue(()));
        }
        let outcome = self.member(index, &raw_name, entry)?;
        Ok(delivery.hand_over(outcome))
    }

    fn member<R: Read>(
        &mut self,
        index: usize,
        raw_name: &[u8],
        entry: &mut Entry<'_, R>,
    ) -> Result<Result<Member, MemberError>, ArchiveError> {
        let decoded = String::from_utf8_lossy(raw_name);
        let refuse = |refusal| Err(MemberError { index, name: name::printable(&decoded), refusal });
        let name = match check(&decoded, entry, self.limits) {
            Ok(name) => name,
            Err(refusal) => return Ok(refuse(refusal)),
        };
        let size = entry.size();
        let bytes = match read_up_to(entry, size, self.limits.max_member_bytes) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Ok(refuse(Refusal::TooLarge { limit: self.limits.max_member_bytes })),
            Err(error) => return Err(self.container_error(error)),
        };
        if bytes.len() as u64 != size {
            return Err(ArchiveError::Damaged { detail: "the archive ends inside a member".to_owned() });
        }
        if is_nested_archive(&bytes) {
            return Ok(refuse(Refusal::NestedArchive));
        }
        let name_seen_before = !self.names.insert(name.clone());
        Ok(Ok(Member { index, name, bytes, name_seen_before }))
    }

    fn extension<R: Read>(&self, entry: &mut Entry<'_, R>) -> Result<Vec<u8>, ArchiveError> {
        let size = entry.size();
        read_up_to(entry, size, EXTENSION_MAX)
            .map_err(|error| self.container_error(error))?
            .ok_or_else(|| ArchiveError::Damaged { detail: "an extension record is too long".to_owned() })
    }

    fn container_error(&self, error: io::Error) -> ArchiveError {
        match self.exceeded.get() {
            Some(Exceeded::Total) => ArchiveError::TotalTooLarge { limit: self.limits.max_total_bytes },
            Some(Exceeded::Ratio) => ArchiveError::Bomb { limit: self.limits.max_ratio },
            None if error.raw_os_error().is_some() => ArchiveError::Io(error),
            None if self.index == 0 && error.kind() == io::ErrorKind::Other => ArchiveError::NotATar,
            None => ArchiveError::Damaged { detail: error.to_string() },
        }
    }
}

fn check<R: Read>(name: &str, entry: &Entry<'_, R>, limits: &Limits) -> Result<String, Refusal> {
    let name = name::sanitise(name, limits)?;
    if let Some(kind) = special_file(entry.header().entry_type()) {
        return Err(Refusal::NotAFile { kind });
    }
    if entry.size() > limits.max_member_bytes {
        return Err(Refusal::TooLarge { limit: limits.max_member_bytes });
    }
    Ok(name)
}

fn special_file(kind: EntryType) -> Option<&'static str> {
    match kind {
        EntryType::Regular | EntryType::Continuous => None,
        EntryType::Symlink | EntryType::Link => Some("link"),
        EntryType::GNUSparse => Some("sparse file"),
        _ => Some("special file"),
    }
}

/// The `path` of a PAX header. A `size` there would override the entry's own, which is not followed: refused.
fn pax_name(records: &[u8]) -> Result<Option<Vec<u8>>, ArchiveError> {
    let damaged = |detail: &str| ArchiveError::Damaged { detail: detail.to_owned() };
    let mut rest = records;
    let mut path = None;
    while !rest.is_empty() && rest[0] != 0 {
        let space = rest.iter().position(|byte| *byte == b' ').ok_or_else(|| damaged("unreadable PAX record"))?;
        let length = std::str::from_utf8(&rest[..space]).ok().and_then(|text| text.parse::<usize>().ok());
        let length = length.filter(|length| *length > space && *length <= rest.len());
        let record = &rest[space + 1..length.ok_or_else(|| damaged("unreadable PAX record"))?];
        rest = &rest[space + 1 + record.len()..];
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        let Some(equals) = record.iter().position(|byte| *byte == b'=') else {
            return Err(damaged("unreadable PAX record"));
        };
        match &record[..equals] {
            b"path" => path = Some(record[equals + 1..].to_vec()),
            b"size" => return Err(damaged("a PAX record overrides a size")),
            _ => {}
        }
    }
    Ok(path)
}
