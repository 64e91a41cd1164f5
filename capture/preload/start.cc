// When does a preloaded program record?
//
// When $CRASHREEL_RING names the ring, and from before the program's own code. The rule for other
// programs that inherit the environment: a ring belongs to one process. Its number is put into
// $CRASHREEL_RING_OWNER. A process started by the program has another number and stays out,
// silently; the same process after exec (a start script that ends in `exec server`) is a new
// program with a new state, and begins the ring anew. Children by fork alone go on in the same
// ring.
//
//   CRASHREEL_RING        the ring's path; empty: the runtime's default. Its size, prelude and
//   bounds
//                         are the runtime's variables
//   CRASHREEL_READY_FD    a socket to be told, in one byte, how the start went: 0, or the errno
//   value;
//                         closed and taken from the environment then
//   CRASHREEL_STDIN_FED   set: whoever started us records what standard input brings
//
// Whatever goes wrong, the program runs on. Nothing else of the environment is touched.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <climits>

#include "capture/preload/answers.h"
#include "capture/preload/config_files.h"
#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"
#include "capture/preload/inherited.h"
#include "capture/preload/sessions.h"
#include "capture/runtime/crashreel.h"

namespace crashreel {
namespace {

constexpr char kOwnerVariable[] = "CRASHREEL_RING_OWNER";
constexpr char kReadyVariable[] = "CRASHREEL_READY_FD";
constexpr char kStdinVariable[] = "CRASHREEL_STDIN_FED";

// -1 where the variable is unset or no number.
int number_from(const char* variable) {
  const char* text = ::getenv(variable);
  if (text == nullptr || *text < '0' || *text > '9') return -1;
  char* end = nullptr;
  const long number = ::strtol(text, &end, 10);
  return *end == '\0' && number <= INT_MAX ? static_cast<int>(number) : -1;
}

enum class Claim { kFirst, kAgainAfterExec, kSomebodyElses };

Claim claim_ring() {
  const int owner = number_from(kOwnerVariable);
  if (owner > 0) return owner == ::getpid() ? Claim::kAgainAfterExec : Claim::kSomebodyElses;
  char number[16];
  ::snprintf(number, sizeof(number), "%d", static_cast<int>(::getpid()));
  ::setenv(kOwnerVariable, number, 1);
  return Claim::kFirst;
}

void tell_starter(int error) {
  const int fd = number_from(kReadyVariable);
  ::unsetenv(kReadyVariable);
  if (fd < 0) return;
  const auto answer = static_cast<unsigned char>(error);
  // Whoever asked may be gone by now, which must not be the program's end by SIGPIPE.
  ::send(fd, &answer, 1, MSG_NOSIGNAL);
  ::close(fd);  // through the hook: it looks like a socket that the program inherited
}

void say_unrecorded(const char* ring, int error) {
  char line[512];
  char complaint[256];
  if (error == EINVAL &&
      crashreel_check_rules(::getenv("CRASHREEL_REDACT"), complaint, sizeof(complaint)) != 0) {
    const int size =
        ::snprintf(line, sizeof(line),
                   "crashreel: $CRASHREEL_REDACT: %s; the program runs on unrecorded\n", complaint);
    if (size > 0) (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(size));
    return;
  }
  const int size = ::snprintf(line, sizeof(line),
                              "crashreel: %.300s: no ring: %s; the program runs on unrecorded\n",
                              *ring == '\0' ? "the default ring" : ring, ::strerror(error));
  if (size > 0) (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(size));
}

// A ring that is smaller than anybody expects shortens the tail: worth a line, once.
void say_how_small() {
  crashreel_stats stats = {};
  stats.struct_size = sizeof(stats);
  const char* asked = ::getenv("CRASHREEL_RING_BYTES");
  if ((asked != nullptr && *asked != '\0') || crashreel_stats_now(&stats) != 0) return;
  if (stats.ring_bytes >= CRASHREEL_DEFAULT_RING_BYTES) return;
  char line[256];
  const int size = ::snprintf(line, sizeof(line),
                              "crashreel: there is room for a ring of %llu KiB only; "
                              "CRASHREEL_RING_BYTES asks for a size\n",
                              static_cast<unsigned long long>(stats.ring_bytes >> 10));
  if (size > 0) (void)!::write(STDERR_FILENO, line, static_cast<std::size_t>(size));
}

__attribute__((constructor)) void start() {
  const char* ring = ::getenv("CRASHREEL_RING");
  if (ring == nullptr) return;
  const Claim claim = claim_ring();
  if (claim == Claim::kSomebodyElses) return;
  if (claim == Claim::kAgainAfterExec && *ring != '\0') ::unlink(ring);

  // What feeds standard input knows only the ring of before an exec, if any.
  const bool stdin_is_fed = ::getenv(kStdinVariable) != nullptr && claim == Claim::kFirst;
  const int error = crashreel_start(nullptr);
  if (error == 0) {
    prepare_input_hooks();
    prepare_descriptor_hooks();
    prepare_file_hooks();
    prepare_stdio_hooks();
    prepare_random_hooks();
    prepare_clock_hooks();
    prepare_signal_hooks();
    prepare_output_hooks();
    prepare_socket_hooks();
    prepare_stream_hooks();
    begin_config_files();
    begin_hidden();
    begin_answers();
    begin_sessions();
    say_how_small();
    note_inherited(stdin_is_fed);
  } else {
    say_unrecorded(ring, error);
  }
  tell_starter(error);
}

}  // namespace
}  // namespace crashreel
