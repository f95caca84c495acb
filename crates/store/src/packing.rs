//! How a document's bytes are stored: as they are, compressed, or as what was inserted into another document.
//!
//! Invoices and seals are small and much alike, so that they are compressed against a dictionary: the one that is
//! part of the program ([`XML_1`]), with the certificates of the home's key after it where the document is a seal.
//! A document that is another one with something inserted (a signature) is stored as the place and the insertion.
//! Whatever the way, reading checks the size and the SHA-256 that were written down.

use std::cell::RefCell;
use std::io::Read as _;
use std::sync::Arc;

use crate::document::{hex, sha256_hex};
use crate::error::StoreError;

/// Frozen for good: what was compressed against it can be read with these bytes only. Made of documents of our own.
const XML_1: &[u8] = include_bytes!("../dictionaries/xml-1.txt");
/// Its name in the store.
const XML_1_NAME: &str = "xml-1";
/// The usual invoice. On 35 invoices of the corpus (8 kB on average, with the dictionary) level 3 makes 1,613 bytes at
/// 280 MB/s, level 6 1,446 at 118 MB/s, level 9 1,315 at 69 MB/s.
const LEVEL_SMALL: i32 = 6;
const SMALL: usize = 32 * 1024;
/// Everything else: what is large must not keep the processor.
const LEVEL_LARGE: i32 = 3;
/// Digits of a digest in the name of a dictionary of the home.
const NAME_DIGITS: usize = 16;
/// What is spared must be more than this to be worth leaning on another document, in bytes.
const WORTH_SPLICING: usize = 256;

/// A dictionary of this store: what its seals have in common, beside what all have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dictionary {
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
}

impl Dictionary {
    /// The dictionary for seals made with these certificates (DER, the signer's first).
    #[must_use]
    pub fn of_certificates<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut bytes = Vec::new();
        for der in certificates {
            bytes.extend_from_slice(b"<ds:X509Certificate>");
            bytes.extend_from_slice(openssl::base64::encode_block(der).as_bytes());
            bytes.extend_from_slice(b"</ds:X509Certificate>");
            let digest = openssl::base64::encode_block(&openssl::sha::sha256(der));
            bytes.extend_from_slice(format!("<ds:DigestValue>{digest}</ds:DigestValue>").as_bytes());
        }
        Self { name: sha256_hex(&bytes)[..NAME_DIGITS].to_owned(), bytes: bytes.into() }
    }
}

/// What was put into another document to make this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    /// SHA-256 of the other document.
    pub base: String,
    /// Where the two begin to differ.
    pub at: i64,
    /// How many bytes of the other are left out from there.
    pub skipped: i64,
}

/// A document's bytes as a row of the store holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    /// `none` or `zstd`.
    pub packing: String,
    /// The name of the dictionary, where there is one.
    pub dictionary: Option<String>,
    /// Where it is an insertion into another document.
    pub splice: Option<Splice>,
    /// What is stored.
    pub bytes: Vec<u8>,
}

/// Packs bytes of this media type the best way.
pub(crate) fn pack(media_type: &str, bytes: &[u8], own: Option<&Dictionary>) -> Stored {
    let plain = || Stored { packing: "none".to_owned(), bytes: bytes.to_vec(), ..Stored::default() };
    let is_xml = media_type.ends_with("xml");
    if !(is_xml || media_type.ends_with("json") || media_type.starts_with("text/")) {
        return plain();
    }
    let dictionary = match (is_xml, own) {
        (false, _) => None,
        (true, None) => Some(XML_1_NAME.to_owned()),
        (true, Some(own)) => Some(format!("{XML_1_NAME}+{}", own.name)),
    };
    match compress(bytes, dictionary.as_deref(), own) {
        Ok(smaller) if smaller.len() < bytes.len() => {
            Stored { packing: "zstd".to_owned(), dictionary, splice: None, bytes: smaller }
        }
        _ => plain(),
    }
}

