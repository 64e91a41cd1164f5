#include "capture/preload/session_table.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "capture/preload/hot_state.h"
#include "capture/preload/line.h"
#include "capture/preload/sessions.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/keep_errno.h"
#include "capture/runtime/ring.h"

namespace crashreel {
namespace {

DescriptorTable& table = g_hot.descriptors;
bool recording = false;
bool inbound_seen = false;
bool server_told = false;
bool stdin_told = false;
std::uint16_t forks = 0;
std::uint32_t own_numbers = 0;

Opening opening_of(Descriptor descriptor) {
  Opening opening{.outbound = (descriptor.flags & kDescriptorOutbound) != 0,
                  .tls = (descriptor.flags & kDescriptorTls) != 0};
  if ((descriptor.flags & kDescriptorInherited) != 0) {
    opening.inherited_fd = static_cast<int>(descriptor.session);
  }
  return opening;
}

}  // namespace

bool is_recording() {
  return is_on(recording);
}

bool any_session_yet() {
  return is_on(inbound_seen);
}

std::uint16_t forks_so_far() {
  return __atomic_load_n(&forks, __ATOMIC_RELAXED);
}

std::uint32_t next_own_number() {
  return __atomic_add_fetch(&own_numbers, 1u, __ATOMIC_RELAXED) + kMostDescriptors;
}

void begin_sessions() {
  // The first number is 0, and 0 is the program's standard input: see whoever hands that on.
  crashreel_new_session();
  ::pthread_atfork([] { __atomic_fetch_add(&forks, 1, __ATOMIC_RELAXED); }, nullptr,
                   [] { table.adopt_after_fork(); });
  turn_on(g_hot.records_here, &crashreel_record_ == &ring::crashreel_record_of_this_library);
  __atomic_store_n(&recording, true, __ATOMIC_RELAXED);
}

// For when no opening is in the ring any more. Numbers as in reel.h.
void tell_kind(bool is_stdin) {
  bool* told = is_stdin ? &stdin_told : &server_told;
  if (__atomic_exchange_n(told, true, __ATOMIC_RELAXED)) return;
  const char kind = is_stdin ? 2 : 1;
  ring::add_fact(ring::Fact::kTargetKind, {&kind, sizeof kind, true});
}

void record_opening(std::uint32_t session, bool outbound, const char* text, std::size_t size) {
  // A service that asks others while it starts may still have configuration to read.
  if (!outbound) {
    __atomic_store_n(&inbound_seen, true, __ATOMIC_RELAXED);
    tell_kind(size >= 5 && ::memcmp(text, "stdin", 5) == 0);
  }
  crashreel_record(CRASHREEL_OPEN, session, text, size);
}

void begin_session(int fd, Descriptor descriptor, const char* text, std::size_t size) {
  descriptor.kind = DescriptorKind::kSession;
  descriptor.session = crashreel_new_session();
  descriptor.forks = forks_so_far();
  if (!table.set(fd, descriptor)) return;
  record_opening(descriptor.session, (descriptor.flags & kDescriptorOutbound) != 0, text, size);
}

void await_session(int fd, std::uint8_t flags, std::uint32_t own_number) {
  table.set(fd, {.session = own_number,
                 .kind = DescriptorKind::kPending,
                 .flags = flags,
                 .forks = forks_so_far()});
}

Descriptor come_to(int fd, Descriptor descriptor) {
  if (descriptor.kind != DescriptorKind::kPending) return descriptor;
  const KeepErrno keep;
  char text[kMostOpeningText];
  const Opening opening = opening_of(descriptor);
  const Transport transport = transport_of(fd);
  const std::size_t size = transport == Transport::kNone
                               ? describe_pipe(fd, opening.inherited_fd, text, sizeof(text))
                               : describe_socket(fd, transport, opening, text, sizeof(text));
  Descriptor session = descriptor;
  session.kind = DescriptorKind::kSession;
  session.session = crashreel_new_session();
  if (has_datagrams(transport)) session.flags |= kDescriptorDatagrams;
  if (transport == Transport::kUnixSeqpacket) session.flags |= kDescriptorRecords;
  // Where another thread was faster the number goes to waste.
  if (!table.replace(fd, descriptor, session)) return table.get(fd);
  record_opening(session.session, opening.outbound, text, size);
  return session;
}

void end_session(int fd, int error) {
  const Descriptor ended = table.get(fd);
  if (!table.end_session(fd)) return;
  char text[16];
  Line line(text, sizeof(text));
  if (error != 0) line.add_number(static_cast<std::uint32_t>(error));
  crashreel_record(CRASHREEL_CLOSE, ended.session, text, line.size());
  if ((ended.flags & kDescriptorFifo) == 0) return;
  Descriptor again = table.get(fd);
  const Descriptor before = again;
  again.kind = DescriptorKind::kPending;
  again.session = next_own_number();
  again.flags &= static_cast<std::uint8_t>(~(kDescriptorEnded | kDescriptorInherited));
  table.replace(fd, before, again);
}

}  // namespace crashreel
