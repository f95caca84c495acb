//! Reasons as codes: every sentence that a gateway module hands to the pipeline begins with one of these codes and
//! a colon, so that the `texts` crate can say it in French or English (`findings/gateway.*.toml`).

use std::fmt;

/// Why something did not go through, in a word that texts, tests and the journal share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// No connection, or no TLS handshake: nothing left.
    NoConnection,
    /// The file did not leave whole: the gateway cannot have it.
    NotSentWhole,
    /// No access token could be had, for a reason that passes.
    NoToken,
    /// PISTE refuses the application's identifier or secret.
    ApplicationRefused,
    /// The gateway refuses the technical account (`cpro-account`) or the token.
    AccountRefused,
    /// The application is not subscribed to this API (CGU not accepted), or the route is closed to it.
    NotSubscribed,
    /// The technical account lacks the right to do this for this structure.
    NotAuthorised,
    /// The address answers, but not as Chorus Pro: wrong address, redirect, unknown route.
    WrongAddress,
    /// The gateway asks for a pause.
    Pause,
    /// A deposit left whole and no answer came: time out, connection closed, half an answer.
    NoAnswer,
    /// A question (anything but a deposit) found no answer.
    NotAnswered,
    /// A deposit was answered with a server error, or with a page for people.
    ServerError,
    /// An answer that cannot be read.
    UnreadableAnswer,
    /// Success without a flow number.
    NoFlowNumber,
    /// The gateway reports a fault of its own.
    TechnicalFault,
    /// The gateway refuses the request, in words.
    RequestRefused,
    /// The file is larger than the gateway takes.
    TooLarge,
    /// The file name is not one that the gateway takes.
    BadFileName,
    /// The gateway says that it already has it.
    AlreadyThere,
    /// The gateway does not know the supplier's structure.
    UnknownSupplier,
    /// The gateway's list does not end, or is shorter than it says.
    IncompleteList,
}

impl Reason {
    /// Every reason, for the tests of the texts.
    pub const ALL: [Self; 21] = [
        Self::NoConnection,
        Self::NotSentWhole,
        Self::NoToken,
        Self::ApplicationRefused,
        Self::AccountRefused,
        Self::NotSubscribed,
        Self::NotAuthorised,
        Self::WrongAddress,
        Self::Pause,
        Self::NoAnswer,
        Self::NotAnswered,
        Self::ServerError,
        Self::UnreadableAnswer,
        Self::NoFlowNumber,
        Self::TechnicalFault,
        Self::RequestRefused,
        Self::TooLarge,
        Self::BadFileName,
        Self::AlreadyThere,
        Self::UnknownSupplier,
        Self::IncompleteList,
    ];

    /// The code, the key of the texts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoConnection => "GATEWAY-NO-CONNECTION",
            Self::NotSentWhole => "GATEWAY-NOT-SENT-WHOLE",
            Self::NoToken => "GATEWAY-NO-TOKEN",
            Self::ApplicationRefused => "GATEWAY-APPLICATION-REFUSED",
            Self::AccountRefused => "GATEWAY-ACCOUNT-REFUSED",
            Self::NotSubscribed => "GATEWAY-NOT-SUBSCRIBED",
            Self::NotAuthorised => "GATEWAY-NOT-AUTHORISED",
            Self::WrongAddress => "GATEWAY-WRONG-ADDRESS",
            Self::Pause => "GATEWAY-PAUSE",
            Self::NoAnswer => "GATEWAY-NO-ANSWER",
            Self::NotAnswered => "GATEWAY-NOT-ANSWERED",
            Self::ServerError => "GATEWAY-SERVER-ERROR",
            Self::UnreadableAnswer => "GATEWAY-UNREADABLE-ANSWER",
            Self::NoFlowNumber => "GATEWAY-NO-FLOW-NUMBER",
            Self::TechnicalFault => "GATEWAY-TECHNICAL-FAULT",
            Self::RequestRefused => "GATEWAY-REQUEST-REFUSED",
            Self::TooLarge => "GATEWAY-TOO-LARGE",
            Self::BadFileName => "GATEWAY-BAD-FILE-NAME",
            Self::AlreadyThere => "GATEWAY-ALREADY-THERE",
            Self::UnknownSupplier => "GATEWAY-UNKNOWN-SUPPLIER",
            Self::IncompleteList => "GATEWAY-INCOMPLETE-LIST",
        }
    }

    /// The reason with what was found: `GATEWAY-PAUSE: HTTP 429`.
    #[must_use]
    pub fn with(self, found: impl fmt::Display) -> String {
        format!("{}: {found}", self.code())
    }
}

/// Takes a sentence apart again: the reason it begins with, if any, and what was found.
#[must_use]
pub fn split(text: &str) -> (Option<Reason>, &str) {
    let Some((code, found)) = text.split_once(": ") else { return (None, text) };
    match Reason::ALL.into_iter().find(|reason| reason.code() == code) {
        Some(reason) => (Some(reason), found),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_found_again_in_its_sentence() {
        for reason in Reason::ALL {
            assert_eq!(split(&reason.with("HTTP 503: page")), (Some(reason), "HTTP 503: page"));
        }
        assert_eq!(split("GATEWAY-ELSE: x"), (None, "GATEWAY-ELSE: x"));
        assert_eq!(split("no code"), (None, "no code"));
    }

    #[test]
    fn every_reason_has_its_text_in_both_languages() {
        for (language, texts) in [
            ("fr", include_str!("../../texts/findings/gateway.fr.toml")),
            ("en", include_str!("../../texts/findings/gateway.en.toml")),
        ] {
            let table: toml::Table = toml::from_str(texts).expect("readable texts");
            for reason in Reason::ALL {
                let entry = table.get(reason.code()).and_then(toml::Value::as_table);
                for field in ["title", "message", "advice"] {
                    let text = entry.and_then(|entry| entry.get(field)).and_then(toml::Value::as_str);
                    assert!(text.is_some_and(|text| !text.is_empty()), "{language} {} {field}", reason.code());
                }
            }
            assert_eq!(table.len(), Reason::ALL.len(), "{language}: an entry that no reason uses");
        }
    }
}
