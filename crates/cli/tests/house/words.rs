//! What may stand in no file, or in one file only.

use facteur_model::lifecycle::State;

use crate::source::{all, files, none, product, workspace};

#[test]
fn the_life_cycle_is_in_one_file() {
    // Neither a second table of transitions nor a second spelling of a state.
    // These names of states are also ordinary words: keys of a summary, outcomes of a delivery, names of folders.
    const WORDS: [&str; 12] = [
        "received",
        "invalid",
        "duplicate",
        "refused",
        "rejected",
        "integrated",
        "settled",
        "deposited",
        "deferred",
        "uncertain",
        "held",
        "draft",
    ];
    let spelt = |literal: &str| State::from_name(literal).is_some() && !WORDS.contains(&literal);
    let mut wrong = Vec::new();
    for source in product().iter().filter(|source| source.path != "crates/model/src/lifecycle.rs") {
        if source.krate == "simulator" {
            continue; // It keeps the states of the gateway, not ours.
        }
        wrong.extend(["TRANSITIONS", "enum State"].iter().flat_map(|word| source.lines_with(word)));
        let names = source.literals.iter().filter(|literal| spelt(literal));
        wrong.extend(names.map(|name| format!("{}: \"{name}\"", source.path)));
    }
    none("states and their names are in lifecycle.rs", wrong);
}

#[test]
fn nothing_is_left_open_and_no_test_is_left_out() {
    let words = ["todo!", "unimplemented!", "dbg!", "#[ignore", "should_panic(expected = \"not implemented"];
    let wrong = all().into_iter().flat_map(|source| {
        let lines = source.code.lines().enumerate();
        let hits = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        hits.map(|(number, line)| format!("{}:{}: {}", source.path, number + 1, line.trim())).collect::<Vec<_>>()
    });
    none("no stub, no ignored test", wrong.collect());
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // Put together here, so that this file does not hold them either.
    let hosts = ["crates", "pypi", "pythonhosted", "npmjs"].iter().zip([".io", ".org", ".org", ".org"]);
    let places = ["work", "root", "home"].iter().map(|name| format!("/{name}/"));
    let words: Vec<String> = hosts.map(|(name, end)| format!("{name}{end}")).chain(places).collect();
    let root = workspace();
    let mut wrong = Vec::new();
    for path in files(&root) {
        let name = path.strip_prefix(&root).unwrap().display().to_string();
        if name.ends_with("Cargo.lock") || name.ends_with(".pdf") || name.ends_with(".zip") {
            continue; // Cargo writes its lock; the others are not text.
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{name}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    none("the repository is the same on every machine", wrong);
}

#[test]
fn files_keep_one_purpose() {
    // A grammar may be long; most files have 150 to 400 lines.
    const LONGEST: usize = 700;
    let long = product().into_iter().map(|source| (source.text.lines().count(), source.path));
    none(
        "split the file in two",
        long.filter(|(lines, _)| *lines > LONGEST).map(|(n, path)| format!("{path}: {n}")).collect(),
    );
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    let manifests = files(&workspace()).into_iter().filter(|path| path.ends_with("Cargo.toml"));
    let inherits = |text: &str| text.contains("[lints]\nworkspace = true") || text.contains("[workspace.lints");
    let wrong = manifests.filter(|path| !inherits(&std::fs::read_to_string(path).unwrap()));
    none("[lints] workspace = true", wrong.map(|path| path.display().to_string()).collect());
}
