"""Factur-X that `facteur convert` produces, read and checked by programs that others wrote: the Python package
factur-x, pikepdf (qpdf), `qpdf --check`, poppler's `pdfsig` and `pdfinfo`, lxml with the XML Schema of the profile, and
SaxonC with its rules.

FACTEUR names the program, FACTEUR_PACKS the folder of installed packs. PDF/A itself is certified by nobody here.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

facturx = pytest.importorskip("facturx")
pikepdf = pytest.importorskip("pikepdf")
saxonche = pytest.importorskip("saxonche")
etree = pytest.importorskip("lxml.etree")

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "fixtures"
FACTEUR = os.environ.get("FACTEUR", str(ROOT / "target/debug/facteur"))
PACKS = pathlib.Path(os.environ.get("FACTEUR_PACKS", ROOT / ".packs/installed"))
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
FX = "{urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#}"
PROPERTY = "{http://www.aiim.org/pdfa/ns/property#}"
PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
SCHEMA = "{http://www.aiim.org/pdfa/ns/schema#}"

# profile: level in the metadata, level for the package factur-x, folder of the packs, relation of the XML to the page
PROFILES = {
    "factur-x-minimum": ("MINIMUM", "minimum", "FACTUR-X-MINIMUM", "/Data"),
    "factur-x-basic-wl": ("BASIC WL", "basicwl", "FACTUR-X-BASIC-WL", "/Data"),
    "factur-x-basic": ("BASIC", "basic", "FACTUR-X-BASIC", "/Alternative"),
    "factur-x-en16931": ("EN 16931", "en16931", "FACTUR-X-EN16931", "/Alternative"),
    "factur-x-extended": ("EXTENDED", "extended", "FACTUR-X-EXTENDED", "/Alternative"),
}
WITHOUT_ROUNDING = ("factur-x-basic-wl", "factur-x-basic")
# Lines of the long invoice: twelve pages.
LINES = 440


def long_invoice(folder):
    """A valid UBL of many lines, its sums worked out anew."""
    text = (FIXTURES / "ubl/invoice-a1.xml").read_text("utf-8")
    line = re.search(r" *<cac:InvoiceLine>.*?</cac:InvoiceLine>\n", text, re.S)
    amount = re.search(r"<cbc:LineExtensionAmount[^>]*>([\d.]+)<", line.group(0)).group(1)
    rate = re.search(r"<cbc:Percent>([\d.]+)<", line.group(0)).group(1)
    cents = int(amount.replace(".", "")) * LINES if "." in amount else int(amount) * 100 * LINES
    vat = (cents * int(float(rate) * 100) + 5000) // 10000
    money = lambda number: f"{number // 100}.{number % 100:02d}"
    lines = []
    for number in range(1, LINES + 1):
        one = re.sub(r"<cbc:ID>[^<]*</cbc:ID>", f"<cbc:ID>{number}</cbc:ID>", line.group(0), count=1)
        lines.append(re.sub(r"<cbc:Name>", f"<cbc:Name>Repère {number:04d} – ", one, count=1))
    head = text[: line.start()]
    for name, value in (
        ("LineExtensionAmount", cents), ("TaxExclusiveAmount", cents), ("TaxableAmount", cents), ("TaxAmount", vat),
        ("TaxInclusiveAmount", cents + vat), ("PayableAmount", cents + vat),
    ):
        head = re.sub(rf"(<cbc:{name}[^>]*>)[\d.]+<", rf"\g<1>{money(value)}<", head)
    path = folder / "longue.xml"
    path.write_text(head + "".join(lines) + "</Invoice>\n", "utf-8")
    return path


@pytest.fixture(scope="session")
def sources(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sources")
    return {
        "one": FIXTURES / "ubl/invoice-full.xml",
        "cii": FIXTURES / "cii/invoice-a1.xml",
        "many": long_invoice(folder),
        "credit": FIXTURES / "ubl/credit-note-a1.xml",
    }


@pytest.fixture(scope="session")
def rules():
    with saxonche.PySaxonProcessor(license=False) as processor:
        compiled = {}
        for profile, (_, _, family, _) in PROFILES.items():
            paths = [path for path in PACKS.glob(f"{family}-RULES/*/files/*") if path.suffix in (".xslt", ".xsl")]
            if not paths:
                pytest.skip(f"{family}-RULES is not installed in {PACKS}")
            compiled[profile] = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(paths[0]))
        yield compiled


def convert(source, out, *options, lang="fr"):
    command = [FACTEUR, "--lang", lang, "convert", source, "--to", "factur-x", "-o", out, "--format", "json",
               "--packs", PACKS, *options]
    ran = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


def fatal(executable, path):
    """What fails in the rules, as SaxonC says it."""
    root = ElementTree.fromstring(executable.transform_to_string(source_file=str(path)).encode())
    failed = [item for item in root.iter() if item.tag in (f"{SVRL}failed-assert", f"{SVRL}successful-report")]
    return sorted({item.get("id") or item.get("test") for item in failed if item.get("flag") in ("fatal", None)})


def attached(path):
    """The XML, read by the package factur-x and by pikepdf: each has to find the same."""
    name, content = facturx.get_xml_from_pdf(path.read_bytes(), check_xsd=False)
    assert name == "factur-x.xml"
    with pikepdf.open(path) as pdf:
        tree = bytes(pdf.attachments["factur-x.xml"].get_file().read_bytes())
    assert content == tree
    return content


def structure(path, level, relation, drawn):
    """Point by point, what Factur-X and PDF/A-3 demand of the file, found by pikepdf."""
    with pikepdf.open(path) as pdf:
        catalog = pdf.Root
        files = {str(file.UF): file for file in catalog.AF}
        file = files["factur-x.xml"]
        assert file.AFRelationship == relation and str(file.Desc)
        stream = file.EF.F
        assert stream.Subtype == "/text/xml" and "/ModDate" in stream.Params
        assert file.objgen == dict(zip(*[iter(catalog.Names.EmbeddedFiles.Names)] * 2))["factur-x.xml"].objgen
        metadata = catalog.Metadata
        assert "/Filter" not in metadata
        xmp = ElementTree.fromstring(re.sub(rb"<\?xpacket[^>]*\?>", b"", bytes(metadata.read_bytes())))
        said = {item.tag[len(FX):]: item.text for item in xmp.iter() if item.tag.startswith(FX)}
        assert said == {"DocumentFileName": "factur-x.xml", "DocumentType": "INVOICE", "Version": "1.0",
                        "ConformanceLevel": level}
        described = [item for item in xmp.iter(f"{RDF}li") if item.find(f"{SCHEMA}namespaceURI") is not None
                     and item.find(f"{SCHEMA}namespaceURI").text == FX[1:-1]]
        assert len(described) == 1
        assert {item.text for item in described[0].iter(f"{PROPERTY}name")} == set(said)
        assert "/OpenAction" not in catalog and "/AA" not in catalog and "/JavaScript" not in catalog.Names
        if not drawn:
            return
        assert [item.text for item in xmp.iter(f"{PDFAID}part")] == ["3"]
        assert [item.text for item in xmp.iter(f"{PDFAID}conformance")] == ["B"]
        intent = catalog.OutputIntents[0]
        assert intent.S == "/GTS_PDFA1" and len(intent.DestOutputProfile.read_bytes()) > 100
        assert pdf.trailer.ID and not pdf.is_encrypted
        fonts = [item for item in pdf.objects if isinstance(item, pikepdf.Dictionary)
                 and item.get("/Type") == "/FontDescriptor"]
        assert fonts and all(any(f"/FontFile{kind}" in font for kind in ("", "2", "3")) for font in fonts)


def accepted(path):
    """qpdf finds nothing to say about the file, and poppler no signature in it."""
    checked = subprocess.run(["qpdf", "--check", path], capture_output=True, text=True)
    assert checked.returncode == 0 and "No syntax or stream encoding errors found" in checked.stdout, checked.stderr
    signatures = subprocess.run(["pdfsig", path], capture_output=True, text=True)
    assert "does not contain any signatures" in signatures.stdout + signatures.stderr
    info = subprocess.run(["pdfinfo", path], capture_output=True, text=True, check=True)
    return int(re.search(r"^Pages:\s+(\d+)", info.stdout, re.M).group(1))


@pytest.fixture(autouse=True)
def programs():
    for program in ("qpdf", "pdfsig", "pdfinfo"):
        assert shutil.which(program), f"{program} is missing: make setup"


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("source", ["one", "cii", "many", "credit"])
def test_what_is_drawn_is_a_factur_x(source, profile, sources, rules, tmp_path):
    out = tmp_path / "facture.pdf"
    answer = convert(sources[source], out, "--profile", profile, "--accept-loss")
    if source == "one" and profile in WITHOUT_ROUNDING:
        # What is rounded does not add up without the term that says so: no file is made, and that is why.
        assert answer["refused"] == "invalid" and "BT-114" in [value["term"] for value in answer["lost"]], answer
        broken = {finding["term"] for finding in answer["findings"] if finding["severity"] == "fatal"}
        assert broken == {"BT-115"}, answer["findings"]
        return
    assert answer["written"] and answer["page"] == "drawn", answer
    assert answer["verdict"] == "valid", answer["findings"]
    level, name, _, relation = PROFILES[profile]
    xml = attached(out)
    pages = accepted(out)
    assert pages == 12 if source == "many" else pages <= 2
    structure(out, level, relation, drawn=True)
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level=name)
    alone = tmp_path / "factur-x.xml"
    alone.write_bytes(xml)
    assert fatal(rules[profile], alone) == []
    listed = json.loads(subprocess.run([FACTEUR, "attachments", out, "--extract", tmp_path / "pieces", "--format",
                                        "json"], capture_output=True, text=True, check=True).stdout)
    assert [one["sha256"] for one in listed["attachments"] if one["invoice"]] == [hashlib.sha256(xml).hexdigest()]
    assert (tmp_path / "pieces/factur-x.xml").read_bytes() == xml
    again = tmp_path / "encore.pdf"
    convert(sources[source], again, "--profile", profile, "--accept-loss")
    assert again.read_bytes() == out.read_bytes(), "the same invoice gives the same bytes"


def test_the_page_speaks_the_language_asked_for(sources, tmp_path):
    texts = {}
    for lang in ("fr", "en"):
        out = tmp_path / f"{lang}.pdf"
        assert convert(sources["one"], out, lang=lang)["written"]
        texts[lang] = subprocess.run(["pdftotext", "-layout", out, "-"], capture_output=True, text=True).stdout
        assert attached(out)
    assert "Désignation" in texts["fr"] and "Net à payer" in texts["fr"]
    assert "Description" in texts["en"] and "Désignation" not in texts["en"]
    for value in ("FA-2026-0107", "Étude acoustique"):
        assert value in texts["fr"] and value in texts["en"]


@pytest.mark.parametrize("page", [
    "inbox/06-pdf-simple-taxi.pdf", "inbox/04-factur-x-basic-traiteur.pdf", "inbox/05-factur-x-en16931-chauffage.pdf",
    "pdf/avec-piece-jointe.pdf", "pdf/factur-x-seulement-dans-af.pdf", "pdf/sans-metadonnees.pdf", "pdf/xrechnung.pdf",
])
@pytest.mark.parametrize("profile", ["factur-x-basic-wl", "factur-x-en16931", "factur-x-extended"])
def test_the_supplier_s_own_page_carries_the_xml(page, profile, sources, rules, tmp_path):
    out = tmp_path / "facture.pdf"
    own = FIXTURES / page
    answer = convert(sources["cii"], out, "--profile", profile, "--accept-loss", "--page", own)
    assert answer["written"] and answer["page"] == "kept", answer
    level, name, _, relation = PROFILES[profile]
    xml = attached(out)
    structure(out, level, relation, drawn=False)
    assert accepted(out) == accepted(own)
    assert facturx.xml_check_xsd(xml, flavor="factur-x", level=name)
    alone = tmp_path / "factur-x.xml"
    alone.write_bytes(xml)
    assert fatal(rules[profile], alone) == []
    text = lambda path: subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True).stdout
    assert text(out) == text(own), "the pages stay as they are"
    with pikepdf.open(own) as before, pikepdf.open(out) as after:
        drawn = lambda pdf: [b"".join(stream.read_bytes() for stream in contents(page)) for page in pdf.pages]
        assert drawn(before) == drawn(after)
        invoices = {"factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml"}
        others = lambda pdf: {name: bytes(pdf.attachments[name].get_file().read_bytes())
                              for name in pdf.attachments if name.lower() not in invoices}
        assert others(before) == others(after)


def contents(page):
    contents = page.obj.Contents
    return list(contents) if isinstance(contents, pikepdf.Array) else [contents]


def test_a_pdf_that_must_not_be_changed_is_refused(sources, tmp_path):
    out = tmp_path / "facture.pdf"
    answer = convert(sources["cii"], out, "--page", FIXTURES / "bad/pdf-mot-de-passe.pdf")
    assert not answer["written"] and answer["findings"], answer
    assert not out.exists()


def test_what_another_program_made_is_noticed(sources, tmp_path):
    """Negative control: a file whose description of the properties was taken out fails the check above."""
    out = tmp_path / "facture.pdf"
    convert(sources["one"], out)
    broken = tmp_path / "broken.pdf"
    with pikepdf.open(out) as pdf:
        xmp = bytes(pdf.Root.Metadata.read_bytes())
        pdf.Root.Metadata.write(xmp.replace(b"ConformanceLevel>EN 16931<", b"ConformanceLevel>BASIC<"))
        pdf.save(broken)
    with pytest.raises(AssertionError):
        structure(broken, "EN 16931", "/Alternative", drawn=True)
