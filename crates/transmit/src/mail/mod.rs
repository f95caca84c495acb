//! Mail: one message to a few people, over a verified connection, whole or not at all.
//!
//! No redirect, no queue of its own, no second try: whether a message that failed is sent again is decided above.

mod configuration;

use std::path::Path;
use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

pub use self::configuration::{Configuration, Security};
use crate::SetUpError;
use crate::secrets::Secret;

/// Largest message that is sent, attachments included: what common servers take (RFC 1870 lets each say its own).
pub const MESSAGE_BYTES_MAX: usize = 20_000_000;

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// What it is called, unique (`2026-11-23T220500`): the same letter sent again is the same message.
    pub id: String,
    /// Subject; one line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// What is attached.
    pub attachments: Vec<Attachment>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Its media type (`text/csv`).
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why a message was not delivered.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// It cannot be written: an address or a name that is none.
    #[error("the message cannot be written: {0}")]
    Message(String),
    /// Larger than servers take.
    #[error("the message has {0} bytes, more than {MESSAGE_BYTES_MAX}")]
    TooLarge(usize),
    /// The server refused it, in its own words.
    #[error("the server refused: {0}")]
    Refused(String),
    /// Nothing came in time.
    #[error("no answer from the server in {0} seconds")]
    TimeOut(u64),
    /// No connection, no trust, or a broken one.
    #[error("the connection failed: {0}")]
    Connection(String),
}

/// A way to send mail: the server and the account, set up once.
pub struct Mailer {
    configuration: Configuration,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The transport knows the password.
        f.debug_struct("Mailer").field("configuration", &self.configuration).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Sets the connection up; nothing is sent. Relative paths of secrets and certificates are taken from `base`.
    ///
    /// # Errors
    /// The configuration cannot work, or a secret cannot be had.
    pub fn new(configuration: Configuration, base: &Path) -> Result<Self, SetUpError> {
        configuration.check()?;
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&configuration.server)
            .port(configuration.port())
            .timeout(Some(Duration::from_secs(configuration.timeout_seconds)))
            .tls(protection(&configuration, base)?);
        let builder = match credentials(&configuration, base)? {
            Some((user, password)) => builder.credentials(Credentials::new(user, password.expose().to_owned())),
            None => builder,
        };
        Ok(Self { transport: builder.build(), configuration })
    }

    /// Sends one message to everybody, or to nobody.
    ///
    /// # Errors
    /// [`MailError`]: it was not delivered, as far as the server said.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let message = self.message(letter)?;
        let bytes = message.formatted();
        if bytes.len() > MESSAGE_BYTES_MAX {
            return Err(MailError::TooLarge(bytes.len()));
        }
        let seconds = self.configuration.timeout_seconds;
        let sending = self.transport.send_raw(message.envelope(), &bytes);
        match tokio::time::timeout(Duration::from_secs(seconds), sending).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_timeout() => Err(MailError::TimeOut(seconds)),
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => Err(MailError::Refused(said(&error))),
            Ok(Err(error)) => Err(MailError::Connection(words(&error))),
            Err(_) => Err(MailError::TimeOut(seconds)),
        }
    }

    fn message(&self, letter: &Letter) -> Result<Message, MailError> {
        let (from, to) = self.configuration.people().map_err(|error| MailError::Message(error.to_string()))?;
        let domain = from.email.domain().to_owned();
        let mut builder = Message::builder()
            .from(from)
            .date(SystemTime::now())
            .message_id(Some(format!("<{}.facteur@{domain}>", identifier(&letter.id))))
            .subject(one_line(&letter.subject))
            // RFC 3834: answering machines leave it alone.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for person in to {
            builder = builder.to(person);
        }
        let mut parts = MultiPart::mixed().singlepart(SinglePart::plain(letter.text.clone()));
        for attachment in &letter.attachments {
            let kind = ContentType::parse(&attachment.media_type)
                .map_err(|error| MailError::Message(format!("{}: {error}", attachment.media_type)))?;
            parts = parts.singlepart(Part::new(one_line(&attachment.name)).body(attachment.bytes.clone(), kind));
        }
        builder.multipart(parts).map_err(|error| MailError::Message(error.to_string()))
    }
}

/// A header is one line, whatever a name from outside holds.
fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

fn identifier(text: &str) -> String {
    text.chars().filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.')).collect()
}

