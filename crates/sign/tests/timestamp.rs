//! Timestamps, with OpenSSL's own command as the authority.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use facteur_sign::{TimestampError, TimestampRequest, verify_timestamp};
use openssl::sha::sha256;

/// A certification authority and a time stamping authority below it, in a folder.
const AUTHORITY: &str = r#"
set -e
cat > tsa.cnf <<'END'
[tsa]
serial = serial
default_policy = 1.3.6.1.4.1.99999.1
signer_digest = sha256
digests = sha256
ess_cert_id_alg = sha256
[stamps]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[signs]
basicConstraints = CA:FALSE
keyUsage = critical,digitalSignature
END
echo 01 > serial
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj '/CN=Autorite inventee'
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -out tsa.csr -subj '/CN=Horodatage invente'
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile tsa.cnf -extensions stamps -out tsa.pem
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile tsa.cnf -extensions signs -out wrong.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout other.key -out other.pem -days 30 -subj '/CN=Autre autorite'
"#;

fn shell(folder: &Path, script: &str) {
    let output = Command::new("sh").arg("-c").arg(script).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn authority() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    shell(folder.path(), AUTHORITY);
    folder
}

fn answer(folder: &Path, request: &TimestampRequest) -> Vec<u8> {
    std::fs::write(folder.join("query.tsq"), &request.bytes).unwrap();
    shell(
        folder,
        "openssl ts -reply -queryfile query.tsq -signer tsa.pem -inkey tsa.key -config tsa.cnf -section tsa -out reply.tsr",
    );
    std::fs::read(folder.join("reply.tsr")).unwrap()
}

#[test]
fn a_token_is_accepted_kept_and_verified_again() {
    let folder = authority();
    let digest = sha256(b"12:abcd");
    let request = TimestampRequest::new(digest).unwrap();
    let anchors = std::fs::read(folder.path().join("ca.pem")).unwrap();
    let reply = answer(folder.path(), &request);
    let stamped = request.accept(&reply, &anchors).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    assert!((stamped.at.0 - now).abs() < 120_000, "{} {now}", stamped.at.0);
    assert_eq!(verify_timestamp(&stamped.token, digest, &anchors).unwrap(), stamped);
    // OpenSSL's own verification agrees.
    std::fs::write(folder.path().join("token.der"), &stamped.token).unwrap();
    std::fs::write(folder.path().join("data"), b"12:abcd").unwrap();
    shell(folder.path(), "openssl ts -verify -data data -in token.der -token_in -CAfile ca.pem");
}

#[test]
fn another_digest_another_question_and_another_authority_are_refused() {
    let folder = authority();
    let request = TimestampRequest::new(sha256(b"head")).unwrap();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let (anchors, others) = (read("ca.pem"), read("other.pem"));
    let reply = answer(folder.path(), &request);
    let stamped = request.accept(&reply, &anchors).unwrap();
    let refused = |result: Result<_, TimestampError>| result.map(drop).unwrap_err();
    let asked_again = TimestampRequest::new(sha256(b"head")).unwrap();
    assert!(matches!(refused(asked_again.accept(&reply, &anchors)), TimestampError::Other("another nonce")));
    assert!(matches!(
        refused(verify_timestamp(&stamped.token, sha256(b"other"), &anchors)),
        TimestampError::Other("another digest")
    ));
    assert!(matches!(refused(request.accept(&reply, &others)), TimestampError::Signature(_)));
    assert!(matches!(refused(request.accept(&reply, b"")), TimestampError::Signature(_)));
}

#[test]
fn a_certificate_that_is_not_for_time_stamping_is_refused() {
    let folder = authority();
    let request = TimestampRequest::new(sha256(b"head")).unwrap();
    let anchors = std::fs::read(folder.path().join("ca.pem")).unwrap();
    let stamped = request.accept(&answer(folder.path(), &request), &anchors).unwrap();
    // The same content, signed with a certificate for something else.
    std::fs::write(folder.path().join("token.der"), &stamped.token).unwrap();
    shell(
        folder.path(),
        "openssl cms -verify -noverify -inform DER -in token.der -out content -binary 2>/dev/null; \
         openssl cms -sign -cades -nodetach -binary -in content -signer wrong.pem -inkey tsa.key -outform DER \
         -econtent_type 1.2.840.113549.1.9.16.1.4 -out forged.der",
    );
    let forged = std::fs::read(folder.path().join("forged.der")).unwrap();
    let result = verify_timestamp(&forged, sha256(b"head"), &anchors);
    assert!(matches!(result, Err(TimestampError::Signature(_))), "{result:?}");
}

/// Every byte of a token matters: any flip is refused, and none makes the reader fail.
#[test]
fn any_flipped_byte_of_the_signed_part_is_refused() {
    let folder = authority();
    let digest = sha256(b"head");
    let request = TimestampRequest::new(digest).unwrap();
    let anchors = std::fs::read(folder.path().join("ca.pem")).unwrap();
    let stamped = request.accept(&answer(folder.path(), &request), &anchors).unwrap();
    for at in 0..stamped.token.len() {
        let mut changed = stamped.token.clone();
        changed[at] ^= 1;
        if let Ok(accepted) = verify_timestamp(&changed, digest, &anchors) {
            // Outside what is signed (a certificate's own bytes that nobody needs) nothing of the statement changes.
            assert_eq!(accepted.at, stamped.at, "byte {at}");
        }
    }
}

#[test]
fn a_refusal_and_what_is_no_answer_are_told() {
    let request = TimestampRequest::new(sha256(b"head")).unwrap();
    let refusal = [0x30, 0x09, 0x30, 0x07, 0x02, 0x01, 0x02, 0x30, 0x02, 0x0c, 0x00];
    assert!(matches!(request.accept(&refusal, b""), Err(TimestampError::Refused(_))));
    for bytes in [&b""[..], b"<html>", &[0x30, 0x03, 0x30, 0x01, 0x02], &[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00]] {
        assert!(matches!(request.accept(bytes, b""), Err(TimestampError::Form(_))), "{bytes:?}");
    }
}
