//! A validator of the part of Swagger 2.0 that the official description of the Factures API uses.

use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;

/// The official description; not part of the repository.
pub struct Swagger(Value);

impl Swagger {
    /// From `FACTEUR_SWAGGER`, else from the shared folder beside the workspace; nothing when neither is there.
    pub fn load() -> Option<&'static Self> {
        static LOADED: OnceLock<Option<Swagger>> = OnceLock::new();
        LOADED.get_or_init(Self::read).as_ref()
    }

    fn read() -> Option<Self> {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/domain/swagger-factures.json");
        let path = std::env::var_os("FACTEUR_SWAGGER").map_or_else(|| PathBuf::from(beside), PathBuf::from);
        let Ok(bytes) = std::fs::read(&path) else {
            eprintln!("no Swagger at {}: answers are not checked against it", path.display());
            return None;
        };
        Some(Self(serde_json::from_slice(&bytes).unwrap()))
    }

    /// Panics when the 200 answer of a Factures operation is not what the Swagger describes.
    pub fn check_answer(&self, path: &str, body: &Value) {
        let Some(operation) = path.strip_prefix("/cpro/factures") else { return };
        let schema = &self.0["paths"][operation]["post"]["responses"]["200"]["schema"];
        assert!(!schema.is_null(), "the Swagger has no operation {operation}");
        let mut errors = Vec::new();
        self.check(schema, body, "$", &mut errors);
        assert!(errors.is_empty(), "{operation}: {errors:#?}\n{body}");
    }

    fn check(&self, schema: &Value, value: &Value, place: &str, errors: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let definition = &self.0["definitions"][reference.strip_prefix("#/definitions/").unwrap()];
            assert!(!definition.is_null(), "{reference}");
            return self.check(definition, value, place, errors);
        }
        let matches = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            _ => true,
        };
        if !matches {
            errors.push(format!("{place}: {value} is not a {}", schema["type"]));
        }
        if schema["enum"].as_array().is_some_and(|allowed| !allowed.contains(value)) {
            errors.push(format!("{place}: {value} is not in the enumeration"));
        }
        self.check_format(schema, value, place, errors);
        self.check_content(schema, value, place, errors);
    }

    /// `dateDepot` is a calendar day in the answers of Chorus Pro, although the Swagger says date-time.
    fn check_format(&self, schema: &Value, value: &Value, place: &str, errors: &mut Vec<String>) {
        let text = value.as_str().unwrap_or_default();
        let well_formed = match schema["format"].as_str() {
            Some("date-time") if place.ends_with(".dateDepot") => text.len() == 10,
            Some("date-time") => text.len() == 29 && text.as_bytes()[10] == b'T' && text.as_bytes()[26] == b':',
            Some("int32") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            _ => true,
        };
        if !well_formed {
            errors.push(format!("{place}: {value} is not a {}", schema["format"]));
        }
    }

    fn check_content(&self, schema: &Value, value: &Value, place: &str, errors: &mut Vec<String>) {
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if value.get(name).is_none() {
                errors.push(format!("{place}: {name} is missing"));
            }
        }
        if let (Some(properties), Some(fields)) = (schema["properties"].as_object(), value.as_object()) {
            for (name, field) in fields {
                match properties.get(name) {
                    Some(property) => self.check(property, field, &format!("{place}.{name}"), errors),
                    None => errors.push(format!("{place}.{name} is not described")),
                }
            }
        }
        if let Some(items) = value.as_array() {
            for (index, item) in items.iter().enumerate() {
                self.check(&schema["items"], item, &format!("{place}[{index}]"), errors);
            }
        }
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let Some(swagger) = Swagger::load() else { return };
    let wrong = serde_json::json!({ "codeRetour": "0", "numeroFluxDepot": 1, "syntaxeFlux": "X", "autre": null });
    let schema = serde_json::json!({ "$ref": "#/definitions/WsRetourDeposerFluxFacture" });
    let mut errors = Vec::new();
    swagger.check(&schema, &wrong, "$", &mut errors);
    // Type and format of codeRetour, missing libelle, type of the number, enumeration, unknown field.
    assert_eq!(errors.len(), 6, "{errors:#?}");
}
