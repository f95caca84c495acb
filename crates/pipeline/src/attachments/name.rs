//! Names of files that a stranger chose, made safe to be written in a folder of ours.

use std::collections::BTreeSet;

/// Longest name, in bytes, before a number is added.
const NAME_MAX: usize = 200;
/// What a file without a usable name is called.
const NAMELESS: &str = "piece-jointe";
/// Characters that some system gives another meaning to in a name.
const SPECIAL: [char; 9] = ['<', '>', ':', '"', '|', '?', '*', '/', '\\'];
/// Names that Windows keeps for devices, whatever follows them.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];
/// Endings for files that come without a name.
const ENDINGS: [(&str, &str); 9] = [
    ("application/pdf", "pdf"),
    ("text/xml", "xml"),
    ("application/xml", "xml"),
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("text/csv", "csv"),
    ("text/plain", "txt"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.oasis.opendocument.spreadsheet", "ods"),
];

/// The last part of a path in any system's spelling, without what does not show.
pub(super) fn shown(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let visible = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    base.chars().filter(visible).collect::<String>().trim().to_owned()
}

/// A name for each file, in order: never a path, never hidden, never one that another has in whatever case.
pub(super) fn names<'a>(files: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Vec<String> {
    let mut taken: BTreeSet<String> = BTreeSet::new();
    files
        .map(|(name, media_type)| {
            let (stem, ending) = safe(name.unwrap_or_default(), media_type);
            let numbered = |number: usize| match number {
                1 => format!("{stem}{ending}"),
                _ => format!("{stem}-{number}{ending}"),
            };
            // The numbers are without end and the names are not.
            let free = (1..).map(numbered).find(|name| taken.insert(name.to_lowercase()));
            free.unwrap_or_default()
        })
        .collect()
}

/// Stem and ending (with its dot) of a harmless name.
fn safe(name: &str, media_type: Option<&str>) -> (String, String) {
    let clean: String = shown(name).chars().map(|c| if SPECIAL.contains(&c) { '_' } else { c }).collect();
    let clean = clean.trim_start_matches(['.', ' ', '-']).trim_end_matches(['.', ' ']);
    let (stem, ending) = match clean.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 10 => (stem, format!(".{ending}")),
        _ => (clean, String::new()),
    };
    let stem = cut(stem, NAME_MAX);
    if stem.is_empty() {
        let known = ENDINGS.iter().find(|(known, _)| media_type.is_some_and(|given| given.eq_ignore_ascii_case(known)));
        return (NAMELESS.to_owned(), known.map(|(_, ending)| format!(".{ending}")).unwrap_or(ending));
    }
    let device = stem.to_lowercase();
    let device = device.trim_end_matches(|c: char| c.is_ascii_digit());
    if DEVICES.contains(&device) {
        return (format!("_{stem}"), ending);
    }
    (stem.to_owned(), ending)
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(name: &str, media_type: Option<&str>) -> String {
        names([(Some(name), media_type)].into_iter()).remove(0)
    }

    #[test]
    fn a_name_is_only_a_name() {
        assert_eq!(one("bon de livraison n° 12.pdf", None), "bon de livraison n° 12.pdf");
        assert_eq!(one("../../etc/passwd", None), "passwd");
        assert_eq!(one("C:\\temp\\relevé.csv", None), "relevé.csv");
        assert_eq!(one(".bashrc", None), "bashrc");
        assert_eq!(one("a:b?.xml", None), "a_b_.xml");
        assert_eq!(one("nul", None), "_nul");
        assert_eq!(one("COM1.txt", None), "_COM1.txt");
        assert_eq!(one("fac\u{202e}fdp.exe", None), "facfdp.exe");
        assert_eq!(one("..", Some("application/pdf")), "piece-jointe.pdf");
        assert_eq!(one("", Some("TEXT/XML")), "piece-jointe.xml");
        assert_eq!(one("/", None), "piece-jointe");
    }

    #[test]
    fn no_two_files_have_one_name_in_any_case() {
        let given = [Some("Plan.pdf"), Some("plan.PDF"), None, None, Some("plan-2.pdf")];
        let named = names(given.into_iter().map(|name| (name, None)));
        assert_eq!(named, ["Plan.pdf", "plan-2.PDF", "piece-jointe", "piece-jointe-2", "plan-2-2.pdf"]);
    }

    proptest! {
        #[test]
        fn a_name_never_leads_anywhere(name in any::<String>()) {
            let safe = one(&name, None);
            prop_assert!(!safe.is_empty() && safe.len() < 255);
            prop_assert!(!safe.starts_with('.') && !safe.starts_with('-'));
            prop_assert!(!safe.chars().any(|c| c.is_control() || SPECIAL.contains(&c)));
            prop_assert_eq!(std::path::Path::new(&safe).components().count(), 1);
        }
    }
}
