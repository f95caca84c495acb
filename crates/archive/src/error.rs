//! Why an archive or one of its members was refused; each reason has a rule id, under which its sentences stand.

/// The archive as a whole cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Damaged, truncated, or not an archive of that kind.
    #[error("the archive is damaged: {detail}")]
    Damaged {
        /// What the reader met.
        detail: String,
    },
    /// A gzip file that holds something other than a tar file.
    #[error("the gzip file does not hold a tar file")]
    NotATar,
    /// A zip in several parts.
    #[error("the archive is one part of several")]
    SeveralParts,
    /// More members than allowed.
    #[error("the archive lists {found} members, more than {limit}")]
    TooManyMembers {
        /// How many it lists (at least).
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// More bytes in all than allowed.
    #[error("the archive unpacks to more than {limit} bytes")]
    TotalTooLarge {
        /// The limit.
        limit: u64,
    },
    /// Unpacks to far more than any honest document does.
    #[error("the archive unpacks to more than {limit} times its size")]
    Bomb {
        /// The limit.
        limit: u64,
    },
    /// The medium failed.
    #[error("the archive cannot be read from its medium")]
    Io(#[source] std::io::Error),
}

impl ArchiveError {
    /// The rule id, key of the sentences for people.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::Damaged { .. } => "ARCHIVE-DAMAGED",
            Self::NotATar => "ARCHIVE-NOT-TAR",
            Self::SeveralParts => "ARCHIVE-SEVERAL-PARTS",
            Self::TooManyMembers { .. } => "ARCHIVE-MEMBERS",
            Self::TotalTooLarge { .. } => "ARCHIVE-TOTAL",
            Self::Bomb { .. } => "ARCHIVE-BOMB",
            Self::Io(_) => "ARCHIVE-IO",
        }
    }

    /// What was found, for the sentence.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::Damaged { detail } => Some(detail.clone()),
            Self::TooManyMembers { found, .. } => Some(found.to_string()),
            Self::Io(source) => Some(source.to_string()),
            Self::NotATar | Self::SeveralParts | Self::TotalTooLarge { .. } | Self::Bomb { .. } => None,
        }
    }

    /// What is allowed, for the sentence.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::TooManyMembers { limit, .. } => Some(limit.to_string()),
            Self::TotalTooLarge { limit } | Self::Bomb { limit } => Some(limit.to_string()),
            Self::Damaged { .. } | Self::NotATar | Self::SeveralParts | Self::Io(_) => None,
        }
    }
}

/// One member was refused; the others are not concerned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("member {name}: {refusal}")]
pub struct MemberError {
    /// Position in the archive, from 0.
    pub index: usize,
    /// Its name, made printable and cut to a readable length; not to be used for anything but showing.
    pub name: String,
    /// Why.
    pub refusal: Refusal,
}

/// Why a member was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The name leads out of the archive, is absolute, empty, or holds control characters.
    #[error("its name is not a plain relative name")]
    UnsafeName,
    /// The name is too long.
    #[error("its name has {found} bytes, more than {limit}")]
    NameTooLong {
        /// Length of the name.
        found: usize,
        /// The limit.
        limit: usize,
    },
    /// A link, a device, a pipe or a sparse file.
    #[error("it is not a regular file but a {kind}")]
    NotAFile {
        /// What it is.
        kind: &'static str,
    },
    /// An archive inside the archive.
    #[error("it is itself an archive")]
    NestedArchive,
    /// Protected by a password.
    #[error("it is protected by a password")]
    Encrypted,
    /// Packed with a method that is not read.
    #[error("it is packed with a method that is not supported ({method})")]
    UnsupportedCompression {
        /// Name or number of the method.
        method: String,
    },
    /// Larger than allowed.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The limit.
        limit: u64,
    },
    /// Unpacks to far more than any honest document does.
    #[error("it unpacks to more than {limit} times its size")]
    Bomb {
        /// The limit.
        limit: u64,
    },
    /// The directory of the archive declares another size than the member has.
    #[error("it declares {declared} bytes and holds {found}")]
    SizeMismatch {
        /// Size in the directory of the archive.
        declared: u64,
        /// Bytes that came out (at least).
        found: u64,
    },
    /// Shares its content with another member: the mark of a bomb.
    #[error("its content overlaps another member's")]
    Overlapping,
    /// Cannot be unpacked, or its checksum is wrong.
    #[error("it is damaged: {detail}")]
    Damaged {
        /// What the reader met.
        detail: String,
    },
}

impl Refusal {
    /// The rule id, key of the sentences for people.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::UnsafeName => "ARCHIVE-MEMBER-NAME",
            Self::NameTooLong { .. } => "ARCHIVE-MEMBER-NAME-LENGTH",
            Self::NotAFile { .. } => "ARCHIVE-MEMBER-NOT-FILE",
            Self::NestedArchive => "ARCHIVE-MEMBER-NESTED",
            Self::Encrypted => "ARCHIVE-MEMBER-PASSWORD",
            Self::UnsupportedCompression { .. } => "ARCHIVE-MEMBER-METHOD",
            Self::TooLarge { .. } => "ARCHIVE-MEMBER-SIZE",
            Self::Bomb { .. } => "ARCHIVE-MEMBER-BOMB",
            Self::SizeMismatch { .. } => "ARCHIVE-MEMBER-SIZE-LIE",
            Self::Overlapping => "ARCHIVE-MEMBER-OVERLAP",
            Self::Damaged { .. } => "ARCHIVE-MEMBER-DAMAGED",
        }
    }

    /// What was found, for the sentence.
    #[must_use]
    pub fn found(&self) -> Option<String> {
        match self {
            Self::NameTooLong { found, .. } => Some(found.to_string()),
            Self::NotAFile { kind } => Some((*kind).to_owned()),
            Self::UnsupportedCompression { method } => Some(method.clone()),
            Self::SizeMismatch { found, .. } => Some(found.to_string()),
            Self::Damaged { detail } => Some(detail.clone()),
            _ => None,
        }
    }

    /// What is allowed or was declared, for the sentence.
    #[must_use]
    pub fn expected(&self) -> Option<String> {
        match self {
            Self::NameTooLong { limit, .. } => Some(limit.to_string()),
            Self::TooLarge { limit } | Self::Bomb { limit } => Some(limit.to_string()),
            Self::SizeMismatch { declared, .. } => Some(declared.to_string()),
            _ => None,
        }
    }
}
