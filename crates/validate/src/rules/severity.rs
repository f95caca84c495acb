//! How much a failed rule weighs.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use facteur_model::finding::Severity;
use facteur_rules::Failure;
use serde::Deserialize;

const TABLE: &str = include_str!("../../../../schemas/severities.toml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[allow(dead_code, reason = "the file names its format; there has been only one")]
    format: u32,
    warnings: BTreeSet<String>,
    historic: BTreeSet<String>,
}

/// Whether Chorus Pro's historic channel itself asks for what the rule forbids: there it warns.
pub(crate) fn contradicts_historic_channel(rule: &str) -> bool {
    table().historic.contains(rule)
}

/// What the artefact's own flag says; without one, the table; else fatal. What could not be evaluated is fatal.
pub(crate) fn of(failure: &Failure) -> Severity {
    let stated = failure.flag.as_deref().or(failure.role.as_deref());
    match stated {
        _ if !failure.evaluated => Severity::Fatal,
        Some("warning" | "warn" | "information" | "info") => Severity::Warning,
        Some(_) => Severity::Fatal,
        None if failure.id.as_ref().is_some_and(|id| table().warnings.contains(id)) => Severity::Warning,
        None => Severity::Fatal,
    }
}

fn table() -> &'static Table {
    static PARSED: OnceLock<Table> = OnceLock::new();
    PARSED.get_or_init(|| match toml::from_str(TABLE) {
        Ok(table) => table,
        Err(error) => unreachable!("schemas/severities.toml is checked by a test: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use facteur_xml::NodeId;

    use super::*;

    fn failure(id: &str, flag: Option<&str>, evaluated: bool) -> Failure {
        Failure {
            id: Some(id.to_owned()),
            flag: flag.map(str::to_owned),
            role: None,
            test: String::new(),
            node: NodeId(0),
            message: String::new(),
            evaluated,
            reason: None,
        }
    }

    #[test]
    fn flags_count_first_then_the_table_and_what_has_neither_is_fatal() {
        let cases = [
            ("BR-01", Some("fatal"), true, Severity::Fatal),
            ("UBL-CR-001", Some("warning"), true, Severity::Warning),
            ("UBL-CR-001", Some("warning"), false, Severity::Fatal),
            ("FX-SCH-A-000164", None, true, Severity::Fatal),
            ("CII-SR-465", None, true, Severity::Warning),
            ("CII-SR-465", Some("fatal"), true, Severity::Fatal),
        ];
        for (id, flag, evaluated, expected) in cases {
            assert_eq!(of(&failure(id, flag, evaluated)), expected, "{id} {flag:?} {evaluated}");
        }
    }

    #[test]
    fn what_the_historic_channel_asks_for_itself_is_in_the_table() {
        assert!(contradicts_historic_channel("BR-CL-10"));
        assert!(!contradicts_historic_channel("BR-CO-15"));
    }
}
