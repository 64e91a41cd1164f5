#include "tools/pipeline/stdin_pump.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace crashreel {
namespace {

constexpr int kPipeBytes = 4096;

bool is_readable_now(int fd) {
  pollfd asked{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&asked, 1, 0) == 1;
}

}  // namespace

std::string LineCutter::take(std::size_t size) {
  std::string taken = bytes_.substr(0, size);
  bytes_.erase(0, size);
  return taken;
}

std::optional<std::string> LineCutter::take_line() {
  const std::size_t newline = bytes_.find('\n');
  if (newline < kMostStdinInput) return take(newline + 1);
  if (full()) return take(kMostStdinInput);
  return std::nullopt;
}

std::string LineCutter::take_rest() {
  return take(std::min(bytes_.size(), kMostStdinInput));
}

bool StdinPump::is_wanted_for(int source) {
  struct stat file;
  if (::fstat(source, &file) != 0) return false;
  return S_ISFIFO(file.st_mode) || S_ISSOCK(file.st_mode) || S_ISREG(file.st_mode);
}

Result<StdinPump> StdinPump::make(int source, Record record) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{Trouble::kEnvironment,
                 std::string("no pipe for the program's standard input: ") + std::strerror(errno)};
  }
  OwnedFd program_end(ends[0]);
  OwnedFd our_end(ends[1]);
  if (::fcntl(our_end.get(), F_SETPIPE_SZ, kPipeBytes) != kPipeBytes ||
      ::fcntl(our_end.get(), F_SETFL, O_WRONLY | O_NONBLOCK) != 0) {
    return Error{
        Trouble::kEnvironment,
        "this machine makes no pipe of one page for the program's standard input; redirect "
        "it from /dev/null if the program does not need it"};
  }
  return StdinPump(source, std::move(program_end), std::move(our_end), std::move(record));
}

void StdinPump::ask(pollfd polled[kPolled]) const {
  const bool reads = our_end_ && !source_ended_ && !cutter_.full();
  polled[0] = {.fd = reads ? source_ : -1, .events = POLLIN, .revents = 0};
  // Asked for nothing, poll() still tells when the last reader is gone.
  const short events = has_something() ? POLLOUT : 0;
  polled[1] = {.fd = our_end_.get(), .events = events, .revents = 0};
}

void StdinPump::step(const pollfd polled[kPolled]) {
  if (!our_end_) return;
  if ((polled[1].revents & (POLLERR | POLLNVAL)) != 0) return our_end_.reset();
  if (polled[0].revents != 0) read_source();
  if ((polled[1].revents & POLLOUT) != 0) hand_over();
}

// Whoever was given one line only may never read its standard input at all.
bool StdinPump::is_waiting() const {
  if (!our_end_ || inputs_ < 2) return false;
  pollfd asked{.fd = our_end_.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&asked, 1, 0) == 0;
}

void StdinPump::read_source() {
  char bytes[16 << 10];
  const ssize_t got = ::read(source_, bytes, sizeof(bytes));
  if (got > 0) {
    cutter_.add({bytes, static_cast<std::size_t>(got)});
  } else if (got == 0 || (errno != EINTR && errno != EAGAIN)) {
    source_ended_ = true;
  }
}

void StdinPump::note(InputKind kind, std::string_view bytes) {
  if (!std::exchange(opened_, true)) record_(InputKind::kOpen, "stdin inbound");
  record_(kind, bytes);
}

std::optional<std::string> StdinPump::next_input() {
  if (std::optional<std::string> line = cutter_.take_line()) return line;
  if (cutter_.empty()) return std::nullopt;
  if (source_ended_ || !is_readable_now(source_)) return cutter_.take_rest();
  return std::nullopt;
}

// The pipe is empty: the program has taken all it was given.
void StdinPump::hand_over() {
  if (in_flight_.empty()) {
    std::optional<std::string> input = next_input();
    if (!input) {
      if (!source_ended_ || !cutter_.empty()) return;
      note(InputKind::kClose, {});
      return our_end_.reset();
    }
    note(InputKind::kData, *input);
    ++inputs_;
    in_flight_ = std::move(*input);
  }
  const std::size_t size = std::min<std::size_t>(in_flight_.size(), kPipeBytes);
  const ssize_t put = ::write(our_end_.get(), in_flight_.data(), size);
  if (put > 0) in_flight_.erase(0, static_cast<std::size_t>(put));
  if (put < 0 && errno != EAGAIN && errno != EINTR) our_end_.reset();
}

}  // namespace crashreel
