//! One deposit, once, and what it came to. The rule: *accepted* needs a flow number, *not accepted* needs a proof,
//! everything else is `Unknown` (deposit protocol, `docs/architecture.md`).

use std::fmt;
use std::sync::Arc;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use facteur_model::gateway::{Deposit, DepositOutcome, GatewayError};
use reqwest::Body;
use reqwest::header::{CONNECTION, CONTENT_LENGTH, HeaderValue};
use serde::{Deserialize, Serialize, Serializer};

use super::body::Gate;
use super::envelope::{Speaker, folded, lacks_right, quote, speaker};
use super::token::Bearer;
use super::{ChorusPro, lenient, naming};
use crate::http::{self, Answer, CallError};
use crate::reason::Reason;

/// Operation `deposerFluxFacture`.
const PATH: &str = "/cpro/factures/v1/deposer/flux";
/// Largest answer to a deposit: it holds a number and a date.
const ANSWER_MAX: u64 = 1 << 20;
/// Longest flow number that is taken for one (documented: 25 characters).
const FLOW_NUMBER_MAX: usize = 64;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    #[serde(serialize_with = "as_base64")]
    fichier_flux: &'a [u8],
    nom_fichier: &'a str,
    syntaxe_flux: &'static str,
    avec_signature: bool,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(default, rename = "codeRetour", deserialize_with = "lenient::integer")]
    code: Option<i64>,
    #[serde(default, rename = "numeroFluxDepot", deserialize_with = "lenient::text")]
    flow: Option<String>,
}

/// What one attempt came to.
enum Attempt {
    Outcome(DepositOutcome),
    /// Refused before it was looked at, because of the token or the account: proof of non-acceptance.
    TokenRefused(String),
}

impl ChorusPro {
    /// Deposits a flow. The one repetition is after a 401 in the gateway's or the service's own words.
    pub(super) async fn deposit_flow(&self, deposit: Deposit<'_>) -> DepositOutcome {
        if let Some(refused) = self.refuse_unsent(&deposit) {
            return refused;
        }
        let body = match question_body(&deposit) {
            Ok(body) => Arc::new(body),
            Err(error) => return deferred(true, Reason::RequestRefused.with(error)),
        };
        let _permit = match self.permit().await {
            Ok(permit) => permit,
            Err(error) => return not_attempted(error),
        };
        let mut refusal = String::new();
        for _ in 0..2 {
            let bearer = match self.tokens.bearer().await {
                Ok(bearer) => bearer,
                Err(error) => return not_attempted(error),
            };
            match self.attempt(&body, &bearer).await {
                Attempt::Outcome(outcome) => return outcome,
                Attempt::TokenRefused(reason) => refusal = reason,
            }
            self.tokens.forget(&bearer).await;
        }
        deferred(true, refusal)
    }

    /// What the gateway would refuse for certain is not sent at all.
    fn refuse_unsent(&self, deposit: &Deposit<'_>) -> Option<DepositOutcome> {
        let limits = self.configuration.limits.of_a_deposit();
        let most = if naming::is_lot(deposit.file_name) { limits.max_lot_bytes } else { limits.max_flow_bytes };
        let size = deposit.bytes.len() as u64;
        let reason = if size > most {
            Reason::TooLarge.with(format!("{size} > {most}"))
        } else if size == 0 {
            Reason::RequestRefused.with("0 byte")
        } else if !naming::is_acceptable(deposit.file_name) {
            Reason::BadFileName.with(deposit.file_name)
        } else {
            return None;
        };
        Some(DepositOutcome::Rejected { reasons: vec![reason], raw: String::new() })
    }

    async fn attempt(&self, body: &Arc<Vec<u8>>, bearer: &Bearer) -> Attempt {
        let timeouts = &self.configuration.timeouts;
        let gate = Gate::new(Arc::clone(body), timeouts.connect());
        let request = self
            .request(&self.deposits, PATH, bearer)
            .header(CONTENT_LENGTH, gate.length())
            .header(CONNECTION, HeaderValue::from_static("close"))
            .body(Body::wrap_stream(gate.pieces()));
        let limit = ANSWER_MAX.min(self.configuration.limits.max_answer_bytes);
        let result = tokio::select! {
            biased;
            result = http::exchange(request, limit) => result,
            () = gate.stalled(timeouts.read()) => Err(CallError::TimeOut),
            () = tokio::time::sleep(timeouts.deposit()) => Err(CallError::TimeOut),
        };
        let sent_whole = gate.close();
        self.tell(PATH, body, true, &result);
        tracing::debug!(sent_whole, status = result.as_ref().map_or(0, |answer| answer.status), "deposited a flow");
        match result {
            Ok(answer) => classify(&answer, sent_whole),
            Err(error) => Attempt::Outcome(without_answer(&error, sent_whole)),
        }
    }
}

/// The JSON of a deposit, built once; a repetition sends the very same bytes.
fn question_body(deposit: &Deposit<'_>) -> Result<Vec<u8>, serde_json::Error> {
    let mut body = Vec::with_capacity(deposit.bytes.len() / 3 * 4 + 512);
    let question = Question {
        fichier_flux: deposit.bytes,
        nom_fichier: deposit.file_name,
        syntaxe_flux: deposit.syntax.as_str(),
        avec_signature: deposit.signed,
    };
    serde_json::to_writer(&mut body, &question)?;
    Ok(body)
}

fn as_base64<S: Serializer>(bytes: &&[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Base64Display::new(bytes, &STANDARD))
}

