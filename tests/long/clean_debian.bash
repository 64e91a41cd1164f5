# A minimal Debian 12 in a folder of one's own, for scripts that try things in one; to be sourced.
#
# Packages come from where the machine's own apt takes them. A script that can't go on says why and
# exits 77.

cannot() { echo "$(basename "$0" .sh): $*"; exit 77; }

# Where apt takes Debian 12 from; else the reason why there can be no clean system.
configured_mirror() {
  local mirror
  if ((EUID != 0)); then echo "only root can bootstrap a system"; return; fi
  if ! command -v apt-get >/dev/null; then echo "this machine has no apt"; return; fi
  if ! command -v wget >/dev/null; then echo "debootstrap needs wget"; return; fi
  if ! unshare --mount --pid --fork true 2>/dev/null; then echo "no mount namespaces here"; return; fi
  # shellcheck disable=SC2016  # apt's own variables
  mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 == "bookworm" && !found++ { print $1 }')
  if [[ $mirror == http* ]]; then echo "$mirror"; return; fi
  echo "apt takes Debian 12 from no web server that debootstrap could use"
}

bootstrap() { # ROOT MIRROR WORK
  local tools=$3/debootstrap
  mkdir -p "$tools"
  # Unpacked, not installed: the machine that runs this gets no package from it.
  (cd "$tools" && apt-get -q download debootstrap && dpkg-deb -x debootstrap_*.deb .) || exit 1
  DEBOOTSTRAP_DIR=$tools/usr/share/debootstrap \
    "$tools/usr/sbin/debootstrap" --variant=minbase bookworm "$1" "$2"
  rm -rf "$1/etc/apt/sources.list"
  cp -r /etc/apt/sources.list* /etc/apt/apt.conf.d /etc/apt/trusted.gpg.d "$1/etc/apt/"
  cp -L /etc/resolv.conf /etc/hosts "$1/etc/"
}

# A new root rather than chroot: within a chroot nobody may make user namespaces. In mounts of its own,
# for it takes every process of its mount namespace along.
in_new_root() { # ROOT FOLDER COMMAND...
  mount --bind "$1" "$1"
  mount -t proc proc "$1/proc"
  mount --rbind /dev "$1/dev"
  cd "$1"
  mkdir -p old
  pivot_root . old
  umount -l old
  cd "$2"
  shift 2
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}
