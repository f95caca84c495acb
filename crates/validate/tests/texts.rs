//! Every key of a finding that this crate can make has its sentences in both languages, and none stands there for
//! nothing.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const FAMILIES: [&str; 6] = ["RULES-", "XML-", "XSD-", "ROOT-", "PROFILE-", "CPRO-HIST-"];

/// The string literals of the sources that are keys: upper case, of one of our families.
fn keys_in(folder: &Path, keys: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            keys_in(&entry, keys);
            continue;
        }
        let source = fs::read_to_string(&entry).unwrap();
        let is_key = |text: &&str| {
            FAMILIES.iter().any(|family| text.starts_with(family) && text.len() > family.len())
                && text.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
        };
        keys.extend(source.split('"').filter(is_key).map(str::to_owned));
    }
}

#[test]
fn every_key_has_its_sentences() {
    let workspace = common::workspace();
    let mut keys = BTreeSet::new();
    keys_in(&workspace.join("crates/validate/src"), &mut keys);
    // Names of rules are not keys: their findings go by the key of their class. One test in the sources has `XSD-1999`.
    assert!(keys.len() > 40, "{keys:?}");
    for language in ["fr", "en"] {
        let file = workspace.join(format!("crates/texts/findings/validate.{language}.toml"));
        let table: toml::Table = toml::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let written: BTreeSet<String> = table.keys().cloned().collect();
        assert_eq!(written, keys, "{language}");
    }
}
