#include "capture/runtime/crash_region.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace crashreel::ring {
namespace {

// The hexadecimal number at `at`, which is moved behind it and one character further.
std::uint64_t take_hex(const char*& at, const char* end) {
  std::uint64_t number = 0;
  for (; at < end; ++at) {
    const char c = *at;
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) break;
    number = number << 4 | static_cast<unsigned>(digit);
  }
  if (at < end) ++at;
  return number;
}

// "begin-end rwxp ..."
bool is_wanted(const CrashHeader& crash, const char* line, const char* end) {
  const std::uint64_t from = take_hex(line, end);
  const std::uint64_t to = take_hex(line, end);
  if (end - line >= 3 && line[2] == 'x') return true;
  for (std::uint32_t i = 0; i < crash.frame_count; ++i) {
    if (crash.frames[i] >= from && crash.frames[i] < to) return true;
  }
  return false;
}

// Drops the lines between `from` and `end` that nobody wants; what is left of them, and a last line
// that is not whole, moves to `to`. `*kept` is then behind the whole ones.
char* drop_lines(const CrashHeader& crash, char* to, char* from, char* end, char** kept) {
  while (from < end) {
    auto* newline = static_cast<char*>(::memchr(from, '\n', static_cast<std::size_t>(end - from)));
    if (newline == nullptr) break;
    const auto size = static_cast<std::size_t>(newline + 1 - from);
    if (is_wanted(crash, from, newline)) {
      ::memmove(to, from, size);
      to += size;
    }
    from = newline + 1;
  }
  *kept = to;
  const auto rest = static_cast<std::size_t>(end - from);
  ::memmove(to, from, rest);
  return to + rest;
}

using SetCallback = void (*)(void (*)(const char*));

SetCallback find_sanitizer() {
  return reinterpret_cast<SetCallback>(::dlsym(RTLD_DEFAULT, "__asan_set_error_report_callback"));
}

// The first report is the one that counts: a sanitizer that goes on reports what follows from it.
void on_report(const char* text) {
  CrashHeader* crash = crash_region();
  if (crash == nullptr || __atomic_load_n(&crash->report_size, __ATOMIC_ACQUIRE) != 0) return;
  const CrashRooms rooms = crash_rooms(g_ring.super->crash_bytes);
  const std::size_t size = ::strnlen(text, rooms.report_bytes);
  ::memcpy(reinterpret_cast<char*>(crash) + rooms.report_offset, text, size);
  __atomic_store_n(&crash->report_size, static_cast<std::uint32_t>(size), __ATOMIC_RELEASE);
}

}  // namespace

std::uint32_t take_maps(const CrashHeader& crash, char* to, std::uint32_t room) {
  const int fd =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC));
  if (fd < 0) return 0;
  char* kept = to;  // behind the lines that stay
  char* end = to;   // behind what was read
  for (;;) {
    const long got = ::syscall(SYS_read, fd, end, static_cast<std::size_t>(to + room - end));
    if (got <= 0) break;
    end = drop_lines(crash, kept, kept, end + got, &kept);
  }
  ::syscall(SYS_close, fd);
  return static_cast<std::uint32_t>(kept - to);
}

bool has_sanitizer() {
  return find_sanitizer() != nullptr;
}

void watch_sanitizer() {
  const SetCallback set = find_sanitizer();
  if (set != nullptr && crash_region() != nullptr) set(on_report);
}

}  // namespace crashreel::ring
