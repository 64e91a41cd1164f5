#include "tools/pipeline/stderr_tee.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/reel/reel.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostLine = 4096;

bool contains(std::string_view line, std::string_view words) {
  return line.find(words) != std::string_view::npos;
}

// Of a runtime error: the source, a caret below it, frames, notes.
bool is_detail(std::string_view line) {
  return line.empty() || line.front() == ' ' || contains(line, ": note: ");
}

// "==1==ERROR: LeakSanitizer: detected", "WARNING: ThreadSanitizer: data race".
bool names_sanitizer(std::string_view line) {
  return contains(line, "Sanitizer: ") &&
         (contains(line, "ERROR: ") || contains(line, "WARNING: "));
}

// False: nobody reads there any more.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EAGAIN) {
      pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&ready, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      return false;
    } else if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  return true;
}

}  // namespace

void ReportPicker::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end);
    line_ += piece.substr(0, kMostLine - std::min(kMostLine, line_.size()));
    if (end == std::string_view::npos) return;
    add_line(std::exchange(line_, {}));
    bytes.remove_prefix(end + 1);
  }
}

void ReportPicker::add_line(std::string_view line) {
  const bool runtime_error = contains(line, ": runtime error: ");
  const bool summary = line.starts_with("SUMMARY: ");
  if (runtime_error && within_ != Within::kReport) {
    within_ = Within::kRuntimeError;
  } else if (within_ != Within::kReport && names_sanitizer(line)) {
    within_ = Within::kReport;
  } else if (within_ == Within::kRuntimeError && !is_detail(line) && !summary) {
    within_ = Within::kNothing;
  }
  if (within_ == Within::kNothing) return;
  reports_ += line;
  reports_ += '\n';
  if (reports_.size() > kMaxReportBytes) reports_.resize(kMaxReportBytes);
  if (summary) within_ = Within::kNothing;
}

std::string ReportPicker::take_reports() {
  if (!line_.empty()) add_line(std::exchange(line_, {}));
  return std::exchange(reports_, {});
}

Result<StderrTee> StderrTee::make(int sink) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Error{Trouble::kEnvironment,
                 std::string("no pipe for the program's standard error: ") + std::strerror(errno)};
  }
  StderrTee tee(sink, OwnedFd(ends[1]), OwnedFd(ends[0]));
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return tee;
}

bool StderrTee::step() {
  if (!our_end_) return false;
  char bytes[16 << 10];
  const ssize_t got = ::read(our_end_.get(), bytes, sizeof bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
  const std::string_view read(bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  picker_.add(read);
  // Where it can't be handed on, the program is to see that, as it would without us.
  if (got <= 0 || !write_all(sink_, read)) our_end_.reset();
  return got > 0;
}

}  // namespace crashreel
