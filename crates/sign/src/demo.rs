//! A key for demonstrations, which says so wherever it shows.

use facteur_model::clock::Timestamp;
use openssl::asn1::Asn1Integer;
use openssl::bn::{BigNum, MsbOption};
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, KeyUsage, SubjectKeyIdentifier};
use openssl::x509::{X509, X509Name};

use crate::certificate::asn1;
use crate::error::SignError;
use crate::identity::DEMO_MARK;
use crate::secret::Secret;

const DAY: i64 = 24 * 3600 * 1000;

/// Makes a P-256 key and a self-signed certificate of one year, both in PEM, whose subject begins with
/// [`DEMO_MARK`]: `facteur init --demo` keeps them, and every report says what they are.
///
/// # Errors
/// Only if OpenSSL fails.
pub fn generate_demo_identity(now: Timestamp) -> Result<(Secret, Vec<u8>), SignError> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    let certificate = self_signed(&key, now)?;
    Ok((Secret::new(key.private_key_to_pem_pkcs8()?), certificate.to_pem()?))
}

fn self_signed(key: &PKey<Private>, now: Timestamp) -> Result<X509, ErrorStack> {
    let name = demo_name()?;
    let mut builder = X509::builder()?;
    builder.set_version(2)?;
    builder.set_serial_number(&*random_serial()?)?;
    builder.set_subject_name(&name)?;
    builder.set_issuer_name(&name)?;
    builder.set_not_before(&*asn1(now.plus_millis(-DAY))?)?;
    builder.set_not_after(&*asn1(now.plus_millis(365 * DAY))?)?;
    builder.set_pubkey(key)?;
    builder.append_extension(BasicConstraints::new().critical().build()?)?;
    builder.append_extension(KeyUsage::new().critical().digital_signature().non_repudiation().build()?)?;
    let identifier = SubjectKeyIdentifier::new().build(&builder.x509v3_context(None, None))?;
    builder.append_extension(identifier)?;
    builder.sign(key, MessageDigest::sha256())?;
    Ok(builder.build())
}

fn demo_name() -> Result<X509Name, ErrorStack> {
    let mut name = X509Name::builder()?;
    name.append_entry_by_nid(Nid::COUNTRYNAME, "FR")?;
    name.append_entry_by_nid(Nid::ORGANIZATIONNAME, DEMO_MARK)?;
    name.append_entry_by_nid(Nid::COMMONNAME, &format!("{DEMO_MARK} - sans valeur"))?;
    Ok(name.build())
}

/// 72 bits: libxml2 takes no integer of more than 24 digits, and the serial number stands in the signed properties.
fn random_serial() -> Result<Asn1Integer, ErrorStack> {
    let mut serial = BigNum::new()?;
    serial.rand(72, MsbOption::ONE, false)?;
    serial.to_asn1_integer()
}
