#include "capture/preload/sessions.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "capture/interpose/descriptors.h"
#include "capture/preload/endpoints.h"
#include "capture/preload/hidden.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/ring_answers.h"

namespace crashreel {
namespace {

// Scattered reads up to here are gathered on the stack, which in a stranger's thread may be small.
constexpr std::size_t kGatherOnStack = 4096;

constinit DescriptorTable descriptors;
bool recording = false;
bool digesting = false;
bool session_seen = false;

// Sessions below this one were there at a fork: another process may have them open, too.
std::uint32_t newest_session = 0;
std::uint32_t shared_before = 0;

// What the program answered last in a session that it closes has no next input to wait for.
void session_gone(std::uint32_t session) {
  if (__atomic_load_n(&digesting, __ATOMIC_RELAXED)) ring::write_answer(session);
  const bool ours_alone = session >= __atomic_load_n(&shared_before, __ATOMIC_RELAXED);
  crashreel_session_ended(session, ours_alone ? 1 : 0);
}

bool is_on(const bool* flag) {
  return __atomic_load_n(flag, __ATOMIC_RELAXED);
}

void end_session(int fd) {
  const std::uint32_t session = descriptors.get(fd).session;
  if (descriptors.end_session(fd)) crashreel_close(session);
}

// These errors of a read mean that the other side is gone for good.
bool means_end(int error) {
  return error == ECONNRESET || error == ETIMEDOUT;
}

void gather(const iovec* parts, std::size_t count, std::size_t size, char* into) {
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    const std::size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
    ::memcpy(into, parts[i].iov_base, part);
    into += part;
    size -= part;
  }
}

void record_gathered(std::uint32_t session, const iovec* parts, std::size_t count,
                     std::size_t size) {
  if (size <= kGatherOnStack) {
    char bytes[kGatherOnStack];
    gather(parts, count, size, bytes);
    return crashreel_data(session, bytes, size);
  }
  // Not from the heap: this may be a signal handler, or the program may be inside its allocator.
  const int kept_errno = errno;
  void* bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes != MAP_FAILED) {
    gather(parts, count, size, static_cast<char*>(bytes));
    crashreel_data(session, bytes, size);
    ::munmap(bytes, size);
  } else {
    // Without memory the boundary of the read is lost, its bytes are not.
    for (std::size_t i = 0; i < count && size > 0; ++i) {
      const std::size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
      crashreel_data(session, parts[i].iov_base, part);
      size -= part;
    }
  }
  errno = kept_errno;
}

// A signal's description that is scattered in parts is passed over.
void devices_parts_came(DescriptorKind kind, const iovec* parts, std::size_t count,
                        std::size_t size) {
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    const std::size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
    device_read(kind, parts[i].iov_base, static_cast<ssize_t>(part));
    size -= part;
  }
}

}  // namespace

void begin_sessions() {
  // The first number is 0, and 0 is the program's standard input: see whoever hands that on.
  crashreel_new_session();
  const char* digests = ::getenv("CRASHREEL_DIGESTS");
  const bool wanted = digests == nullptr || ::strcmp(digests, "none") != 0;
  __atomic_store_n(&digesting, wanted, __ATOMIC_RELAXED);
  ::pthread_atfork(
      [] {
        const std::uint32_t next = __atomic_load_n(&newest_session, __ATOMIC_RELAXED) + 1;
        __atomic_store_n(&shared_before, next, __ATOMIC_RELAXED);
      },
      nullptr, [] { descriptors.adopt_after_fork(); });
  __atomic_store_n(&recording, true, __ATOMIC_RELAXED);
}

bool any_session_yet() {
  return is_on(&session_seen);
}

void session_accepted(int fd) {
  if (fd < 0 || !is_on(&recording)) return;
  const int kept_errno = errno;
  descriptors.forget(fd, session_gone);
  char text[2 * kMostEndpointText];
  const std::size_t length = describe_accepted(fd, text, sizeof(text));
  if (length != 0) {
    const std::uint32_t session = crashreel_new_session();
    if (descriptors.set(fd, {.session = session, .kind = DescriptorKind::kSession})) {
      __atomic_store_n(&session_seen, true, __ATOMIC_RELAXED);
      __atomic_store_n(&newest_session, session, __ATOMIC_RELAXED);
      crashreel_record(CRASHREEL_OPEN, session, text, length);
    }
  }
  errno = kept_errno;
}

void bytes_came(int fd, const void* bytes, std::size_t wanted, ssize_t got) {
  const Descriptor descriptor = descriptors.get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return device_read(descriptor.kind, bytes, got);
  if (got > 0) {
    crashreel_data(descriptor.session, bytes, static_cast<std::size_t>(got));
  } else if (got == 0 ? wanted != 0 : means_end(errno)) {
    end_session(fd);
  }
}

void parts_came(int fd, const iovec* parts, std::size_t count, ssize_t got) {
  const Descriptor descriptor = descriptors.get(fd);
  if (descriptor.kind == DescriptorKind::kNone) return;
  // Parts of length 0 hold nothing, and one part that holds all needs no gathering.
  while (count > 0 && parts->iov_len == 0) ++parts, --count;
  if (got > 0 && parts->iov_len < static_cast<std::size_t>(got)) {
    if (descriptor.kind != DescriptorKind::kSession) {
      return devices_parts_came(descriptor.kind, parts, count, static_cast<std::size_t>(got));
    }
    return record_gathered(descriptor.session, parts, count, static_cast<std::size_t>(got));
  }
  bytes_came(fd, count == 0 ? nullptr : parts->iov_base, count, got);
}

void bytes_went(int fd, const void* bytes, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const Descriptor descriptor = descriptors.get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return;
  ring::add_answer(descriptor.session, bytes, static_cast<std::size_t>(sent));
}

void parts_went(int fd, const iovec* parts, std::size_t count, ssize_t sent) {
  if (sent <= 0 || !is_on(&digesting)) return;
  const Descriptor descriptor = descriptors.get(fd);
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
  const Descriptor descriptor = descriptors.get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return;
  ring::add_unseen_answer(descriptor.session, static_cast<std::uint64_t>(sent));
}

void device_opened(int fd, DescriptorKind kind) {
  if (!is_on(&recording)) return;
  const int kept_errno = errno;
  descriptors.set(fd, {.kind = kind});
  errno = kept_errno;
}

void stdio_read(FILE* file, const void* bytes, std::size_t size) {
  const int kept_errno = errno;
  const DescriptorKind kind = descriptors.get(::fileno(file)).kind;
  if (kind != DescriptorKind::kNone) device_read(kind, bytes, static_cast<ssize_t>(size));
  errno = kept_errno;
}

void descriptors_closing(int first, int last) {
  descriptors.forget_range(first, last, session_gone);
}

void descriptor_copied(int from, int to) {
  if (from == to) return;
  descriptors.forget(to, session_gone);
  descriptors.copy(from, to);
}

void reading_shut(int fd) {
  descriptors.end_session(fd);
}

}  // namespace crashreel
