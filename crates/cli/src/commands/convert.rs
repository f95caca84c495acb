//! `facteur convert FILE --to … -o OUT`

use anyhow::bail;
use facteur_model::finding::{Finding, Severity, Verdict};
use facteur_pipeline::convert::{
    self, Agreed, Converted, Given, Page, Profile, Refusal, Request, Supplied, SuppliedError, Target,
};
use facteur_pipeline::engine::examiner;
use facteur_pipeline::examine::plan;
use facteur_pipeline::home::Home;
use facteur_report::table::{Align, Table};
use facteur_texts::printable;
use facteur_validate::Plan;
use serde_json::{Value, json};

use super::check::known_recipients;
use super::check_look::finding_line;
use super::{Context, Outcome, status};
use crate::args::{Convert, TargetName};
use crate::output::Talk;

pub async fn run(context: &Context, options: &Convert) -> Outcome {
    let talk = context.talk;
    let home = context.home_if_any()?;
    let (request, plan) = wanted(talk, options, home.as_ref())?;
    if options.out.symlink_metadata().is_ok() {
        bail!("{}", talk.say("error.exists", &[("path", &options.out.display().to_string())]));
    }
    let bytes = convert::open(&options.file)?;
    let given = given(talk, options, &bytes)?;
    let examiner = examiner(&context.packs(home.as_ref()), &std::env::current_exe()?)?;
    let examiner = examiner.with_directory(known_recipients(home.as_ref()).await);
    let name = options.file.display().to_string();
    let converted = match convert::convert_with(&examiner, &name, &bytes, &request, &given, &plan).await {
        Ok(converted) => converted,
        Err(findings) => return Ok(unreadable(talk, &name, &findings)),
    };
    let refusal = converted.refusal(Agreed { loss: options.accept_loss, invalid: options.accept_invalid });
    if refusal.is_none() {
        convert::save(&options.out, &converted.bytes)?;
    }
    let out = options.out.display().to_string();
    if talk.json() {
        talk.data(&line(talk, &name, &out, &converted, refusal).to_string());
    } else {
        show(talk, &out, &converted, refusal);
    }
    Ok(status(refusal.is_none() && converted.report.verdict == Verdict::Valid))
}

/// The request, and the plan by which the result is checked.
fn wanted(talk: Talk, options: &Convert, home: Option<&Home>) -> anyhow::Result<(Request, Plan)> {
    let configured = home.map(|home| &home.configuration.check);
    let profile = match &options.profile {
        Some(name) => match Profile::from_name(name) {
            Some(profile) => profile,
            None => {
                let known = Profile::NAMES.join(", ");
                bail!("{}", talk.say("convert.unknown_profile", &[("name", name), ("known", &known)]))
            }
        },
        None => configured.map_or(Profile::Keep, |check| Profile::of_channel(check.context)),
    };
    let target = match options.to {
        TargetName::Ubl => Target::Ubl,
        TargetName::Cii => Target::Cii,
        TargetName::FacturX => Target::FacturX(talk.language),
    };
    let Some(request) = Request::new(target, profile) else {
        bail!("{}", talk.say("convert.not_in_ubl", &[]));
    };
    let chain = Plan::chain(profile.context());
    // What the recipients of the installation demand counts where the result is for its channel.
    let own = configured.map(plan).filter(|own| own.context == profile.context());
    Ok((request, own.unwrap_or(chain)))
}

/// What is given beside the document, where it can be used.
fn given(talk: Talk, options: &Convert, bytes: &[u8]) -> anyhow::Result<Given> {
    let mut supplied = Vec::new();
    for text in &options.supplied {
        match Supplied::parse(text) {
            Ok(one) => supplied.push(one),
            Err(error) => bail!("{}", unusable(talk, &error)),
        }
    }
    if !options.keep_page && options.page.is_none() {
        return Ok(Given { supplied, page: None });
    }
    if options.to != TargetName::FacturX {
        bail!("{}", talk.say("convert.page_without_factur_x", &[]));
    }
    let page = match &options.page {
        Some(path) => convert::open(path)?,
        None => bytes.to_vec(),
    };
    Ok(Given { supplied, page: Some(page) })
}

fn unusable(talk: Talk, error: &SuppliedError) -> String {
    match error {
        SuppliedError::NoValue(given) => talk.say("convert.set_no_value", &[("given", &printable(given))]),
        SuppliedError::UnknownTerm(term) => {
            let known = Supplied::terms().collect::<Vec<_>>().join(", ");
            talk.say("convert.set_unknown", &[("term", &printable(term)), ("known", &known)])
        }
        SuppliedError::NoScheme("BT-22") => talk.say("convert.set_no_subject", &[]),
        SuppliedError::NoScheme(term) => talk.say("convert.set_no_scheme", &[("term", term)]),
        SuppliedError::NoSiret(given) => talk.say("error.siret", &[("siret", &printable(given))]),
        SuppliedError::NoIban(given) => talk.say("convert.set_no_iban", &[("given", &printable(given))]),
    }
}

