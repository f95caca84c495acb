//! TLS is always verified, and a deposit that meets a stranger leaves nothing behind.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};

use facteur_model::gateway::{DepositOutcome, Gateway};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::extension::{BasicConstraints, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use support::{Act, Server, accepted, account, flow, token};

fn certificate(address: &str) -> (X509, PKey<Private>) {
    let key = PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "test gateway").unwrap();
    let name = name.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_serial_number(&BigNum::from_u32(7).unwrap().to_asn1_integer().unwrap()).unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(2).unwrap()).unwrap();
    builder.append_extension(BasicConstraints::new().critical().ca().build().unwrap()).unwrap();
    let names = SubjectAlternativeName::new().ip(address).build(&builder.x509v3_context(None, None)).unwrap();
    builder.append_extension(names).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    (builder.build(), key)
}

/// Serves one TLS connection; tells how many bytes of HTTP it read, 0 if the handshake failed.
fn serve_once(certificate: &X509, key: &PKey<Private>) -> (SocketAddr, Receiver<usize>) {
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    acceptor.set_certificate(certificate).unwrap();
    acceptor.set_private_key(key).unwrap();
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut read = 0;
        if let Ok(mut stream) = acceptor.accept(stream) {
            let mut buffer = [0; 65536];
            while let Ok(count) = stream.read(&mut buffer) {
                read += count;
                if count == 0 || buffer[..count].ends_with(b"}") {
                    let _ = stream.write_all(&accepted());
                    break;
                }
            }
        }
        let _ = tell.send(read);
    });
    (address, told)
}

async fn deposit(address: SocketAddr, trusted: Option<&X509>) -> DepositOutcome {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trusted.pem");
    if let Some(certificate) = trusted {
        std::fs::write(&path, certificate.to_pem().unwrap()).unwrap();
    }
    let tokens = Server::playing([token("t")]).await;
    let gateway = account(&tokens, &format!("https://{address}"), |configuration| {
        configuration.certificates = trusted.map(|_| path.clone());
    });
    gateway.deposit(flow(b"<Invoice/>")).await
}

fn is_no_connection(outcome: &DepositOutcome) -> bool {
    matches!(outcome, DepositOutcome::Deferred { reason, .. } if reason.starts_with("GATEWAY-NO-CONNECTION"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_nobody_vouches_for_is_refused_before_anything_leaves() {
    let (certificate, key) = certificate("127.0.0.1");
    let (address, told) = serve_once(&certificate, &key);
    let outcome = deposit(address, None).await;
    assert!(is_no_connection(&outcome), "{outcome:?}");
    assert_eq!(told.recv().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_certificate_for_somebody_else_is_refused() {
    let (certificate, key) = certificate("127.0.0.9");
    let (address, told) = serve_once(&certificate, &key);
    let outcome = deposit(address, Some(&certificate)).await;
    assert!(is_no_connection(&outcome), "{outcome:?}");
    assert_eq!(told.recv().unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_administrator_trusts_is_accepted() {
    let (certificate, key) = certificate("127.0.0.1");
    let (address, told) = serve_once(&certificate, &key);
    let outcome = deposit(address, Some(&certificate)).await;
    assert!(matches!(outcome, DepositOutcome::Accepted { .. }), "{outcome:?}");
    assert!(told.recv().unwrap() > 0);
}

#[tokio::test]
async fn a_server_without_tls_is_no_connection() {
    let server = Server::playing([Act::Answer(accepted())]).await;
    let outcome = deposit(server.address, None).await;
    assert!(is_no_connection(&outcome), "{outcome:?}");
    assert!(server.seen().is_empty());
}
