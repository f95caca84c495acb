//! What a person reads on the pages of a PDF: words with their places, in lines.
//!
//! Text is painted glyph by glyph; a word is what the eye joins. Glyphs become characters through the font's
//! `/ToUnicode` map, else through its encoding; what neither explains is left out and counted.

mod cmap;
mod content;
mod font;
mod layout;
mod matrix;

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object, ObjectId};
use serde::{Deserialize, Serialize};

use self::content::Painter;
use self::matrix::Matrix;

/// Pages of which the text is read: an invoice of more has its sums on the first or the last ones.
const PAGES_MAX: usize = 60;
/// Glyphs of one document.
const GLYPHS_MAX: usize = 400_000;
/// Most bytes of one page's content, once unpacked.
const CONTENT_MAX: usize = 16 << 20;
/// Deepest tree of pages that is followed upwards for inherited entries.
const PARENTS_MAX: usize = 32;
/// A4 in points, where a page does not say its size.
const A4: [f32; 4] = [0.0, 0.0, 595.0, 842.0];

/// The text of a document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PdfText {
    /// Its pages, in order.
    pub pages: Vec<TextPage>,
    /// Whether pages or glyphs beyond the limits were left out.
    pub truncated: bool,
    /// Glyphs that no font explains.
    pub unexplained: usize,
    /// Whether some page paints an image: with no text at all, the mark of a scan.
    pub images: bool,
}

/// The text of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPage {
    /// Its number, from 1.
    pub number: usize,
    /// Its width in hundredths of a point.
    pub width: i32,
    /// Its height in hundredths of a point.
    pub height: i32,
    /// Its lines, from the top.
    pub lines: Vec<TextLine>,
}

/// Words that stand on one base line, from the left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextLine {
    /// The words.
    pub words: Vec<TextWord>,
}

/// A word and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextWord {
    /// Its characters.
    pub text: String,
    /// Where it stands.
    pub place: Place,
}

/// A box on a page, in hundredths of a point from the upper left corner.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Left edge.
    pub left: i32,
    /// Upper edge.
    pub top: i32,
    /// Right edge.
    pub right: i32,
    /// Lower edge.
    pub bottom: i32,
}

impl Place {
    /// The smallest box around both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// Its height.
    #[must_use]
    pub const fn height(self) -> i32 {
        self.bottom - self.top
    }
}

impl PdfText {
    /// Whether there is not a single word.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.iter().all(|page| page.lines.is_empty())
    }

    /// The text as lines, words parted by a space and pages by an empty line.
    #[must_use]
    pub fn plain(&self) -> String {
        let mut plain = String::new();
        for page in &self.pages {
            for line in &page.lines {
                for (index, word) in line.words.iter().enumerate() {
                    plain.push_str(if index == 0 { "" } else { " " });
                    plain.push_str(&word.text);
                }
                plain.push('\n');
            }
            plain.push('\n');
        }
        plain
    }
}

/// Reads the text of the pages.
pub(super) fn read(document: &Document) -> PdfText {
    let mut text = PdfText::default();
    let mut glyphs_left = GLYPHS_MAX;
    let mut seen = HashSet::new();
    let mut fonts = font::Fonts::default();
    for (index, id) in document.page_iter().enumerate() {
        if index >= PAGES_MAX || glyphs_left == 0 {
            text.truncated = true;
            break;
        }
        if !seen.insert(id) {
            continue;
        }
        let Ok(page) = document.get_dictionary(id) else { continue };
        let (media, upright) = geometry(document, page);
        let mut painter = Painter::new(document, &mut fonts, glyphs_left);
        painter.paint(&content(document, page), resources(document, page), upright);
        glyphs_left = glyphs_left.saturating_sub(painter.glyphs.len());
        text.unexplained += painter.unexplained;
        text.images |= painter.images;
        let lines = layout::lines(painter.glyphs);
        text.pages.push(TextPage { number: index + 1, width: hundredths(media.0), height: hundredths(media.1), lines });
    }
    text
}

/// Hundredths of a point; what cannot be on a page is cut to what an `i32` holds.
#[allow(clippy::cast_possible_truncation)]
fn hundredths(points: f32) -> i32 {
    (points * 100.0).round() as i32
}

/// Width and height of a page in hundredths of a point.
pub(super) fn page_size(document: &Document, page: &Dictionary) -> (i32, i32) {
    let ((width, height), _) = geometry(document, page);
    (hundredths(width), hundredths(height))
}

/// Width and height as read, and the matrix from the page's space to points from the upper left corner.
fn geometry(document: &Document, page: &Dictionary) -> ((f32, f32), Matrix) {
    let media = inherited(document, page, b"CropBox").or_else(|| inherited(document, page, b"MediaBox"));
    let edges: Vec<f32> = media
        .and_then(|object| object.as_array().ok())
        .map(|array| array.iter().filter_map(|edge| number(document, edge)).collect())
        .unwrap_or_default();
    let [x0, y0, x1, y1] = <[f32; 4]>::try_from(edges).unwrap_or(A4);
    let (left, right, low, high) = (x0.min(x1), x0.max(x1), y0.min(y1), y0.max(y1));
    let (width, height) = (right - left, high - low);
    let turned = inherited(document, page, b"Rotate").and_then(|object| object.as_i64().ok()).unwrap_or(0);
    match turned.rem_euclid(360) {
        90 => ((height, width), Matrix([0.0, 1.0, 1.0, 0.0, -low, -left])),
        180 => ((width, height), Matrix([-1.0, 0.0, 0.0, 1.0, right, -low])),
        270 => ((height, width), Matrix([0.0, -1.0, -1.0, 0.0, high, right])),
        _ => ((width, height), Matrix([1.0, 0.0, 0.0, -1.0, -left, high])),
    }
}

fn number(document: &Document, object: &Object) -> Option<f32> {
    document.dereference(object).ok()?.1.as_float().ok()
}

/// An entry of a page, or of the nodes above it.
pub(super) fn inherited<'d>(document: &'d Document, page: &'d Dictionary, key: &[u8]) -> Option<&'d Object> {
    let mut node = page;
    for _ in 0..PARENTS_MAX {
        if let Ok(object) = node.get(key) {
            return document.dereference(object).ok().map(|(_, object)| object);
        }
        node = node.get(b"Parent").ok().and_then(|parent| document.dereference(parent).ok())?.1.as_dict().ok()?;
    }
    None
}

pub(super) fn resources<'d>(document: &'d Document, page: &'d Dictionary) -> Option<&'d Dictionary> {
    inherited(document, page, b"Resources")?.as_dict().ok()
}

/// The page's content streams, joined; one that cannot be unpacked is left out.
fn content(document: &Document, page: &Dictionary) -> Vec<u8> {
    let Some(contents) = page.get(b"Contents").ok().and_then(|object| document.dereference(object).ok()) else {
        return Vec::new();
    };
    let mut streams: Vec<&Object> = Vec::new();
    match contents.1 {
        Object::Array(array) => streams.extend(array),
        other => streams.push(other),
    }
    let mut seen: HashSet<ObjectId> = HashSet::new();
    let mut joined = Vec::new();
    for stream in streams {
        let Ok((id, Object::Stream(stream))) = document.dereference(stream) else { continue };
        if id.is_some_and(|id| !seen.insert(id)) {
            continue;
        }
        let left = CONTENT_MAX.saturating_sub(joined.len());
        if let Ok(bytes) = stream.get_plain_content_with_limit(left) {
            joined.extend_from_slice(&bytes);
            joined.push(b'\n');
        }
    }
    joined
}
