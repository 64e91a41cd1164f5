#include "capture/preload/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/preload/datagrams.h"
#include "capture/preload/hooks.h"
#include "capture/preload/session_table.h"
#include "capture/preload/sessions.h"
#include "capture/runtime/keep_errno.h"

namespace crashreel {
namespace {

// As the kernel lays out what getdents64 returns.
struct Entry {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t size;
  std::uint8_t type;
  char name[1];
};

// The socket at `fd` brings something: it is neither a listener nor waits for a connection.
bool is_connected(int fd) {
  sockaddr_storage peer;
  socklen_t size = sizeof(peer);
  return ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

bool is_read(int fd) {
  const int flags = CRASHREEL_REAL(fcntl)(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY && (flags & O_PATH) == 0;
}

// inetd hands over one connection under several numbers.
bool was_noted_as_another(int fd, const struct stat& file) {
  for (int other = 0; other < fd; ++other) {
    struct stat same;
    if (descriptors().get(other).kind == DescriptorKind::kNone) continue;
    if (::fstat(other, &same) != 0 || same.st_dev != file.st_dev || same.st_ino != file.st_ino) {
      continue;
    }
    descriptor_copied(other, fd);
    return true;
  }
  return false;
}

void note(int fd) {
  struct stat file;
  if (::fstat(fd, &file) != 0 || !is_read(fd)) return;
  const bool is_fifo = S_ISFIFO(file.st_mode);
  if ((!is_fifo && !S_ISSOCK(file.st_mode)) || was_noted_as_another(fd, file)) return;
  const auto number = static_cast<std::uint32_t>(fd);
  if (is_fifo) {
    await_session(fd, kDescriptorInherited | kDescriptorFifo, number);
  } else if (transport_of(fd) == Transport::kNone) {
    return;
  } else if (is_connected(fd)) {
    const bool datagrams = has_datagrams(transport_of(fd));
    const std::uint8_t flags = datagrams ? kDescriptorDatagrams : 0;
    await_session(fd, kDescriptorInherited | flags, number);
  } else {
    datagram_socket_made(fd);
  }
}

}  // namespace

void note_inherited(bool skipped_stdin) {
  const KeepErrno keep;
  const int folder = CRASHREEL_REAL(open)("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  alignas(Entry) char entries[4096];
  for (;;) {
    const long size = ::syscall(SYS_getdents64, folder, entries, sizeof(entries));
    if (size <= 0) break;
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const Entry*>(entries + at);
      at += entry->size;
      if (entry->name[0] < '0' || entry->name[0] > '9') continue;
      const int fd = static_cast<int>(::strtol(entry->name, nullptr, 10));
      if (fd == folder || (fd == STDIN_FILENO && skipped_stdin)) continue;
      note(fd);
    }
  }
  CRASHREEL_REAL(close)(folder);
}

}  // namespace crashreel
