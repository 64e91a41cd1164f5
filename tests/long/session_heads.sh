#!/usr/bin/env bash
# The promise of the session heads at full length: a million inputs between how the sessions began
# and the command that kills, and the reel minimized down to the case.
#
#   tests/long/session_heads.sh BUILD_FOLDER
set -euo pipefail
if [[ ! -x /usr/bin/redis-server ]]; then
  echo "session heads: there is no /usr/bin/redis-server"
  exit 77
fi
exec "$(dirname "${BASH_SOURCE[0]}")/../quickstart/session_heads.sh" "$1" 1000000 --minimize
