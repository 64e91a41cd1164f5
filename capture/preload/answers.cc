#include "capture/preload/answers.h"

#include <stdlib.h>
#include <string.h>

#include "capture/preload/session_table.h"
#include "capture/runtime/ring_answers.h"

namespace crashreel {
namespace {

bool digesting = false;

bool is_on(const bool* flag) {
  return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

}  // namespace

void begin_answers() {
  const char* digests = ::getenv("CRASHREEL_DIGESTS");
  const bool wanted = digests == nullptr || ::strcmp(digests, "none") != 0;
  __atomic_store_n(&digesting, wanted, __ATOMIC_RELAXED);
}

void bytes_went(int fd, const void* bytes, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return;
  ring::add_answer(descriptor.session, bytes, static_cast<std::size_t>(sent));
}

void parts_went(int fd, const iovec* parts, std::size_t count, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return;
  auto left = static_cast<std::size_t>(sent);
  for (std::size_t i = 0; i < count && left > 0; ++i) {
    const std::size_t part = parts[i].iov_len < left ? parts[i].iov_len : left;
    ring::add_answer(descriptor.session, parts[i].iov_base, part);
    left -= part;
  }
}

void unseen_bytes_went(int fd, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return;
  ring::add_unseen_answer(descriptor.session, static_cast<std::uint64_t>(sent));
}

// It has no next input to wait for.
void answers_end(std::uint32_t session) {
  if (is_on(&digesting)) ring::write_answer(session);
}

}  // namespace crashreel
