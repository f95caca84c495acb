//! The changes of each invoice's life, as the program itself would write them.

use facteur_model::clock::Timestamp;
use facteur_model::lifecycle::{Event, State};
use facteur_store::change::{
    Change, Correction, DeliveryEnd, Field, GatewayEventRow, Identity, Intent, Process, Reason, Receive, Step, Value,
};
use facteur_store::document::{Packed, Role};

use super::Plan;
use super::fate::{DAY, Fate, fate, recipient_says};
use super::parties::{Recipient, Supplier, recipients, suppliers};
use crate::draw::Draw;

const SUPPLIERS: usize = 400;
const SECOND: i64 = 1000;
const ACTOR: &str = "facteur";
/// A refused invoice gets a successor within these days, where it gets one.
const SUCCESSOR_DAYS: i64 = 6;

type Timed = (Timestamp, Change);

/// Makes one life after the other.
pub struct Lives {
    draw: Draw,
    plan: Plan,
    suppliers: Vec<Supplier>,
    recipients: Vec<Recipient>,
    made: u64,
    /// The last number of each supplier that reached its recipient: credit notes are about one of them.
    last: Vec<Option<String>>,
    /// Bytes of an earlier document, to be received again.
    earlier: Option<(Timestamp, Vec<u8>)>,
}

/// One invoice to be.
struct Draft {
    id: String,
    identity: Identity,
    supplier: usize,
    at: Timestamp,
    bytes: Vec<u8>,
}

impl Lives {
    pub fn new(plan: &Plan) -> Self {
        let mut draw = Draw::new(plan.seed ^ 0x5EED);
        let suppliers = suppliers(&mut draw, SUPPLIERS);
        let recipients = recipients(&mut draw);
        Self {
            last: vec![None; suppliers.len()],
            draw,
            plan: plan.clone(),
            suppliers,
            recipients,
            made: 0,
            earlier: None,
        }
    }

    /// The changes of the next invoice, which comes in at that instant, and of its successor where it is refused.
    pub fn next(&mut self, at: Timestamp) -> Vec<Timed> {
        let fate = fate(&mut self.draw, self.plan.until.0 - at.0);
        let mut draft = self.draft(at);
        let earlier = self.earlier.as_ref().filter(|(before, _)| fate == Fate::Duplicate && *before < at);
        if let Some((_, bytes)) = earlier {
            draft.bytes.clone_from(bytes);
            return vec![self.received(&draft)];
        }
        let mut changes = vec![self.received(&draft)];
        changes.extend(self.lived(&draft, fate));
        changes.retain(|(at, _)| *at <= self.plan.until);
        let refused = matches!(changes.last(), Some((_, Change::Step(step))) if step.events == [Event::Refused]);
        if let (true, Some((at, _))) = (refused, changes.last()) {
            let later = at.plus_millis(self.draw.between(1, SUCCESSOR_DAYS) * DAY);
            if later <= self.plan.until && self.draw.happens(700) {
                changes.extend(self.successor(&draft, later));
            }
        }
        self.earlier = Some((at, draft.bytes));
        changes
    }

    fn lived(&mut self, draft: &Draft, fate: Fate) -> Vec<Timed> {
        match fate {
            Fate::Unreadable => vec![processed(draft, &[Event::Unreadable], "unreadable", Some("UNREADABLE"))],
            Fate::Invalid => {
                let rule = *self.draw.one(&["BR-CO-10", "BR-FR-CPRO-11", "CPRO-HIST-IBAN", "BR-CO-15"]);
                vec![processed(draft, &[Event::Read, Event::Failed], "invalid", Some(rule))]
            }
            Fate::Draft => vec![processed(draft, &[Event::PlainPdf], "not_checked", Some("DRAFT-PDF"))],
            Fate::Held => vec![processed(draft, &[Event::Read, Event::Hold], "valid", Some("KEY-TAKEN"))],
            Fate::Queued | Fate::Duplicate => vec![ready(draft)],
            Fate::Uncertain => {
                let mut changes = vec![ready(draft), intended(draft)];
                let lost = step(draft, State::Depositing, &[Event::AnswerLost], 65 * SECOND);
                let lost = lost.because(Reason::new("NO-ANSWER").arg("text", "delai depasse"));
                changes.push(timed(lost.ends(end(draft, "unknown", None))));
                changes
            }
            Fate::Rejected => {
                let mut changes = vec![ready(draft), intended(draft), accepted(draft)];
                let code = *self.draw.one(&["NOT-INTEGRATED", "GATEWAY-INCIDENT", "NOT-INTEGRATED"]);
                let rejected = step(draft, State::Deposited, &[Event::NotIntegrated], 900 * SECOND);
                changes.push(timed(
                    rejected.set(Field::FlowState, Value::Text("IN_REJETE".into())).because(Reason::new(code)),
                ));
                changes
            }
            Fate::Delivered => self.delivered(draft),
        }
    }

