"""What facteur finds with the official rules, held against SaxonC on the same artefacts: fixtures, the whole corpus where
there is one, and mutants of both made from a seed.

FACTEUR names the program, FACTEUR_PACKS the folder of installed packs, FACTEUR_CORPUS the corpus, FACTEUR_SEED the seed,
FACTEUR_MUTANTS how many mutants each kind of document gets (120).
"""

import collections
import copy
import json
import os
import pathlib
import random
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from lxml import etree

saxonche = pytest.importorskip("saxonche")

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACTEUR = os.environ.get("FACTEUR", str(ROOT / "target/debug/facteur"))
PACKS = pathlib.Path(os.environ.get("FACTEUR_PACKS", ROOT / ".packs/installed"))
CORPUS = pathlib.Path(os.environ.get("FACTEUR_CORPUS", ROOT / "../shared/corpus"))
SEED = int(os.environ.get("FACTEUR_SEED", "20260901"))
MUTANTS = int(os.environ.get("FACTEUR_MUTANTS", "120"))
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
LAYERS = [
    ("en16931", "ubl"),
    ("en16931", "cii"),
    ("ctc-fr", "ubl"),
    ("ctc-fr", "cii"),
    ("br-fr", "ubl"),
    ("br-fr", "cii"),
    ("factur-x", "cii"),
    ("br-fr", "cdar"),
]
KINDS = {"ubl": ("ubl-invoice", "ubl-creditnote"), "cii": ("cii",), "cdar": ("cdar",)}
SHOWN_MOST = 50
WRONG = ["", "12,50", "ZZZ", "2026-02-30", "20260230", "2026-11-23", "-1", "0.001", " 12.50 ", "1e3", "é", "380", "S", "EUR", "FR"]


def entry(family):
    files = [path for path in PACKS.glob(f"{family}/*/files/*") if path.suffix in (".xslt", ".xsl")]
    if not files:
        pytest.skip(f"{family} is not installed in {PACKS}")
    return files[0]


@pytest.fixture(scope="session")
def processor():
    with saxonche.PySaxonProcessor(license=False) as opened:
        yield opened


def mutate(root, source):
    """An element removed, doubled or moved behind its neighbour, or a leaf or an attribute with another value."""
    elements = [one for one in root.iterdescendants() if isinstance(one.tag, str)]
    if not elements:
        return
    element = source.choice(elements)
    kind = source.choice(["removed", "doubled", "moved", "changed", "changed", "attribute"])
    if kind == "attribute" and element.attrib:
        element.set(source.choice(sorted(element.attrib)), source.choice(WRONG))
    elif kind == "changed" and len(element) == 0:
        element.text = source.choice(WRONG)
    elif kind == "moved" and element.getnext() is not None:
        element.getnext().addnext(element)
    elif kind == "doubled":
        element.addnext(copy.deepcopy(element))
    else:
        element.getparent().remove(element)


def mutants(paths, source, folder):
    for number in range(MUTANTS):
        path = source.choice(paths)
        try:
            tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, huge_tree=True))
        except etree.XMLSyntaxError:
            continue
        for _ in range(source.choice([1, 1, 1, 2, 4])):
            mutate(tree.getroot(), source)
        changed = folder / f"{path.stem}-{number}.xml"
        tree.write(str(changed), encoding="UTF-8", xml_declaration=True)
        yield changed


def documents(syntax, folder):
    fixtures = sorted((ROOT / "fixtures" / syntax).glob("*.xml"))
    known = []
    for manifest in sorted(CORPUS.glob("*/manifest.tsv")):
        for line in manifest.read_text(encoding="utf-8").splitlines()[1:]:
            columns = line.split("\t")
            if columns[2] in KINDS[syntax] and columns[5] != "hostile" and columns[7] in ("valid", "invalid"):
                known.append(manifest.parent / columns[0])
    if not known:
        print(f"left out: no corpus at {CORPUS}")
    if not fixtures + known:
        pytest.skip(f"no {syntax} document")
    source = random.Random(f"{SEED}-{syntax}")
    changed = list(mutants(fixtures or known, source, folder))
    return fixtures + known + changed + list(mutants(known, source, folder) if known and fixtures else [])


