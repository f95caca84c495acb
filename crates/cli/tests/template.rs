//! `facteur template`: from a corrected invoice to a template, and from the template to the next invoice.
#![allow(clippy::unwrap_used)]

mod common;

use std::path::{Path, PathBuf};

use common::{Home, facteur, fixture, text};
use serde_json::Value;

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9";

/// What a person made of the fixture: two values that no page says.
const VALUES: &str = r#"
number = "TX-2026-0902"
issued = 2026-11-13
due = 2026-12-13
currency = "EUR"
supplier = "Taxis de la Combe"
supplier_siret = "99981005400018"
supplier_vat = "FR54999810054"
buyer_siret = "12345678200051"
service = "TRANSPORT-SCOLAIRE"
order = "EJ-2026-77"
net = "573.00"
vat = "57.30"
total = "630.30"
iban = "FR7699999000011005555666626"
"#;

fn taxi() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/inbox/06-pdf-simple-taxi.pdf")
}

fn learn(home: &Home, code: i32, more: &[&str]) -> String {
    let values = home.beside("valeurs.toml", VALUES.as_bytes());
    let file = taxi();
    let mut arguments = vec!["template", "learn", file.to_str().unwrap(), "--values", &values];
    arguments.extend(more);
    let output = home.ends(code, &arguments);
    text(&output.stdout) + &text(&output.stderr)
}

#[test]
fn a_template_is_learnt_listed_shown_checked_and_used() {
    let home = Home::demo(NOBODY);
    let said = text(&home.ends(0, &["template", "list"]).stderr);
    assert!(said.contains("Aucun modèle"), "{said}");
    // The order number stands nowhere and changes: it is named, and the rest is learnt.
    let said = learn(&home, 1, &[]);
    assert!(said.contains("13 valeur(s) sur 14") && said.contains("EJ-2026-77"), "{said}");
    let file = home.path().join("templates/taxis-de-la-combe.yaml");
    let yaml = std::fs::read_to_string(&file).unwrap();
    assert!(yaml.contains("#   order: ") && yaml.contains("service: 'TRANSPORT-SCOLAIRE'"), "{yaml}");
    println!("{yaml}");

    let said = text(&home.ends(2, &["template", "learn", "nulle-part.pdf", "--values", "nulle-part.toml"]).stderr);
    assert!(said.contains("nulle-part.toml"), "{said}");
    assert!(learn(&home, 2, &[]).contains("--replace"), "what a person may have corrected is not overwritten");
    learn(&home, 1, &["--replace"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), yaml);
    learn(&home, 1, &["--name", "autre"]);
    assert!(learn(&home, 2, &["--name", "../ailleurs"]).contains("../ailleurs"));

    let listed = home.json(&["template", "list"]);
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1]["name"], "taxis-de-la-combe");
    assert_eq!(listed[1]["keywords"][0], "FR54999810054");
    assert_eq!(text(&home.ends(0, &["template", "show", "taxis-de-la-combe"]).stdout), yaml);
    home.ends(2, &["template", "show", "inconnu"]);
    let (file, pdf) = (file.to_str().unwrap().to_owned(), taxi());
    home.ends(0, &["template", "check", &file]);
    let read = &home.json(&["template", "check", &file, "--on", pdf.to_str().unwrap()])[0];
    assert_eq!(read["fields"]["service"]["value"], "TRANSPORT-SCOLAIRE");
    std::fs::remove_file(home.path().join("templates/autre.yaml")).unwrap();

    let read = &home.json(&["extract", pdf.to_str().unwrap()])[0];
    assert_eq!(read["template"], "taxis-de-la-combe");
    for (field, value) in [("number", "TX-2026-0902"), ("service", "TRANSPORT-SCOLAIRE"), ("total", "630.30")] {
        let read = &read["fields"][field];
        assert_eq!((&read["value"], &read["method"], &read["sure"]), (&value.into(), &"template".into(), &true.into()));
    }
    assert_eq!(read["fields"]["service"]["page"], 0, "it stands on no page");
    let shown = text(&home.ends(0, &["extract", pdf.to_str().unwrap()]).stdout);
    assert!(shown.contains("taxis-de-la-combe") && shown.contains("modèle du fournisseur"), "{shown}");
}

