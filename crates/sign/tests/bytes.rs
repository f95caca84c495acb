//! Signatures over plain bytes.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Authority, Kind, NOW, Usage};
use facteur_sign::{SigningIdentity, sign_bytes, verify_bytes};

#[test]
fn openssl_verifies_what_every_kind_of_key_signs_and_refuses_a_changed_byte() {
    let authority = Authority::new();
    let folder = tempfile::tempdir().unwrap();
    for kind in [Kind::Rsa(2048), Kind::P256, Kind::P384] {
        let leaf = authority.leaf(kind, Usage::Sign, -1..30);
        let identity = SigningIdentity::from_pem(&leaf.key_pem(), &leaf.pem(), None, NOW).unwrap();
        let signature = sign_bytes(b"a journal", &identity, NOW).unwrap();
        assert!(verify_bytes(b"a journal", &signature, &leaf.pem()).unwrap());
        assert!(!verify_bytes(b"A journal", &signature, &leaf.pem()).unwrap());
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        write("data", b"a journal");
        write("signature", &signature.value);
        write("key.pem", &leaf.key.public_key_to_pem().unwrap());
        let digest = format!("-{}", signature.digest);
        let output = std::process::Command::new("openssl")
            .args(["dgst", &digest, "-verify", "key.pem", "-signature", "signature", "data"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
