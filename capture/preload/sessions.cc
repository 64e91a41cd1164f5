#include "capture/preload/sessions.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "capture/preload/answers.h"
#include "capture/preload/datagrams.h"
#include "capture/preload/hidden.h"
#include "capture/preload/hooks.h"
#include "capture/preload/hot_state.h"
#include "capture/preload/line.h"
#include "capture/preload/session_table.h"
#include "capture/preload/tls.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/hot_data.h"
#include "capture/runtime/keep_errno.h"
#include "capture/runtime/ring.h"

namespace crashreel {
namespace {

// Scattered reads up to here are gathered on the stack, which in a stranger's thread may be small.
constexpr std::size_t kGatherOnStack = 4096;

bool is_watched(int fd) {
  return descriptors().get(fd).kind != DescriptorKind::kNone;
}

// The others bring something beside the sessions.
bool is_session_kind(DescriptorKind kind) {
  return kind == DescriptorKind::kSession || kind == DescriptorKind::kPending ||
         kind == DescriptorKind::kDatagrams;
}

// These errors mean that the other side is gone for good, or was never there.
bool means_end(int error) {
  return error == ECONNRESET || error == ETIMEDOUT || error == ECONNREFUSED ||
         error == EHOSTUNREACH || error == ENETUNREACH || error == ENOENT;
}

inline void data_came(std::uint32_t session, const void* bytes, std::size_t size) {
  if (is_on(g_hot.records_here)) return ring::record_received(session, bytes, size);
  crashreel_data(session, bytes, size);
}

void gather(const iovec* parts, std::size_t count, std::size_t size, char* into) {
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    const std::size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
    if (part != 0) ::memcpy(into, parts[i].iov_base, part);
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
  const KeepErrno keep;
  void* bytes = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (bytes != MAP_FAILED) {
    gather(parts, count, size, static_cast<char*>(bytes));
    crashreel_data(session, bytes, size);
    ::munmap(bytes, size);
    return;
  }
  // Without memory the boundary of the read is lost, its bytes are not.
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    const std::size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
    crashreel_data(session, parts[i].iov_base, part);
    size -= part;
  }
}

std::size_t room_in(const iovec* parts, std::size_t count) {
  std::size_t room = 0;
  for (std::size_t i = 0; i < count; ++i) room += parts[i].iov_len;
  return room;
}

// A pipe of the program's own is no FIFO of the file system.
bool is_fifo(int fd) {
  struct stat file;
  struct statfs system;
  return ::fstat(fd, &file) == 0 && S_ISFIFO(file.st_mode) && ::fstatfs(fd, &system) == 0 &&
         system.f_type != PIPEFS_MAGIC;
}

// Now that something asks what `fd` is: a server may open a file for each of its answers and read
// none, and a look is a system call.
Descriptor looked_at(int fd, Descriptor before) {
  if (before.kind != DescriptorKind::kMaybeFifo) return before;
  const KeepErrno keep;
  Descriptor after;
  if (is_fifo(fd)) {
    after = before;
    after.kind = DescriptorKind::kPending;
    after.flags |= kDescriptorFifo;
  }
  return descriptors().replace(fd, before, after) ? after : descriptors().get(fd);
}

// Of records an empty one looks like the end; but only the end comes again and again.
bool is_empty_record(int fd, Descriptor descriptor) {
  if ((descriptor.flags & kDescriptorRecords) == 0) return false;
  const KeepErrno keep;
  char byte;
  return CRASHREEL_REAL(recv)(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0;
}

std::size_t as_size(ssize_t got) {
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

// A signal's description that is scattered in parts is passed over.
void device_parts_came(DescriptorKind kind, const iovec* parts, std::size_t count,
                       std::size_t size) {
  for (std::size_t i = 0; i < count && size > 0; ++i) {
    const std::size_t part = parts[i].iov_len < size ? parts[i].iov_len : size;
    device_read(kind, parts[i].iov_base, static_cast<ssize_t>(part));
    size -= part;
  }
}

CRASHREEL_WARM_CODE void part_came(int fd, const iovec* parts, std::size_t count,
                                   std::size_t wanted, ssize_t got) {
  const bool ended = got == 0 ? wanted != 0 : got < 0 && means_end(errno);
  if (got <= 0 && !ended) return;
  const Descriptor before = looked_at(fd, descriptors().get(fd));
  if (!is_session_kind(before.kind)) {
    return device_parts_came(before.kind, parts, count, as_size(got));
  }
  const Descriptor descriptor = come_to(fd, before);
  if (descriptor.kind != DescriptorKind::kSession) return;
  if ((descriptor.flags & kDescriptorDatagrams) != 0) {
    // An error is that of an earlier send, and what is empty was sent so, unless we shut it.
    if (got < 0 || (descriptor.flags & kDescriptorEnded) != 0) return;
  } else if (got <= 0 && !is_empty_record(fd, descriptor)) {
    return end_session(fd, got < 0 ? errno : 0);
  }
  if (is_cipher_text(fd)) return;
  // What was longer than the room for it is cut, and some calls say how long it was.
  const auto size = static_cast<std::size_t>(got);
  record_parts(descriptor.session, parts, count, size < wanted ? size : wanted);
}

void begin_connection(int fd, std::uint8_t flags, const Address* peer) {
  const Transport transport = transport_of(fd);
  if (transport == Transport::kNone) return;
  // A datagram socket is often connected only to learn an address.
  if (has_datagrams(transport)) {
    return await_session(fd, flags | kDescriptorDatagrams, next_own_number());
  }
  if (transport == Transport::kUnixSeqpacket) flags |= kDescriptorRecords;
  char text[kMostOpeningText];
  const bool outbound = (flags & kDescriptorOutbound) != 0;
  const std::size_t size =
      describe_socket(fd, transport, {.outbound = outbound, .peer = peer}, text, sizeof(text));
  begin_session(fd, {.flags = flags}, text, size);
}

// Taken from under a session: no descriptor means it any more. Its last answer has no next input to
// wait for, and a child that was forked meanwhile may go on with it.
void session_gone(Descriptor descriptor) {
  answers_end(descriptor.session);
  crashreel_session_ended(descriptor.session, descriptor.forks == forks_so_far() ? 1 : 0);
}

void descriptor_closing(int fd) {
  const Descriptor descriptor = descriptors().get(fd);
  const bool is_known =
      descriptor.kind != DescriptorKind::kNone && descriptor.kind != DescriptorKind::kMaybeFifo;
  if (!is_known || !descriptors().forget(fd)) return;
  const bool shared = (descriptor.flags & kDescriptorShared) != 0;
  if (shared && descriptors().is_anywhere(descriptor)) return;
  if (descriptor.kind == DescriptorKind::kSession) session_gone(descriptor);
  if (descriptor.kind == DescriptorKind::kDatagrams) datagram_socket_closed(descriptor.session);
}

}  // namespace

void session_accepted(int fd) {
  if (fd < 0 || !is_recording()) return;
  const KeepErrno keep;
  descriptor_closing(fd);
  begin_connection(fd, 0, nullptr);
}

void connect_returned(int fd, const sockaddr* address, socklen_t size, int result) {
  if (!is_recording() || address == nullptr || size < sizeof(address->sa_family)) return;
  const KeepErrno keep;
  const int error = result == 0 ? 0 : errno;
  const bool under_way = error == EINPROGRESS || error == EINTR;
  if (error != 0 && !under_way && !means_end(error)) return;

  const Descriptor before = descriptors().get(fd);
  const bool has_records = (before.flags & kDescriptorDatagrams) != 0;
  const bool was_begun = before.kind == DescriptorKind::kSession && !has_records &&
                         (before.flags & kDescriptorEnded) == 0;
  if (was_begun && error != 0) return connect_failed(fd, error);
  if (was_begun) return;  // the program asks again how it goes
  descriptor_closing(fd);
  if (address->sa_family == AF_UNSPEC) return datagram_socket_made(fd);
  const Address peer{address, size};
  begin_connection(fd, kDescriptorOutbound, &peer);
  if (error != 0) connect_failed(fd, error);
}

void connect_failed(int fd, int error) {
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession || !means_end(error)) return;
  if ((descriptor.flags & kDescriptorDatagrams) != 0) return;
  const KeepErrno keep;
  end_session(fd, error);
}

void maybe_fifo_opened(int fd) {
  if (!is_recording()) return;
  descriptors().suppose(
      fd,
      {.session = next_own_number(), .kind = DescriptorKind::kMaybeFifo, .forks = forks_so_far()});
}

void command_started(int fd, const char* command) {
  if (fd < 0 || !is_recording()) return;
  const KeepErrno keep;
  char text[kMostOpeningText];
  Line line(text, sizeof(text));
  line.add("pipe outbound ");
  line.add_name(command, ::strlen(command), false);
  begin_session(fd, {.flags = kDescriptorOutbound}, text, line.size());
}

bool brings_input(int fd) {
  return is_session_kind(looked_at(fd, descriptors().get(fd)).kind);
}

CRASHREEL_WARM_CODE bool has_boundaries(int fd) {
  return (descriptors().get(fd).flags & (kDescriptorDatagrams | kDescriptorRecords)) != 0;
}

CRASHREEL_HOT_CODE void bytes_came(int fd, const void* bytes, std::size_t wanted, ssize_t got) {
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind == DescriptorKind::kNone) return;
  // What nearly all reads are.
  const bool is_plain = descriptor.kind == DescriptorKind::kSession && got > 0 &&
                        (descriptor.flags & kDescriptorDatagrams) == 0;
  if (is_plain && static_cast<std::size_t>(got) <= wanted) {
    if (is_cipher_text(fd)) return;
    return data_came(descriptor.session, bytes, static_cast<std::size_t>(got));
  }
  const iovec part = {const_cast<void*>(bytes), wanted};
  part_came(fd, &part, 1, wanted, got);
}

