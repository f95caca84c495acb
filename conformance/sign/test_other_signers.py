"""What xmlsec1 and signxml sign is accepted by us, with the verdict that its certificate deserves."""

import re
import subprocess

import pytest
from lxml import etree
from signxml import SignatureConstructionMethod
from signxml.xades import XAdESDataObjectFormat, XAdESSigner

EXT = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2"
SIG = "urn:oasis:names:specification:ubl:schema:xsd:CommonSignatureComponents-2"
SAC = "urn:oasis:names:specification:ubl:schema:xsd:SignatureAggregateComponents-2"
PLACEHOLDER = (
    f'<ext:UBLExtensions xmlns:ext="{EXT}"><ext:UBLExtension><ext:ExtensionContent>'
    f'<sig:UBLDocumentSignatures xmlns:sig="{SIG}"><sac:SignatureInformation xmlns:sac="{SAC}">'
    '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="placeholder"/>'
    "</sac:SignatureInformation></sig:UBLDocumentSignatures></ext:ExtensionContent></ext:UBLExtension>"
    "</ext:UBLExtensions>"
)


def signed_by_signxml(pki, leaf, source, target, algorithm):
    text = source.read_bytes()
    end_of_root_tag = re.search(rb"<(?:Invoice|CreditNote)[^>]*>", text).end()
    prepared = text[:end_of_root_tag] + PLACEHOLDER.encode() + text[end_of_root_tag:]
    signer = XAdESSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=algorithm,
        data_object_format=XAdESDataObjectFormat(Description="invoice", MimeType="application/xml"),
    )
    signed = signer.sign(
        etree.fromstring(prepared), key=pki.key(leaf).read_bytes(), cert=pki.certificate(leaf).read_text()
    )
    target.write_bytes(etree.tostring(signed))
    return target


@pytest.mark.parametrize(
    ("leaf", "algorithm"),
    [("rsa2048", "rsa-sha256"), ("rsa3072", "rsa-sha512"), ("p256", "ecdsa-sha256"), ("p384", "ecdsa-sha384")],
)
def test_signatures_of_signxml_are_accepted(pki, facteur, ubl, leaf, algorithm, tmp_path):
    signed = signed_by_signxml(pki, leaf, ubl, tmp_path / "signed.xml", algorithm)
    assert facteur.verify(signed) == ("valid", set())
    changed = tmp_path / "changed.xml"
    changed.write_bytes(signed.read_bytes().replace(b"<cbc:CityName>V", b"<cbc:CityName>W", 1))
    assert facteur.verify(changed) == ("invalid", {"coverage", "crypto_second"})


def test_a_certificate_that_is_not_for_signing_is_refused(pki, facteur, invoice, tmp_path):
    signed = signed_by_signxml(pki, "encipherment", invoice, tmp_path / "signed.xml", "rsa-sha256")
    assert facteur.verify(signed) == ("invalid", {"key_usage"})


def test_an_unknown_authority_is_refused(pki, facteur, invoice, tmp_path):
    signed = signed_by_signxml(pki, "p256", invoice, tmp_path / "signed.xml", "ecdsa-sha256")
    assert facteur.verify(signed, anchors=pki.certificate("rsa2048")) == ("invalid", {"certificate_path"})


def template_of(signed):
    """A signed file with every digest of its references and its value taken out."""
    info = re.search(rb"<ds:SignedInfo>.*?</ds:SignedInfo>", signed, re.S).group()
    blank = re.sub(rb"<ds:DigestValue>[^<]*<", b"<ds:DigestValue><", info)
    signed = signed.replace(info, blank)
    return re.sub(rb"<ds:SignatureValue>[^<]*<", b"<ds:SignatureValue><", signed)


@pytest.mark.parametrize("form", ["enveloped", "detached"])
@pytest.mark.parametrize("leaf", ["rsa2048", "p256"])
def test_signatures_of_xmlsec1_are_accepted(pki, facteur, invoice, leaf, form, tmp_path):
    content = tmp_path / "content.xml"
    content.write_bytes(invoice.read_bytes())
    ours = facteur.signed(leaf, content, tmp_path / "ours.xml", form)
    template, theirs = tmp_path / "template.xml", tmp_path / "theirs.xml"
    template.write_bytes(template_of(ours.read_bytes()))
    subprocess.run(
        ["xmlsec1", "--sign", "--privkey-pem", f"{pki.key(leaf)},{pki.certificate(leaf)}", "--id-attr:Id",
         "SignedProperties", "--output", theirs, template],
        check=True, capture_output=True, cwd=tmp_path,
    )
    assert facteur.verify(template, content if form == "detached" else None)[0] == "invalid"
    assert facteur.verify(theirs, content if form == "detached" else None) == ("valid", set())