    fn delivered(&mut self, draft: &Draft) -> Vec<Timed> {
        let mut changes = vec![ready(draft), intended(draft), accepted(draft)];
        let integrated = step(draft, State::Deposited, &[Event::Integrated], 900 * SECOND);
        changes.push(timed(integrated.set(Field::FlowState, Value::Text("IN_INTEGRE".into()))));
        let credit_note = draft.identity.type_code.as_deref() == Some("381");
        let mut state = State::Integrated;
        for (index, (code, after)) in recipient_says(&mut self.draw, credit_note).into_iter().enumerate() {
            let (event, next) = match code {
                "SUSPENDUE" => (Some(Event::Suspended), State::Suspended),
                "COMPLETEE" => (Some(Event::Resumed), State::Integrated),
                "REJETEE" => (Some(Event::Refused), State::Refused),
                "MISE_EN_PAIEMENT" => (Some(Event::Settled), State::Settled),
                _ => (None, state),
            };
            let at = draft.at.plus_millis(after.max(1000 * SECOND));
            let heard = Step::new(&draft.id, state, &event.into_iter().collect::<Vec<_>>(), at, ACTOR);
            let heard = match code {
                "REJETEE" => {
                    heard.because(Reason::new("RECIPIENT-REFUSED").arg("text", "Facture non conforme à la commande"))
                }
                "SUSPENDUE" => {
                    heard.because(Reason::new("RECIPIENT-SUSPENDED").arg("text", "Bon de commande manquant"))
                }
                "COMPLETEE" => heard.reason_gone(),
                _ => heard,
            };
            changes.push(timed(heard.set(Field::InvoiceState, Value::Text(code.into())).heard(GatewayEventRow {
                subject: "invoice",
                external: index.to_string(),
                code: code.into(),
                happened: Some(at.rfc3339()),
                comment: (code == "REJETEE").then(|| "Facture non conforme à la commande".to_owned()),
                flow: None,
            })));
            state = next;
        }
        if !credit_note {
            self.last[draft.supplier].clone_from(&draft.identity.number);
        }
        changes
    }

    /// The refused invoice again, under another number.
    fn successor(&mut self, refused: &Draft, at: Timestamp) -> Vec<Timed> {
        let mut draft = self.draft(at);
        let number = format!("{}-B", refused.identity.number.as_deref().unwrap_or_default());
        draft.identity = Identity {
            type_code: Some("384".into()),
            preceding: refused.identity.number.clone(),
            number: Some(number),
            issued: draft.identity.issued,
            ..refused.identity.clone()
        };
        draft.supplier = refused.supplier;
        draft.bytes.extend(b"<!-- -B -->");
        let Change::Receive(receive) = self.received(&draft).1 else { return Vec::new() };
        let correction = Correction {
            id: refused.id.clone(),
            expect: State::Refused,
            receive: *receive,
            successor: true,
            note: Some("nouvelle facture".into()),
        };
        let mut changes = vec![(at, Change::Correct(Box::new(correction)))];
        changes.extend(self.delivered(&draft));
        changes.retain(|(at, _)| *at <= self.plan.until);
        changes
    }

    fn draft(&mut self, at: Timestamp) -> Draft {
        self.made += 1;
        let n = self.made;
        let draw = &mut self.draw;
        // A few suppliers send most of the invoices.
        let supplier = (draw.below(SUPPLIERS as u64).min(draw.below(SUPPLIERS as u64))) as usize;
        let (by, to) = (&self.suppliers[supplier], draw.one(&self.recipients));
        let credited = self.last[supplier].clone().filter(|_| draw.happens(35));
        let service = (!to.services.is_empty()).then(|| (*draw.one(&to.services)).to_owned());
        let number = if credited.is_some() { format!("AV-{n:07}") } else { format!("FA-{n:07}") };
        let identity = Identity {
            kind: (*draw.one(&["ubl-invoice", "cii", "factur-x"])).to_owned(),
            profile: Some("urn:cen.eu:en16931:2017".into()),
            type_code: Some(if credited.is_some() { "381" } else { "380" }.into()),
            framework: Some((*draw.one(&FRAMEWORKS)).to_owned()),
            number: Some(number),
            issued: Some(at.plus_millis(-draw.between(0, 6) * DAY).rfc3339().chars().take(10).collect()),
            supplier_siren: Some(by.siren.clone()),
            supplier_siret: Some(by.siret.clone()),
            supplier: Some(by.name.clone()),
            buyer_siret: Some(to.siret.clone()),
            buyer: Some(to.name.clone()),
            total: Some(total(draw)),
            currency: Some(if draw.happens(3) { "CHF" } else { "EUR" }.into()),
            commitment: service.is_some().then(|| format!("EJ{:06}", draw.below(5000))),
            service,
            preceding: credited,
            key_exempt: false,
        };
        let bytes = format!("<facture seed=\"{}\" n=\"{n}\"/>", self.plan.seed).into_bytes();
        Draft { id: identity_at(at, n, draw), identity, supplier, at, bytes }
    }