#[test]
fn a_template_is_learnt_from_a_draft_that_a_person_completed_and_proposes_to_the_next_import() {
    let home = Home::demo(NOBODY);
    let first = fixture("inbox/06-pdf-simple-taxi.pdf");
    let id = home.import("taxi.pdf", &first);
    home.ends(0, &["draft", "set", &id, "supplier=Taxis de la Combe", "service=TRANSPORT", "number=TX-2026-0902"]);
    let said = text(&home.ends(0, &["template", "learn", &id]).stdout);
    assert!(said.contains("taxi"), "{said}");
    let listed = &home.json(&["template", "list"])[0];
    assert_eq!(listed["constants"]["service"], "TRANSPORT");
    assert_eq!(listed["fields"], serde_json::json!(["number"]), "what nobody looked at is not learnt");
    home.ends(2, &["template", "learn", "inconnu"]);
    let said = text(&home.ends(2, &["template", "learn", taxi().to_str().unwrap()]).stderr);
    assert!(said.contains("--values"), "{said}");

    // The same page in another file: what follows the end of a PDF does not count.
    let next = [first.as_slice(), b"\n% le suivant\n"].concat();
    let id = home.import("suivant.pdf", &next);
    let shown = text(&home.ends(1, &["draft", "show", &id, "--format", "json"]).stdout);
    let draft: Value = serde_json::from_str(&shown).unwrap();
    assert!(shown.contains("TRANSPORT") && shown.contains("\"template\""), "{draft:#}");
}

#[test]
fn a_bad_template_is_named_with_its_line_and_stops_nothing() {
    let home = Home::demo(NOBODY);
    learn(&home, 1, &[]);
    let folder = home.path().join("templates");
    std::fs::write(folder.join("faux.yaml"), "format: facteur-template/1\nkeywords: [abcdef]\nfields:\n  number: {\n")
        .unwrap();
    std::fs::write(folder.join("bombe.yml"), "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n").unwrap();
    std::fs::write(folder.join("lisez-moi.txt"), "no template").unwrap();
    std::fs::write(folder.join(".brouillon.yaml"), "no template").unwrap();
    home.drop_in("taxi.pdf", &fixture("inbox/06-pdf-simple-taxi.pdf"));
    let output = home.run(&["import"]);
    let said = text(&output.stderr);
    assert_eq!(home.state("taxi.pdf"), "draft");
    assert!(said.contains("faux.yaml") && said.contains("ligne 5") && said.contains("bombe.yml"), "{said}");
    assert!(!said.contains("lisez-moi") && !said.contains("brouillon"), "{said}");
    let read = &home.json(&["extract", taxi().to_str().unwrap()])[0];
    assert_eq!(read["template"], "taxis-de-la-combe", "the others go on");
    let output = home.ends(1, &["template", "list", "--format", "json"]);
    let lines: Vec<Value> = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let problems: Vec<&Value> = lines.iter().filter_map(|line| line.get("problem")).collect();
    assert_eq!(problems, ["TEMPLATE-NOT-ALLOWED", "TEMPLATE-SYNTAX"]);
    home.ends(1, &["template", "check", folder.join("faux.yaml").to_str().unwrap()]);
}

#[test]
fn values_that_cannot_be_used_are_said_and_nothing_is_written() {
    let home = Home::demo(NOBODY);
    for (values, names) in [
        ("total = 630.30", "total"),
        ("numero = \"1\"", "numero"),
        ("number = ", "valeurs.toml"),
        ("", "aucune valeur"),
    ] {
        let path = home.beside("valeurs.toml", values.as_bytes());
        let output = home.ends(2, &["template", "learn", taxi().to_str().unwrap(), "--values", &path]);
        assert!(text(&output.stderr).contains(names), "{}", text(&output.stderr));
    }
    let path = home.beside("valeurs.toml", b"number = \"TX-2026-0902\"\nsupplier = \"Un autre\"\n");
    let output = home.ends(1, &["template", "learn", taxi().to_str().unwrap(), "--values", &path]);
    assert!(text(&output.stderr).contains("TEMPLATE-NO-SUPPLIER"), "{}", text(&output.stderr));
    let image = home.beside("photo.pdf", b"\x89PNG\r\n\x1a\n0000");
    let path = home.beside("valeurs.toml", VALUES.as_bytes());
    home.ends(1, &["template", "learn", &image, "--values", &path]);
    assert!(!home.path().join("templates").exists());
    // Outside a home there is nowhere to write.
    let output = facteur().args(["template", "list"]).current_dir("/").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
