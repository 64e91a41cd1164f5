#include "harness/feed.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <utility>

namespace crashreel {
namespace {

constexpr std::size_t kSlotBytes = 4096;  // one page is the smallest pipe there is

// A program that closes its standard input or dies must not take us with it, and the process's
// handling of SIGPIPE is not ours to change: the signal is blocked, and taken back if it came.
ssize_t write_without_sigpipe(int fd, const char* bytes, std::size_t size) {
  sigset_t pipe_only;
  sigset_t before;
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
  const ssize_t written = ::write(fd, bytes, size);
  const int error = errno;
  const timespec at_once = {};
  if (written < 0 && error == EPIPE && sigismember(&before, SIGPIPE) == 0) {
    ::sigtimedwait(&pipe_only, nullptr, &at_once);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return written;
}

}  // namespace

Result<StdinFeed> StdinFeed::create(const Sequence& sequence) {
  StdinFeed feed;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{Trouble::kEnvironment, std::string("pipe: ") + std::strerror(errno)};
  }
  feed.read_end_ = OwnedFd(ends[0]);
  feed.write_end_ = OwnedFd(ends[1]);
  if (::fcntl(ends[1], F_SETPIPE_SZ, kSlotBytes) < 0 ||
      ::fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
    return Error{Trouble::kEnvironment, std::string("a pipe of one slot: ") + std::strerror(errno)};
  }
  for (const Input* input : sequence) {
    if (input->kind == InputKind::kData && !input->data.empty()) feed.inputs_.push_back(input);
  }
  return feed;
}

void StdinFeed::close_read_end() {
  read_end_.reset();
}

void StdinFeed::write_next() {
  if (performed_ == count()) return finish();
  const std::string& data = inputs_[performed_]->data;
  const std::size_t part = std::min(data.size() - written_, kSlotBytes);
  const ssize_t sent = write_without_sigpipe(write_end_.get(), data.data() + written_, part);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (sent < 0) return finish();  // the program reads no more
  written_ += static_cast<std::size_t>(sent);
  if (written_ < data.size()) return;
  written_ = 0;
  ++performed_;
}

bool StdinFeed::is_full() const {
  int unread = 0;
  return write_end_ && ::ioctl(write_end_.get(), FIONREAD, &unread) == 0 && unread > 0;
}

void StdinFeed::finish() {
  int unread = 0;
  const bool known = bool(write_end_) && performed_ > 0 && written_ == 0 &&
                     ::ioctl(write_end_.get(), FIONREAD, &unread) == 0;
  if (known && static_cast<std::size_t>(unread) == inputs_[performed_ - 1]->data.size()) {
    --performed_;
  }
  write_end_.reset();
}

}  // namespace crashreel
