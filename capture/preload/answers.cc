#include "capture/preload/answers.h"

#include <stdlib.h>
#include <string.h>

#include "capture/preload/session_table.h"
#include "capture/preload/tls.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/ring_answers.h"

namespace crashreel {
namespace {

bool digesting = false;

bool is_on(const bool* flag) {
  return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

constexpr std::uint32_t kNoSession = CRASHREEL_NO_SESSION;

// Whose answer is it when `fd` sends bytes? Nobody's, where they are TLS's cipher text, which
// differs from run to run: what was in it is told apart.
[[gnu::hot]] std::uint32_t session_in_clear(int fd) {
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return kNoSession;
  if ((descriptor.flags & kDescriptorTls) != 0 || is_cipher_text(fd)) return kNoSession;
  return descriptor.session;
}

}  // namespace

void begin_answers() {
  const char* digests = ::getenv("CRASHREEL_DIGESTS");
  const bool wanted = digests == nullptr || ::strcmp(digests, "none") != 0;
  __atomic_store_n(&digesting, wanted, __ATOMIC_RELAXED);
}

[[gnu::hot]] void bytes_went(int fd, const void* bytes, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const std::uint32_t session = session_in_clear(fd);
  if (session != kNoSession) ring::add_answer(session, bytes, static_cast<std::size_t>(sent));
}

[[gnu::hot]] void parts_went(int fd, const iovec* parts, std::size_t count, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const std::uint32_t session = session_in_clear(fd);
  if (session == kNoSession) return;
  auto left = static_cast<std::size_t>(sent);
  for (std::size_t i = 0; i < count && left > 0; ++i) {
    const std::size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;
    ring::add_answer(session, parts[i].iov_base, part);
    left -= part;
  }
}

void unseen_bytes_went(int fd, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return;
  ring::add_unseen_answer(descriptor.session, static_cast<std::uint64_t>(sent));
}

void plain_bytes_went(std::uint32_t session, const void* bytes, std::size_t size) {
  if (is_on(&digesting)) ring::add_answer(session, bytes, size);
}

// It has no next input to wait for.
void answers_end(std::uint32_t session) {
  if (is_on(&digesting)) ring::write_answer(session);
}

}  // namespace crashreel
