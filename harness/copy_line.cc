#include "harness/copy_line.h"

#include <sys/socket.h>

#include <utility>

#include "capture/base/errno_error.h"
#include "harness/passing.h"
#include "harness/player/script.h"

namespace crashreel {

Result<OwnedFd> CopyLine::open() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("fork server: socketpair");
  }
  line_.reset(ends[0]);
  return OwnedFd(ends[1]);
}

void CopyLine::give_up() {
  if (line_) policy_.note_lost();
  line_.reset();
}

std::optional<int> CopyLine::hear(const CopyPlace& place) {
  LineNote note = {};
  Passed none;
  const ssize_t got = receive_message(line_.get(), &note, sizeof note, none);
  if (got == sizeof note && note.says == LineSays::kBegins && let_begin(place)) return std::nullopt;
  if (got == sizeof note && note.says == LineSays::kBack && begins_) return note.signal;
  give_up();
  return std::nullopt;
}

// The copy has come to where it may go back to, and waits.
bool CopyLine::let_begin(const CopyPlace& place) {
  begins_ = place.files_now();
  const LineOrder answer = {};
  return begins_ && send_message(line_.get(), &answer, sizeof answer, {});
}

void CopyLine::stand_by(pid_t number, OwnedFd process) {
  policy_.note_back();
  standby_ = {number, std::move(process), std::move(line_), std::exchange(begins_, std::nullopt)};
}

bool CopyLine::send_on(int script) {
  const LineOrder next = {};
  return send_message(standby_.line.get(), &next, sizeof next, {&script, 1});
}

CopyLine::Copy CopyLine::take_standby() {
  Standby next = std::exchange(standby_, {});
  line_ = std::move(next.line);
  begins_ = std::move(next.begins);
  return {next.number, std::move(next.process)};
}

}  // namespace crashreel
