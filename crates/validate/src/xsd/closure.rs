//! A schema reads nothing but the files of its own artefact: no network, no other folder.

use std::collections::BTreeSet;

const KEYWORD: &str = "schemaLocation";

/// Checks that every `schemaLocation` of a set of schema files names another file of the set.
pub(super) fn check(files: &[(String, Vec<u8>)]) -> Result<(), String> {
    let names: BTreeSet<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    for (name, bytes) in files {
        let text = std::str::from_utf8(bytes).map_err(|_| format!("{name} is not UTF-8"))?;
        for location in locations(text) {
            if !resolve(name, location).is_some_and(|target| names.contains(target.as_str())) {
                return Err(format!("{name} refers to {location:?}, which is not part of the artefact"));
            }
        }
    }
    Ok(())
}

/// The values of all `schemaLocation` attributes; also those in comments, which does no harm.
fn locations(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices(KEYWORD).filter_map(|(at, _)| {
        let rest = text[at + KEYWORD.len()..].trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        rest[1..].split(quote).next()
    })
}

/// A relative reference from a file of the set, as a name of the set.
fn resolve(from: &str, reference: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in reference.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(reference: &str) -> Vec<(String, Vec<u8>)> {
        let import = format!("<xs:import namespace='n' schemaLocation = \"{reference}\"/>");
        vec![("main/a.xsd".to_owned(), import.into_bytes()), ("common/b.xsd".to_owned(), Vec::new())]
    }

    #[test]
    fn references_stay_inside_the_set() {
        assert_eq!(check(&set("../common/b.xsd")), Ok(()));
        for outside in ["../../etc/passwd", "http://127.0.0.1/b.xsd", "file:///b.xsd", "b.xsd", "/common/b.xsd"] {
            assert!(check(&set(outside)).is_err(), "{outside}");
        }
    }
}
