#include "harness/player/ends.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/descriptors.h"
#include "harness/player/session_digest.h"
#include "harness/player/step_answers.h"

namespace crashreel::player {
namespace {

struct Session {
  int fd = -1;  // not open
  bool shut = false;
  bool has_datagrams = false;
  bool claimed = false;
  std::uint32_t name = 0;
  Reader reader;
  SessionDigest digest;
};

ScriptHeader* script = nullptr;
Session* sessions = nullptr;  // by session number
std::uint32_t count = 0;
int answers = -1;  // epoll set of the ends
char scratch[64 * 1024];
constexpr std::uint32_t kPorts = 1 << 16;
std::atomic<bool> senders[kPorts];
// Session numbers + 1 by the names of their ends: of two in one place the later one is known.
constexpr std::uint32_t kNames = 1024;
std::uint32_t by_name[kNames];

void hang_up(Session& session) {
  close_own(session.fd);
  session.fd = -1;
}

bool take_room(std::uint32_t wanted) {
  const std::size_t bytes = (wanted + 1) * sizeof(Session);
  void* memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  auto* taken = static_cast<Session*>(memory);
  for (std::uint32_t i = 0; i < wanted; ++i) taken[i] = i < count ? sessions[i] : Session{};
  if (sessions != nullptr) ::munmap(sessions, (count + 1) * sizeof(Session));
  sessions = taken;
  count = wanted;
  return true;
}

void expect_answers(std::uint32_t session) {
  epoll_event interest = {};
  interest.events = EPOLLIN | EPOLLRDHUP;
  interest.data.u32 = session;
  ::epoll_ctl(answers, EPOLL_CTL_ADD, sessions[session].fd, &interest);
}

}  // namespace

bool prepare_ends(ScriptHeader* given, std::uint32_t session_count) {
  if (!take_room(session_count)) return false;
  if (answers >= 0) close_own(answers);  // shared with whom we were copied from
  answers = move_out_of_sight(::epoll_create1(EPOLL_CLOEXEC));
  for (std::uint32_t i = 0; i < count && answers >= 0; ++i) {
    if (sessions[i].fd >= 0) expect_answers(i);
  }
  script = given;
  return answers >= 0;
}

std::uint32_t session_count() {
  return count;
}

void set_end(std::uint32_t number, int fd, bool has_datagrams) {
  Session& session = sessions[number];
  session.fd = fd;
  session.shut = false;
  session.has_datagrams = has_datagrams;
  session.reader = {};
  session.name = has_datagrams ? 0 : end_name(fd);
  if (session.name != 0) by_name[session.name % kNames] = number + 1;
  expect_answers(number);
}

std::uint32_t session_called(std::uint32_t name) {
  const std::uint32_t number = by_name[name % kNames];
  const bool known =
      name != 0 && number != 0 && sessions[number - 1].fd >= 0 && sessions[number - 1].name == name;
  return known ? number - 1 : count;
}

Reader& reader_of(std::uint32_t session) {
  return sessions[session].reader;
}

int end_of(std::uint32_t session) {
  return sessions[session].fd;
}

bool has_datagrams(std::uint32_t session) {
  return sessions[session].has_datagrams;
}

void note_sender(std::uint16_t port) {
  senders[port].store(true, std::memory_order_relaxed);
}

bool has_spoken_from(std::uint16_t port) {
  return senders[port].load(std::memory_order_relaxed);
}

void shut_end(std::uint32_t number) {
  Session& session = sessions[number];
  if (session.fd < 0) return;
  CRASHREEL_REAL(shutdown)(session.fd, SHUT_WR);
  session.shut = true;
}

void reset_end(std::uint32_t number) {
  if (sessions[number].fd < 0) return;
  hang_up(sessions[number]);  // by a reset (prepare_own_end())
  end_step_answer(number);
}

bool is_claimed(std::uint32_t session) {
  return sessions[session].claimed;
}

void claim(std::uint32_t session) {
  sessions[session].claimed = true;
}

void note_answer(std::uint32_t number, const char* bytes, std::size_t size) {
  const std::uint64_t change = sessions[number].digest.add(number, bytes, size);
  script->answer_digest.fetch_add(change, std::memory_order_relaxed);
  script->answer_bytes.fetch_add(size, std::memory_order_relaxed);
  step_answered(number, bytes, size);
}

std::size_t drain(std::uint32_t number) {
  Session& session = sessions[number];
  std::size_t total = 0;
  while (session.fd >= 0) {
    const ssize_t got = CRASHREEL_REAL(recv)(session.fd, scratch, sizeof scratch, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || session.has_datagrams)) break;
    if (got <= 0 && !session.has_datagrams) {
      hang_up(session);
      end_step_answer(number);
      break;
    }
    const auto size = static_cast<std::size_t>(got);
    note_answer(number, scratch, size);
    total += size;
  }
  return total;
}

std::size_t drain_all() {
  epoll_event ready[64];
  std::size_t total = 0;
  int found = 0;
  do {
    found = CRASHREEL_REAL(epoll_wait)(answers, ready, 64, 0);
    for (int i = 0; i < found; ++i) total += drain(ready[i].data.u32);
  } while (found == 64);
  return total;
}

int list_ends(OwnEnd* ends, int capacity) {
  int listed = 0;
  for (std::uint32_t i = 0; i < count && listed < capacity; ++i) {
    const Session& session = sessions[i];
    if (session.fd >= 0) ends[listed++] = {session.fd, session.shut, port_of(session.fd)};
  }
  return listed;
}

}  // namespace crashreel::player
