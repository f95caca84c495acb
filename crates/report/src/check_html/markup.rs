//! Writing HTML so that nothing from outside can become markup.

use facteur_texts::printable;

/// A piece of HTML. What is markup is a literal of this program; everything else goes through [`Markup::text`].
#[derive(Debug, Clone, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Adds markup: `'static`, so that no value read from a document fits.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds a text, escaped; control characters and direction overrides become visible, line breaks stay.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for (index, line) in text.split('\n').enumerate() {
            if index > 0 {
                self.0.push('\n');
            }
            for letter in printable(line.trim_end_matches('\r')).chars() {
                match letter {
                    '&' => self.0.push_str("&amp;"),
                    '<' => self.0.push_str("&lt;"),
                    '>' => self.0.push_str("&gt;"),
                    '"' => self.0.push_str("&quot;"),
                    '\'' => self.0.push_str("&#39;"),
                    _ => self.0.push(letter),
                }
            }
        }
        self
    }

    /// Adds another piece.
    pub(super) fn add(&mut self, other: &Self) -> &mut Self {
        self.0.push_str(&other.0);
        self
    }

    /// Whether there is nothing in it.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole text.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}
