//! Where one value stands.

use serde::{Deserialize, Serialize};

use super::value::DateFormat;

/// How one field is found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRule {
    /// Where to look.
    pub find: Find,
    /// The value's shape, as a regular expression; without one, what its kind of field looks like.
    pub pattern: Option<String>,
    /// Only on this page.
    pub page: Option<PageChoice>,
    /// Which of several.
    pub occurrence: Occurrence,
    /// How this date is printed, where it is not as the template's others.
    pub date_format: Option<DateFormat>,
}

impl FieldRule {
    /// A rule that says where and nothing else.
    #[must_use]
    pub const fn new(find: Find) -> Self {
        Self { find, pattern: None, page: None, occurrence: Occurrence::First, date_format: None }
    }
}

/// Where to look for a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Find {
    /// A regular expression over the lines of a page; its one group is the value.
    Regex(String),
    /// Beside or under these words.
    Label {
        /// The words; case and accents do not count.
        words: String,
        /// On which side of them.
        position: Position,
    },
    /// In this box: left, top, right and bottom in hundredths of a point from the upper left corner.
    Box([i32; 4]),
}

/// On which side of its label a value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Position {
    /// On the same line, further right.
    Right,
    /// On a line below, under the label.
    Below,
}

/// Which page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageChoice {
    /// The page with this number, from 1.
    Number(usize),
    /// The last one.
    Last,
}

/// Which of several places is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// The first in reading order.
    #[default]
    First,
    /// The last.
    Last,
}
