//! Documents as they are kept: named by their SHA-256, XML compressed, the rest as it is.

pub use crate::packing::Dictionary;
use crate::packing::{Stored, own_dictionary, pack, pack_spliced};

/// What a document is to its invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// As it came in.
    Original,
    /// The XML out of a hybrid PDF.
    EmbeddedXml,
    /// The very bytes that go to the gateway, where they differ from the original.
    Transmitted,
    /// A detached seal.
    Seal,
    /// An attachment.
    Attachment,
    /// An answer of the gateway.
    GatewayPayload,
}

impl Role {
    /// The spelling in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::EmbeddedXml => "embedded_xml",
            Self::Transmitted => "transmitted",
            Self::Seal => "seal",
            Self::Attachment => "attachment",
            Self::GatewayPayload => "gateway_payload",
        }
    }
}

impl Role {
    /// The class of the disposal schedule that a document in this role belongs to.
    pub(crate) const fn retention_class(self) -> &'static str {
        match self {
            Self::Original | Self::EmbeddedXml | Self::Transmitted | Self::Attachment => "invoice",
            Self::Seal => "seal",
            Self::GatewayPayload => "gateway_payload",
        }
    }
}

/// A document ready to be written: hashed and packed outside the writer.
#[derive(Debug, Clone)]
pub struct Packed {
    /// SHA-256 of the bytes as they came, in lower-case hexadecimal.
    pub sha256: String,
    /// Its role.
    pub role: Role,
    /// Its media type (`application/xml`).
    pub media_type: String,
    /// Its size before packing, in bytes.
    pub size: i64,
    pub(crate) stored: Stored,
    /// The dictionary of the store that it leans on.
    pub(crate) own: Option<Dictionary>,
}

impl Packed {
    /// Hashes and packs. XML and JSON are compressed; a PDF is already.
    #[must_use]
    pub fn new(role: Role, media_type: &str, bytes: &[u8]) -> Self {
        Self::of(role, media_type, bytes, pack(media_type, bytes, None), None)
    }

    /// Hashes and packs what has much in common with others of its kind: seals made with the same certificates.
    #[must_use]
    pub fn alike(role: Role, media_type: &str, bytes: &[u8], dictionary: &Dictionary) -> Self {
        Self::of(role, media_type, bytes, pack(media_type, bytes, Some(dictionary)), Some(dictionary))
    }

    /// Hashes and packs what is another document of this store with something inserted, a signature: only the place and
    /// the insertion are stored.
    #[must_use]
    pub fn inserted(role: Role, media_type: &str, bytes: &[u8], base: &[u8], dictionary: &Dictionary) -> Self {
        let stored = pack_spliced(media_type, bytes, base, Some(dictionary));
        Self::of(role, media_type, bytes, stored, Some(dictionary))
    }

    fn of(role: Role, media_type: &str, bytes: &[u8], stored: Stored, dictionary: Option<&Dictionary>) -> Self {
        let leans = stored.dictionary.as_deref().and_then(own_dictionary).is_some();
        Self {
            sha256: sha256_hex(bytes),
            role,
            media_type: media_type.to_owned(),
            size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            own: dictionary.filter(|_| leans).cloned(),
            stored,
        }
    }
}

/// The short name under which a list of packs is kept once; empty for no list.
pub(crate) fn pack_list_id(list: &str) -> String {
    if list.is_empty() { String::new() } else { sha256_hex(list.as_bytes())[..16].to_owned() }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&openssl::sha::sha256(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}
