//! Plain PDFs become invoices: looked at, completed, confirmed; deposited by whoever may, and by nobody else.
#![allow(clippy::unwrap_used)]

mod common;

use std::os::unix::fs::PermissionsExt as _;

use common::{Gateway, Home, text};
use facteur_model::amount::Amount;
use facteur_model::date::Date;
use facteur_model::identifiers::Identifier;
use facteur_model::invoice::{
    Address, CreditTransfer, Invoice, Item, Line, Party, Payment, PaymentMeans, Price, Quantity, Totals, VatBreakdown,
};
use facteur_render::page;
use facteur_texts::Language;
use serde_json::Value;

const OWN: &str = "40483304800022";
const GARAGE: &str = "73282932000074";
const BAKERY: &str = "99980123600012";
const TOWN: &str = "99970001600010";

fn party(name: &str, siret: &str, vat: Option<&str>) -> Party {
    Party {
        name: Some(name.to_owned()),
        identifiers: vec![Identifier::of("0009", siret)],
        legal_identifier: Some(Identifier::of("0002", &siret[..9])),
        vat_number: vat.map(str::to_owned),
        address: Some(Address {
            line_1: Some("3 rue des Tilleuls".into()),
            post_code: Some("71000".into()),
            city: Some("Valbrume".into()),
            country: Some("FR".into()),
            ..Address::default()
        }),
        ..Party::default()
    }
}

/// The key of a French VAT number.
fn vat_of(siret: &str) -> String {
    let siren: u64 = siret[..9].parse().unwrap();
    format!("FR{:02}{siren:09}", (12 + 3 * (siren % 97)) % 97)
}

/// A page that says everything, and carries no data.
fn plain_pdf(number: &str, supplier: &str) -> Vec<u8> {
    let amount = |text: &str| Amount::parse(text).ok();
    let transfer = CreditTransfer { account: Some("FR1420041010050500013M02606".into()), ..CreditTransfer::default() };
    let invoice = Invoice {
        number: Some(number.to_owned()),
        type_code: Some("380".into()),
        issued: Date::parse("2026-11-02").ok(),
        due: Date::parse("2026-12-02").ok(),
        currency: Some("EUR".into()),
        seller: party("Atelier des Tilleuls", supplier, Some(&vat_of(supplier))),
        buyer: party("Commune de Valbrume", TOWN, None),
        payment: Payment {
            means: vec![PaymentMeans {
                code: Some("30".into()),
                credit_transfer: Some(transfer),
                ..Default::default()
            }],
            ..Payment::default()
        },
        totals: Totals {
            lines: amount("250.00"),
            without_vat: amount("250.00"),
            vat: amount("50.00"),
            with_vat: amount("300.00"),
            due: amount("300.00"),
            ..Totals::default()
        },
        vat_breakdown: vec![VatBreakdown {
            taxable: amount("250.00"),
            tax: amount("50.00"),
            category: Some("S".into()),
            rate: amount("20"),
            ..VatBreakdown::default()
        }],
        lines: vec![Line {
            id: Some("1".into()),
            quantity: Some(Quantity { value: amount("2"), unit: Some("C62".into()) }),
            net_amount: amount("250.00"),
            price: Price { net: amount("125.00"), ..Price::default() },
            vat_category: Some("S".into()),
            vat_rate: amount("20"),
            item: Item { name: Some("Révision de chaudière".into()), ..Item::default() },
            ..Line::default()
        }],
        ..Invoice::default()
    };
    page::pdf(&invoice, Language::French).unwrap()
}

/// A home in that role, at that gateway.
fn home(gateway: &Gateway, role: &str) -> Home {
    let home = Home::demo(&gateway.url);
    home.set("role = \"filing_agent\"", &format!("role = \"{role}\""));
    if role == "issuer" {
        home.set("role = \"on_behalf\"", "role = \"supplier\"");
    }
    home
}