fn without_answer(error: &CallError, sent_whole: bool) -> DepositOutcome {
    match (sent_whole, error) {
        (false, CallError::Connect(_)) => deferred(false, Reason::NoConnection.with(error)),
        (false, _) => deferred(false, Reason::NotSentWhole.with(error)),
        (true, CallError::TooLarge(_)) => unknown(Reason::UnreadableAnswer.with(error), None),
        (true, _) => unknown(Reason::NoAnswer.with(error), None),
    }
}

fn classify(answer: &Answer, sent_whole: bool) -> Attempt {
    let speaker = speaker(answer);
    let found = quote(answer, &speaker);
    let outcome = match (answer.status, &speaker) {
        (200..=299, _) => success(answer, &speaker, sent_whole),
        (401, Speaker::Gateway { .. } | Speaker::Service { .. }) => {
            return Attempt::TokenRefused(Reason::AccountRefused.with(found));
        }
        (429, Speaker::Gateway { .. } | Speaker::Service { .. }) => {
            DepositOutcome::Deferred { after: answer.pause, needs_person: false, reason: Reason::Pause.with(found) }
        }
        (403, Speaker::Gateway { .. }) => deferred(true, Reason::NotSubscribed.with(found)),
        (403, Speaker::Service { .. }) => deferred(true, Reason::NotAuthorised.with(found)),
        (404, Speaker::Gateway { .. } | Speaker::Service { .. }) => deferred(true, Reason::WrongAddress.with(found)),
        (400 | 413 | 415, Speaker::Service { code, label }) if *code != 0 => service_refusal(answer, label, true),
        (413, Speaker::Gateway { words }) => {
            DepositOutcome::Rejected { reasons: vec![Reason::TooLarge.with(words)], raw: answer.text() }
        }
        (400, Speaker::Gateway { .. }) if answer.bearer_refused => deferred(true, Reason::AccountRefused.with(found)),
        (400 | 415, Speaker::Gateway { .. }) => deferred(true, Reason::RequestRefused.with(found)),
        _ => undecided(answer, Reason::ServerError.with(found), sent_whole),
    };
    Attempt::Outcome(outcome)
}

fn success(answer: &Answer, speaker: &Speaker, sent_whole: bool) -> DepositOutcome {
    let found = quote(answer, speaker);
    let Ok(reply) = lenient::object::<Reply>(&answer.body) else {
        return undecided(answer, Reason::UnreadableAnswer.with(found), sent_whole);
    };
    match (reply.code.unwrap_or(0), reply.flow, speaker) {
        (0, Some(flow), _) if is_flow_number(&flow) => DepositOutcome::Accepted { flow, raw: answer.text() },
        // Refused, and yet a number: whatever it is, it is no proof.
        (_, Some(_), _) => unknown(Reason::UnreadableAnswer.with(found), Some(answer.text())),
        (code, None, Speaker::Service { label, .. }) if code != 0 => service_refusal(answer, label, false),
        _ => undecided(answer, Reason::NoFlowNumber.with(found), sent_whole),
    }
}

/// A refusal in the service's own words. `by_status`: the HTTP status says so too.
fn service_refusal(answer: &Answer, label: &str, by_status: bool) -> DepositOutcome {
    let plain = folded(label);
    let says = |words: &[&str]| words.iter().any(|word| plain.contains(word));
    if lacks_right(label) {
        return deferred(true, Reason::NotAuthorised.with(label));
    }
    if says(&["erreur technique", "incident technique", "probleme technique", "erreur interne", "indisponible"]) {
        let reason = Reason::TechnicalFault.with(label);
        return if by_status { deferred(false, reason) } else { unknown(reason, Some(answer.text())) };
    }
    if says(&["doublon", "duplicat", "duplique", "deja"]) {
        return DepositOutcome::Duplicate { reason: Reason::AlreadyThere.with(label), raw: answer.text() };
    }
    let reasons = label.split('|').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    DepositOutcome::Rejected { reasons, raw: answer.text() }
}

/// An answer that proves nothing: only a body that did not leave whole decides.
fn undecided(answer: &Answer, reason: String, sent_whole: bool) -> DepositOutcome {
    if sent_whole {
        return unknown(reason, Some(answer.text()));
    }
    let needs_person = matches!(answer.status, 300..=407 | 409..=428 | 430..=499);
    let found = format!("{} ({reason})", answer.status);
    DepositOutcome::Deferred { after: answer.pause, needs_person, reason: Reason::NotSentWhole.with(found) }
}

/// No token or no permit: nothing was attempted.
fn not_attempted(error: GatewayError) -> DepositOutcome {
    match error {
        GatewayError::Busy { after, reason } => DepositOutcome::Deferred { after, needs_person: false, reason },
        GatewayError::Unavailable(reason) => deferred(false, reason),
        GatewayError::Credentials(reason) | GatewayError::Protocol(reason) => deferred(true, reason),
        GatewayError::Refused { label, .. } => deferred(true, Reason::RequestRefused.with(label)),
    }
}

fn deferred(needs_person: bool, reason: impl fmt::Display) -> DepositOutcome {
    DepositOutcome::Deferred { after: None, needs_person, reason: reason.to_string() }
}

fn unknown(reason: String, raw: Option<String>) -> DepositOutcome {
    DepositOutcome::Unknown { reason, raw }
}

fn is_flow_number(text: &str) -> bool {
    text.len() <= FLOW_NUMBER_MAX && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}