CRASHREEL_WARM_CODE void parts_came(int fd, const iovec* parts, std::size_t count, ssize_t got) {
  if (!is_watched(fd)) return;
  part_came(fd, parts, count, room_in(parts, count), got);
}

void placed_bytes_came(int fd, const void* bytes, ssize_t got) {
  device_read(descriptors().get(fd).kind, bytes, got);
}

void placed_parts_came(int fd, const iovec* parts, std::size_t count, ssize_t got) {
  device_parts_came(descriptors().get(fd).kind, parts, count, as_size(got));
}

CRASHREEL_WARM_CODE void record_parts(std::uint32_t session, const iovec* parts, std::size_t count,
                                      std::size_t size) {
  // Parts of length 0 hold nothing, and one part that holds all needs no gathering.
  while (count > 0 && parts->iov_len == 0) ++parts, --count;
  if (size == 0 || parts->iov_len >= size) {
    return data_came(session, size == 0 ? nullptr : parts->iov_base, size);
  }
  record_gathered(session, parts, count, size);
}

void device_opened(int fd, DescriptorKind kind) {
  if (!is_recording()) return;
  const KeepErrno keep;
  descriptors().set(fd, {.kind = kind});
}

void stdio_read(FILE* file, const void* bytes, std::size_t size) {
  const KeepErrno keep;
  const DescriptorKind kind = descriptors().get(::fileno(file)).kind;
  if (kind != DescriptorKind::kNone) device_read(kind, bytes, static_cast<ssize_t>(size));
}

void descriptors_closing(int first, int last) {
  const int highest = descriptors().highest();
  if (first < 0) first = 0;
  if (last > highest) last = highest;
  for (int fd = first; fd <= last; ++fd) descriptor_closing(fd);
}

void descriptor_copied(int from, int to) {
  if (from == to) return;
  descriptor_closing(to);
  descriptors().copy(from, to);
}

void reading_shut(int fd) {
  descriptors().end_session(fd);
}

}  // namespace crashreel