def by_facteur(layer, paths):
    """For each document the family of the rules that ran, those that failed, those left open, whether any finding is fatal."""
    command = [FACTEUR, "check", "--format", "json", "--layers", layer, "--packs", PACKS, *paths]
    lines = subprocess.run(list(map(str, command)), capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(paths), f"{len(lines)} answers for {len(paths)} documents"
    found = {}
    for line in lines:
        report = json.loads(line)
        ran = [one["artefact"] or "" for one in report["layers"] if one["layer"] == layer]
        family = next((name.split("@")[0] for part in ran for name in part.split(" + ") if "-RULES@" in name), None)
        mine = [finding for finding in report["findings"] if finding["layer"] == layer and is_of_a_rule(finding["rule"])]
        rules = collections.Counter(finding["rule"] for finding in mine)
        open_ones = [finding["rule"] for finding in mine if not finding["evaluated"]]
        fatal = any(finding["severity"] == "fatal" for finding in report["findings"])
        found[pathlib.Path(report["file"]).resolve()] = (family, rules, open_ones, fatal)
    return found


def is_of_a_rule(identifier):
    """The profile's schema is a part of its layer, and the fifty-first finding of a rule is only counted."""
    return identifier != "RULES-MORE" and not identifier.startswith("XSD")


def named(item):
    """The id of a rule; one that has none goes by the beginning of its text."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", "".join(item.itertext()).strip())
    return item.get("id") or f"NOID({words[:48].strip('-')})"


def by_saxon(executable, path):
    """The rules that failed, or None where Saxon gives up."""
    try:
        output = executable.transform_to_string(source_file=str(path))
        root = ElementTree.fromstring(output.encode()) if output else None
    except Exception:  # Saxon's own class differs between its versions.
        root = None
    if root is None:
        return None
    failed = [named(item) for item in root.iter() if item.tag in (f"{SVRL}failed-assert", f"{SVRL}successful-report")]
    return collections.Counter({rule: min(count, SHOWN_MOST) for rule, count in collections.Counter(failed).items()})


@pytest.mark.parametrize(("layer", "syntax"), LAYERS)
def test_the_same_rules_fail_as_with_saxon(layer, syntax, processor, tmp_path):
    paths = documents(syntax, tmp_path)
    ours = by_facteur(layer, paths)
    stylesheets = {}
    same, aborted, left_out, differences = collections.Counter(), 0, 0, []
    for path in paths:
        family, rules, open_ones, fatal = ours[path.resolve()]
        if family is None:
            # No such rules for its profile, or a document that is refused before them.
            left_out += 1
            continue
        if family not in stylesheets:
            compiler = processor.new_xslt30_processor()
            stylesheets[family] = compiler.compile_stylesheet(stylesheet_file=str(entry(family)))
        reference = by_saxon(stylesheets[family], path)
        if reference is None:
            aborted += 1
            if not fatal:
                differences.append(f"{path}: Saxon gave up, nothing found")
        elif rules == reference and not open_ones:
            same[family] += 1
        else:
            differences.append(f"{path}: {dict(reference - rules)} missing, {dict(rules - reference)} more, {open_ones} open")
    counts = ", ".join(f"{family} {count}" for family, count in sorted(same.items()))
    print(f"{layer} {syntax}: {len(paths)} documents, identical: {counts}; Saxon gave up on {aborted}, {left_out} not concerned")
    assert not differences, f"{len(differences)} differ\n" + "\n".join(differences)
    assert sum(same.values()) > len(paths) // 3


def test_a_rule_that_is_broken_on_purpose_is_noticed(processor, tmp_path):
    """Negative control: with one assert that never fails, some document differs."""
    text = entry("EN16931-UBL-RULES").read_text(encoding="utf-8")
    original = 'test="exists(cac:InvoiceLine) or exists(cac:CreditNoteLine)"'
    assert original in text
    broken = tmp_path / "broken.xslt"
    broken.write_text(text.replace(f"when {original}", 'when test="true()"'), encoding="utf-8")
    executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(broken))
    fixture = sorted((ROOT / "fixtures/ubl").glob("*.xml"))[-1].read_text(encoding="utf-8")
    document = tmp_path / "document.xml"
    document.write_text(re.sub(r"<cac:(InvoiceLine|CreditNoteLine)>.*</cac:\1>", "", fixture, flags=re.S), encoding="utf-8")
    _, rules, _, _ = by_facteur("en16931", [document])[document.resolve()]
    reference = by_saxon(executable, document)
    assert rules["BR-16"] == 1 and reference["BR-16"] == 0
