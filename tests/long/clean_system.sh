#!/usr/bin/env bash
# Does a stranger with a fresh Debian 12 get there?
#
#   tests/long/clean_system.sh [BUILD_FOLDER [COMMAND...]]
#
# Bootstraps a minimal Debian 12 into a folder of its own, puts a fresh clone of HEAD into it, and
# runs the command there (what the README has for such a system), with nothing in the environment but PATH and HOME. Holds
# tools/install-packages to its word as well: the system's policy-rc.d is the same as before, byte
# for byte, and no service was enabled or is running. The build folder is not used: the clone makes
# its own.
#
# Packages come from where the machine's own apt takes them. Everything happens in namespaces of its
# own, so that no mount and no process is left behind. Exits 77, with the reason, where that is
# impossible.
set -euo pipefail
exec </dev/null

# shellcheck source=tests/long/clean_debian.bash
source "$(dirname "${BASH_SOURCE[0]}")/clean_debian.bash"
# shellcheck source=tests/long/typed_block.bash
source "$(dirname "${BASH_SOURCE[0]}")/typed_block.bash"

# ---------------------------------------------------------------- within the namespaces

what_starts_by_itself() { # ROOT
  find "$1"/etc/systemd/system "$1"/etc/rc[2-5S].d -type l ! -name 'K*' -printf '%P\n' 2>/dev/null |
    sed 's/^S[0-9][0-9]//' | sort
}

inside() { # MIRROR COMMAND...
  local root=$work/root mirror=$1 start=$SECONDS
  shift
  bootstrap "$root" "$mirror" "$work"
  git clone -q --no-hardlinks "$source" "$root$place"
  echo "clean system: bootstrapped in $((SECONDS - start)) s"

  printf '#!/bin/sh\n# the policy of this system, to be kept\nexit 104\n' >"$root/usr/sbin/policy-rc.d"
  chmod 751 "$root/usr/sbin/policy-rc.d"
  cp -p "$root/usr/sbin/policy-rc.d" "$work/policy"
  what_starts_by_itself "$root" >"$work/starts"

  start=$SECONDS
  unshare --mount bash "${BASH_SOURCE[0]}" --in-new-root "$root" "$place" "$@"
  local took=$((SECONDS - start))

  cmp "$work/policy" "$root/usr/sbin/policy-rc.d"
  [[ $(stat -c %a "$root/usr/sbin/policy-rc.d") == 751 ]]
  what_starts_by_itself "$root" | diff "$work/starts" -
  # This process namespace holds this script and what it started: what still has the other mounts is a
  # server that was left running.
  local other here
  here=$(readlink /proc/self/ns/mnt)
  for other in /proc/[0-9]*; do
    if [[ $(readlink "$other/ns/mnt" || echo "$here") != "$here" ]]; then
      echo "clean system: still running: $(tr '\0' ' ' <"$other/cmdline")"
      exit 1
    fi
  done
  echo "clean system: $* passed in $took s; no service enabled or running"
}

# ---------------------------------------------------------------- around them

if [[ ${1-} == --in-new-root ]]; then
  shift
  in_new_root "$@"
fi

if [[ ${1-} == --inside ]]; then
  work=$2 source=$3 place=/home/crashreel
  shift 3
  inside "$@"
  exit
fi

source=$(git -C "$(dirname "${BASH_SOURCE[0]}")" rev-parse --show-toplevel)
shift $(($# > 0 ? 1 : 0))
if (($# == 0)); then set -- bash -euo pipefail -c "$(typed_block README.md clean-system)"; fi
mirror=$(configured_mirror)
[[ $mirror == http* ]] || cannot "$mirror"

work=$(mktemp -d /var/tmp/crashreel-clean-system.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
  bash "${BASH_SOURCE[0]}" --inside "$work" "$source" "$mirror" "$@"
