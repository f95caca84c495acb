//! TLS is always verified, and a deposit that meets a stranger leaves nothing behind.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};

use facteur_model::gateway::{DepositOutcome, Gateway};
use openssl::pkey::{PKey, Private};
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use support::certificate::certificate;
use support::{Act, Server, accepted, account, flow, token};

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
