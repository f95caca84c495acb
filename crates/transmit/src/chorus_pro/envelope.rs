//! What every answer of the gateway has in common, and what its refusals mean.

use facteur_model::gateway::GatewayError;
use serde::Deserialize;

use super::lenient;
use crate::http::{Answer, CallError};
use crate::reason::Reason;

/// Longest piece of a foreign answer that goes into a sentence for people.
const QUOTE_MAX: usize = 300;

/// Who is speaking in an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Speaker {
    /// A Chorus Pro service: `codeRetour` and `libelle`.
    Service {
        /// `codeRetour`; its meaning depends on the service.
        code: i64,
        /// `libelle`.
        label: String,
    },
    /// The PISTE gateway before it: `error`, or `httpCode` and `httpMessage`.
    Gateway {
        /// Its words.
        words: String,
    },
    /// Somebody else, or nobody that can be understood.
    Stranger,
}

#[derive(Deserialize)]
struct Common {
    #[serde(default, rename = "codeRetour", deserialize_with = "lenient::integer")]
    code: Option<i64>,
    #[serde(default, rename = "libelle", deserialize_with = "lenient::text")]
    label: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    error: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    error_description: Option<String>,
    #[serde(default, rename = "httpCode", deserialize_with = "lenient::text")]
    http_code: Option<String>,
    #[serde(default, rename = "httpMessage", deserialize_with = "lenient::text")]
    http_message: Option<String>,
    #[serde(default, rename = "moreInformation", deserialize_with = "lenient::text")]
    more: Option<String>,
}

/// Recognises who wrote an answer.
pub(super) fn speaker(answer: &Answer) -> Speaker {
    match lenient::object::<Common>(&answer.body) {
        Ok(Common { code: Some(code), label: Some(label), .. }) => Speaker::Service { code, label },
        Ok(Common { error: Some(error), error_description, .. }) => {
            Speaker::Gateway { words: joined(error, error_description) }
        }
        Ok(Common { http_code: Some(code), http_message: Some(message), more, .. }) => {
            Speaker::Gateway { words: joined(format!("{code} {message}"), more) }
        }
        _ if answer.bearer_refused => Speaker::Gateway { words: "WWW-Authenticate: Bearer".to_owned() },
        _ => Speaker::Stranger,
    }
}

/// Whether a service says that the account lacks a right (`GDP_MSG_11.005`).
pub(super) fn lacks_right(label: &str) -> bool {
    let label = folded(label);
    label.contains("habilit") || label.contains("gdp_msg_11.005")
}

/// Lower case without French accents: the gateway writes its labels with and without them.
pub(super) fn folded(text: &str) -> String {
    let plain = |c: char| match c {
        'é' | 'è' | 'ê' => 'e',
        'à' | 'â' => 'a',
        'ç' => 'c',
        other => other,
    };
    text.to_lowercase().chars().map(plain).collect()
}

/// `HTTP 403: the words`, or the beginning of whatever was answered.
pub(super) fn quote(answer: &Answer, speaker: &Speaker) -> String {
    let words = match speaker {
        Speaker::Service { code, label } => format!("{code} {label}"),
        Speaker::Gateway { words } => words.clone(),
        Speaker::Stranger if answer.is_page => "HTML".to_owned(),
        Speaker::Stranger => answer.text(),
    };
    let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(QUOTE_MAX).collect();
    let status = answer.status;
    if words.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {words}") }
}

/// Reads the answer to a question; `Err` for everything but `codeRetour` 0.
pub(super) fn read<'de, T: Deserialize<'de>>(answer: &'de Answer) -> Result<T, GatewayError> {
    let speaker = speaker(answer);
    if !(200..300).contains(&answer.status) {
        return Err(refusal(answer, speaker));
    }
    let unreadable = |why: &str| GatewayError::Protocol(Reason::UnreadableAnswer.with(why));
    match speaker {
        Speaker::Service { code: 0, .. } => {
            lenient::object(&answer.body).map_err(|error| unreadable(&error.to_string()))
        }
        Speaker::Service { code, label } => Err(GatewayError::Refused { code, label }),
        Speaker::Gateway { .. } | Speaker::Stranger if answer.is_page => {
            Err(GatewayError::Unavailable(Reason::NotAnswered.with(quote(answer, &speaker))))
        }
        _ => Err(unreadable(&quote(answer, &speaker))),
    }
}

