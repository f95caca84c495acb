//! The disposal schedule: `schemas/retention.toml`, or the home's own.

use std::path::Path;

use facteur_model::clock::Timestamp;
use facteur_store::archive::Dossier;
use serde::Deserialize;

use crate::error::PipelineError;

const BUILT_IN: &str = include_str!("../../../../schemas/retention.toml");
/// The class of an invoice's own documents: every dossier has at least this one.
const INVOICE: &str = "invoice";
/// The class of what the journal says of an invoice.
const JOURNAL: &str = "journal_payload";

/// How long each class is kept, and why.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Which schedule it is.
    pub version: String,
    /// Who has to approve an elimination, by which text.
    pub visa: String,
    class: Vec<Class>,
}

/// A class of documents.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Roles of documents that belong to it.
    pub roles: Vec<String>,
    /// How many years, from the end of the year of issue or reception.
    pub years: i32,
    /// The texts that say so.
    pub sources: Vec<String>,
}

impl Schedule {
    /// The one that is part of the program.
    ///
    /// # Errors
    /// Never, unless the program was built wrong: a test reads it.
    pub fn built_in() -> Result<Self, PipelineError> {
        Self::parse(BUILT_IN, "schemas/retention.toml")
    }

    /// The one in a file.
    ///
    /// # Errors
    /// The file cannot be read, or is no schedule.
    pub fn read(path: &Path) -> Result<Self, PipelineError> {
        let text = std::fs::read_to_string(path).map_err(PipelineError::file(path))?;
        Self::parse(&text, &path.display().to_string())
    }

    fn parse(text: &str, name: &str) -> Result<Self, PipelineError> {
        let wrong = |cause: String| PipelineError::Schedule(format!("{name}: {cause}"));
        let schedule: Self = toml::from_str(text).map_err(|error| wrong(error.message().to_owned()))?;
        for needed in [INVOICE, JOURNAL] {
            if schedule.class(needed).is_none() {
                return Err(wrong(format!("no class {needed}")));
            }
        }
        if let Some(class) = schedule.class.iter().find(|class| !(1..=200).contains(&class.years)) {
            return Err(wrong(format!("class {}: {} years", class.name, class.years)));
        }
        Ok(schedule)
    }

    /// Every class.
    #[must_use]
    pub fn classes(&self) -> &[Class] {
        &self.class
    }

    fn class(&self, name: &str) -> Option<&Class> {
        self.class.iter().find(|class| class.name == name)
    }

    /// The class of a document in this role; what the schedule does not name is kept like an invoice.
    #[must_use]
    pub fn class_of(&self, role: &str) -> Option<&Class> {
        let of_role = self.class.iter().find(|class| class.roles.iter().any(|known| known == role));
        of_role.or_else(|| self.class(INVOICE))
    }

    /// The last day on which a dossier must be kept, `YYYY-MM-DD`: the latest of its classes, and never before the
    /// day written down when it was processed.
    #[must_use]
    pub fn end_of(&self, dossier: &Dossier) -> String {
        let roles = dossier.documents.iter().filter_map(|document| self.class_of(&document.role));
        let classes = roles.chain([INVOICE, JOURNAL].into_iter().filter_map(|name| self.class(name)));
        let years = classes.map(|class| class.years).max().unwrap_or_default();
        let end = end(start_year(dossier.issued.as_deref(), dossier.received_at), years);
        dossier.retention_end.clone().map_or_else(|| end.clone(), |written| written.max(end.clone()))
    }

    /// The last day of the whole dossier of an invoice issued and received then, as it is written down when the
    /// invoice is processed.
    #[must_use]
    pub fn end_for(&self, issued: Option<&str>, received: Timestamp) -> String {
        let years = self.class.iter().map(|class| class.years).max().unwrap_or_default();
        end(start_year(issued, received), years)
    }

    /// Fewest years of any class: nothing younger can be due.
    #[must_use]
    pub fn shortest(&self) -> i32 {
        self.class.iter().map(|class| class.years).min().unwrap_or_default()
    }
}

/// The year of issue or of reception, whichever is later. A year far in the future is a mistake in the document, and
/// must not keep it for centuries.
fn start_year(issued: Option<&str>, received: Timestamp) -> i32 {
    let received = year(received);
    let issued = issued.and_then(|date| date.get(..4)?.parse().ok()).filter(|issued| *issued <= received + 1);
    issued.map_or(received, |issued: i32| issued.max(received))
}

fn end(year: i32, years: i32) -> String {
    format!("{:04}-12-31", year + years)
}

/// The year of an instant, UTC.
fn year(at: Timestamp) -> i32 {
    at.rfc3339().get(..4).and_then(|text| text.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use facteur_model::lifecycle::State;
    use facteur_store::archive::Kept;

    use super::*;

    /// 2026-11-23.
    const NOW: Timestamp = Timestamp(1_795_453_606_000);

    fn dossier(issued: Option<&str>, roles: &[&str]) -> Dossier {
        let document = |role: &&str| Kept { sha256: String::new(), role: (*role).into(), size: 1, eliminated: false };
        Dossier {
            id: "1".into(),
            state: State::Settled,
            number: None,
            supplier: None,
            issued: issued.map(str::to_owned),
            received_at: NOW,
            retention_end: None,
            hold: None,
            eliminated: None,
            documents: roles.iter().map(document).collect(),
        }
    }

    #[test]
    fn every_class_names_its_source_and_every_role_has_a_class() {
        let schedule = Schedule::built_in().unwrap();
        assert!(schedule.classes().iter().all(|class| !class.sources.is_empty()));
        for role in ["original", "embedded_xml", "transmitted", "seal", "attachment", "gateway_payload"] {
            assert!(schedule.class.iter().any(|class| class.roles.iter().any(|known| known == role)), "{role}");
        }
    }

    #[test]
    fn a_dossier_is_kept_until_the_last_of_its_classes_ends() {
        let schedule = Schedule::built_in().unwrap();
        let with = |issued, roles: &[&str]| schedule.end_of(&dossier(issued, roles));
        assert_eq!(with(Some("2026-10-05"), &["original", "gateway_payload"]), "2036-12-31");
        assert_eq!(with(Some("2020-01-01"), &["original"]), "2036-12-31", "received later than issued");
        assert_eq!(with(Some("2027-01-03"), &["original"]), "2037-12-31");
        assert_eq!(with(Some("9026-01-03"), &["original"]), "2036-12-31", "a mistake does not keep it for ever");
        let longer = Dossier { retention_end: Some("2040-12-31".into()), ..dossier(None, &["original"]) };
        assert_eq!(schedule.end_of(&longer), "2040-12-31");
    }

    #[test]
    fn a_schedule_without_sense_is_refused() {
        for text in ["", "version = '1'\nvisa = ''\nclass = []", &BUILT_IN.replace("years = 10", "years = 0")] {
            assert!(Schedule::parse(text, "x").is_err());
        }
    }
}
