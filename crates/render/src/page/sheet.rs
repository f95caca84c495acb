//! Sheets of paper: what is set goes down the page, and on to the next where there is no more room.

use super::font::{Fonts, Weight};

pub(super) const WIDTH: f32 = 595.0;
pub(super) const HEIGHT: f32 = 842.0;
pub(super) const LEFT: f32 = 48.0;
pub(super) const RIGHT: f32 = WIDTH - 48.0;
const TOP: f32 = 46.0;
/// Above the footer.
const BOTTOM: f32 = HEIGHT - 62.0;

/// A shade of ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    Black,
    Grey,
    Accent,
}

/// Something on a sheet, its corner from the upper left.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    Text { x: f32, y: f32, weight: Weight, size: f32, ink: Ink, text: String },
    Rule { y: f32, from: f32, to: f32, strong: bool },
    Band { y: f32, from: f32, to: f32, height: f32 },
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    pub(super) weight: Weight,
    pub(super) size: f32,
    pub(super) ink: Ink,
}

pub(super) const BODY: Style = Style { weight: Weight::Regular, size: 8.6, ink: Ink::Black };
pub(super) const STRONG: Style = Style { weight: Weight::Bold, ..BODY };
pub(super) const SMALL: Style = Style { size: 7.4, ink: Ink::Grey, ..BODY };
pub(super) const HEADING: Style = Style { weight: Weight::Bold, size: 7.6, ink: Ink::Accent };

impl Style {
    pub(super) const fn lead(self) -> f32 {
        self.size * 1.36
    }
}

/// The sheets set so far, and where the next thing goes.
pub(super) struct Sheets<'f> {
    pub(super) fonts: &'f Fonts,
    pub(super) pages: Vec<Vec<Mark>>,
    pub(super) y: f32,
}

impl<'f> Sheets<'f> {
    pub(super) fn new(fonts: &'f Fonts) -> Self {
        Self { fonts, pages: vec![Vec::new()], y: TOP }
    }

    pub(super) fn put(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Whether there is so much room left.
    pub(super) fn fits(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    /// Whether there is so much room left; a new sheet is begun where there is not. True where one was begun.
    pub(super) fn room(&mut self, height: f32) -> bool {
        let full = !self.fits(height);
        if full {
            self.turn();
        }
        full
    }

    /// Begins a new sheet.
    pub(super) fn turn(&mut self) {
        self.pages.push(Vec::new());
        self.y = TOP;
    }

    /// A text whose base line is one size below `y`.
    pub(super) fn text(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let text = self.fonts.drawable(style.weight, text);
        let Style { weight, size, ink } = style;
        self.put(Mark::Text { x, y: y + size, weight, size, ink, text });
    }

    /// The same, ending at `x`.
    pub(super) fn right(&mut self, x: f32, y: f32, style: Style, text: &str) {
        let drawable = self.fonts.drawable(style.weight, text);
        let width = self.fonts.width(style.weight, style.size, &drawable);
        self.text(x - width, y, style, text);
    }

    /// Lines in a column from a height on; answers the height below them. They are not parted over sheets.
    pub(super) fn column(&mut self, x: f32, y: f32, width: f32, style: Style, text: &str) -> f32 {
        let mut below = y;
        for line in self.fonts.lines(style.weight, style.size, width, text) {
            self.text(x, below, style, &line);
            below += style.lead();
        }
        below
    }

    /// A paragraph over the whole width, over sheets where needed.
    pub(super) fn paragraph(&mut self, style: Style, text: &str) {
        for line in self.fonts.lines(style.weight, style.size, RIGHT - LEFT, text) {
            self.room(style.lead());
            self.text(LEFT, self.y, style, &line);
            self.y += style.lead();
        }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.room(46.0);
        self.y += 8.0;
        self.text(LEFT, self.y, HEADING, &text.to_uppercase());
        self.y += 12.0;
        self.rule(LEFT, RIGHT, true);
        self.y += 4.0;
    }

    pub(super) fn rule(&mut self, from: f32, to: f32, strong: bool) {
        self.put(Mark::Rule { y: self.y, from, to, strong });
    }
}
