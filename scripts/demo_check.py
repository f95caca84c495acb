#!/usr/bin/env python3
"""Holds the end of the demonstration against what was expected, at facteur and at the gateway. Standard library only."""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import unicodedata
import urllib.request

STATUS_KEYS = (
    "schema id version file sha256 sent_sha256 kind supplier number issued total currency state since gateway flow "
    "flow_state invoice_state reason attempts duplicate_of"
).split()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facteur", required=True)
    parser.add_argument("--home", required=True, type=pathlib.Path)
    parser.add_argument("--gateway", required=True)
    parser.add_argument("--inbox", required=True, type=pathlib.Path)
    return parser.parse_args()


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line]


def same_spelling(name):
    return unicodedata.normalize("NFC", name)


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def expect(self, said, good, found=""):
        self.passed += bool(good)
        self.failed += not good
        print(f"  {'ok ' if good else 'KO '} {said}" + ("" if good else f"  ({found})"))


def main():
    asked = arguments()
    facteur = [asked.facteur, "--home", str(asked.home), "--format", "json"]

    def run(*command):
        return subprocess.run([*facteur, *command], capture_output=True, text=True, check=True).stdout

    with urllib.request.urlopen(f"{asked.gateway}/simulator/ledger", timeout=10) as answer:
        ledger = json_lines(answer.read().decode())
    rows = json_lines(run("status"))
    summary = json_lines(run("status", "--summary"))[0]
    lines = pathlib.Path(__file__).with_name("demo_expected.tsv").read_text(encoding="utf-8").splitlines()
    expected = dict(line.split("\t") for line in lines if not line.startswith("#"))
    report = Report()

    print("Attendu / expected:")
    states = {same_spelling(row["file"]): row["state"] for row in rows}
    for file, state in expected.items():
        found = states.pop(same_spelling(file), None)
        report.expect(f"{state:<12} {file}", found == state, found)
    report.expect("nothing else came in", not states, list(states))
    report.expect("every column of the contract is there", all(set(STATUS_KEYS) <= set(row) for row in rows))

    counts = collections.Counter(row["state"] for row in rows)
    report.expect(f"the sums add up: {summary['received']} received", summary["received"] == sum(counts.values()))
    report.expect("the summary counts what the table shows", summary["by_state"] == dict(counts), summary["by_state"])

    sent = {row["number"]: row for row in rows if row["state"] == "settled"}
    deposits = collections.Counter(entry["number"] for entry in ledger)
    report.expect(f"the gateway has {len(sent)} invoices, each once", deposits == collections.Counter(list(sent)), deposits)
    originals = {entry["number"]: entry["sha256"] for entry in ledger}
    report.expect(
        "the gateway received the untouched bytes",
        all(originals.get(number) == row["sha256"] == row["sent_sha256"] for number, row in sent.items()),
    )

    left = [path.name for path in (asked.home / "inbox").iterdir()] + [path.name for path in (asked.home / "work").iterdir()]
    report.expect("inbox and work folder are empty", not left, left)
    report.expect("the fixtures are where they were", len(list(asked.inbox.iterdir())) == 13)
    print(f"\n{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
