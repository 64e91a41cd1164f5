#!/usr/bin/env bash
# Can the labelled set of crashes be recorded anew, as its page says?
#
#   tests/long/labelled.sh BUILD_FOLDER
#
# Types the page's command in a copy of this tree's tests, so that the set that the tests read stays as
# it is, and holds what comes out against that: no crash may be missing, and each bug must be there as
# often. (Where on the stack it is may differ, for distributions mend their programs.)
set -euo pipefail
exec </dev/null

here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=tests/long/typed_block.bash
source "$here/typed_block.bash"
build=$(realpath "${1:?usage: tests/long/labelled.sh BUILD_FOLDER}")
commands=$(typed_block tests/corpus/labelled/README.md labelled)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/build" "$work/tests/corpus"
cp -r "$here/../corpus/labelled" "$work/tests/corpus/"
ln -s "$build" "$work/build/release"
(cd "$work" && bash -euo pipefail -c "$commands")

bugs() { jq -r .bug "$1" | sort | uniq -c; }
set=tests/corpus/labelled/crashes.jsonl
diff <(bugs "$here/../../$set") <(bugs "$work/$set")
echo "labelled: $(wc -l <"$work/$set") crashes recorded, of $(bugs "$work/$set" | wc -l) bugs"
