#include "capture/preload/datagrams.h"

#include <errno.h>
#include <string.h>

#include "capture/preload/hooks.h"
#include "capture/preload/known_sessions.h"
#include "capture/preload/session_table.h"
#include "capture/preload/sessions.h"
#include "capture/preload/unseen.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/keep_errno.h"

namespace crashreel {
namespace {

constinit KnownSessions peers;

// recvmmsg asks for so many peers at once, whether the program does or not: 5 KiB of a stranger's
// stack. Of later ones is known what the program's own rooms for names take.
constexpr unsigned kMostAskedPeers = 32;
constexpr unsigned kMostMessages = 1024;  // of one call, whatever is asked

union PeerStorage {
  sockaddr any;
  sockaddr_storage storage;
};

std::uint32_t begin_peer(int fd, Descriptor socket, const Address& peer, std::uint64_t hash,
                         bool outbound) {
  const KeepErrno keep;
  char text[kMostOpeningText];
  const std::size_t size = describe_socket(
      fd, transport_of(fd), {.outbound = outbound, .peer = &peer}, text, sizeof(text));
  const std::uint32_t session = crashreel_new_session();
  const KnownSessions::Added added = peers.add(hash, session, socket.session);
  if (!added.done) {
    const std::uint32_t found = peers.find(hash);
    if (found != 0) return found;
  }
  if (added.evicted != 0) {
    crashreel_session_ended(added.evicted, 0);
    note_unseen(Unseen::kForgottenPeer);
  }
  record_opening(session, outbound, text, size);
  return session;
}

// The same for two addresses that mean the same: they may differ in padding, and in how much room
// for a name was counted.
std::uint64_t hash_of_peer(Descriptor socket, const Address& peer) {
  char endpoint[kMostEndpointText];
  const std::size_t size = format_endpoint(peer.bytes, peer.size, endpoint, sizeof(endpoint));
  return hash_of(socket.session, endpoint, size);
}

std::uint32_t session_of(int fd, Descriptor socket, const Address& peer, bool outbound) {
  const std::uint64_t hash = hash_of_peer(socket, peer);
  const std::uint32_t known = peers.find(hash);
  return known != 0 ? known : begin_peer(fd, socket, peer, hash, outbound);
}

// What is only looked at, or an error report, is no datagram that came.
bool hands_over(int flags) {
  return (flags & (MSG_PEEK | MSG_ERRQUEUE)) == 0;
}

// `size` may be what the datagram had before it was cut to the room there was.
void datagram_came(int fd, const Address& peer, const iovec* parts, std::size_t count,
                   std::size_t size) {
  const Descriptor socket = descriptors().get(fd);
  if (socket.kind != DescriptorKind::kDatagrams) return;
  std::size_t room = 0;
  for (std::size_t i = 0; i < count; ++i) room += parts[i].iov_len;
  sockaddr nobody = {};
  nobody.sa_family = AF_UNIX;
  const bool is_named = peer.size >= sizeof(sa_family_t);
  const Address named = is_named ? peer : Address{&nobody, sizeof(sa_family_t)};
  record_parts(session_of(fd, socket, named, false), parts, count, size < room ? size : room);
}

// As the kernel hands over an address: cut to the room, with its whole length.
void hand_over(const Address& from, void* to, socklen_t room, socklen_t* size) {
  if (to != nullptr) ::memcpy(to, from.bytes, from.size < room ? from.size : room);
  *size = from.size;
}

// Whom the messages of one call are from. The kernel tells how long an address is, also where the
// room for it was shorter; so a length that comes back is no room.
class AskedPeers {
 public:
  void ask(unsigned i, msghdr& message) {
    if (i >= kMostAskedPeers) {
      const socklen_t most = sizeof(PeerStorage);
      rooms_[i] =
          static_cast<unsigned char>(message.msg_namelen < most ? message.msg_namelen : most);
      return;
    }
    names_[i] = {static_cast<sockaddr*>(message.msg_name), message.msg_namelen};
    message.msg_name = &storage_[i];
    message.msg_namelen = sizeof(PeerStorage);
  }

