#include "capture/preload/hidden.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "capture/runtime/crashreel.h"

namespace crashreel {
namespace {

bool recording = false;

void signals_came(const char* bytes, std::size_t size) {
  signalfd_siginfo info;
  for (; size >= sizeof info; bytes += sizeof info, size -= sizeof info) {
    ::memcpy(&info, bytes, sizeof info);
    signal_taken(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace

void begin_hidden() {
  const char* clock = ::getenv("CRASHREEL_CLOCK");
  const bool every = clock != nullptr && ::strcmp(clock, "every") == 0;
  turn_on(g_hot.every_clock, every);
  __atomic_store_n(&recording, true, __ATOMIC_RELAXED);
}

DescriptorKind kind_of_device(const char* path) {
  const bool random = ::strcmp(path, "/dev/urandom") == 0 || ::strcmp(path, "/dev/random") == 0;
  return random ? DescriptorKind::kRandom : DescriptorKind::kNone;
}

void random_came(const void* bytes, std::size_t size) {
  if (size != 0 && is_on(recording)) crashreel_random(bytes, size);
}

void device_read(DescriptorKind kind, const void* bytes, ssize_t got) {
  if (got <= 0) return;
  const auto size = static_cast<std::size_t>(got);
  if (kind == DescriptorKind::kRandom) random_came(bytes, size);
  if (kind == DescriptorKind::kSignals) signals_came(static_cast<const char*>(bytes), size);
}

bool is_input_signal(int number) {
  switch (number) {
    case SIGHUP:
    case SIGINT:
    case SIGQUIT:
    case SIGUSR1:
    case SIGUSR2:
    case SIGALRM:
    case SIGTERM:
    case SIGCHLD:
    case SIGCONT:
    case SIGTSTP:
    case SIGURG:
    case SIGWINCH:
    case SIGIO:
    case SIGPWR:
      return true;
    default:
      return number >= SIGRTMIN && number <= SIGRTMAX;
  }
}

bool records_signals() {
  return is_on(recording);
}

void signal_taken(int number) {
  if (is_on(recording) && is_input_signal(number)) {
    crashreel_signal(static_cast<std::uint32_t>(number));
  }
}

void clock_read(clockid_t clock, std::uint64_t nanoseconds) {
  crashreel_clock(static_cast<std::uint32_t>(clock), nanoseconds);
}

}  // namespace crashreel