/// What a clerk types who trusts nothing that was read.
fn complete(home: &Home, id: &str, number: &str, supplier: &str) {
    let vat = vat_of(supplier);
    let values = [
        "kind=380".to_owned(),
        format!("number={number}"),
        "issued=02/11/2026".to_owned(),
        "due=02/12/2026".to_owned(),
        "currency=eur".to_owned(),
        "supplier=Atelier des Tilleuls".to_owned(),
        format!("supplier_siret={supplier}"),
        format!("supplier_siren={}", &supplier[..9]),
        format!("supplier_vat={vat}"),
        "buyer=Commune de Valbrume".to_owned(),
        format!("buyer_siret={TOWN}"),
        "buyer_vat=".to_owned(),
        "order=".to_owned(),
        "service=".to_owned(),
        "net=250,00".to_owned(),
        "vat=50,00 €".to_owned(),
        "total=300,00".to_owned(),
        "payable=300".to_owned(),
        "iban=FR14 2004 1010 0505 0001 3M02 606".to_owned(),
    ];
    let mut arguments = vec!["draft", "set", id];
    arguments.extend(values.iter().map(String::as_str));
    home.ends(0, &arguments);
}

fn draft_of(home: &Home, file: &str, number: &str, supplier: &str) -> String {
    let id = home.import(file, &plain_pdf(number, supplier));
    assert_eq!(home.state(file), "draft");
    complete(home, &id, number, supplier);
    id
}

#[test]
fn a_night_with_ten_plain_pdfs() {
    if common::packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let (issuer, agent, town) = (home(&gateway, "issuer"), home(&gateway, "filing_agent"), home(&gateway, "recipient"));
    let mandate = agent.beside("mandat.pdf", b"%PDF-1.4 mandat");
    let until = "2099-12-31";
    let add =
        ["mandate", "add", "--supplier", &GARAGE[..9], "--file", &mandate, "--from", "2026-01-01", "--until", until];
    agent.ends(0, &add);
    let mut confirmed = 0;
    for (number, form) in [("E-1", "factur-x"), ("E-2", "ubl"), ("E-3", "cii")] {
        let id = draft_of(&issuer, &format!("{number}.pdf"), number, OWN);
        confirmed += u32::from(issuer.json_of(0, &["draft", "confirm", &id, "--form", form])["state"] == "queued");
    }
    for number in ["M-1", "M-2"] {
        let id = draft_of(&agent, &format!("{number}.pdf"), number, GARAGE);
        let line = agent.json_of(0, &["draft", "confirm", &id, "--reason", "vérifié avec le bon de commande"]);
        confirmed += u32::from(line["state"] == "queued");
        assert_eq!(line["pdf_a_certified"], false);
    }
    let refused = draft_of(&agent, "M-3.pdf", "M-3", BAKERY);
    assert_eq!(agent.json_of(1, &["draft", "confirm", &refused])["refused"], "no_mandate");
    // One that is over, and one that is revoked, count no more than none.
    for until in ["2026-02-28", "2099-12-31"] {
        let (supplier, from) = (&BAKERY[..9], "2026-01-01");
        let add = ["mandate", "add", "--supplier", supplier, "--file", &mandate, "--from", from, "--until", until];
        let added = agent.json_of(0, &add);
        if added["standing"] == "valid" {
            agent.ends(0, &["mandate", "revoke", added["id"].as_str().unwrap(), "--why", "fin de contrat"]);
        }
    }
    let standings: Vec<Value> = agent.json(&["mandate", "list"]).iter().map(|line| line["standing"].clone()).collect();
    assert_eq!(standings, ["valid", "ended", "revoked"]);
    assert_eq!(agent.json_of(1, &["draft", "confirm", &refused])["refused"], "no_mandate");
    for number in ["R-1", "R-2", "R-3", "R-4"] {
        let id = draft_of(&town, &format!("{number}.pdf"), number, GARAGE);
        let line = town.json_of(0, &["draft", "confirm", &id]);
        confirmed += u32::from(line["state"] == "outside_portal");
    }
    assert_eq!(confirmed, 9);
    issuer.ends(0, &["run", "--wait", "20"]);
    agent.ends(0, &["run", "--wait", "20"]);
    town.ends(2, &["send"]);
    let mut numbers: Vec<String> =
        gateway.ledger().iter().map(|line| line["number"].as_str().unwrap().to_owned()).collect();
    numbers.sort();
    assert_eq!(numbers, ["E-1", "E-2", "E-3", "M-1", "M-2"]);
    assert_eq!(agent.state("M-3.pdf"), "draft");
    assert_eq!(town.counts()["outside_portal"], 4);
    for (home, file) in [(&issuer, "E-1.pdf"), (&agent, "M-1.pdf")] {
        let line = home.line(file);
        assert!(matches!(line["state"].as_str(), Some("integrated" | "settled")), "{line}");
        let sent = gateway.ledger().iter().any(|row| row["sha256"] == line["sent_sha256"]);
        assert!(sent && line["sent_sha256"] != line["sha256"], "{line}");
        home.ends(0, &["store", "check"]);
        home.ends(0, &["journal", "verify"]);
    }
}