  // Gives the program back what is its own, with the address in it if one came.
  Address answered(unsigned i, msghdr& message, bool came) {
    if (i >= kMostAskedPeers) {
      const socklen_t size = message.msg_name == nullptr ? 0 : message.msg_namelen;
      return {static_cast<sockaddr*>(message.msg_name), size < rooms_[i] ? size : rooms_[i]};
    }
    const Address peer{&storage_[i].any, message.msg_namelen};
    message.msg_name = const_cast<sockaddr*>(names_[i].bytes);
    message.msg_namelen = names_[i].size;
    if (came && message.msg_name != nullptr) {
      hand_over(peer, message.msg_name, names_[i].size, &message.msg_namelen);
    }
    return peer;
  }

 private:
  PeerStorage storage_[kMostAskedPeers];
  Address names_[kMostAskedPeers];
  unsigned char rooms_[kMostMessages];
};

}  // namespace

void datagram_socket_made(int fd) {
  if (fd < 0 || !is_recording()) return;
  const KeepErrno keep;
  if (!has_datagrams(transport_of(fd))) return;
  turn_on(g_hot.has_datagrams);
  descriptors().set(fd, {.session = next_own_number(), .kind = DescriptorKind::kDatagrams});
}

void datagram_socket_closed(std::uint32_t own_number) {
  peers.forget_owned(own_number,
                     [](std::uint32_t session) { crashreel_session_ended(session, 0); });
}

ssize_t receive_datagram(int fd, void* buffer, std::size_t size, int flags, sockaddr* address,
                         socklen_t* address_size) {
  PeerStorage storage;
  Address peer{&storage.any, sizeof(storage)};
  const ssize_t got = CRASHREEL_REAL(recvfrom)(fd, buffer, size, flags, &storage.any, &peer.size);
  if (got < 0) return got;
  if (address != nullptr && address_size != nullptr) {
    hand_over(peer, address, *address_size, address_size);
  }
  const iovec part = {buffer, size};
  if (hands_over(flags)) datagram_came(fd, peer, &part, 1, static_cast<std::size_t>(got));
  return got;
}

ssize_t receive_datagram(int fd, msghdr* message, int flags) {
  PeerStorage storage;
  msghdr asked = *message;
  asked.msg_name = &storage;
  asked.msg_namelen = sizeof(storage);
  const ssize_t got = CRASHREEL_REAL(recvmsg)(fd, &asked, flags);
  if (got < 0) return got;
  message->msg_controllen = asked.msg_controllen;
  message->msg_flags = asked.msg_flags;
  const Address peer{&storage.any, asked.msg_namelen};
  if (message->msg_name != nullptr) {
    hand_over(peer, message->msg_name, message->msg_namelen, &message->msg_namelen);
  }
  if (hands_over(flags)) {
    datagram_came(fd, peer, message->msg_iov, message->msg_iovlen, static_cast<std::size_t>(got));
  }
  return got;
}

int receive_datagrams(int fd, mmsghdr* messages, unsigned count, int flags, timespec* timeout) {
  AskedPeers asked;
  if (count > kMostMessages) count = kMostMessages;
  for (unsigned i = 0; i < count; ++i) asked.ask(i, messages[i].msg_hdr);
  const int got = CRASHREEL_REAL(recvmmsg)(fd, messages, count, flags, timeout);
  for (unsigned i = 0; i < count; ++i) {
    msghdr& message = messages[i].msg_hdr;
    const bool came = got > 0 && i < static_cast<unsigned>(got);
    const Address peer = asked.answered(i, message, came);
    if (!came || !hands_over(flags)) continue;
    datagram_came(fd, peer, message.msg_iov, message.msg_iovlen, messages[i].msg_len);
  }
  return got;
}

void datagram_sent(int fd, const void* address, socklen_t size) {
  const Descriptor socket = descriptors().get(fd);
  if (socket.kind != DescriptorKind::kDatagrams || address == nullptr) return;
  if (size < sizeof(sa_family_t)) return;
  session_of(fd, socket, {static_cast<const sockaddr*>(address), size}, true);
}

}  // namespace crashreel
