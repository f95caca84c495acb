//! Texts from outside without the character that PostgreSQL cannot store in a text.
//!
//! U+0000 is in no XML document, but it can be in the name of an archive's member, in a text out of a PDF or in what a
//! gateway answers. Both back ends store U+FFFD instead, so that a store can be moved from one to the other. Payloads
//! and findings are JSON, where it is written with plain letters; documents are bytes.

use crate::change::{Change, Identity, Receive, Step, Value};
use crate::draft::MandateChange;

const NUL: char = '\0';

fn text(text: &mut String) {
    if text.contains(NUL) {
        *text = text.replace(NUL, "\u{fffd}");
    }
}

fn maybe(value: &mut Option<String>) {
    value.iter_mut().for_each(text);
}

/// Cleans every text of a change that came from outside.
pub(crate) fn clean(change: &mut Change) {
    match change {
        Change::Receive(new) => receive(new),
        Change::Correct(new) => receive(&mut new.receive),
        Change::ReceiveContainer(new) => text(&mut new.path),
        Change::Process(new) => identity(&mut new.identity),
        Change::Step(new) => step(new),
        Change::Intent(new) => text(&mut new.file_name),
        Change::Directory(new) => new.entries.iter_mut().for_each(|(siret, _)| text(siret)),
        Change::ArrivalOutcome { outcome, .. } => text(outcome),
        Change::Together(changes) => changes.iter_mut().for_each(clean),
        // What a person typed is in payloads, which are JSON; a timestamp is bytes.
        Change::Mandate(new) => mandate(new),
        Change::Draft(_) | Change::Hold(_) | Change::Eliminate(_) | Change::Timestamp(_) | Change::Note { .. } => {}
    }
}

fn mandate(new: &mut MandateChange) {
    if let MandateChange::Add { mandate, .. } = new {
        text(&mut mandate.file);
    }
}

fn receive(new: &mut Receive) {
    text(&mut new.path);
    text(&mut new.file);
    maybe(&mut new.member);
}

fn identity(new: &mut Identity) {
    let Identity { kind, profile, type_code, framework, number, issued, supplier_siren, supplier_siret, .. } = new;
    text(kind);
    [profile, type_code, framework, number, issued, supplier_siren, supplier_siret].into_iter().for_each(maybe);
    [&mut new.supplier, &mut new.buyer_siret, &mut new.buyer, &mut new.total, &mut new.currency]
        .into_iter()
        .for_each(maybe);
    [&mut new.service, &mut new.commitment, &mut new.preceding].into_iter().for_each(maybe);
}

fn step(new: &mut Step) {
    for event in &mut new.gateway_events {
        text(&mut event.external);
        text(&mut event.code);
        [&mut event.happened, &mut event.comment, &mut event.flow].into_iter().for_each(maybe);
    }
    for (_, value) in &mut new.set {
        if let Value::Text(value) = value {
            text(value);
        }
    }
    if let Some(end) = &mut new.delivery {
        maybe(&mut end.reason);
        maybe(&mut end.number);
    }
}