#[test]
fn a_draft_shows_what_is_unsure_and_what_is_missing() {
    let gateway = Gateway::start(&[]);
    let home = home(&gateway, "filing_agent");
    let id = home.import("taxi.pdf", &common::fixture("inbox/06-pdf-simple-taxi.pdf"));
    let line = home.json_of(1, &["draft", "show", &id]);
    assert_eq!((&line["fields"]["number"]["value"], &line["ready"]), (&"TX-2026-0902".into(), &Value::Bool(false)));
    assert_eq!(line["fields"]["number"]["page"], 1);
    let missing: Vec<&str> =
        line["missing"].as_array().unwrap().iter().map(|want| want["term"].as_str().unwrap()).collect();
    assert_eq!(missing, ["BT-27", "BT-44"]);
    let (read, implied) = (&line["fields"]["supplier_siret"], &line["fields"]["supplier_siren"]);
    assert_eq!(
        (&read["sure"], &implied["sure"], &implied["method"]),
        (&false.into(), &false.into(), &"default".into())
    );
    assert_eq!(home.json_of(1, &["draft", "confirm", &id])["refused"], "incomplete");
    home.ends(0, &["draft", "set", &id, "supplier=Taxis du Val", "buyer=Commune de Valbrume"]);
    assert_eq!(home.json_of(1, &["draft", "confirm", &id])["refused"], "unsure");
    assert_eq!(home.json_of(1, &["draft", "confirm", &id, "--unsure-checked"])["refused"], "no_mandate");
    assert_eq!(home.state("taxi.pdf"), "draft");
}

#[test]
fn a_wrong_value_changes_nothing_and_a_right_one_is_journalled() {
    let gateway = Gateway::start(&[]);
    let home = home(&gateway, "filing_agent");
    let id = home.import("taxi.pdf", &common::fixture("inbox/06-pdf-simple-taxi.pdf"));
    let wrong = home.ends(2, &["draft", "set", &id, "service=ECOLES", "buyer_siret=12345678901234", "colour=red"]);
    let told = text(&wrong.stderr);
    assert!(told.contains("quatorze chiffres") && told.contains("colour"), "{told}");
    let line = home.json_of(1, &["draft", "show", &id]);
    assert!(line["fields"].get("service").is_none(), "{line}");
    home.ends(0, &["draft", "set", &id, "service=ECOLES", &format!("buyer_siret={TOWN}")]);
    let line = home.json_of(1, &["draft", "show", &id]);
    assert_eq!((&line["fields"]["service"]["method"], &line["revision"]), (&"person".into(), &1.into()));
    let journal = text(&home.ends(0, &["show", &id]).stdout);
    assert!(journal.contains("marie"), "{journal}");
}

#[test]
fn what_breaks_a_rule_stays_a_draft_with_its_findings() {
    if common::packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = home(&gateway, "filing_agent");
    let mandate = home.beside("mandat.pdf", b"%PDF-1.4 mandat");
    home.ends(
        0,
        &[
            "mandate",
            "add",
            "--supplier",
            &GARAGE[..9],
            "--file",
            &mandate,
            "--from",
            "2026-01-01",
            "--until",
            "2099-12-31",
        ],
    );
    let id = draft_of(&home, "F-1.pdf", "F-1", GARAGE);
    // No such currency: the list of codes belongs to the rules.
    home.ends(0, &["draft", "set", &id, "currency=XQX"]);
    let line = home.json_of(1, &["draft", "confirm", &id]);
    assert_eq!((&line["state"], &line["confirmed"]), (&"draft".into(), &Value::Bool(false)), "{line}");
    assert_eq!(home.json_of(0, &["draft", "show", &id])["fields"]["currency"]["value"], "XQX");
    home.ends(0, &["draft", "set", &id, "currency=EUR"]);
    assert_eq!(home.json_of(0, &["draft", "confirm", &id])["state"], "queued");
    home.ends(2, &["draft", "confirm", &id]);
}