    fn received(&self, draft: &Draft) -> Timed {
        let file = format!("{}.xml", draft.identity.number.as_deref().unwrap_or("facture"));
        let receive = Receive {
            arrival: format!("{}-a", draft.id),
            invoice: draft.id.clone(),
            siren: self.plan.siren.clone(),
            siret: self.plan.siret.clone(),
            path: format!("inbox/{file}"),
            member: None,
            container: None,
            file,
            document: Packed::new(Role::Original, "application/xml", &draft.bytes),
            at: draft.at,
            actor: "person:marie".into(),
        };
        (draft.at, Change::Receive(Box::new(receive)))
    }
}

/// Billing frameworks: most are plain invoices.
const FRAMEWORKS: [&str; 20] = [
    "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A1", "A2", "A4",
    "A9",
];

/// A total with VAT: many small, few large; one in two thousand with parts of a cent.
fn total(draw: &mut Draw) -> String {
    let most = *draw.one(&[5_000, 20_000, 20_000, 100_000, 100_000, 1_000_000, 5_000_000, 40_000_000]);
    let cents = draw.below(most) + 100;
    let part = if draw.below(2000) == 0 { "5" } else { "" };
    format!("{}.{:02}{part}", cents / 100, cents % 100)
}

/// A UUID (version 7) of that instant.
fn identity_at(at: Timestamp, n: u64, draw: &mut Draw) -> String {
    let random = draw.next();
    let milliseconds = format!("{:012x}", at.0);
    let (high, low) = milliseconds.split_at(8);
    format!("{high}-{low}-7{:03x}-8{:03x}-{:012x}", n & 0xFFF, random & 0xFFF, random >> 16)
}

fn processed(draft: &Draft, events: &[Event], verdict: &str, reason: Option<&str>) -> Timed {
    let at = draft.at.plus_millis(SECOND);
    let read = events.first() == Some(&Event::Read);
    let identity =
        if read { draft.identity.clone() } else { Identity { kind: "unknown".into(), ..Identity::default() } };
    let process = Process {
        retention_end: None,
        id: draft.id.clone(),
        events: events.to_vec(),
        identity,
        documents: vec![],
        embedded: None,
        draft: None,
        transmitted: None,
        seal: None,
        verdict: verdict.to_owned(),
        layers: "[]".into(),
        packs: String::new(),
        findings: vec![],
        reason: reason.map(|code| match code {
            rule if rule.starts_with("BR") || rule.starts_with("CPRO") => Reason::new("INVALID").arg("rule", rule),
            code => Reason::new(code),
        }),
        key_guard: None,
        probable: None,
        at,
        actor: ACTOR.into(),
    };
    (at, Change::Process(Box::new(process)))
}

fn ready(draft: &Draft) -> Timed {
    processed(draft, &[Event::Read, Event::Passed, Event::Seal, Event::Queue], "valid", None)
}

fn flow(draft: &Draft) -> String {
    format!("{}-f", draft.id)
}

fn intended(draft: &Draft) -> Timed {
    let at = draft.at.plus_millis(60 * SECOND);
    let intent = Intent {
        id: draft.id.clone(),
        expect: State::Queued,
        event: Event::Claim,
        flow: flow(draft),
        gateway: "chorus-pro".into(),
        file_name: format!("{}.xml", draft.identity.number.as_deref().unwrap_or("facture")),
        sha256: "00".repeat(32),
        syntax: "IN_DP_E1_UBL_INVOICE".into(),
        signed: false,
        holder: "generator".into(),
        lease_until: at.plus_millis(60 * SECOND),
        at,
        actor: ACTOR.into(),
    };
    (at, Change::Intent(Box::new(intent)))
}

fn accepted(draft: &Draft) -> Timed {
    let number = format!("CPP{}", draft.id.chars().filter(char::is_ascii_hexdigit).skip(12).collect::<String>());
    let step = step(draft, State::Depositing, &[Event::Accepted], 62 * SECOND);
    let step = step.set(Field::Flow, Value::Text(number.clone())).set(Field::FlowState, Value::Text("IN_RECU".into()));
    timed(step.ends(end(draft, "accepted", Some(number))))
}

fn end(draft: &Draft, outcome: &'static str, number: Option<String>) -> DeliveryEnd {
    DeliveryEnd { flow: flow(draft), outcome, reason: None, number }
}

fn step(draft: &Draft, expect: State, events: &[Event], after: i64) -> Step {
    Step::new(&draft.id, expect, events, draft.at.plus_millis(after), ACTOR)
}

fn timed(step: Step) -> Timed {
    (step.at, Change::Step(Box::new(step)))
}
