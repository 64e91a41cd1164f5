#include "harness/player/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/fd_table.h"
#include "harness/player/idle.h"
#include "harness/player/place.h"
#include "harness/player/step_answers.h"

namespace crashreel::player {
namespace {

ScriptHeader* script = nullptr;
const Step* steps = nullptr;
std::uint32_t first_open = 0;  // no session before this step waits to be called

// The program's sockets and whom it called by them. Beyond these getpeername() tells the truth.
struct Call {
  sockaddr_storage address;
  socklen_t size;
};
constinit FdTable<Call, 256> calls;

void remember_call(int fd, const sockaddr* address, socklen_t size) {
  Call called = {};
  called.size = size < sizeof called.address ? size : socklen_t{sizeof called.address};
  ::memcpy(&called.address, address, called.size);
  calls.note(fd, called);
}

bool may_be_called(const Step& step) {
  return step.kind == StepKind::kOpen && step.way == Way::kIsCalled && !is_claimed(step.session);
}

// step_count: none.
std::uint32_t find_open(std::uint32_t place) {
  while (first_open < script->step_count && !may_be_called(steps[first_open])) ++first_open;
  for (std::uint32_t i = first_open; i < script->step_count; ++i) {
    if (may_be_called(steps[i]) && steps[i].place == place) return i;
  }
  return script->step_count;
}

int refuse(int error) {
  errno = error;
  return -1;
}

// A connection of the program's to itself.
int call_own(int fd, int listener) {
  sockaddr_storage real = {};
  socklen_t size = sizeof real;
  auto* name = reinterpret_cast<sockaddr*>(&real);
  if (CRASHREEL_REAL(getsockname)(listener, name, &size) != 0) return -1;
  return CRASHREEL_REAL(connect)(fd, name, size);
}

int call_session(int fd, std::uint32_t number) {
  const int ours = connect_to_us(fd);
  if (ours < 0) return -1;
  begin_called(number, steps[number].session, ours, false);
  return 0;
}

struct Attempt {
  int fd;
  const sockaddr* address;
  socklen_t size;
  int result = -1;
  int error = 0;

  static void make(void* raw) {
    auto* own = static_cast<Attempt*>(raw);
    const std::uint32_t place = place_of(own->address, own->size, false);
    const std::uint32_t number = find_open(place);
    const int listener = socket_at(place);
    if (number < script->step_count && !attends()) {  // its own process has the sessions
      own->result = call_session(own->fd, number);
    } else if (listener >= 0) {
      own->result = call_own(own->fd, listener);
    } else {
      note_unanswered(own->address, own->size);
      errno = ECONNREFUSED;
    }
    own->error = own->result < 0 ? errno : 0;
  }
};

}  // namespace

void answer_calls_from(ScriptHeader* given) {
  script = given;
  steps = reinterpret_cast<const Step*>(reinterpret_cast<const char*>(given) + given->steps_offset);
  first_open = 0;
}

void note_unanswered(const sockaddr* address, socklen_t size) {
  if (script->unanswered.fetch_add(1, std::memory_order_relaxed) != 0) return;
  script->first_unanswered_size = size < kMaxAddress ? size : kMaxAddress;
  ::memcpy(script->first_unanswered, address, script->first_unanswered_size);
}

bool find_called(std::uint32_t place, std::uint32_t* step, std::uint32_t* session) {
  *step = find_open(place);
  if (*step == script->step_count) return false;
  *session = steps[*step].session;
  return true;
}

void begin_called(std::uint32_t step, std::uint32_t session, int end, bool has_datagrams) {
  claim(session);
  set_end(session, end, has_datagrams);
  if (keeping_step_answers()) begin_step_answer(session, step);
}

int call(int fd, const sockaddr* address, socklen_t size) {
  // Who speaks by datagrams names a peer, and calls nobody.
  if (has_datagrams(fd)) {
    const int socket = socket_at(place_of(address, size, true));
    return socket >= 0 ? call_own(fd, socket) : CRASHREEL_REAL(connect)(fd, address, size);
  }
  if (calls.find(fd) != nullptr) return refuse(EISCONN);
  Attempt attempt = {fd, address, size};
  do_locked(Attempt::make, &attempt);
  if (attempt.result < 0) return refuse(attempt.error);
  remember_call(fd, address, size);
  const bool waits = (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0 || address->sa_family == AF_UNIX;
  return waits ? 0 : refuse(EINPROGRESS);  // as everywhere but on loopback
}

void show_called(int fd, sockaddr* address, socklen_t* size, socklen_t room) {
  const Call* entry = calls.find(fd);
  if (entry == nullptr) return;
  ::memcpy(address, &entry->address, entry->size < room ? entry->size : room);
  *size = entry->size;
}

void forget_call(int fd) {
  calls.forget(fd);
}

}  // namespace crashreel::player