fn unreadable(talk: Talk, name: &str, findings: &[Finding]) -> std::process::ExitCode {
    if talk.json() {
        let findings: Vec<Value> = findings.iter().map(|finding| finding_line(talk, finding)).collect();
        let line = json!({"schema": "facteur-convert/1", "file": name, "source": null, "written": false,
            "refused": "unreadable", "findings": findings});
        talk.data(&line.to_string());
    } else {
        talk.tell("convert.unreadable", &[("file", &printable(name))]);
        findings.iter().for_each(|finding| talk.data(&talk.finding(finding)));
    }
    status(false)
}

/// One JSON line: `facteur-convert/1`.
fn line(talk: Talk, name: &str, out: &str, converted: &Converted, refusal: Option<Refusal>) -> Value {
    let report = &converted.report;
    let findings: Vec<Value> = report.findings.iter().map(|finding| finding_line(talk, finding)).collect();
    let missing = converted.missing.iter().map(|missing| {
        json!({"term": missing.term, "need": missing.need, "found": missing.found,
            "set": convert::form(missing), "message": talk.say(&need_key(missing), &[])})
    });
    json!({"schema": "facteur-convert/1", "file": name, "source": converted.source.as_str(), "out": out,
        "written": refusal.is_none(), "refused": refusal, "profile": report.profile,
        "verdict": report.verdict.as_str(), "lost": converted.lost, "unmapped": converted.unmapped,
        "unmapped_total": converted.unmapped_total, "derived": converted.derived, "supplied": converted.supplied,
        "replaced": converted.replaced, "page": converted.page, "removed": converted.removed,
        "added": converted.added, "missing": missing.collect::<Vec<_>>(), "layers": report.layers,
        "findings": findings})
}

pub fn need_key(missing: &facteur_render::profile::Missing) -> String {
    let need = serde_json::to_value(missing.need).unwrap_or_default();
    format!("convert.need_{}", need.as_str().unwrap_or_default().replace('-', "_"))
}

fn show(talk: Talk, out: &str, converted: &Converted, refusal: Option<Refusal>) {
    for (key, values) in [
        ("convert.replaced", &converted.replaced),
        ("convert.supplied", &converted.supplied),
        ("convert.removed", &converted.removed),
        ("convert.added", &converted.added),
        ("convert.derived", &converted.derived),
        ("convert.lost", &converted.lost),
    ] {
        list(talk, key, values.iter().map(|value| [value.term.0.to_owned(), line_of(value), printable(&value.value)]));
    }
    let unmapped = converted.unmapped.iter();
    let rows = unmapped.map(|left| [printable(&left.path), left.line.to_string(), printable(&left.text)]);
    list(talk, "convert.unmapped", rows);
    let more = converted.unmapped_total.saturating_sub(converted.unmapped.len());
    if more > 0 {
        talk.tell("convert.unmapped_more", &[("count", &more.to_string())]);
    }
    if !converted.missing.is_empty() {
        talk.tell("convert.missing", &[]);
        for missing in &converted.missing {
            let found =
                missing.found.as_deref().map(|found| talk.say("convert.found", &[("found", &printable(found))]));
            let sentence = talk.say(&need_key(missing), &[]);
            talk.data(&format!("  {} : {sentence}{}\n", missing.term, found.unwrap_or_default()));
            talk.data(&format!("      --set {}\n", convert::form(missing)));
        }
    }
    let report = &converted.report;
    report.findings.iter().for_each(|finding| talk.data(&talk.finding(finding)));
    let fatal = report.findings.iter().filter(|finding| finding.severity == Severity::Fatal).count().to_string();
    let verdict = facteur_texts::verdict(talk.language, report.verdict);
    talk.tell("convert.verdict", &[("verdict", &verdict), ("fatal", &fatal)]);
    if converted.page == Some(Page::Kept) {
        talk.note("convert.page_kept", &[]);
    }
    match refusal {
        None => talk.note("convert.written", &[("out", out)]),
        Some(Refusal::Missing) => talk.note("convert.refused_missing", &[("out", out)]),
        Some(Refusal::Loss) => talk.note("convert.refused_loss", &[("out", out)]),
        Some(Refusal::Invalid) => talk.note("convert.refused_invalid", &[("out", out)]),
    }
}

fn line_of(value: &facteur_render::TermValue) -> String {
    value.line.as_deref().map_or_else(|| "—".to_owned(), printable)
}

/// A table under a sentence, where there is anything to say.
fn list(talk: Talk, key: &str, rows: impl Iterator<Item = [String; 3]>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    talk.tell(key, &[("count", &rows.len().to_string())]);
    let heading = |column: &str| (talk.say(&format!("convert.column_{column}"), &[]), Align::Left);
    let first = if key == "convert.unmapped" { "path" } else { "term" };
    let mut table = Table::new(vec![heading(first), heading("line"), heading("value")]);
    rows.into_iter().for_each(|row| table.row(row.to_vec()));
    talk.table(&table);
    talk.data("\n");
}