#[test]
fn a_form_is_taken_whole_or_kept_for_another_try() {
    let gateway = Gateway::start(&[]);
    let home = home(&gateway, "filing_agent");
    let id = home.import("taxi.pdf", &common::fixture("inbox/06-pdf-simple-taxi.pdf"));
    let editor = |script: &str| {
        let path = home.beside("editor.sh", format!("#!/bin/sh\n{script}\n").as_bytes());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    };
    let edit = |editor: Option<&str>| {
        let mut command = home.command(&["draft", "edit", &id]);
        command.env_remove("VISUAL").env_remove("EDITOR");
        if let Some(editor) = editor {
            command.env("EDITOR", editor);
        }
        command.output().unwrap()
    };
    let nobody = edit(None);
    assert!(nobody.status.code() == Some(2) && text(&nobody.stderr).contains("VISUAL"), "{}", text(&nobody.stderr));
    assert_eq!(edit(Some("/nulle/part")).status.code(), Some(2));
    assert_eq!(edit(Some(&editor("exit 3"))).status.code(), Some(2));
    let untouched = edit(Some(&editor("exit 0")));
    assert_eq!(untouched.status.code(), Some(0), "{}", text(&untouched.stderr));
    assert_eq!(home.json_of(1, &["draft", "show", &id])["revision"], 0, "nothing has changed so far");
    let wrong = edit(Some(&editor(
        "sed -i 's/^buyer_siret = .*/buyer_siret = \"123\"/; s/^service = .*/service = \"ECOLES\"/' \"$1\"",
    )));
    let told = text(&wrong.stderr);
    assert!(wrong.status.code() == Some(2) && told.contains("ligne") && told.contains("123"), "{told}");
    assert_eq!(home.files("drafts").len(), 1, "the person's form stays");
    assert_eq!(home.json_of(1, &["draft", "show", &id])["revision"], 0, "nothing half-done");
    let right = edit(Some(&editor(&format!("sed -i 's/^buyer_siret = .*/buyer_siret = \"{TOWN}\"/' \"$1\""))));
    assert_eq!(right.status.code(), Some(0), "{}", text(&right.stderr));
    let line = home.json_of(1, &["draft", "show", &id]);
    assert_eq!(line["fields"]["service"]["value"], "ECOLES", "the form was offered again as it was left");
    assert_eq!(line["fields"]["buyer_siret"]["method"], "person");
    assert_eq!(home.files("drafts").len(), 0);
    let broken = edit(Some(&editor("echo 'number = ' >> \"$1\"")));
    assert!(broken.status.code() == Some(2) && text(&broken.stderr).contains("ligne"), "{}", text(&broken.stderr));
}

#[test]
fn a_confirmation_that_is_killed_is_done_or_not_begun() {
    if common::packs().is_none() {
        return;
    }
    let gateway = Gateway::start(&[]);
    let home = home(&gateway, "issuer");
    for (place, after) in
        [("draft.before_confirmed", "draft"), ("store.before_commit", "draft"), ("draft.after_confirmed", "queued")]
    {
        let number = place.replace('.', "-").chars().take(20).collect::<String>();
        let file = format!("{number}.pdf");
        let id = draft_of(&home, &file, &number, OWN);
        let killed = home.command(&["draft", "confirm", &id]).env("FACTEUR_KILL_AT", place).output().unwrap();
        assert!(killed.status.code().is_none(), "{place}: {}", text(&killed.stderr));
        assert_eq!(home.state(&file), after, "{place}");
        if after == "draft" {
            assert_eq!(home.json_of(0, &["draft", "confirm", &id])["state"], "queued");
        }
        home.ends(0, &["store", "check"]);
    }
}
