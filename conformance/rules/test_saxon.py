"""What facteur finds with the official rules, held against SaxonC on the same artefacts: fixtures, mutants of them made
from a seed, and a sample of the corpus where there is one.

FACTEUR names the program, FACTEUR_PACKS the folder of installed packs, FACTEUR_CORPUS the corpus, FACTEUR_SEED the seed.
"""

import collections
import json
import os
import pathlib
import random
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

saxonche = pytest.importorskip("saxonche")

ROOT = pathlib.Path(__file__).resolve().parents[2]
FACTEUR = os.environ.get("FACTEUR", str(ROOT / "target/debug/facteur"))
PACKS = pathlib.Path(os.environ.get("FACTEUR_PACKS", ROOT / ".packs/installed"))
CORPUS = pathlib.Path(os.environ.get("FACTEUR_CORPUS", ROOT / "../shared/corpus"))
SEED = int(os.environ.get("FACTEUR_SEED", "20260901"))
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
FAMILIES = {
    ("en16931", "ubl"): "EN16931-UBL-RULES",
    ("en16931", "cii"): "EN16931-CII-RULES",
    ("ctc-fr", "ubl"): "EXTENDED-CTC-FR-UBL-RULES",
    ("ctc-fr", "cii"): "EXTENDED-CTC-FR-CII-RULES",
    ("br-fr", "ubl"): "BR-FR-FLUX2-UBL-RULES",
    ("br-fr", "cii"): "BR-FR-FLUX2-CII-RULES",
}
SHOWN_MOST = 50
LEAF = re.compile(r"<((?:cbc|ram|udt):[A-Za-z]+)((?:\s[^<>]*)?)>([^<>]+)</\1>")
WRONG = ["", "12,50", "ZZZ", "2026-02-30", "20260230", "-1", "0.001", " 12.50 ", "1e3", "é"]
MUTANTS = 12
SAMPLE = 60


def entry(family):
    files = [path for path in PACKS.glob(f"{family}/*/files/*") if path.suffix in (".xslt", ".xsl")]
    if not files:
        pytest.skip(f"{family} is not installed in {PACKS}")
    return files[0]


@pytest.fixture(scope="session")
def processor():
    with saxonche.PySaxonProcessor(license=False) as opened:
        yield opened


def mutant(text, random_source):
    """A leaf removed, doubled, or with another value."""
    leaf = random_source.choice(list(LEAF.finditer(text)))
    kind = random_source.choice(["removed", "doubled", "changed"])
    if kind == "changed":
        replacement = f"<{leaf[1]}{leaf[2]}>{random_source.choice(WRONG)}</{leaf[1]}>"
    else:
        replacement = "" if kind == "removed" else leaf[0] * 2
    return text[: leaf.start()] + replacement + text[leaf.end():]


def documents(syntax, folder):
    fixtures = sorted((ROOT / "fixtures" / syntax).glob("*.xml"))
    random_source = random.Random(f"{SEED}-{syntax}")
    found = list(fixtures)
    for fixture in fixtures:
        text = fixture.read_text(encoding="utf-8")
        for number in range(MUTANTS):
            path = folder / f"{fixture.stem}-{number}.xml"
            path.write_text(mutant(text, random_source), encoding="utf-8")
            found.append(path)
    kind = "ubl-" if syntax == "ubl" else "cii"
    known = []
    for manifest in sorted(CORPUS.glob("*/manifest.tsv")):
        for line in manifest.read_text(encoding="utf-8").splitlines()[1:]:
            columns = line.split("\t")
            if columns[2].startswith(kind) and columns[7] in ("valid", "invalid"):
                known.append(manifest.parent / columns[0])
    if not known:
        print(f"left out: no corpus at {CORPUS}")
    return found + random_source.sample(known, min(SAMPLE, len(known)))


def by_facteur(layer, paths):
    """For each document the rules that failed, and whether one could not be evaluated."""
    command = [FACTEUR, "check", "--format", "json", "--layers", layer, "--packs", PACKS, *paths]
    lines = subprocess.run(list(map(str, command)), capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(paths), f"{len(lines)} answers for {len(paths)} documents"
    found = {}
    for line in lines:
        report = json.loads(line)
        mine = [finding for finding in report["findings"] if finding["layer"] == layer and finding["rule"] != "RULES-MORE"]
        rules = collections.Counter(finding["rule"] for finding in mine)
        open_ones = [finding["rule"] for finding in mine if not finding["evaluated"]]
        fatal = any(finding["severity"] == "fatal" for finding in report["findings"])
        found[pathlib.Path(report["file"]).resolve()] = (rules, open_ones, fatal)
    return found


def by_saxon(executable, path):
    """The rules that failed, or None where Saxon gives up."""
    try:
        output = executable.transform_to_string(source_file=str(path))
        root = ElementTree.fromstring(output.encode()) if output else None
    except Exception:  # Saxon's own class differs between its versions.
        root = None
    if root is None:
        return None
    failed = [item.get("id") for item in root.iter() if item.tag in (f"{SVRL}failed-assert", f"{SVRL}successful-report")]
    return collections.Counter({rule: min(count, SHOWN_MOST) for rule, count in collections.Counter(failed).items()})


@pytest.mark.parametrize(("layer", "syntax"), FAMILIES)
def test_the_same_rules_fail_as_with_saxon(layer, syntax, processor, tmp_path):
    stylesheet = entry(FAMILIES[layer, syntax])
    executable = processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(stylesheet))
    paths = documents(syntax, tmp_path)
    ours = by_facteur(layer, paths)
    same, aborted, differences = 0, 0, []
    for path in paths:
        rules, open_ones, fatal = ours[path.resolve()]
        reference = by_saxon(executable, path)
        if reference is None:
            aborted += 1
            if not fatal:
                differences.append(f"{path}: Saxon gave up, nothing found")
        elif rules == reference and not open_ones:
            same += 1
        else:
            differences.append(f"{path}: {dict(reference - rules)} missing, {dict(rules - reference)} more, {open_ones} open")
    print(f"{layer} {syntax}: {same} of {len(paths)} identical, {aborted} on which Saxon gave up and we went on")
    assert not differences, "\n".join(differences)
    assert same > len(paths) // 2


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
    rules, _, _ = by_facteur("en16931", [document])[document.resolve()]
    reference = by_saxon(executable, document)
    assert rules["BR-16"] == 1 and reference["BR-16"] == 0
