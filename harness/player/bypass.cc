#include "harness/player/bypass.h"

#include <errno.h>
#include <sys/socket.h>

#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/guarded_copy.h"
#include "harness/player/lanes.h"

namespace crashreel::player {
namespace {

// A client that does not read leaves a program that writes on and on with a full socket.
constexpr std::size_t kMostWrittenInATurn = 1 << 20;
std::size_t written_in_turn = 0;

constexpr int kReadFlags = MSG_DONTWAIT | MSG_PEEK | MSG_NOSIGNAL | MSG_CMSG_CLOEXEC;
constexpr int kWriteFlags = MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE | MSG_EOR;

std::size_t size_of(Parts parts) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < parts.count; ++i) size += parts.first[i].iov_len;
  return size;
}

ssize_t read_from(Lane& lane, int fd, Parts parts, int flags) {
  std::uint32_t taken = 0;
  for (std::size_t i = 0; i < parts.count && taken < lane.left; ++i) {
    const std::size_t left = lane.left - taken;
    const std::size_t size = parts.first[i].iov_len < left ? parts.first[i].iov_len : left;
    if (copy_guarded(parts.first[i].iov_base, lane.bytes + taken, size) != 0) {
      errno = EFAULT;
      return -1;
    }
    taken += static_cast<std::uint32_t>(size);
  }
  lane.told = false;
  if ((flags & MSG_PEEK) != 0) return taken;
  lane.bytes += taken;
  lane.left -= taken;
  if (lane.left == 0) remove_lent(fd);
  return taken;
}

// The rest is not there; the call gave what it could.
ssize_t write_from(const Lane& lane, Parts parts) {
  static char piece[4096];  // under the lock
  std::size_t written = 0;
  for (std::size_t i = 0; i < parts.count; ++i) {
    const char* bytes = static_cast<const char*>(parts.first[i].iov_base);
    for (std::size_t left = parts.first[i].iov_len; left > 0;) {
      const std::size_t size = left < sizeof piece ? left : sizeof piece;
      if (copy_guarded(piece, bytes, size) != 0) {
        if (written == 0) errno = EFAULT;
        return written == 0 ? -1 : static_cast<ssize_t>(written);
      }
      note_answer(lane.session, piece, size);
      bytes += size;
      left -= size;
      written += size;
    }
  }
  return static_cast<ssize_t>(written);
}

}  // namespace

void begin_turn() {
  written_in_turn = 0;
}

bool read_lent_locked(int fd, Parts parts, int flags, ssize_t* result) {
  Lane* lane = lane_of(fd);
  if (lane == nullptr || lane->left == 0 || size_of(parts) == 0) return false;
  if ((flags & ~kReadFlags) != 0) {
    leave(fd);
    return false;
  }
  *result = read_from(*lane, fd, parts, flags);
  return true;
}

bool read_lent(int fd, Parts parts, int flags, ssize_t* result) {
  if (served_by_us(fd) == nullptr) return false;
  bool served = false;
  int error = 0;
  locked([&] {
    served = read_lent_locked(fd, parts, flags, result);
    error = errno;
  });
  if (served && *result < 0) errno = error;
  return served;
}

bool write_bypassing(int fd, Parts parts, int flags, ssize_t* result) {
  Lane* lane = served_by_us(fd);
  if (lane == nullptr) return false;
  bool served = false;
  int error = 0;
  locked([&] {
    const std::size_t size = size_of(parts);
    if (size == 0 || lane->server.load(std::memory_order_relaxed) != Server::kUsAndKernel) return;
    const bool much = written_in_turn + size > kMostWrittenInATurn;
    if (much || (flags & ~kWriteFlags) != 0 || end_of(lane->session) < 0) return leave(fd);
    *result = write_from(*lane, parts);
    error = errno;
    written_in_turn += size;
    served = true;
  });
  if (served && *result < 0) errno = error;
  return served;
}

bool count_lent(int fd, int* bytes) {
  const Lane* lane = served_by_us(fd);
  if (lane == nullptr || lane->left == 0) return false;
  *bytes = static_cast<int>(lane->left);
  return true;
}

bool is_own_name(const sockaddr* address, const socklen_t* size) {
  if (address == nullptr || size == nullptr || *size < sizeof address->sa_family) return false;
  if (address->sa_family != AF_UNIX) return false;
  bool own = false;
  locked([&] { own = session_called(number_of_name(address, *size)) != session_count(); });
  return own;
}

}  // namespace crashreel::player
