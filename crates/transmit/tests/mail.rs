//! A summary goes to a mail server whole or not at all: servers that refuse, hang, show a wrong certificate or none.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use facteur_transmit::mail::{Attachment, Configuration, Letter, MailError, Mailer, Security};
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use support::certificate::certificate;

/// How the server behaves.
#[derive(Clone)]
enum Act {
    Take,
    RefuseRecipient,
    RefuseData,
    Hang,
    Close,
    Tls(X509, PKey<Private>),
    Starttls(X509, PKey<Private>),
}

/// What the server was told: its commands, and the message.
#[derive(Debug, Default)]
struct Heard {
    commands: Vec<String>,
    message: String,
}

/// Serves one connection.
fn serve(act: Act) -> (SocketAddr, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut heard = Heard::default();
        let _ = behave(stream, &act, &mut heard);
        let _ = tell.send(heard);
    });
    (address, told)
}

fn behave(stream: TcpStream, act: &Act, heard: &mut Heard) -> Option<()> {
    match act {
        Act::Hang => {
            std::thread::sleep(Duration::from_secs(5));
            Some(())
        }
        Act::Close => Some(()),
        Act::Tls(certificate, key) => {
            let stream = acceptor(certificate, key).accept(stream).ok()?;
            converse(stream, act, false, heard).map(drop)
        }
        Act::Starttls(certificate, key) => {
            let stream = converse(stream, act, true, heard)??;
            let stream = acceptor(certificate, key).accept(stream).ok()?;
            converse(stream, &Act::Take, false, heard).map(drop)
        }
        _ => converse(stream, act, false, heard).map(drop),
    }
}

fn acceptor(certificate: &X509, key: &PKey<Private>) -> SslAcceptor {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(certificate).unwrap();
    acceptor.set_private_key(key).unwrap();
    acceptor.build()
}

/// One conversation; answers the stream where it changes to TLS. `None` when the other side went away.
fn converse<S: Read + Write>(stream: S, act: &Act, starttls: bool, heard: &mut Heard) -> Option<Option<S>> {
    let mut stream = BufReader::new(stream);
    // A changed connection begins without a greeting.
    if !heard.commands.iter().any(|command| command == "STARTTLS") {
        stream.get_mut().write_all(b"220 test ESMTP\r\n").ok()?;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return Some(None);
        }
        let command = line.trim_end().to_owned();
        heard.commands.push(command.clone());
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" if starttls => "250-test\r\n250-STARTTLS\r\n250 8BITMIME\r\n",
            "EHLO" => "250-test\r\n250-AUTH PLAIN LOGIN\r\n250 8BITMIME\r\n",
            "STARTTLS" => {
                stream.get_mut().write_all(b"220 go\r\n").ok()?;
                return Some(Some(stream.into_inner()));
            }
            "AUTH" => "235 welcome\r\n",
            "RCPT" if matches!(act, Act::RefuseRecipient) => "550 no such person here\r\n",
            "DATA" => {
                stream.get_mut().write_all(b"354 go\r\n").ok()?;
                loop {
                    let mut line = String::new();
                    stream.read_line(&mut line).ok()?;
                    if line == ".\r\n" {
                        break;
                    }
                    heard.message.push_str(&line);
                }
                if matches!(act, Act::RefuseData) { "452 no room\r\n" } else { "250 taken\r\n" }
            }
            "QUIT" => "221 bye\r\n",
            _ => "250 ok\r\n",
        };
        stream.get_mut().write_all(answer.as_bytes()).ok()?;
    }
}

fn to(address: SocketAddr, security: Security) -> Configuration {
    Configuration {
        server: "127.0.0.1".to_owned(),
        port: Some(address.port()),
        security,
        user: None,
        password: None,
        from: "facteur <facteur@mairie.example>".to_owned(),
        to: vec!["Marie <marie@mairie.example>".to_owned(), "compta@mairie.example".to_owned()],
        certificates: None,
        timeout_seconds: 2,
    }
}

fn letter() -> Letter {
    Letter {
        id: "2026-11-23T220500Z".to_owned(),
        subject: "Nuit du 23/11 : à regarder".to_owned(),
        text: "Une ligne.\n.\n..deux points\nÉlément « à regarder »\n".to_owned(),
        attachments: vec![Attachment {
            name: "daily.csv".to_owned(),
            media_type: "text/csv; charset=utf-8".to_owned(),
            bytes: "é;1\n".as_bytes().to_vec(),
        }],
    }
}

