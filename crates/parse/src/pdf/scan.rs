//! Scanned pages: the images to be recognised, and the words that a recogniser found on them.
//!
//! Recognised words are worth less than printed ones: whatever the labels and sums say, nothing read from them is sure.

mod words;

use facteur_model::finding::{Actor, Finding, Layer};
use lopdf::{Dictionary, Document, Object};
use serde::{Deserialize, Serialize};

use super::text::{page_size, resources};
use super::{PdfError, PdfLimits, check_magic, load};

pub use self::words::{RecognisedPage, read_recognised};

/// Pages of a scan that are recognised: the first ones and the last.
pub const SCAN_PAGES_MAX: usize = 5;
/// Most bytes of all images together.
const IMAGES_MAX: usize = 48 << 20;
/// Images of one page that are looked at.
const IMAGES_OF_PAGE_MAX: usize = 64;
/// Fewer pixels than this on a side are no scanned page.
const SIDE_MIN: i64 = 200;
/// More pixels than this on a side are no page that anybody scanned.
const SIDE_MAX: i64 = 20_000;

/// A page to be recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanPage {
    /// Its number, from 1.
    pub number: usize,
    /// Its width in hundredths of a point.
    pub width: i32,
    /// Its height in hundredths of a point.
    pub height: i32,
    /// The image that covers it, as JPEG or PNM, where it is stored in a way that can be taken out as it is. Not part of
    /// the serialised form: it travels beside it.
    #[serde(skip)]
    pub image: Vec<u8>,
}

/// The pages of a scan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// Those to be recognised.
    pub pages: Vec<ScanPage>,
    /// How many the document has.
    pub of: usize,
}

/// The pages of a scanned PDF, with their images where they are wanted.
///
/// # Errors
/// As [`super::extract`], whatever the PDF carries.
pub fn scan(bytes: &[u8], limits: &PdfLimits, images: bool) -> Result<Scan, PdfError> {
    check_magic(bytes, limits)?;
    let document = load(bytes, limits)?;
    let ids: Vec<_> = document.page_iter().take(limits.max_text_pages + 1).collect();
    if ids.len() > limits.max_text_pages {
        return Err(PdfError::TooManyPages { limit: limits.max_text_pages });
    }
    let mut pages = Vec::new();
    let mut left = IMAGES_MAX;
    for (index, id) in ids.iter().enumerate() {
        if index + 1 >= SCAN_PAGES_MAX && index + 1 != ids.len() {
            continue;
        }
        let Ok(page) = document.get_dictionary(*id) else { continue };
        let (width, height) = page_size(&document, page);
        let image = if images { largest_image(&document, page, left).unwrap_or_default() } else { Vec::new() };
        left = left.saturating_sub(image.len());
        pages.push(ScanPage { number: index + 1, width, height, image });
    }
    Ok(Scan { pages, of: ids.len() })
}

/// What became of a scan that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ScanError {
    /// No recogniser on this machine, or none that reads French.
    #[error("no text recognition is installed")]
    NotInstalled,
    /// It gave nothing back within its limits.
    #[error("text recognition failed: {0}")]
    Failed(String),
}

impl ScanError {
    /// The same as a finding.
    #[must_use]
    pub fn finding(&self) -> Finding {
        match self {
            Self::NotInstalled => Finding::warning(Layer::Reading, "PDF-SCAN").actor(Actor::Supplier),
            Self::Failed(detail) => {
                Finding::warning(Layer::Reading, "PDF-SCAN-FAILED").found(detail.clone()).actor(Actor::Service)
            }
        }
    }
}

/// The image with the most pixels among those of a page.
fn largest_image(document: &Document, page: &Dictionary, most: usize) -> Option<Vec<u8>> {
    let objects = resources(document, page)?.get(b"XObject").ok()?;
    let objects = document.dereference(objects).ok()?.1.as_dict().ok()?;
    let streams = objects.iter().take(IMAGES_OF_PAGE_MAX).filter_map(|(_, object)| {
        let stream = document.dereference(object).ok()?.1.as_stream().ok()?;
        let is_image = stream.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image");
        is_image.then_some(stream)
    });
    let side = |stream: &lopdf::Stream, key: &[u8]| whole(document, &stream.dict, key).unwrap_or_default();
    let sized = streams.map(|stream| (side(stream, b"Width"), side(stream, b"Height"), stream));
    let pages =
        sized.filter(|(width, height, _)| [width, height].iter().all(|side| (SIDE_MIN..=SIDE_MAX).contains(*side)));
    let (width, height, stream) = pages.max_by_key(|(width, height, _)| width * height)?;
    let filters = stream.filters().unwrap_or_default();
    match filters.as_slice() {
        [only] if *only == b"DCTDecode" => Some(stream.content.clone()).filter(|jpeg| jpeg.len() <= most),
        [] => pnm(document, &stream.dict, &stream.content, width, height),
        [only] if *only == b"FlateDecode" => {
            let samples = stream.decompressed_content_with_limit(most).ok()?;
            pnm(document, &stream.dict, &samples, width, height)
        }
        _ => None,
    }
}

fn whole(document: &Document, dictionary: &Dictionary, key: &[u8]) -> Option<i64> {
    document.dereference(dictionary.get(key).ok()?).ok()?.1.as_i64().ok()
}

/// Plain samples as a portable image: grey or RGB with eight bits, or black and white.
fn pnm(document: &Document, dictionary: &Dictionary, samples: &[u8], width: i64, height: i64) -> Option<Vec<u8>> {
    let bits = whole(document, dictionary, b"BitsPerComponent").unwrap_or(1);
    let space = document.dereference(dictionary.get(b"ColorSpace").ok()?).ok()?.1;
    let colours = match space.as_name() {
        Ok(b"DeviceGray") => 1,
        Ok(b"DeviceRGB") => 3,
        _ => return None,
    };
    let (kind, row) = match (bits, colours) {
        (8, 1) => ("P5", width),
        (8, 3) => ("P6", width * 3),
        (1, 1) => ("P4", (width + 7) / 8),
        _ => return None,
    };
    let length = usize::try_from(row.checked_mul(height)?).ok()?;
    let samples = samples.get(..length)?;
    let depth = if bits == 8 { "255\n" } else { "" };
    let mut image = format!("{kind}\n{width} {height}\n{depth}").into_bytes();
    // In a PDF 0 is black, in a portable bitmap white.
    if bits == 1 {
        image.extend(samples.iter().map(|byte| !byte));
    } else {
        image.extend_from_slice(samples);
    }
    Some(image)
}
