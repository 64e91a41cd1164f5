#include "harness/player/questions.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "capture/interpose/real_call.h"
#include "harness/player/attendants.h"
#include "harness/player/calls.h"
#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/fd_table.h"
#include "harness/player/idle.h"
#include "harness/player/socket_options.h"

namespace crashreel::player {
namespace {

// Of a socket: whom it asked, and where on loopback that is.
struct Question {
  in_port_t port;
  sockaddr_storage asked;
  socklen_t size;
};
constinit FdTable<Question, 1024> questions;
int nobody = -1;  // a socket that nobody reads

socklen_t loopback(int domain, in_port_t port, sockaddr_storage* address) {
  *address = {};
  address->ss_family = static_cast<sa_family_t>(domain);
  if (domain == AF_INET6) {
    auto* name = reinterpret_cast<sockaddr_in6*>(address);
    name->sin6_addr = in6addr_loopback;
    name->sin6_port = port;
    return sizeof *name;
  }
  auto* name = reinterpret_cast<sockaddr_in*>(address);
  name->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  name->sin_port = port;
  return sizeof *name;
}

in_port_t port_in(const sockaddr* address) {
  return address->sa_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6*>(address)->sin6_port
                                        : reinterpret_cast<const sockaddr_in*>(address)->sin_port;
}

bool is_loopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    const auto* name = reinterpret_cast<const sockaddr_in*>(address);
    return ntohl(name->sin_addr.s_addr) >> 24 == 127;
  }
  const in6_addr& host = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return ::memcmp(&host, &in6addr_loopback, sizeof host) == 0 ||
         (IN6_IS_ADDR_V4MAPPED(&host) && host.s6_addr[12] == 127);
}

// Of the same socket; else of any: it may have been copied under another number.
const Question* find_at(int fd, in_port_t port) {
  const Question* other = nullptr;
  const Question* own = questions.find_if([&](int asker, const Question& question) {
    if (question.port == port) other = &question;
    return question.port == port && asker == fd;
  });
  return own != nullptr ? own : other;
}

// But for padding and what belongs to the one socket.
bool is_same(const sockaddr* one, const sockaddr* other) {
  if (one->sa_family != other->sa_family || port_in(one) != port_in(other)) return false;
  if (one->sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(one)->sin_addr.s_addr ==
           reinterpret_cast<const sockaddr_in*>(other)->sin_addr.s_addr;
  }
  return ::memcmp(&reinterpret_cast<const sockaddr_in6*>(one)->sin6_addr,
                  &reinterpret_cast<const sockaddr_in6*>(other)->sin6_addr, sizeof(in6_addr)) == 0;
}

const Question* find_asked(int fd, const sockaddr* address) {
  return questions.find_if([&](int asker, const Question& question) {
    return asker == fd && is_same(reinterpret_cast<const sockaddr*>(&question.asked), address);
  });
}

void remember(int fd, const sockaddr* address, socklen_t size, in_port_t port) {
  Question question = {};
  question.port = port;
  question.size = size < sizeof question.asked ? size : socklen_t{sizeof question.asked};
  ::memcpy(&question.asked, address, question.size);
  questions.note(fd, question);
}

// A socket of the player's on loopback; -1: errno says why not.
int make_end(int domain) {
  sockaddr_storage here;
  const socklen_t size = loopback(domain, 0, &here);
  const int fd = ::socket(domain, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  if (CRASHREEL_REAL(bind)(fd, reinterpret_cast<sockaddr*>(&here), size) == 0) {
    return move_out_of_sight(fd);
  }
  CRASHREEL_REAL(close)(fd);
  return -1;
}

// The peer's end of a session; it hears this socket alone.
int make_end_for(int fd, int domain) {
  sockaddr_storage name;
  if (port_of(fd) == 0) {
    const socklen_t size = loopback(domain, 0, &name);
    if (CRASHREEL_REAL(bind)(fd, reinterpret_cast<sockaddr*>(&name), size) != 0) return -1;
  }
  const int end = make_end(domain);
  if (end < 0) return -1;
  const socklen_t size = loopback(domain, port_of(fd), &name);
  if (CRASHREEL_REAL(connect)(end, reinterpret_cast<sockaddr*>(&name), size) == 0) return end;
  close_own(end);
  return -1;
}

struct PeerSearch {
  int fd;
  const sockaddr* address;
  socklen_t size;
  RealPeer* peer;
  bool is_found = false;
  int error = 0;

  void found_at(int domain, in_port_t port) {
    peer->size = loopback(domain, port, &peer->address);
    is_found = true;
  }

  void ask_session(std::uint32_t step, std::uint32_t session, int domain) {
    const int end = make_end_for(fd, domain);
    if (end < 0) {
      error = errno;
      return;
    }
    begin_called(step, session, end, true);
    remember(fd, address, size, port_of(end));
    found_at(domain, port_of(end));
  }

  void ask_nobody(int domain) {
    note_unanswered(address, size);
    peer->is_nobody = true;
    if (nobody < 0) nobody = make_end(domain);
    remember(fd, address, size, port_of(nobody));
    found_at(domain, port_of(nobody));
  }

  static void take(void* raw) {
    auto* own = static_cast<PeerSearch*>(raw);
    const int domain = option(own->fd, SOL_SOCKET, SO_DOMAIN);
    const std::uint32_t place = place_of(own->address, own->size, true);
    const Question* known = find_asked(own->fd, own->address);
    if (known != nullptr) {
      own->peer->is_nobody = nobody >= 0 && known->port == port_of(nobody);
      return own->found_at(domain, known->port);
    }
    std::uint32_t step = 0;
    std::uint32_t session = 0;
    if (!attends() && find_called(place, &step, &session)) {
      return own->ask_session(step, session, domain);
    }
    const int socket = socket_at(place);
    socket >= 0 ? own->found_at(domain, port_of(socket)) : own->ask_nobody(domain);
  }
};

}  // namespace

bool find_peer(int fd, const sockaddr* address, socklen_t size, RealPeer* peer) {
  *peer = {};
  if (is_loopback(address) && has_spoken_from(port_in(address))) {  // it spoke first
    peer->size = size < sizeof peer->address ? size : socklen_t{sizeof peer->address};
    ::memcpy(&peer->address, address, peer->size);
    return true;
  }
  PeerSearch search = {fd, address, size, peer};
  do_locked(PeerSearch::take, &search);
  if (!search.is_found) errno = search.error;
  return search.is_found;
}

int connect_to_peer(int fd, const sockaddr* address, socklen_t size) {
  RealPeer peer;
  if (!find_peer(fd, address, size, &peer)) return -1;
  return CRASHREEL_REAL(connect)(fd, reinterpret_cast<const sockaddr*>(&peer.address), peer.size);
}

void show_peer(int fd, sockaddr* address, socklen_t* size, socklen_t room) {
  if (address == nullptr || size == nullptr || room < sizeof(sockaddr_in)) return;
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return;
  const Question* question = find_at(fd, port_in(address));
  if (question == nullptr) return;
  ::memcpy(address, &question->asked, question->size < room ? question->size : room);
  *size = question->size;
}

bool has_asked(int fd) {
  return questions.find(fd) != nullptr;
}

void forget_questions(int fd) {
  questions.forget(fd);
}

}  // namespace crashreel::player
