//! A template, and the words of a page under it: refused with a line, or applied in bounded time.
//!
//! An input is the template and, after a line `===`, the lines of a page.
#![no_main]

use std::collections::BTreeMap;

use facteur_parse::pdf::PdfText;
use facteur_parse::pdf::fields::template::{Template, learn};
use facteur_parse::pdf::fields::{FieldName, read_with};
use facteur_parse::pdf::text::{Place, TextLine, TextPage, TextWord};
use libfuzzer_sys::fuzz_target;

fn page(text: &str) -> PdfText {
    let mut top = 0;
    let line = |line: &str| {
        top += 1_500;
        let mut left = 0;
        let word = |word: &str| {
            let width = i32::try_from(word.chars().count()).unwrap_or(1_000) * 500;
            let place = Place { left, top, right: left + width, bottom: top + 1_000 };
            left += width + 300;
            TextWord { text: word.to_owned(), place }
        };
        TextLine { words: line.split_whitespace().map(word).collect() }
    };
    let lines = text.lines().map(line).collect();
    PdfText { pages: vec![TextPage { number: 1, width: 59_500, height: 84_200, lines }], ..PdfText::default() }
}

fuzz_target!(|input: &str| {
    let (yaml, words) = input.split_once("\n===\n").unwrap_or((input, "Facture n F-17 du 3 mars 2026\nTotal 120,00"));
    let page = page(words);
    match Template::parse("fuzz", yaml.as_bytes()) {
        Ok(template) => {
            let reading = read_with(&page, &[template]);
            assert!(reading.fields.values().all(|field| field.confidence <= 100));
        }
        Err(error) => assert!(error.line >= 1 && error.problem.rule().starts_with("TEMPLATE-")),
    }
    // The first words of the page as what a person made of it.
    let mut values: BTreeMap<FieldName, String> =
        FieldName::ALL.into_iter().zip(words.split_whitespace()).map(|(field, word)| (field, word.to_owned())).collect();
    values.insert(FieldName::Supplier, words.lines().next().unwrap_or_default().to_owned());
    if let Some(learnt) = learn(&page, &values) {
        let given_back = learnt.given_back.clone();
        let reading = read_with(&page, &[learnt.template]);
        assert!(given_back.iter().all(|field| reading.fields.contains_key(field)));
    }
});
