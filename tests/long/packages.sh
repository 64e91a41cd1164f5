#!/usr/bin/env bash
# Do the Debian packages serve a stranger?
#
#   tests/long/packages.sh BUILD_FOLDER
#
# Types what the README says of installing, with a /usr/local of its own. The packages that came of it
# are installed by apt in a minimal Debian 12 that is bootstrapped into a folder of its own, and an
# unprivileged user there has to record a crash, replay it and minimize it, and build the foreign
# project of tests/tools/install/ with what libcrashreel-dev brought. Then the packages are removed, and
# nothing of them may be left. Nothing of the tree but the packages, that project and the inputs of the
# crash gets into that system. The build folder is the README's, build/release of this tree.
#
# Exits 77, with the reason, where that is impossible.
set -euo pipefail
exec </dev/null

# shellcheck source=tests/long/clean_debian.bash
source "$(dirname "${BASH_SOURCE[0]}")/clean_debian.bash"
# shellcheck source=tests/long/typed_block.bash
source "$(dirname "${BASH_SOURCE[0]}")/typed_block.bash"

# ---------------------------------------------------------------- within the new system

as_user() { # runs as somebody without rights, in a folder of theirs
  cd "$HOME"
  { seq -f 'set v %.0f' 300; cat /packages/crash.tcl; } >script.tcl
  local status=0
  crashreel record -o night.reel -- jimsh <script.tcl >answers.txt || status=$?
  [[ $status == 139 ]]
  crashreel replay night.reel --tries 5 | tee replay.txt
  grep -q 'reproduced 5 of 5' replay.txt
  grep -q Jim replay.txt # names of frames: the symbolizer is there
  crashreel minimize night.reel -o small.reel
  [[ $(crashreel show small.reel --jsonl | grep -c '"kind":"data"') == 4 ]]

  cp -rL /packages/project .
  cd project
  make CC=gcc
  CRASHREEL_RING=$PWD/own.ring ./lines <<<$'arm\ndie' || status=$?
  [[ $status == 134 ]]
  crashreel salvage own.ring -o own.reel
  crashreel show own.reel --inputs >inputs.txt
  grep -q die inputs.txt
}

installed_paths() { find /usr /etc -name '*crashreel*' | sort; }

in_system() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update
  apt-get -q -y --no-install-recommends install /packages/*.deb
  dpkg -s libcrashreel0 libcrashreel-dev crashreel >/dev/null
  apt-get -q -y --no-install-recommends install jimsh gcc g++ libc6-dev make pkg-config
  useradd --create-home somebody
  su somebody -c "bash /packages/packages.sh --as-user"
  apt-get -q -y purge crashreel libcrashreel-dev libcrashreel0
  [[ -z $(installed_paths) ]] || { echo "left behind: $(installed_paths)"; exit 1; }
}

# ---------------------------------------------------------------- around it

inside() { # WORK SOURCE MIRROR
  local work=$1 source=$2 root=$1/root start=$SECONDS
  bootstrap "$root" "$3" "$work"
  echo "packages: bootstrapped in $((SECONDS - start)) s"
  mkdir "$root/packages"
  cp "$work"/made/*.deb "$source"/tests/long/{packages.sh,clean_debian.bash,typed_block.bash} "$root/packages/"
  cp -rL "$source/tests/tools/install/project" "$root/packages/"
  jq -r '.data | @base64d' "$source/tests/cases/jimsh-upvar-cycle/inputs.jsonl" \
    >"$root/packages/crash.tcl"
  unshare --mount bash "${BASH_SOURCE[0]}" --in-new-root "$root" / \
    bash /packages/packages.sh --in-system
}

# Each package's own bill names the files that are in it, as they are in it.
bills_hold() { # FOLDER_OF_PACKAGES
  local package part folder
  for package in "$1"/*.deb; do
    case $(basename "$package") in
      libcrashreel0_*) part=runtime ;;
      libcrashreel-dev_*) part=development ;;
      *) part=tools ;;
    esac
    folder=$1/unpacked-$part
    dpkg-deb -x "$package" "$folder"
    jq -r '.files[] | .checksums[0].checksumValue + "  " + .fileName' \
      "$folder/usr/share/doc/crashreel/$part.spdx.json" >"$folder/sums"
    (cd "$folder/usr" && sha1sum --check --strict --quiet "$folder/sums")
    echo "packages: the bill of $part names $(wc -l <"$folder/sums") files as they are"
  done
}

case ${1-} in
  --as-user) as_user; exit ;;
  --in-system) in_system; exit ;;
  --in-new-root) shift; in_new_root "$@" ;;
  --inside) shift; inside "$@"; exit ;;
esac

build=$(realpath "${1:?usage: tests/long/packages.sh BUILD_FOLDER}")
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
mirror=$(configured_mirror)
[[ $mirror == http* ]] || cannot "$mirror"
if [[ $build != "$source/build/release" ]]; then
  echo "packages: $build: the README's commands build $source/build/release; name that" >&2
  exit 2
fi

work=$(mktemp -d /var/tmp/crashreel-packages.XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/local" "$work/made"
commands=$(typed_block README.md packages)
(cd "$source" && unshare --mount --propagation private bash -euo pipefail -c \
  "mount --bind '$work/local' /usr/local
  $commands")
[[ $("$work/local/bin/crashreel" --version) == *[0-9]* ]]
mv "$build"/*.deb "$work/made/"
rm -rf "$build/_CPack_Packages"
bills_hold "$work/made"
start=$SECONDS
unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
  bash "${BASH_SOURCE[0]}" --inside "$work" "$source" "$mirror"
echo "packages: installed, used as somebody and removed in $((SECONDS - start)) s"