/// Packs what is another document with something inserted, as the place and the insertion.
pub(crate) fn pack_spliced(media_type: &str, bytes: &[u8], base: &[u8], own: Option<&Dictionary>) -> Stored {
    let at = base.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    let same_end = base[at..].iter().rev().zip(bytes[at..].iter().rev()).take_while(|(a, b)| a == b).count();
    if at + same_end < WORTH_SPLICING {
        return pack(media_type, bytes, own);
    }
    let number = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
    let splice = Splice { base: sha256_hex(base), at: number(at), skipped: number(base.len() - at - same_end) };
    Stored { splice: Some(splice), ..pack(media_type, &bytes[at..bytes.len() - same_end], own) }
}

/// Each thread keeps its compressor with its dictionary: making one takes longer than compressing a small invoice.
fn compress(bytes: &[u8], name: Option<&str>, own: Option<&Dictionary>) -> std::io::Result<Vec<u8>> {
    type Kept = Vec<((Option<String>, i32), zstd::bulk::Compressor<'static>)>;
    let level = if bytes.len() <= SMALL { LEVEL_SMALL } else { LEVEL_LARGE };
    thread_local! {
        static COMPRESSORS: RefCell<Kept> = const { RefCell::new(Vec::new()) };
    }
    COMPRESSORS.with_borrow_mut(|kept| {
        let place = match kept.iter().position(|((known, at), _)| known.as_deref() == name && *at == level) {
            Some(place) => place,
            None => {
                // For each level: one without a dictionary, one with the program's, one with the present key's.
                kept.retain(|((known, _), _)| {
                    known.as_deref() == name || known.as_deref().is_none_or(|known| known == XML_1_NAME)
                });
                let dictionary = name.map(|_| joined(own.map(|own| &*own.bytes))).unwrap_or_default();
                let compressor = zstd::bulk::Compressor::with_dictionary(level, &dictionary)?;
                kept.push(((name.map(str::to_owned), level), compressor));
                kept.len() - 1
            }
        };
        let mut packed = kept[place].1.compress(bytes)?;
        packed.shrink_to_fit();
        Ok(packed)
    })
}

fn joined(own: Option<&[u8]>) -> Vec<u8> {
    [XML_1, own.unwrap_or_default()].concat()
}

/// The name of the store's own dictionary in the name of a row's, where it leans on one.
pub(crate) fn own_dictionary(name: &str) -> Option<&str> {
    name.strip_prefix(XML_1_NAME)?.strip_prefix('+')
}

/// Undoes the packing; never inflates past the size that was written down. `own` is the store's dictionary that the
/// row names, `base` the other document where it is an insertion.
pub(crate) fn unpack(
    stored: &Stored,
    size: i64,
    own: Option<&[u8]>,
    base: Option<&[u8]>,
) -> Result<Vec<u8>, StoreError> {
    let damaged = |what: &str| StoreError::Damaged(what.to_owned());
    let size = usize::try_from(size).map_err(|_| damaged("negative size"))?;
    let bytes = match (&stored.splice, base) {
        (None, _) => inflate(stored, size, own)?,
        (Some(_), None) => return Err(damaged("the document that this one was made from is not there")),
        (Some(splice), Some(base)) => {
            let at = usize::try_from(splice.at).unwrap_or(usize::MAX);
            let end = usize::try_from(splice.skipped).ok().and_then(|skipped| at.checked_add(skipped));
            let (Some(before), Some(after)) = (base.get(..at), end.and_then(|end| base.get(end..))) else {
                return Err(damaged("an insertion outside the document that it was made for"));
            };
            let inserted = size.checked_sub(before.len() + after.len());
            let inserted = inflate(stored, inserted.ok_or_else(|| damaged("an insertion of no size"))?, own)?;
            [before, &inserted, after].concat()
        }
    };
    if bytes.len() != size {
        return Err(damaged("a document has another size than was written down"));
    }
    Ok(bytes)
}

fn inflate(stored: &Stored, size: usize, own: Option<&[u8]>) -> Result<Vec<u8>, StoreError> {
    if stored.packing == "none" {
        return Ok(stored.bytes.clone());
    }
    let damaged = |error: std::io::Error| StoreError::Damaged(error.to_string());
    let dictionary = match &stored.dictionary {
        None => Vec::new(),
        Some(name) if name == XML_1_NAME => joined(None),
        Some(name) if own_dictionary(name).is_some() && own.is_some() => joined(own),
        Some(name) => return Err(StoreError::Damaged(format!("the dictionary {name} is not there"))),
    };
    let mut bytes = Vec::with_capacity(size.min(1 << 26));
    let decoder = zstd::Decoder::with_dictionary(stored.bytes.as_slice(), &dictionary).map_err(damaged)?;
    decoder.take(size as u64 + 1).read_to_end(&mut bytes).map_err(damaged)?;
    Ok(bytes)
}

/// The name that a dictionary of the store must have for these bytes.
pub(crate) fn dictionary_name(bytes: &[u8]) -> String {
    hex(&openssl::sha::sha256(bytes))[..NAME_DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn read_back(stored: &Stored, size: usize, own: &Dictionary, base: Option<&[u8]>) -> Vec<u8> {
        unpack(stored, size as i64, Some(&own.bytes), base).unwrap()
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(bytes in proptest::collection::vec(any::<u8>(), 0..4000), kind in 0..4) {
            let own = Dictionary::of_certificates([&b"one certificate"[..]]);
            let media = ["application/xml", "application/xml", "application/json", "application/pdf"][kind as usize];
            let stored = pack(media, &bytes, (kind == 1).then_some(&own));
            prop_assert_eq!(read_back(&stored, bytes.len(), &own, None), bytes);
        }

        #[test]
        fn an_insertion_gives_the_whole_document_back(
            base in proptest::collection::vec(any::<u8>(), 300..4000),
            inserted in proptest::collection::vec(any::<u8>(), 0..2000),
            at in any::<prop::sample::Index>(),
        ) {
            let at = at.index(base.len());
            let whole = [&base[..at], &inserted, &base[at..]].concat();
            let own = Dictionary::of_certificates([]);
            let stored = pack_spliced("application/xml", &whole, &base, Some(&own));
            prop_assert_eq!(stored.splice.as_ref().map(|splice| &splice.base), Some(&sha256_hex(&base)));
            prop_assert!(stored.bytes.len() <= inserted.len() + 300);
            prop_assert_eq!(&read_back(&stored, whole.len(), &own, Some(&base)), &whole);
            prop_assert!(unpack(&stored, whole.len() as i64, Some(&own.bytes), None).is_err());
        }
    }

    #[test]
    fn a_document_that_inflates_past_its_size_is_damaged() {
        let bytes = zstd::bulk::compress(&vec![0_u8; 1 << 20], 3).unwrap();
        let bomb = Stored { packing: "zstd".into(), bytes, ..Stored::default() };
        assert!(matches!(unpack(&bomb, 100, None, None), Err(StoreError::Damaged(_))));
    }

    #[test]
    fn an_insertion_outside_its_document_is_damaged() {
        let splice = Splice { base: String::new(), at: 3, skipped: i64::MAX };
        let stored = Stored { packing: "none".into(), bytes: vec![1], splice: Some(splice), ..Stored::default() };
        assert!(matches!(unpack(&stored, 5, None, Some(b"abc")), Err(StoreError::Damaged(_))));
    }

    /// What stores hold was compressed against exactly these bytes.
    #[test]
    fn the_dictionary_is_frozen() {
        assert_eq!(sha256_hex(XML_1), "6cc691db60d02a8420ade75749c7174d9892a43c25248283cce58b6a550bd7f7");
    }
}
