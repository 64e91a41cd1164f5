#!/usr/bin/env bash
# Does a crash that began long before the tail come back, and is it the session heads that do it?
#
#   tests/quickstart/session_heads.sh BUILD INPUTS [--minimize]
#
# A stock redis-server with a ring of 256 KiB, whose prelude is full before anything happens. Two
# sessions authenticate and subscribe and stay open, then INPUTS others roll the ring over, then the
# last command kills. The reel must reproduce, and one that was recorded without heads must not.
# With --minimize the reel is minimized too, down to the case itself. Prints one JSON object a run.
set -euo pipefail
exec </dev/null
export LC_ALL=C.UTF-8
built=$1 inputs=$2 minimize=${3:-}
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
crashreel=$built/bin/crashreel
case_file=tests/cases/redis-acl-self-kill/inputs.jsonl
work=$(mktemp -d "${TMPDIR:-/tmp}/crashreel-heads.XXXXXX")
recorder=""
trap '[[ -z $recorder ]] || kill "$recorder" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() { printf 'session heads: %s\n' "$*" >&2; exit 1; }

wait_for_port() { # PORT PID
  for _ in {1..400}; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then return; fi
    kill -0 "$2" 2>/dev/null || fail "the server ended at its start: $(tail -n 5 "$work/server.log")"
    read -rt 0.05 <> <(:) || true
  done
  fail "the server does not listen on port $1"
}

# Leaves $work/NAME.reel and $work/NAME.json, what `replay` says of it.
record_and_replay() { # NAME OPTION...
  local name=$1 port died
  shift
  port=$("$built/quickstart/traffic" free-port)
  "$crashreel" record --ring 256KiB "$@" -o "$work/$name.reel" -- /usr/bin/redis-server \
    --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$work" --daemonize no \
    >"$work/server.log" 2>&1 &
  recorder=$!
  wait_for_port "$port" "$recorder"
  died=$("$built/quickstart/traffic" "$port" 0 "$inputs" "$case_file" early | jq -r .died)
  [[ $died == true ]] || fail "the server survived the case"
  wait "$recorder" || true
  recorder=""
  "$crashreel" show "$work/$name.reel" --json >"$work/$name.show.json"
  "$crashreel" replay "$work/$name.reel" --tries 3 --json >"$work/$name.json" || true
  jq -c --arg run "$name" --slurpfile replay "$work/$name.json" \
    '{run: $run, kept: .kept.inputs, places: .kept.places, lost: .lost,
      reproduced: $replay[0].reproduced, tries: $replay[0].tries}' "$work/$name.show.json"
}

holds() { # FILTER FILE.json
  jq -e "$1" "$2" >/dev/null || fail "does not hold of $(basename "$2"): $1"
}

record_and_replay with --heads 64KiB
holds '.kept.places.head.records >= 5' "$work/with.show.json" # 2 openings and 3 inputs at least
holds '.kept.places.prelude.records > 0' "$work/with.show.json"
holds ".lost.overwritten_inputs > $((inputs / 2))" "$work/with.show.json"
holds '.reproduced == 3' "$work/with.json"

record_and_replay without --no-heads
holds '.kept.places.head.records == 0' "$work/without.show.json"
holds '.reproduced == 0' "$work/without.json"

if [[ $minimize == --minimize ]]; then
  "$crashreel" minimize "$work/with.reel" -o "$work/min.reel" --json >"$work/minimize.json"
  jq -c '{run: "minimize", inputs_before, inputs_after, questions, one_minimal}' "$work/minimize.json"
  "$crashreel" show "$work/min.reel" --jsonl >"$work/min.jsonl"
  "$built/quickstart/is_case" "$work/min.jsonl" "$case_file" || fail "the minimum is not the case"
fi
