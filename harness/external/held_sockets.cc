#include "harness/external/held_sockets.h"

#include <dirent.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "capture/base/owned_fd.h"

namespace crashreel {
namespace {

// Of "socket:[4711]".
void add_sockets(pid_t process, std::vector<HeldSocket>& sockets) {
  const std::string path = "/proc/" + std::to_string(process) + "/fd";
  DIR* const folder = ::opendir(path.c_str());
  while (const dirent* entry = folder == nullptr ? nullptr : ::readdir(folder)) {
    char what[64] = {};
    unsigned long long inode = 0;
    if (::readlinkat(::dirfd(folder), entry->d_name, what, sizeof what - 1) < 0) continue;
    if (std::sscanf(what, "socket:[%llu]", &inode) != 1) continue;
    sockets.push_back({process, std::atoi(entry->d_name), inode});
  }
  if (folder != nullptr) ::closedir(folder);
}

// Old C libraries have no names for these calls.
OwnedFd take_hold_of(const HeldSocket& socket) {
  const OwnedFd process(static_cast<int>(::syscall(SYS_pidfd_open, socket.process, 0)));
  if (!process) return {};
  return OwnedFd(static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), socket.fd, 0)));
}

int option_of(const OwnedFd& socket, int which) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(socket.get(), SOL_SOCKET, which, &value, &size) == 0 ? value : -1;
}

bool has_datagrams(const OwnedFd& socket) {
  const int domain = option_of(socket, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6) && option_of(socket, SO_TYPE) == SOCK_DGRAM;
}

void take_all_in(const OwnedFd& socket, const FoundDatagram& found) {
  for (;;) {
    SocketName from;
    char nothing;
    const ssize_t bytes =
        ::recvfrom(socket.get(), &nothing, 1, MSG_DONTWAIT | MSG_TRUNC, from.get(), &from.size);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0) return;
    found(from, static_cast<std::uint64_t>(bytes));
  }
}

}  // namespace

std::vector<HeldSocket> sockets_of(const std::vector<TaskSeen>& seen) {
  std::vector<HeldSocket> sockets;
  for (const TaskSeen& one : seen) {
    if (one.process == one.task) add_sockets(one.process, sockets);
  }
  return sockets;
}

int take_datagrams(const std::vector<TaskSeen>& seen, const FoundDatagram& found) {
  int refused = 0;
  for (const HeldSocket& held : sockets_of(seen)) {
    const OwnedFd socket = take_hold_of(held);
    // Of processes and sockets that are gone nothing is left to be read.
    if (!socket && errno != ESRCH && errno != EBADF) refused = errno;
    if (socket && has_datagrams(socket)) take_all_in(socket, found);
  }
  return refused;
}

}  // namespace crashreel
