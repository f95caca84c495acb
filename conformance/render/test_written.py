"""What `facteur convert` writes from every fixture: accepted by lxml with the official schemas, and by SaxonC with the
official rules wherever the source is.

FACTEUR names the program, FACTEUR_PACKS the folder of installed packs.
"""

import json
import os
import pathlib
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

saxonche = pytest.importorskip("saxonche")
etree = pytest.importorskip("lxml.etree")

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACTEUR = os.environ.get("FACTEUR", str(ROOT / "target/debug/facteur"))
PACKS = pathlib.Path(os.environ.get("FACTEUR_PACKS", ROOT / ".packs/installed"))
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
SCHEMAS = {
    "Invoice": "UBL-Invoice/*/files/maindoc/UBL-Invoice-2.1.xsd",
    "CreditNote": "UBL-CreditNote/*/files/maindoc/UBL-CreditNote-2.1.xsd",
    "CrossIndustryInvoice": "CII/*/files/CrossIndustryInvoice_100pD22B.xsd",
}
RULES = {"ubl": "EN16931-UBL-RULES", "cii": "EN16931-CII-RULES"}
FIXTURES = sorted(
    path
    for folder in ("ubl", "cii", "cpro", "inbox")
    for path in (ROOT / "fixtures" / folder).glob("*")
    if path.suffix in (".xml", ".pdf")
)


@pytest.fixture(scope="session")
def schemas():
    found = {}
    for root, pattern in SCHEMAS.items():
        paths = list(PACKS.glob(pattern))
        if not paths:
            pytest.skip(f"no schema for {root} in {PACKS}")
        found[root] = etree.XMLSchema(etree.parse(str(paths[0])))
    return found


@pytest.fixture(scope="session")
def rules():
    with saxonche.PySaxonProcessor(license=False) as processor:
        compiled = {}
        for syntax, family in RULES.items():
            paths = [path for path in PACKS.glob(f"{family}/*/files/*") if path.suffix in (".xslt", ".xsl")]
            if not paths:
                pytest.skip(f"{family} is not installed in {PACKS}")
            compiled[syntax] = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(paths[0]))
        yield compiled


def fatal(executable, path):
    """The ids of the fatal rules that fail."""
    root = ElementTree.fromstring(executable.transform_to_string(source_file=str(path)).encode())
    failed = [item for item in root.iter() if item.tag in (f"{SVRL}failed-assert", f"{SVRL}successful-report")]
    return sorted(item.get("id") for item in failed if item.get("flag") == "fatal")


def convert(source, syntax, out):
    """The answer of `facteur convert`, or None where the source is no invoice."""
    command = [FACTEUR, "convert", source, "--to", syntax, "--profile", "keep", "-o", out, "--accept-loss",
               "--accept-invalid", "--format", "json", "--packs", PACKS]
    answer = json.loads(subprocess.run(list(map(str, command)), capture_output=True, text=True).stdout)
    return None if answer["refused"] == "unreadable" else answer


def is_valid(schemas, path):
    """Whether lxml accepts it, and why not."""
    document = etree.parse(str(path))
    schema = schemas[etree.QName(document.getroot()).localname]
    return schema.validate(document), schema.error_log


@pytest.mark.parametrize("source", FIXTURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_written_is_accepted(source, schemas, rules, tmp_path):
    # Written in its own syntax first, so that a PDF has an XML to compare with.
    answers = {syntax: convert(source, syntax, tmp_path / f"{syntax}.xml") for syntax in ("ubl", "cii")}
    if answers["ubl"] is None:
        pytest.skip("no invoice")
    own = "cii" if answers["ubl"]["source"] in ("cii", "factur-x") else "ubl"
    expected = tmp_path / f"{own}.xml"
    if source.suffix == ".xml":
        expected = source
        if not is_valid(schemas, source)[0]:
            pytest.skip("the source breaks its schema")
    broken = set(fatal(rules[own], expected))
    for syntax, answer in answers.items():
        path = tmp_path / f"{syntax}.xml"
        accepted, log = is_valid(schemas, path)
        has_lines = "IncludedSupplyChainTradeLineItem" in expected.read_text("utf-8") or own == "ubl"
        assert accepted or not has_lines, f"{syntax}: {log}"
        if accepted:
            more = set(fatal(rules[syntax], path)) - broken
            assert not more or broken, f"{syntax}: {more} not in the source"
        again = tmp_path / f"{syntax}-again.xml"
        convert(source, syntax, again)
        assert again.read_bytes() == path.read_bytes(), "the same invoice gives the same bytes"


def test_a_document_that_breaks_its_schema_is_noticed(schemas, tmp_path):
    """Negative control."""
    text = (ROOT / "fixtures/ubl/invoice-full.xml").read_text("utf-8")
    broken = tmp_path / "broken.xml"
    broken.write_text(text.replace("<cbc:IssueDate>2026-11-20</cbc:IssueDate>", "", 1), "utf-8")
    assert not is_valid(schemas, broken)[0]
