//! Corrected values from a file: TOML, one field a line, in the spelling of the draft's form.

use std::collections::BTreeMap;

use facteur_parse::pdf::fields::FieldName;

/// A file of values that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValuesError {
    /// Not TOML.
    #[error("{0}")]
    Syntax(String),
    /// A name that is no field.
    #[error("unknown field {name}")]
    UnknownField {
        /// As written.
        name: String,
        /// Those that there are.
        known: String,
    },
    /// A value that is no text: a binary fraction is no amount, a list no value.
    #[error("{name} has to be a text between quotes")]
    NotText {
        /// Which field.
        name: String,
    },
    /// No value at all.
    #[error("no value")]
    Empty,
}

/// Reads corrected values: `number = "F-2026-17"`, `issued = 2026-01-31`, `total = "120.00"`; at the top, or in a table
/// `[fields]`. An empty text is a value that is not known.
///
/// # Errors
/// What is wrong, and where.
pub fn read_values(text: &str) -> Result<BTreeMap<FieldName, String>, ValuesError> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| ValuesError::Syntax(error.to_string()))?;
    let rows = match table.get("fields") {
        Some(toml::Value::Table(fields)) => fields,
        _ => &table,
    };
    let mut values = BTreeMap::new();
    for (name, value) in rows {
        let Some(field) = FieldName::from_name(name) else {
            let known = FieldName::ALL.map(FieldName::as_str).join(", ");
            return Err(ValuesError::UnknownField { name: name.clone(), known });
        };
        let value = match value {
            toml::Value::String(text) => text.trim().to_owned(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Datetime(date) => date.to_string(),
            _ => return Err(ValuesError::NotText { name: name.clone() }),
        };
        if !value.is_empty() {
            values.insert(field, value);
        }
    }
    if values.is_empty() { Err(ValuesError::Empty) } else { Ok(values) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_are_texts_dates_and_whole_numbers() {
        let values = read_values("number = \"F-1\"\nissued = 2026-01-31\nkind = 380\nservice = \"\"\n").unwrap();
        assert_eq!(values[&FieldName::Issued], "2026-01-31");
        assert_eq!((values[&FieldName::Kind].as_str(), values.len()), ("380", 3));
        assert_eq!(read_values("[fields]\nnumber = \"F-1\"\n").unwrap().len(), 1);
    }

    #[test]
    fn a_file_that_cannot_be_used_is_said() {
        assert!(matches!(read_values("number = "), Err(ValuesError::Syntax(_))));
        assert!(matches!(read_values("total = 120.10"), Err(ValuesError::NotText { name }) if name == "total"));
        assert!(matches!(read_values("numero = \"1\""), Err(ValuesError::UnknownField { .. })));
        assert_eq!(read_values("number = \"\""), Err(ValuesError::Empty));
    }
}
