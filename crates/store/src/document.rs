//! Documents as they are kept: named by their SHA-256, XML compressed, the rest as it is.

use std::cell::RefCell;
use std::io::Read as _;

use crate::error::StoreError;

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
    pub(crate) packing: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Packed {
    /// Hashes and packs. XML and JSON are compressed; a PDF is already.
    #[must_use]
    pub fn new(role: Role, media_type: &str, bytes: &[u8]) -> Self {
        let compressible =
            media_type.ends_with("xml") || media_type.ends_with("json") || media_type.starts_with("text/");
        let packed = if compressible { compress(bytes).ok() } else { None };
        let (packing, stored) = match packed {
            Some(smaller) if smaller.len() < bytes.len() => ("zstd", smaller),
            _ => ("none", bytes.to_vec()),
        };
        Self {
            sha256: sha256_hex(bytes),
            role,
            media_type: media_type.to_owned(),
            size: i64::try_from(bytes.len()).unwrap_or(i64::MAX),
            packing,
            bytes: stored,
        }
    }
}

/// Level 3: 20 kB of UBL in about 50 µs; higher levels gain little on documents this small.
const COMPRESSION_LEVEL: i32 = 3;

/// Each thread keeps its compressor: making one takes longer than compressing a small invoice with it.
fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    thread_local! {
        static COMPRESSOR: RefCell<Option<zstd::bulk::Compressor<'static>>> = const { RefCell::new(None) };
    }
    COMPRESSOR.with_borrow_mut(|kept| {
        let compressor = match kept {
            Some(compressor) => compressor,
            None => kept.insert(zstd::bulk::Compressor::new(COMPRESSION_LEVEL)?),
        };
        let mut packed = compressor.compress(bytes)?;
        packed.shrink_to_fit();
        Ok(packed)
    })
}

/// Undoes the packing; never inflates past the size that was written down.
pub(crate) fn unpack(packing: &str, stored: Vec<u8>, size: i64) -> Result<Vec<u8>, StoreError> {
    if packing == "none" {
        return Ok(stored);
    }
    let size = u64::try_from(size).map_err(|_| StoreError::Damaged("negative size".into()))?;
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(1 << 26)).unwrap_or_default());
    let damaged = |error: std::io::Error| StoreError::Damaged(error.to_string());
    zstd::Decoder::new(stored.as_slice()).map_err(damaged)?.take(size + 1).read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() as u64 != size {
        return Err(StoreError::Damaged("a document has another size than was written down".into()));
    }
    Ok(bytes)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(bytes in proptest::collection::vec(any::<u8>(), 0..4000), xml: bool) {
            let packed = Packed::new(Role::Original, if xml { "application/xml" } else { "application/pdf" }, &bytes);
            prop_assert_eq!(unpack(packed.packing, packed.bytes, packed.size).unwrap(), bytes);
        }
    }

    #[test]
    fn a_document_that_inflates_past_its_size_is_damaged() {
        let bomb = zstd::bulk::compress(&vec![0_u8; 1 << 20], 3).unwrap();
        assert!(matches!(unpack("zstd", bomb, 100), Err(StoreError::Damaged(_))));
    }
}
