#!/usr/bin/env bash
# The report's page in a browser: that it asks for nothing, opens in time, and does what it promises
# by mouse, by keyboard, without scripts and on paper.
#
#   tests/long/report_page.sh BUILD_FOLDER
#
# Needs Debian's chromium, and npm for playwright-core, typescript, @types/sarif
# and @paulirish/trace_engine (what reads traces in Chrome), which go into a folder that is removed. With
# SCREENSHOTS set to a folder, pictures for people are left there.
set -euo pipefail
build=$(realpath "$1")
here=$(realpath "$(dirname "${BASH_SOURCE[0]}")")
for program in chromium node npm jq; do
  if ! command -v "$program" >/dev/null; then
    echo "report page: there is no $program; tools/install-packages --long brings it"
    exit 1
  fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --no-audit --no-fund --silent playwright-core typescript @types/sarif @paulirish/trace_engine \
  >npm.log 2>&1 || {
  echo "report page: npm could not fetch playwright-core, typescript, @types/sarif and @paulirish/trace_engine"
  exit 77
}
export PATH=$build/bin:$PATH
# A hundred thousand inputs on fifty sessions, of which three kill, and one that would like to be a script.
jq -nc --arg hostile '</script><script>alert(1)</script>' '
  range(100000) as $i
  | ($i * 7919 % 50) as $session
  | {seq: $i, time_ns: ($i * 300000), session: $session, data: ("PING\n" | @base64)}
  | if $i == 40000 then .session = 7 | .data = ("ARM trap\n" | @base64)
    elif $i == 70000 then .session = 9 | .data = ("BIND trap\n" | @base64)
    elif $i == 70001 then .data = ($hostile + "\n" | @base64)
    elif $i == 99999 then .session = 7 | .data = ("FIRE\n" | @base64)
    else . end' >night.jsonl
crashreel import night.jsonl -q -o night.reel -- "$build/zoo/canary" 0
crashreel minimize night.reel -q -o small.reel --json >minimize.json
crashreel blame small.reel --json >blame.json
crashreel reach night.reel --tries 1 --json >reach.json
crashreel replay small.reel --tries 5 --json >replay.json
crashreel report small.reel --original night.reel --with minimize.json --with blame.json \
  --with reach.json --with replay.json -q -o report.html
crashreel report night.reel -q -o night.html
# What collects findings reads SARIF by its types: an unknown or missing member is an error.
crashreel report small.reel --original night.reel --with blame.json --form sarif -q -o report.sarif
{ echo 'import type { Log } from "sarif"; const log: Log ='; cat report.sarif; echo '; export default log;'; } >sarif.ts
npx tsc --noEmit --strict --skipLibCheck sarif.ts || { echo "report page: report.sarif is no SARIF log"; exit 1; }
crashreel report night.reel --with reach.json --form trace -q -o report.trace.json
node "$here/open_trace.mjs" "$work" report.trace.json || {
  echo "report page: the engine of Chrome's developer tools does not read report.trace.json"
  exit 1
}
for page in report night; do
  bytes=$(stat -c %s "$page.html")
  if ((bytes >= 2000000)); then
    echo "report page: $page.html has $bytes bytes"
    exit 1
  fi
done
NODE_PATH=$work/node_modules node "$here/report_page.cjs" "$work"
