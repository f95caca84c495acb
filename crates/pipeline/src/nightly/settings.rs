//! What the administrator sets for the night.

use facteur_report::render::Format;
use facteur_report::standing::Name;
use facteur_texts::Language;
use facteur_transmit::{mail, webhook};
use serde::{Deserialize, Serialize};

use super::window::{TimeOfDay, Window};
use facteur_model::clock::Timestamp;

/// The `[nightly]` section of the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nightly {
    /// Beginning of the time window, by the clocks of Paris (`22:00`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<TimeOfDay>,
    /// Its end: no deposit is begun that might not end before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<TimeOfDay>,
    /// The former place of `[deposit] night_budget`: refused, so that nobody believes in a limit that is not there.
    #[serde(skip_serializing)]
    pub deposits: Option<u64>,
    /// How long the night follows what is on its way, in seconds.
    pub follow_seconds: u64,
    /// The reports that are written and attached, by their names (`daily`).
    pub reports: Vec<String>,
    /// Their formats: `html`, `csv`, `xlsx`, `json`, `text`.
    pub formats: Vec<FormatName>,
    /// The language of reports and mail.
    pub language: LanguageName,
    /// Where the summary is mailed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mail: Option<mail::Configuration>,
    /// Where it is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub webhook: Option<webhook::Configuration>,
}

impl Default for Nightly {
    fn default() -> Self {
        Self {
            from: None,
            until: None,
            deposits: None,
            follow_seconds: 600,
            reports: vec!["daily".to_owned()],
            formats: vec![FormatName::Html, FormatName::Csv],
            language: LanguageName::Fr,
            mail: None,
            webhook: None,
        }
    }
}

/// A format by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FormatName {
    /// One page that needs nothing else.
    Html,
    /// For spreadsheets.
    Csv,
    /// A workbook.
    Xlsx,
    /// For programs.
    Json,
    /// Plain tables.
    Text,
}

impl FormatName {
    pub(super) const fn format(self) -> Format {
        match self {
            Self::Html => Format::Html,
            Self::Csv => Format::Csv,
            Self::Xlsx => Format::Xlsx,
            Self::Json => Format::Json,
            Self::Text => Format::Text,
        }
    }

    /// The end of a file's name.
    pub(super) const fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::Text => "txt",
        }
    }
}

/// One language, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LanguageName {
    /// French.
    Fr,
    /// English.
    En,
    /// French, then English.
    Both,
}

impl LanguageName {
    pub(super) const fn languages(self) -> &'static [Language] {
        match self {
            Self::Fr => &[Language::French],
            Self::En => &[Language::English],
            Self::Both => &[Language::French, Language::English],
        }
    }
}

impl Nightly {
    /// What is wrong with the settings, if anything.
    ///
    /// # Errors
    /// A sentence about the first setting that cannot work.
    pub fn check(&self) -> Result<(), String> {
        if self.from.is_some() && self.until.is_none() {
            return Err("[nightly] from: until is missing".to_owned());
        }
        if self.from.is_some() && self.from == self.until {
            return Err("[nightly] from and until are the same".to_owned());
        }
        for name in &self.reports {
            match Name::from_name(name) {
                Some(Name::Audit) | None => {
                    let known: Vec<&str> = Name::all().filter(|name| *name != "audit").collect();
                    return Err(format!("[nightly] reports: {name:?}, expected {}", known.join(", ")));
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    pub(super) const fn window(&self) -> Window {
        Window { from: self.from, until: self.until }
    }

    /// The name of a night that begins now, good for a folder (`2026-11-23T220500.250Z`): two nights never share one,
    /// since one lock keeps them apart and a night takes longer than a millisecond.
    pub(super) fn name(now: Timestamp) -> String {
        let seconds = now.rfc3339().replace(':', "");
        format!("{}.{:03}Z", seconds.trim_end_matches('Z'), now.0.rem_euclid(1000))
    }
}
