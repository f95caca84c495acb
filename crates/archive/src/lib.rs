//! Bounded reading of `.zip` and `.tar.gz` files: members come out one at a time, each with a safe name, and
//! nothing is ever written to disk.
//!
//! Every byte is hostile until shown otherwise. The limits of [`Limits`] hold for what really comes out, not for
//! what the archive declares. A bad member is handed over as a [`MemberError`] in its turn and the others go on; only
//! a broken container, or one that goes over a limit of the whole, ends the visit with an [`ArchiveError`].
//! Memory is bounded by one member.
//!
//! ```
//! use std::io::Cursor;
//! use std::ops::ControlFlow;
//! use facteur_archive::{ArchiveKind, Limits, detect, visit};
//!
//! let bytes = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"; // an empty zip
//! assert_eq!(detect(bytes), Some(ArchiveKind::Zip));
//! let summary = visit(Cursor::new(bytes), ArchiveKind::Zip, &Limits::default(), |_member| ControlFlow::Continue(()))?;
//! assert_eq!(summary.members, 0);
//! # Ok::<(), facteur_archive::ArchiveError>(())
//! ```

use std::io::{Read, Seek};
use std::ops::ControlFlow;

mod bounded;
mod error;
mod name;
mod pack;
mod tarball;
mod zipped;

pub use error::{ArchiveError, MemberError, Refusal};
pub use pack::pack_tar_gz;

/// What an archive may hold. All of it can be configured; the defaults fit a day's invoices of a large department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most members, directories included.
    pub max_members: usize,
    /// Largest member once unpacked, in bytes.
    pub max_member_bytes: u64,
    /// Most bytes that all members together unpack to.
    pub max_total_bytes: u64,
    /// Most unpacked bytes for one packed byte. Invoices as XML stay below 40.
    pub max_ratio: u64,
    /// Longest file name, in bytes of UTF-8 (the folder part may have four times as many).
    pub max_name: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_members: 10_000,
            max_member_bytes: 20 << 20,
            max_total_bytes: 512 << 20,
            max_ratio: 200,
            max_name: 255,
        }
    }
}

/// The archives that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArchiveKind {
    /// ZIP and ZIP64; stored and deflated members.
    Zip,
    /// A tar file packed with gzip (`.tar.gz`, `.tgz`).
    TarGz,
}

/// One file out of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Position in the archive, directories and refused members counted, from 0.
    pub index: usize,
    /// Relative name with `/`, without `..`, drive, control characters or empty parts. Still never to be used as a path.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
    /// True when an earlier member had the same name: both are handed over.
    pub name_seen_before: bool,
}

/// What a visit came to; `members + refused + directories` is everything that the archive lists, unless `stopped`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Members handed over.
    pub members: usize,
    /// Members handed over as an error.
    pub refused: usize,
    /// Directories, which are skipped.
    pub directories: usize,
    /// Bytes of the members handed over.
    pub bytes: u64,
    /// True when the visitor broke off.
    pub stopped: bool,
}

/// The kind of archive that begins with these bytes; `None` for anything that is not read as an archive.
///
/// A gzip file is taken for a `.tar.gz`; [`visit`] says so if it holds something else.
#[must_use]
pub fn detect(bytes: &[u8]) -> Option<ArchiveKind> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        Some(ArchiveKind::Zip)
    } else if bytes.starts_with(b"\x1f\x8b\x08") {
        Some(ArchiveKind::TarGz)
    } else {
        None
    }
}

/// Hands every member of an archive to `visitor`, in the archive's own order, until the end or until it breaks off.
///
/// # Errors
/// The container is damaged, is not what `kind` says, or goes over a limit that concerns it as a whole. What was
/// handed over before remains good.
pub fn visit<R, F>(reader: R, kind: ArchiveKind, limits: &Limits, mut visitor: F) -> Result<Summary, ArchiveError>
where
    R: Read + Seek,
    F: FnMut(Result<Member, MemberError>) -> ControlFlow<()>,
{
    let mut delivery = Delivery { visitor: &mut visitor, summary: Summary::default() };
    match kind {
        ArchiveKind::Zip => zipped::read(reader, limits, &mut delivery)?,
        ArchiveKind::TarGz => tarball::read(reader, limits, &mut delivery)?,
    }
    Ok(delivery.summary)
}

/// Counts what goes to the visitor.
struct Delivery<'v> {
    visitor: &'v mut dyn FnMut(Result<Member, MemberError>) -> ControlFlow<()>,
    summary: Summary,
}

impl Delivery<'_> {
    fn directory(&mut self) {
        self.summary.directories += 1;
    }

    fn hand_over(&mut self, outcome: Result<Member, MemberError>) -> ControlFlow<()> {
        match &outcome {
            Ok(member) => {
                self.summary.members += 1;
                self.summary.bytes += member.bytes.len() as u64;
            }
            Err(_) => self.summary.refused += 1,
        }
        let flow = (self.visitor)(outcome);
        self.summary.stopped = flow.is_break();
        flow
    }
}

/// Whether a member is itself an archive or a packed file, which is refused rather than unpacked in turn.
fn is_nested_archive(bytes: &[u8]) -> bool {
    const MAGICS: [&[u8]; 7] =
        [b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\0", b"BZh"];
    const TAR_MAGIC: std::ops::Range<usize> = 257..262;
    MAGICS.iter().any(|magic| bytes.starts_with(magic)) || bytes.get(TAR_MAGIC) == Some(b"ustar")
}
