#!/usr/bin/env bash
# The whole road on this machine, against the simulator: a morning's files in, deposited, followed, reported.
# Leaves the demonstration's folder behind to look around in, and nothing running.
set -euo pipefail
cd "$(dirname "$0")/.."

bin=${BIN:-target/debug}
facteur=$bin/facteur
language=${DEMO_LANG:-fr}
folder=$(mktemp -d "${TMPDIR:-/tmp}/facteur-demo.XXXXXX")
home=$folder/demo
simulator=

stop() {
  if [ -n "$simulator" ]; then
    kill "$simulator" 2>/dev/null || true
    wait "$simulator" 2>/dev/null || true
    simulator=
  fi
}
trap stop EXIT
trap 'exit 130' INT TERM

# What a person would type, shown as such.
show() {
  printf '\n$ facteur %s\n' "$*"
  "$facteur" --lang "$language" --home "$home" "$@"
}

start_simulator() {
  local port=8090
  if (exec 3<>/dev/tcp/127.0.0.1/8090) 2>/dev/null; then
    port=0
  fi
  : >"$folder/simulator.out"
  "$bin/facteur-simulator" --listen "127.0.0.1:$port" --robot on --state "$folder/simulator.jsonl" \
    >"$folder/simulator.out" 2>"$folder/simulator.err" &
  simulator=$!
  for _ in $(seq 200); do
    gateway=$(sed -n 's/^facteur-simulator listening on //p' "$folder/simulator.out")
    [ -z "$gateway" ] || return 0
    sleep 0.1
  done
  echo "demo: the simulator did not start" >&2
  cat "$folder/simulator.err" >&2
  exit 2
}

start_simulator
echo "facteur-simulator: $gateway"

printf '\n$ facteur init %s --demo --gateway %s\n' "$home" "$gateway"
"$facteur" --lang "$language" init "$home" --demo --gateway "$gateway"
show packs add .packs/*.whl

printf '\n$ cp fixtures/inbox/* %s/inbox/\n' "$home"
cp fixtures/inbox/* "$home/inbox/"

# Some of these documents are to be refused: facteur says so with exit status 1, and 2 means that it could not work.
status=0
show run --wait 60 || status=$?
if [ "$status" -ne 1 ]; then
  echo "demo: facteur run ended with $status; with documents to be refused it must end with 1" >&2
  exit 1
fi

# The recipient's side needs some seconds to certify, order and pay; facteur asks until nothing is left to ask.
for _ in $(seq 30); do
  "$facteur" --home "$home" follow --all >/dev/null 2>&1 || true
  "$facteur" --home "$home" --format json status --summary 2>/dev/null | grep -q '"integrated"' || break
  sleep 1
done

show status
show status --summary
show journal verify
show store check

printf '\n'
python3 scripts/demo_check.py --facteur "$facteur" --home "$home" --gateway "$gateway" --inbox fixtures/inbox

cat <<EOF

Pour regarder de plus près / to look around:
  $facteur --home $home status
  $facteur --home $home show AM-2026-0551
EOF
