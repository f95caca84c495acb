#!/usr/bin/env bash
# Every standing report, in both languages and every format, on an invented year: how long each takes, how large it is,
# how much memory it needs. `make year` calls it; the numbers of benches/README.md come from it.
#
# scripts/year.sh FOLDER-OF-THE-PROGRAMS INVOICES [HOME]   (HOME: one that holds a year already)
set -euo pipefail

bin=$1 invoices=$2 home=${3:-}
folder=$(mktemp -d "${TMPDIR:-/tmp}/facteur-year.XXXXXX")
trap 'rm -rf "$folder"' EXIT
if [ -z "$home" ]; then
  home=$folder/home
  "$bin/facteur" init "$home" --demo >/dev/null
  "$bin/facteur-benches" year --home "$home" --invoices "$invoices"
fi

one=$("$bin/facteur" --home "$home" status --format json --state settled --limit 1 | python3 -c 'import json, sys; print(json.loads(sys.stdin.readline())["id"])')
python3 - "$bin/facteur" "$home" "$folder" "$one" <<'END'
import os, sys, time

facteur, home, folder, one = sys.argv[1:]
reports = ["daily", "waiting", "rejected", "deadlines", "interest", "activity", f"audit {one}", "reconciliation",
           "year-end", "already-paid", "mayor", "invoices"]
print("| report | language | format | time | size | memory (peak) |")
print("|---|---|---|---|---|---|")
failed = []
for report in reports:
    for language in ("fr", "en"):
        for ending in ("txt", "csv", "json", "html", "xlsx"):
            name = report.split()[0]
            out = f"{folder}/{name}.{language}.{ending}"
            # `--format text` goes to the standard output, which is the file.
            words = [facteur, "--home", home, "--lang", language, "report", *report.split()]
            words += [] if ending == "txt" else ["-o", out]
            begin = time.monotonic()
            child = os.fork()
            if child == 0:
                target = out if ending == "txt" else os.devnull
                os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 1)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
                os.execv(facteur, words)
            _, status, used = os.wait4(child, 0)
            code = os.waitstatus_to_exitcode(status)
            if code == 2 or not os.path.getsize(out):
                failed.append(f"{name} {language} {ending}: {code}")
                continue
            print(f"| {name} | {language} | {ending} | {time.monotonic() - begin:.2f} s "
                  f"| {os.path.getsize(out) / 1000:.0f} kB | {used.ru_maxrss / 1024:.0f} MB |", flush=True)
if failed:
    sys.exit("\n".join(["reports that could not be made:", *failed]))
END
