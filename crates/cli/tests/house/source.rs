//! Reading Rust sources well enough to tell code from comments and text.

use std::path::{Path, PathBuf};

/// A Rust file, split into what the compiler reads, what people read, and the literals.
pub struct Source {
    /// Its crate's folder (`sign`).
    pub krate: String,
    /// Path from the workspace root.
    pub path: String,
    /// The code: comments and the content of literals are blank, line breaks stay.
    pub code: String,
    /// The content of every string literal.
    pub literals: Vec<String>,
    /// The whole text.
    pub text: String,
}

pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every file below `folder` that is ours: no build, no fetched packs, no tools.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    const NOT_OURS: [&str; 8] = ["target", ".git", ".packs", ".venv", ".tools", "__pycache__", ".pytest_cache", "home"];
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() && !NOT_OURS.iter().any(|name| entry.file_name() == *name) {
            found.extend(files(&path));
        // In a second working tree `.git` is a file, which names the first.
        } else if kind.is_file() && entry.file_name() != ".git" {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The product's sources, without tests, examples and test modules.
pub fn product() -> Vec<Source> {
    sources(|path| path.starts_with("crates/") && path.contains("/src/"))
        .into_iter()
        .map(|source| {
            let cut = source.text.find("#[cfg(test)]\nmod ").unwrap_or(source.text.len());
            split(source.krate, source.path, source.text[..cut].to_owned())
        })
        .collect()
}

/// Every Rust source of the repository.
pub fn all() -> Vec<Source> {
    sources(|_| true)
}

fn sources(keep: impl Fn(&str) -> bool) -> Vec<Source> {
    let root = workspace();
    let rust = files(&root).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        let krate = name.strip_prefix("crates/").unwrap_or(&name).split('/').next().unwrap().to_owned();
        split(krate, name, std::fs::read_to_string(path).unwrap())
    };
    let found: Vec<_> = rust.map(read).filter(|source| keep(&source.path)).collect();
    assert!(found.len() > 50, "only {} sources found below {}", found.len(), root.display());
    found
}

fn split(krate: String, path: String, text: String) -> Source {
    let (mut code, mut literals) = (String::with_capacity(text.len()), Vec::new());
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some((content, length)) = literal(rest, &code) {
            literals.push(content.to_owned());
            length
        } else if let Some(length) = character(rest) {
            length
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        code.extend(rest[..length].chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    Source { krate, path, code, literals, text }
}

/// The string literal at the start of `rest`, plain or raw: its content, and its length in the source.
fn literal<'a>(rest: &'a str, before: &str) -> Option<(&'a str, usize)> {
    if let Some(body) = rest.strip_prefix('"') {
        let mut escaped = false;
        let end = body.find(|letter| {
            let closes = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            closes
        })?;
        return Some((&body[..end], end + 2));
    }
    let in_a_word = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
    let raw = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')).filter(|_| !in_a_word)?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let body = raw[hashes..].strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let end = body.find(&closing)?;
    Some((&body[..end], rest.len() - body.len() + end + closing.len()))
}

/// The length of the character literal at the start of `rest`; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix('\'')?;
    let first = body.chars().next()?.len_utf8();
    let length = match body.strip_prefix('\\') {
        Some(escaped) => {
            let named = first + escaped.chars().next()?.len_utf8();
            named + body[named..].find('\'')?
        }
        None => first,
    };
    body[length..].starts_with('\'').then_some(length + 2)
}

impl Source {
    /// The lines (number, text) of code on which `word` stands as a whole word.
    pub fn lines_with(&self, word: &str) -> Vec<String> {
        let is_word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
        let stands = |line: &str| {
            line.match_indices(word).any(|(at, _)| {
                !is_word(line[..at].chars().next_back()) && !is_word(line[at + word.len()..].chars().next())
            })
        };
        let lines = self.code.lines().enumerate().filter(|(_, line)| stands(line));
        lines.map(|(number, line)| format!("{}:{}: {}", self.path, number + 1, line.trim())).collect()
    }
}

/// Fails with the list, if there is one.
#[track_caller]
pub fn none(rule: &str, offences: Vec<String>) {
    assert!(offences.is_empty(), "{rule}\n  {}", offences.join("\n  "));
}

#[test]
fn code_comments_and_literals_are_told_apart() {
    let text = "let a = \"un\\\"safe\"; // unsafe\nlet b = r#\"f64 \"quoted\"\"#; let c: &'static str = \"\"; let d = '\"'; f64";
    let source = split("x".into(), "x.rs".into(), text.into());
    assert_eq!(source.literals, ["un\\\"safe", "f64 \"quoted\"", ""]);
    assert!(source.lines_with("unsafe").is_empty());
    assert_eq!(source.lines_with("f64").len(), 1);
    assert_eq!(source.code.lines().count(), text.lines().count());
}
