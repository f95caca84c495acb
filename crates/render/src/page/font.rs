//! The two faces of the page, and how wide a text is in them.

use krilla::text::Font;
use ttf_parser::Face;

use super::PageError;

/// A weight of the one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

pub(super) struct Fonts {
    regular: Loaded,
    bold: Loaded,
}

struct Loaded {
    font: Font,
    face: Face<'static>,
}

impl Fonts {
    /// DejaVu Sans Condensed, held in the program: a machine without fonts prints the same page.
    pub(super) fn load() -> Result<Self, PageError> {
        Ok(Self {
            regular: Loaded::of(dejavu::sans_condensed::regular())?,
            bold: Loaded::of(dejavu::sans_condensed::bold())?,
        })
    }

    pub(super) fn font(&self, weight: Weight) -> Font {
        self.of(weight).font.clone()
    }

    const fn of(&self, weight: Weight) -> &Loaded {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    /// How far a text reaches, in points.
    pub(super) fn width(&self, weight: Weight, size: f32, text: &str) -> f32 {
        let face = &self.of(weight).face;
        let units: u32 = text.chars().map(|character| advance(face, character)).sum();
        #[allow(clippy::cast_precision_loss)]
        let em = units as f32 / f32::from(face.units_per_em());
        em * size
    }

    /// The text with what the face cannot draw made visible as such.
    pub(super) fn drawable(&self, weight: Weight, text: &str) -> String {
        let face = &self.of(weight).face;
        let known = |character: char| face.glyph_index(character).is_some();
        facteur_texts::printable(text).chars().map(|c| if known(c) { c } else { '\u{FFFD}' }).collect()
    }

    /// Breaks a text into lines of at most that width; a word that is too long is cut.
    pub(super) fn lines(&self, weight: Weight, size: f32, width: f32, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines().filter(|line| !line.trim().is_empty()) {
            let paragraph = self.drawable(weight, paragraph);
            let mut line = String::new();
            for word in paragraph.split(' ').filter(|word| !word.is_empty()) {
                let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
                if self.width(weight, size, &longer) <= width {
                    line = longer;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line = self.cut(weight, size, width, word, &mut lines);
            }
            if !line.is_empty() {
                lines.push(line);
            }
        }
        lines
    }

    /// A word wider than the column: full lines of it, and what is left.
    fn cut(&self, weight: Weight, size: f32, width: f32, word: &str, lines: &mut Vec<String>) -> String {
        let mut rest = String::new();
        for character in word.chars() {
            rest.push(character);
            if self.width(weight, size, &rest) > width && rest.chars().count() > 1 {
                rest.pop();
                lines.push(std::mem::replace(&mut rest, character.to_string()));
            }
        }
        rest
    }
}

impl Loaded {
    fn of(bytes: &'static [u8]) -> Result<Self, PageError> {
        let font = Font::new(bytes.into(), 0).ok_or(PageError::Font)?;
        let face = Face::parse(bytes, 0).map_err(|_| PageError::Font)?;
        Ok(Self { font, face })
    }
}

fn advance(face: &Face<'_>, character: char) -> u32 {
    let glyph = face.glyph_index(character).unwrap_or_default();
    u32::from(face.glyph_hor_advance(glyph).unwrap_or_default())
}