fn protection(configuration: &Configuration, base: &Path) -> Result<Tls, SetUpError> {
    if configuration.security == Security::None {
        return Ok(Tls::None);
    }
    let mut builder = TlsParameters::builder(configuration.server.clone());
    if let Some(path) = &configuration.certificates {
        for certificate in certificates(&base.join(path))? {
            builder = builder.add_root_certificate(certificate);
        }
    }
    let parameters = builder.build_native().map_err(|error| SetUpError::Client(error.to_string()))?;
    Ok(match configuration.security {
        Security::Tls => Tls::Wrapper(parameters),
        _ => Tls::Required(parameters),
    })
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, SetUpError> {
    let wrong = |problem: String| SetUpError::Certificates { path: path.to_owned(), problem };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let stack = openssl::x509::X509::stack_from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
    if stack.is_empty() {
        return Err(wrong("no certificate in it".to_owned()));
    }
    let one = |certificate: &openssl::x509::X509| {
        let der = certificate.to_der().map_err(|error| wrong(error.to_string()))?;
        Certificate::from_der(der).map_err(|error| wrong(error.to_string()))
    };
    stack.iter().map(one).collect()
}

fn credentials(configuration: &Configuration, base: &Path) -> Result<Option<(String, Secret)>, SetUpError> {
    let (Some(user), Some(reference)) = (&configuration.user, &configuration.password) else { return Ok(None) };
    let password =
        reference.resolve(base).map_err(|source| SetUpError::Secret { key: "nightly.mail.password", source })?;
    Ok(Some((user.clone(), password)))
}

/// What the server said: its code and its words.
fn said(error: &lettre::transport::smtp::Error) -> String {
    match (error.status(), std::error::Error::source(error)) {
        (Some(code), Some(words)) => one_line(&format!("{code} {words}")),
        _ => words(error),
    }
}

/// The error and its causes in one line.
fn words(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = inner.source();
    }
    one_line(&text)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn local() -> Configuration {
        toml::from_str("server = '127.0.0.1'\nsecurity = 'none'\nfrom = 'F <f@mairie.example>'\nto = ['a@b.example']\n")
            .unwrap()
    }

    #[test]
    fn plain_mail_goes_to_this_machine_only() {
        let base = Path::new("/");
        assert!(Mailer::new(local(), base).is_ok());
        let remote = Configuration { server: "mail.example".to_owned(), ..local() };
        assert!(Mailer::new(remote.clone(), base).is_err());
        assert!(Mailer::new(Configuration { security: Security::Starttls, ..remote }, base).is_ok());
        assert!(Mailer::new(Configuration { server: "127.0.0.1.example".to_owned(), ..local() }, base).is_err());
    }

    #[test]
    fn a_name_from_outside_cannot_begin_a_header() {
        let mailer = Mailer::new(local(), Path::new("/")).unwrap();
        let letter = Letter {
            id: "n\r\nX: y".to_owned(),
            subject: "Nuit\r\nBcc: other@evil.example\r\n\r\nbody".to_owned(),
            text: "text".to_owned(),
            attachments: vec![Attachment {
                name: "a\"\r\nX-Evil: 1.csv".to_owned(),
                media_type: "text/csv".to_owned(),
                bytes: b"x".to_vec(),
            }],
        };
        let message = mailer.message(&letter).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert_eq!(message.envelope().to().len(), 1);
        let begins = |start: &str| text.lines().any(|line| line.to_ascii_lowercase().starts_with(start));
        assert!(!begins("bcc:") && !begins("x-evil:") && !begins("x:"), "{text}");
        for bad in ["a@b.example\r\nBcc: c@d.example", "nobody", "", "a@b.example, c@d.example"] {
            assert!(Configuration { to: vec![bad.to_owned()], ..local() }.check().is_err(), "{bad}");
        }
        assert!(Configuration { to: vec![], ..local() }.check().is_err());
    }

    #[test]
    fn the_password_is_a_reference_and_does_not_print() {
        assert!(
            toml::from_str::<Configuration>("server='s'\nfrom='a@b'\nto=[]\nuser='u'\npassword='hunter2'").is_err()
        );
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mail");
        std::fs::write(&path, "hunter2").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let password = Some(crate::secrets::SecretReference::File("mail".into()));
        let configuration = Configuration { user: Some("u".to_owned()), password, ..local() };
        let mailer = Mailer::new(configuration.clone(), folder.path()).unwrap();
        assert!(!format!("{mailer:?}").contains("hunter2"));
        assert!(Configuration { user: None, ..configuration }.check().is_err());
    }
}
