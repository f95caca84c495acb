//! Documents say what is.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use crate::source::{files, none, workspace};

fn documents() -> Vec<(String, String)> {
    let root = workspace();
    let markdown = files(&root).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let read = |path: PathBuf| {
        (path.strip_prefix(&root).unwrap().display().to_string(), std::fs::read_to_string(&path).unwrap())
    };
    let found: Vec<_> = markdown.map(read).collect();
    assert!(found.len() > 8, "only {} documents", found.len());
    found
}

/// Commands of ours in code: fenced lines (with or without a prompt) and spans.
fn commands(text: &str, program: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        let spans: Vec<&str> = if fenced { vec![line] } else { line.split('`').skip(1).step_by(2).collect() };
        let start = format!("{program} ");
        let shown = spans.into_iter().map(|span| span.trim().trim_start_matches("$ "));
        found.extend(shown.filter(|span| span.starts_with(&start)).map(|span| {
            let end = ["  #", " | ", " > ", " && ", " ; "].iter().filter_map(|end| span.find(end)).min();
            span[..end.unwrap_or(span.len())].trim_end().to_owned()
        }));
    }
    found
}

/// Whether a word may be the name of a command (`install-timer`).
fn is_name(word: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_lowercase())
        && word.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
}

/// What `facteur WORDS… --help` says, for as many leading words as are commands.
fn help(words: &[&str]) -> Option<String> {
    let names: Vec<_> = words.iter().take_while(|word| is_name(word)).collect();
    (0..=names.len().min(2)).rev().find_map(|count| {
        let output = Command::new(env!("CARGO_BIN_EXE_facteur")).args(&names[..count]).arg("--help").output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.success() && (count > 0 || names.is_empty())).then_some(text)
    })
}

/// The names under the first heading of a help (`Commands:`), other than `help` itself.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| !line.starts_with("Command"));
    let names = lines.skip(1).take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_explains_itself_in_both_languages() {
    for locale in ["fr_FR.UTF-8", "C"] {
        let explain = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_facteur"));
            let output =
                command.args(words).arg("--help").env("LC_ALL", locale).env_remove("FACTEUR_HOME").output().unwrap();
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let commands = listed(&explain(&[]));
        assert!(commands.len() >= 19, "only {commands:?}");
        for name in &commands {
            for inner in listed(&explain(&[name])) {
                explain(&[name, &inner]);
            }
        }
    }
}

#[test]
fn documents_name_only_commands_and_options_that_exist() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, text) in documents() {
        for command in commands(&text, "facteur") {
            seen += 1;
            let words: Vec<_> = command.split_whitespace().skip(1).collect();
            let Some(help) = help(&words) else {
                wrong.push(format!("{name}: {command}"));
                continue;
            };
            let options = words.iter().filter(|word| word.starts_with("--"));
            let options = options.map(|word| word.trim_end_matches([']', ',']).split('=').next().unwrap());
            wrong.extend(
                options.filter(|option| !help.contains(option)).map(|option| format!("{name}: {command}: {option}")),
            );
        }
    }
    assert!(seen > 20, "only {seen} commands are shown");
    none("what a document shows must work", wrong);
}

#[test]
fn documents_name_only_targets_that_exist() {
    let makefile = std::fs::read_to_string(workspace().join("Makefile")).unwrap();
    let target = |name: &str| makefile.lines().any(|line| line.starts_with(&format!("{name}:")));
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        for command in commands(&text, "make") {
            let unknown = command.split_whitespace().skip(1).filter(|word| !target(word));
            wrong.extend(unknown.map(|word| format!("{name}: {command}: {word}")));
        }
    }
    none("what a document shows must work", wrong);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        let folder = workspace().join(&name).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            if !file.is_empty() && !file.contains("://") && !folder.join(file).exists() {
                wrong.push(format!("{name}: {link}"));
            }
        }
    }
    none("a link to nothing", wrong);
}

/// `docs/architecture.md` names the test that holds each invariant; they all exist.
#[test]
fn every_invariant_names_a_test_that_exists() {
    let text = std::fs::read_to_string(workspace().join("docs/architecture.md")).unwrap();
    assert!(text.lines().count() <= 300, "architecture.md is longer than 300 lines");
    let rust = files(&workspace()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let sources: String = rust.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let numbered = |line: &&str| line.split_once(". **").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
    let invariants: Vec<_> = text.lines().filter(numbered).collect();
    assert!(invariants.len() >= 12, "only {} invariants", invariants.len());
    let held = |line: &&str| {
        let mut tests = line.split('`').skip(1).step_by(2).filter(|span| span.matches('_').count() >= 2);
        let mut any = false;
        tests.all(|test| {
            any = true;
            sources.contains(&format!("fn {test}("))
        }) && any
    };
    none("no such test", invariants.into_iter().filter(|line| !held(line)).map(str::to_owned).collect());
}