async fn sent(configuration: Configuration, base: &Path) -> Result<(), MailError> {
    Mailer::new(configuration, base).unwrap().send(&letter()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_whole_at_everybody() {
    let (address, told) = serve(Act::Take);
    sent(to(address, Security::None), Path::new("/")).await.unwrap();
    let heard = told.recv().unwrap();
    let recipients = heard.commands.iter().filter(|command| command.starts_with("RCPT")).count();
    assert_eq!(recipients, 2, "{heard:?}");
    let message = heard.message;
    for wanted in [
        "From: facteur <facteur@mairie.example>",
        "Message-ID: <2026-11-23T220500Z.facteur@mairie.example>",
        "Auto-Submitted: auto-generated",
        "Subject: Nuit du 23/11 : =?utf-8?b?w6A=?= regarder",
        "Date: ",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "filename=\"daily.csv\"",
    ] {
        assert!(message.contains(wanted), "{wanted} is not in {message}");
    }
    assert!(!heard.commands.iter().any(|command| command.starts_with("AUTH")), "no account was configured");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_refuses_is_told_in_its_own_words() {
    for (act, words) in [(Act::RefuseRecipient, "no such person"), (Act::RefuseData, "no room")] {
        let (address, told) = serve(act);
        let error = sent(to(address, Security::None), Path::new("/")).await.unwrap_err();
        assert!(matches!(&error, MailError::Refused(text) if text.contains(words)), "{error}");
        drop(told);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_or_leaves_does_not_keep_the_night() {
    let (address, _told) = serve(Act::Hang);
    assert!(matches!(sent(to(address, Security::None), Path::new("/")).await, Err(MailError::TimeOut(2))));
    let (address, _told) = serve(Act::Close);
    let error = sent(to(address, Security::None), Path::new("/")).await.unwrap_err();
    assert!(matches!(error, MailError::Connection(_)), "{error}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = sent(to(nobody, Security::None), Path::new("/")).await.unwrap_err();
    assert!(matches!(error, MailError::Connection(_)), "{error}");
}

/// A folder that trusts a certificate, and holds a password.
fn trusting(certificate: &X509) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("trusted.pem"), certificate.to_pem().unwrap()).unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "hunter2").unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    folder
}

fn with_account(configuration: Configuration) -> Configuration {
    let password = "file:password".to_owned().try_into().unwrap();
    let certificates = Some("trusted.pem".into());
    Configuration { user: Some("facteur".to_owned()), password: Some(password), certificates, ..configuration }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_tls_the_account_is_said_only_after_the_certificate_is_verified() {
    for security in [Security::Tls, Security::Starttls] {
        let act = |certificate: &X509, key: &PKey<Private>| match security {
            Security::Tls => Act::Tls(certificate.clone(), key.clone()),
            _ => Act::Starttls(certificate.clone(), key.clone()),
        };
        let (good, key) = certificate("127.0.0.1");
        let folder = trusting(&good);

        let (address, told) = serve(act(&good, &key));
        sent(with_account(to(address, security)), folder.path()).await.unwrap();
        let heard = told.recv().unwrap();
        assert!(heard.commands.iter().any(|command| command.starts_with("AUTH PLAIN")), "{heard:?}");
        assert!(heard.message.contains("Message-ID"));

        // The same server, and nobody vouches for it.
        let (address, told) = serve(act(&good, &key));
        let stranger = Configuration { certificates: None, ..with_account(to(address, security)) };
        let error = sent(stranger, folder.path()).await.unwrap_err();
        assert!(matches!(error, MailError::Connection(_)), "{error}");
        let heard = told.recv().unwrap();
        assert!(!heard.commands.iter().any(|command| command.starts_with("AUTH")), "{heard:?}");

        // A trusted certificate of somebody else.
        let (other, key) = certificate("127.0.0.9");
        let folder = trusting(&other);
        let (address, told) = serve(act(&other, &key));
        let error = sent(with_account(to(address, security)), folder.path()).await.unwrap_err();
        assert!(matches!(error, MailError::Connection(_)), "{error}");
        assert!(told.recv().unwrap().message.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_starttls_gets_neither_account_nor_letter() {
    let (certificate, _) = certificate("127.0.0.1");
    let folder = trusting(&certificate);
    let (address, told) = serve(Act::Take);
    assert!(sent(with_account(to(address, Security::Starttls)), folder.path()).await.is_err());
    let heard = told.recv().unwrap();
    assert!(heard.message.is_empty() && !heard.commands.iter().any(|command| command.starts_with("AUTH")), "{heard:?}");
}