/// What an answer outside 200–299 means for a question.
fn refusal(answer: &Answer, speaker: Speaker) -> GatewayError {
    let found = quote(answer, &speaker);
    match (answer.status, speaker) {
        (401, _) => GatewayError::Credentials(Reason::AccountRefused.with(found)),
        (403, _) => GatewayError::Credentials(Reason::NotSubscribed.with(found)),
        (429, _) => GatewayError::Busy { after: answer.pause, reason: Reason::Pause.with(found) },
        (400, _) if answer.bearer_refused => GatewayError::Credentials(Reason::AccountRefused.with(found)),
        (400..=499, Speaker::Service { code, label }) if code != 0 => GatewayError::Refused { code, label },
        (408, _) => GatewayError::Unavailable(Reason::NotAnswered.with(found)),
        (300..=399 | 404 | 405, _) => GatewayError::Protocol(Reason::WrongAddress.with(found)),
        (400..=499, _) => GatewayError::Protocol(Reason::RequestRefused.with(found)),
        (500.., _) if answer.pause.is_some() => {
            GatewayError::Busy { after: answer.pause, reason: Reason::NotAnswered.with(found) }
        }
        (500.., _) => GatewayError::Unavailable(Reason::NotAnswered.with(found)),
        _ => GatewayError::Protocol(Reason::UnreadableAnswer.with(found)),
    }
}

/// What it means for a question that no whole answer came.
pub(super) fn no_answer(error: CallError) -> GatewayError {
    match error {
        CallError::Connect(_) => GatewayError::Unavailable(Reason::NoConnection.with(error)),
        CallError::TimeOut | CallError::Broken(_) => GatewayError::Unavailable(Reason::NotAnswered.with(error)),
        CallError::TooLarge(_) => GatewayError::Protocol(Reason::UnreadableAnswer.with(error)),
    }
}

fn joined(first: String, second: Option<String>) -> String {
    match second {
        Some(second) => format!("{first}: {second}"),
        None => first,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.into(), ..Answer::default() }
    }

    #[test]
    fn the_speakers_are_told_apart() {
        let service = |code, label: &str| Speaker::Service { code, label: label.into() };
        let gateway = |words: &str| Speaker::Gateway { words: words.into() };
        for (body, expected) in [
            (r#"{"codeRetour":0,"libelle":"GCU_MSG_01_000"}"#, service(0, "GCU_MSG_01_000")),
            (r#"{"codeRetour":"20001","libelle":"x"}"#, service(20001, "x")),
            (r#"{"error":"invalid_client","error_description":"no"}"#, gateway("invalid_client: no")),
            (r#"{"httpCode":"403","httpMessage":"Forbidden","moreInformation":null}"#, gateway("403 Forbidden")),
            (r#"{"codeRetour":0}"#, Speaker::Stranger),
            (r#"{"codeRetour":0,"codeRetour":1,"libelle":"x"}"#, Speaker::Stranger),
            (r#"{"codeRetour":20001,"libelle":"x""#, Speaker::Stranger),
            ("[]", Speaker::Stranger),
            ("", Speaker::Stranger),
            ("<html>codeRetour</html>", Speaker::Stranger),
        ] {
            assert_eq!(speaker(&answer(400, body)), expected, "{body}");
        }
        let bare = Answer { bearer_refused: true, ..answer(401, "") };
        assert!(matches!(speaker(&bare), Speaker::Gateway { .. }));
    }

    #[test]
    fn a_functional_refusal_is_the_same_with_200_and_400() {
        let body = r#"{"codeRetour":20001,"libelle":"POQ_MSG_01.003 - Flux introuvable."}"#;
        for status in [200, 400] {
            let error = read::<serde::de::IgnoredAny>(&answer(status, body)).unwrap_err();
            assert!(matches!(error, GatewayError::Refused { code: 20001, .. }), "{status} {error}");
        }
    }

    #[test]
    fn refusals_of_a_question_are_told_apart() {
        type Is = fn(&GatewayError) -> bool;
        let cases: [(u16, &str, Is); 9] = [
            (401, "", |e| matches!(e, GatewayError::Credentials(t) if t.starts_with("GATEWAY-ACCOUNT-REFUSED"))),
            (403, "", |e| matches!(e, GatewayError::Credentials(t) if t.starts_with("GATEWAY-NOT-SUBSCRIBED"))),
            (404, "", |e| matches!(e, GatewayError::Protocol(t) if t.starts_with("GATEWAY-WRONG-ADDRESS"))),
            (302, "", |e| matches!(e, GatewayError::Protocol(t) if t.starts_with("GATEWAY-WRONG-ADDRESS"))),
            (429, "{}", |e| matches!(e, GatewayError::Busy { .. })),
            (503, "<html>", |e| matches!(e, GatewayError::Unavailable(_))),
            (500, r#"{"codeRetour":1,"libelle":"x"}"#, |e| matches!(e, GatewayError::Unavailable(_))),
            (200, "{}", |e| matches!(e, GatewayError::Protocol(_))),
            (200, "", |e| matches!(e, GatewayError::Protocol(_))),
        ];
        for (status, body, is) in cases {
            let error = read::<serde::de::IgnoredAny>(&answer(status, body)).unwrap_err();
            assert!(is(&error), "{status} {body}: {error}");
        }
        let page = Answer { is_page: true, ..answer(200, "<html>maintenance</html>") };
        assert!(matches!(read::<serde::de::IgnoredAny>(&page), Err(GatewayError::Unavailable(_))));
    }
}
