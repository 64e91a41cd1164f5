#include "capture/preload/tls.h"

#include "capture/preload/answers.h"
#include "capture/preload/known_sessions.h"
#include "capture/preload/session_table.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/keep_errno.h"

namespace crashreel {
namespace {

constexpr int kAnyDescriptor = -1;

thread_local int depth = 0;
thread_local int inside_fd = kAnyDescriptor;

// By the address of OpenSSL's connection: those without a descriptor of ours.
constinit KnownSessions connections;
constexpr std::uint32_t kNoOwner = 0;

std::uint64_t hash_of_connection(const void* connection) {
  return hash_of(kNoOwner, &connection, sizeof(connection));
}

std::uint32_t session_in_memory(const void* connection, bool is_server) {
  const std::uint64_t hash = hash_of_connection(connection);
  const std::uint32_t known = connections.find(hash);
  if (known != 0) return known;
  const std::uint32_t session = crashreel_new_session();
  connections.add(hash, session, static_cast<std::uint32_t>(hash));
  const char* const text = is_server ? "tls inbound" : "tls outbound";
  record_opening(session, !is_server, text, is_server ? 11 : 12);
  return session;
}

std::uint32_t session_of(const void* connection, int fd, bool is_server) {
  const Descriptor descriptor = descriptors().get(fd);
  return descriptor.kind == DescriptorKind::kSession ? descriptor.session
                                                     : session_in_memory(connection, is_server);
}

}  // namespace

bool is_inside_tls(int fd) {
  if (depth == 0) return false;
  if (inside_fd == kAnyDescriptor) inside_fd = fd;
  return inside_fd == fd;
}

InsideTls::InsideTls(int fd) : outer_fd_(inside_fd), outer_depth_(depth) {
  turn_on(g_hot.has_tls);
  inside_fd = fd;
  depth = outer_depth_ + 1;
}

InsideTls::~InsideTls() {
  inside_fd = outer_fd_;
  depth = outer_depth_;
}

int InsideTls::fd() const {
  return inside_fd;
}

void session_turns_tls(int fd) {
  const Descriptor before = come_to(fd, descriptors().get(fd));
  if (before.kind != DescriptorKind::kSession || (before.flags & kDescriptorTls) != 0) return;
  const KeepErrno keep;
  Descriptor after = before;
  after.flags |= kDescriptorTls;
  if (!descriptors().replace(fd, before, after)) return;
  char text[kMostOpeningText];
  const bool outbound = (after.flags & kDescriptorOutbound) != 0;
  const std::size_t size = describe_socket(fd, transport_of(fd),
                                           {.outbound = outbound, .tls = true}, text, sizeof(text));
  record_opening(after.session, outbound, text, size);
}

void tls_connection_reads(const void* connection, int fd) {
  const Descriptor descriptor = descriptors().get(fd);
  const std::uint64_t hash = hash_of_connection(connection);
  if (descriptor.kind != DescriptorKind::kSession || connections.find(hash) != 0) return;
  connections.add(hash, descriptor.session, static_cast<std::uint32_t>(hash));
}

void plain_bytes_came(const void* connection, int fd, bool is_server, const void* bytes,
                      std::size_t size) {
  if (!is_recording()) return;
  crashreel_data(session_of(connection, fd, is_server), bytes, size);
}

Answering plain_bytes_go(const void* connection, int fd) {
  constexpr std::uint32_t kNone = CRASHREEL_NO_SESSION;
  if (!is_recording()) return Answering::in_clear(kNone);
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind == DescriptorKind::kSession) return Answering::in_clear(descriptor.session);
  const std::uint32_t known = connections.find(hash_of_connection(connection));
  return Answering::in_clear(known != 0 ? known : kNone);
}

void plain_bytes_went(const void* connection, int fd, bool is_server, const Answering& answer,
                      const void* bytes, std::size_t size) {
  const auto sent = static_cast<ssize_t>(size);
  if (answer.is_noted() || size == 0 || !is_recording()) return answer.sent(bytes, sent);
  Answering::in_clear(session_of(connection, fd, is_server)).sent(bytes, sent);
}

void plain_bytes_ended(const void* connection, int fd) {
  if (descriptors().get(fd).kind == DescriptorKind::kSession) return end_session(fd, 0);
  const std::uint32_t session = connections.find(hash_of_connection(connection));
  if (session == 0) return;
  tls_connection_gone(connection);
  crashreel_close(session);
}

void tls_connection_gone(const void* connection) {
  const std::uint64_t hash = hash_of_connection(connection);
  if (connections.find(hash) == 0) return;
  connections.forget_owned(static_cast<std::uint32_t>(hash), [](std::uint32_t session) {
    answers_end(session);
    crashreel_session_ended(session, 0);
  });
}

}  // namespace crashreel
