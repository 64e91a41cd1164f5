#include "harness/player/stage.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/bypass.h"
#include "harness/player/calls.h"
#include "harness/player/clock.h"
#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/fork_point.h"
#include "harness/player/handover.h"
#include "harness/player/idle.h"
#include "harness/player/kernel_call.h"
#include "harness/player/leaks.h"
#include "harness/player/obstacles.h"
#include "harness/player/rewind.h"
#include "harness/player/socket_options.h"
#include "harness/player/step_answers.h"
#include "harness/player/stop.h"
#include "harness/player/timers.h"
#include "harness/player/untaken.h"
#include "harness/player/warm_pages.h"

namespace crashreel::player {
namespace {

// A program may idle on timers before it listens; after so much of virtual time it never will.
constexpr std::uint64_t kListenWithinNs = 60'000'000'000;
// The program's answers are taken before there are so many that a socket could be full, whoever
// they are for; until then they may lie: asking for them after each input is a sixth of the cost.
constexpr std::size_t kTakeFrom = 16 * 1024;
// Answers that were given by other means than the hooked calls are not counted.
constexpr std::uint64_t kTakeEvery = 64;
// More than this in one go may have freed the program of a full send buffer: look again.
constexpr std::size_t kMuchAnswered = 16 * 1024;
// Unless it has gone on like that for so long: a program that talks without end.
constexpr std::uint32_t kLongestAnswer = 1 << 16;
// So often is an idle program asked to take the rest of what it was sent. One that has no wish to
// read (it may be waiting for another session) would leave a real client hanging as well.
constexpr std::uint32_t kPatience = 64;
// More than there is room for descriptors: a checkpoint with more is refused for that reason.
constexpr int kMostHeldSessions = 1024;

ScriptHeader* script = nullptr;
const Step* steps = nullptr;
const std::uint32_t* marks = nullptr;
std::uint32_t next_mark = 0;
std::uint32_t answers_in_a_row = 0;
std::uint32_t refusals_in_a_row = 0;
std::uint32_t payload_sent = 0;         // of the current step, where a send was partial
std::atomic<std::size_t> not_taken{0};  // bytes that the program has sent to anybody

[[noreturn]] void end_try(ScriptState state) {
  script->state.store(static_cast<std::uint32_t>(state));
  note_touched_pages();
  if (state == ScriptState::kDone) go_back(0);
  tell_first_process();
  for (;;) own_syscall(SYS_exit_group, 0);
}

std::size_t take_answers() {
  const std::uint64_t idles = script->idles.fetch_add(1, std::memory_order_relaxed);
  const bool over = script->performed.load(std::memory_order_relaxed) == script->step_count;
  // What other processes send is not counted here.
  const bool many = not_taken.load(std::memory_order_relaxed) >= kTakeFrom || has_attendants();
  if (!over && !many && !keeping_step_answers() && idles % kTakeEvery != 0) return 0;
  not_taken.store(0, std::memory_order_relaxed);
  return drain_all();
}

void open_session(const Step& step) {
  if (step.way == Way::kIsCalled) return;  // the program opens it, sooner or later (calls.h)
  const bool datagrams = step.way == Way::kSendsDatagrams;
  const int listener = listener_for(step.place);
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  if (CRASHREEL_REAL(getsockname)(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return;
  }
  const int type = datagrams ? SOCK_DGRAM : SOCK_STREAM;
  const int raw = ::socket(address.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (raw < 0) return;
  const int fd = move_out_of_sight(raw);
  if (!datagrams) prepare_own_end(fd);
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (address.ss_family == AF_UNIX) give_name(fd);
  // On loopback this is done at once, or in progress where the listener's queue is full.
  if (CRASHREEL_REAL(connect)(fd, to, size) != 0 && errno != EINPROGRESS) return close_own(fd);
  set_end(step.session, fd, datagrams);
  if (datagrams) note_sender(port_of(fd));
}

// The program has ended the session, or never had it.
void note_undelivered(const Step& step) {
  if (keeping_step_answers()) note_step_undelivered(static_cast<std::uint32_t>(&step - steps));
  if (script->undelivered.fetch_add(1, std::memory_order_relaxed) != 0) return;
  script->first_undelivered.store(static_cast<std::uint32_t>(&step - steps));
}

// True when all of it is on its way, or will never be.
bool send_payload(const Step& step) {
  const int fd = end_of(step.session);
  const char* bytes = reinterpret_cast<const char*>(script) + step.payload_offset;
  if (payload_sent == 0 && refusals_in_a_row == 0) {
    if (lend(step.session, bytes, step.payload_size)) {
      script->bypassed.fetch_add(1, std::memory_order_relaxed);
      mark_readers();
      return true;
    }
    take_back(step.session);
  }
  bool is_sent = step.payload_size == 0 && !has_datagrams(step.session);
  while (fd >= 0 && !is_sent) {
    const ssize_t sent = CRASHREEL_REAL(send)(
        fd, bytes + payload_sent, step.payload_size - payload_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    const bool full = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (full && ++refusals_in_a_row < kPatience) return false;
    if (sent < 0) break;
    refusals_in_a_row = 0;
    payload_sent += static_cast<std::uint32_t>(sent);
    reader_of(step.session).in_socket += static_cast<std::uint64_t>(sent);
    is_sent = payload_sent >= step.payload_size;
  }
  if (!is_sent) note_undelivered(step);
  refusals_in_a_row = 0;
  payload_sent = 0;
  return true;
}

// What the program has answered so far is not an answer to this step.
void part_answers(const Step& step) {
  if (!keeping_step_answers() || step.kind == StepKind::kSignal) return;
  if (step.kind == StepKind::kOpen && step.way == Way::kIsCalled) return;  // from its call on
  const auto number = static_cast<std::uint32_t>(&step - steps);
  if (is_at_step(step.session, number)) return;  // it is being sent in pieces
  drain(step.session);
  begin_step_answer(step.session, number);
}

// Returns the signal to raise, else 0.
int perform(const Step& step) {
  int signal = 0;
  part_answers(step);
  switch (step.kind) {
    case StepKind::kOpen:
      open_session(step);
      break;
    case StepKind::kData:
      if (!send_payload(step)) return 0;
      break;
    case StepKind::kClose:
      take_back(step.session);
      drain(step.session);
      step.payload_size == 0 ? shut_end(step.session) : reset_end(step.session);
      break;
    case StepKind::kSignal:
      signal = static_cast<int>(step.payload_size);
      break;
    case StepKind::kClock:
    case StepKind::kRandom:
    case StepKind::kNote:
      break;  // nobody lays these out for the player
  }
  script->performed.fetch_add(1, std::memory_order_release);
  return signal;
}

[[noreturn]] void end_over(ScriptState state) {
  note_what_is_unread();
  end_step_answers();
  if (state == ScriptState::kDone) look_for_leaks();
  end_try(state);
}

// No input can wake any thread: those that are left would lie unread. A signal's handler could.
bool stands_still(std::uint32_t next) {
  if (!waits_for_locks_alone() || has_attendants() || has_timers()) return false;
  for (std::uint32_t i = next; i < script->step_count; ++i) {
    if (steps[i].kind == StepKind::kSignal) return false;
  }
  return true;
}

// As Act does.
int let_time_pass(std::uint64_t until) {
  advance_clock(until);
  expire_waits(until);
  return nearest_timer() == kForever ? kTimePassed : end_timers(now_ns());
}

bool much_was_answered() {
  const bool much = take_answers() > kMuchAnswered;
  answers_in_a_row = much ? answers_in_a_row + 1 : 0;
  return much && answers_in_a_row < kLongestAnswer;
}

// True: this is a copy of the checkpoint that was left here, with a script of its own.
bool leave_checkpoint_here() {
  static OwnEnd ends[kMostHeldSessions];
  take_back_all();
  drain_all();
  const int count = list_ends(ends, kMostHeldSessions);
  return leave_checkpoint(next_mark++, ends, count, *script);
}

// The program is idle and has no listener: only a timer can bring it further.
int wait_for_listener(std::uint64_t nearest_deadline_ns) {
  if (nearest_deadline_ns > kListenWithinNs) end_try(ScriptState::kDeaf);
  return let_time_pass(nearest_deadline_ns);
}

}  // namespace

bool set_stage(ScriptHeader* given) {
  const char* base = reinterpret_cast<const char*>(given);
  steps = reinterpret_cast<const Step*>(base + given->steps_offset);
  marks = reinterpret_cast<const std::uint32_t*>(base + given->marks_offset);
  next_mark = 0;
  std::uint32_t count = session_count();
  for (std::uint32_t i = 0; i < given->step_count; ++i) {
    if (steps[i].session >= count) count = steps[i].session + 1;
  }
  script = given;
  allow_bypass(given->through_kernel == 0);
  answer_calls_from(given);
  return prepare_ends(given, count) && prepare_step_answers(given, count);
}

void note_sent(std::size_t bytes) {
  not_taken.fetch_add(bytes, std::memory_order_relaxed);
}

bool brings_plain_bytes() {
  return script != nullptr && script->has_tls != 0;
}

void note_what_is_unread() {
  if (!keeping_step_answers() || attends()) return;
  note_untaken(steps, script->performed.load(std::memory_order_relaxed));
}

void miss_thread() {
  end_try(ScriptState::kThreadMissed);
}

void note_full() {
  note_sent(kTakeFrom);
}

int act(std::uint64_t nearest_deadline_ns) {
  if (take_back_untold()) return 0;
  begin_turn();
  const bool has_begun = script->performed.load(std::memory_order_relaxed) != 0;
  if (!has_begun && is_open_to_sessions()) reach_fork_point();
  if (!has_begun && is_open_to_sessions() && hand_over()) return 0;
  if (!has_begun && is_open_to_sessions()) begin_from_here(*script);
  if (much_was_answered()) return 0;
  const std::uint32_t next = script->performed.load(std::memory_order_relaxed);
  if (next == 0) {
    if (!is_open_to_sessions()) return wait_for_listener(nearest_deadline_ns);
    const auto listening = static_cast<std::uint32_t>(ScriptState::kListening);
    if (script->state.load(std::memory_order_relaxed) < listening) script->state.store(listening);
  }
  if (stands_still(next)) {
    stop_before(*script, next);
    end_over(ScriptState::kStandstill);
  }
  if (next_mark < script->mark_count && marks[next_mark] == next) {
    if (pass_on()) return kPassOn;
    if (leave_checkpoint_here()) return 0;
  }
  if (next == script->step_count) {
    if (nearest_deadline_ns <= script->end_time_ns) return let_time_pass(nearest_deadline_ns);
    stop_before(*script, next);
    end_over(ScriptState::kDone);
  }
  const Step& step = steps[next];
  if (nearest_deadline_ns < step.time_ns && step.after_gap == 0) {
    return let_time_pass(nearest_deadline_ns);
  }
  if (payload_sent == 0 && refusals_in_a_row == 0) stop_before(*script, next);
  advance_clock(step.time_ns);
  expire_waits(now_ns());
  return perform(step);
}

}  // namespace crashreel::player
