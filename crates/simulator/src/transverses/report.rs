//! `consulterCR` and `consulterCRDetaille`: what became of a flow.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clock;
use crate::envelope::{Call, Refusal, TRANSVERSES_OK, success};
use crate::faults::Fault;
use crate::flow::Step;
use crate::reader::Syntax;
use crate::rules;
use crate::state::{Deposit, Outcome};
use crate::world::App;

/// Request of both reports.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportRequest {
    numero_flux_depot: Option<String>,
}

/// `consulterCRDetaille`: state, technical errors, errors of each invoice.
pub async fn detailed(State(app): State<Arc<App>>, Call(request): Call<ReportRequest>) -> Result<Response, Refusal> {
    let (mut world, now) = app.present();
    let shape = world.draw_report();
    let (deposit, step) = visible(&world.state, request.numero_flux_depot.as_deref(), now)?;
    let mut content = json!({
        "nomFichier": deposit.record.file_name,
        "codeInterfaceDepotFlux": interface(deposit),
        "dateDepotFlux": clock::timestamp(deposit.record.at),
        "etatCourantDepotFlux": step.code,
        "dateHeureEtatCourantFlux": clock::timestamp(step.at),
        "listeErreurDP": invoice_errors(deposit),
        "listeErreurTechnique": technical_errors(deposit),
    });
    reshape(&mut content, shape);
    Ok(success(TRANSVERSES_OK, content))
}

/// `consulterCR`: the same with a report in PDF.
pub async fn short(State(app): State<Arc<App>>, Call(request): Call<ReportRequest>) -> Result<Response, Refusal> {
    let (world, now) = app.present();
    let (deposit, step) = visible(&world.state, request.numero_flux_depot.as_deref(), now)?;
    let mut content = json!({
        "numeroFluxDepot": deposit.record.flow,
        "nomFichierFlux": deposit.record.file_name,
        "codeInterfaceFlux": interface(deposit),
        "codeAppliPartenaire": "CPP001",
        "designationPartenaire": "SIMULATEUR",
        "dateDepotFlux": clock::timestamp(deposit.record.at),
        "etatCourantFlux": step.code,
        "dateHeureEtatCourantFlux": clock::timestamp(step.at),
    });
    if deposit.ending.is_some() {
        let line = format!("Flux {} : {}", deposit.record.flow, step.code);
        content["fichierCR"] = json!(STANDARD.encode(one_line_pdf(&line)));
    }
    Ok(success(TRANSVERSES_OK, content))
}

fn visible<'a>(
    state: &'a crate::state::State,
    number: Option<&str>,
    now: clock::Millis,
) -> Result<(&'a Deposit, &'a Step), Refusal> {
    let deposit = number.and_then(|number| state.flow(number)).ok_or_else(Refusal::unknown_flow)?;
    let step = deposit.state_at(now).ok_or_else(Refusal::unknown_flow)?;
    Ok((deposit, step))
}

fn interface(deposit: &Deposit) -> &'static str {
    Syntax::from_code(&deposit.record.syntax).map_or("", Syntax::interface)
}

/// Errors of the rejected invoices, once the flow has ended.
fn invoice_errors(deposit: &Deposit) -> Vec<Value> {
    let rejected = deposit.members.iter().filter_map(|member| match (&member.outcome, &member.document) {
        (Outcome::Rejected(messages), Ok(document)) if !messages.is_empty() => Some((document, messages)),
        _ => None,
    });
    let entries = rejected.map(|(document, messages)| {
        let first = |party: &crate::reader::Party| party.identifiers.first().map(|id| id.value.clone());
        let mut entry = Map::new();
        entry.insert("numeroDP".to_owned(), json!(document.number));
        entry.insert("identifiantFournisseur".to_owned(), json!(first(&document.supplier)));
        entry.insert("identifiantDestinataire".to_owned(), json!(first(&document.recipient)));
        entry.insert("libelleErreurDP".to_owned(), json!(rules::joined(messages)));
        Value::Object(entry)
    });
    entries.collect()
}

fn technical_errors(deposit: &Deposit) -> Vec<Value> {
    if deposit.ending.is_none() {
        return Vec::new();
    }
    let errors = deposit.members.iter().filter_map(|member| member.document.as_ref().err());
    errors
        .map(|error| json!({ "codeErreur": error.code, "libelleErreur": error.text, "natureErreur": "BLOQUANTE" }))
        .collect()
}

/// Shapes seen in the wild: one object instead of an array, null instead of an empty list.
fn reshape(content: &mut Value, shape: Option<Fault>) {
    match shape {
        Some(Fault::ErrorListObject) => {
            if let Some(first) = content["listeErreurDP"].get(0).cloned() {
                content["listeErreurDP"] = first;
            }
        }
        Some(Fault::NullLists) => {
            for list in ["listeErreurDP", "listeErreurTechnique"] {
                if content[list].as_array().is_some_and(Vec::is_empty) {
                    content[list] = Value::Null;
                }
            }
        }
        _ => {}
    }
}

/// A PDF of one page with one line of ASCII text.
fn one_line_pdf(line: &str) -> Vec<u8> {
    let text = format!("BT /F1 12 Tf 50 780 Td ({line}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut pdf = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        pdf.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let table = pdf.len();
    pdf.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for offset in offsets {
        pdf.push_str(&format!("{offset:010} 00000 n \n"));
    }
    let size = objects.len() + 1;
    pdf.push_str(&format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"));
    pdf.into_bytes()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_report_is_a_readable_pdf() {
        let document = lopdf::Document::load_mem(&one_line_pdf("Flux CPP001 : IN_INTEGRE")).unwrap();
        assert_eq!(document.get_pages().len(), 1);
        assert!(document.extract_text(&[1]).unwrap().contains("IN_INTEGRE"));
    }

    #[test]
    fn shapes_change_only_what_they_name() {
        let original = json!({ "listeErreurDP": [{ "numeroDP": "F1" }], "listeErreurTechnique": [] });
        let mut content = original.clone();
        reshape(&mut content, Some(Fault::ErrorListObject));
        assert_eq!(content["listeErreurDP"], json!({ "numeroDP": "F1" }));
        let mut content = original;
        reshape(&mut content, Some(Fault::NullLists));
        assert!(content["listeErreurDP"].is_array());
        assert!(content["listeErreurTechnique"].is_null());
    }
}
