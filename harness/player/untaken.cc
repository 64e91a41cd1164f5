#include "harness/player/untaken.h"

#include <netinet/in.h>

#include "harness/player/bypass.h"
#include "harness/player/connections.h"
#include "harness/player/descriptors.h"
#include "harness/player/ends.h"
#include "harness/player/step_answers.h"
#include "harness/player/unread.h"

namespace crashreel::player {
namespace {

void found_connection(std::uint16_t here, std::uint16_t there, std::uint64_t bytes) {
  for (std::uint32_t i = 0; i < session_count(); ++i) {
    const int fd = end_of(i);
    if (fd >= 0 && !has_datagrams(i) && is_between(fd, there, here)) return note_unread(i, bytes);
  }
}

// Of datagrams each is found by itself: what a session has unread is their sum.
void found_datagram(std::uint16_t port, std::uint64_t bytes) {
  for (std::uint32_t i = 0; i < session_count(); ++i) {
    const int fd = end_of(i);
    if (fd >= 0 && has_datagrams(i) && ntohs(port_of(fd)) == port) return note_unread(i, bytes);
  }
}

bool is_unix(std::uint32_t session) {
  const int fd = end_of(session);
  return fd >= 0 && !has_datagrams(session) && port_of(fd) == 0;
}

}  // namespace

void note_untaken(const Step* steps, std::uint32_t performed) {
  find_unread(found_connection);
  for (std::uint32_t i = 0; i < session_count(); ++i) {
    if (unread_of(i) != 0) note_unread(i, unread_of(i));
    // The kernel says that there is some, and we know how much was read.
    if (is_unix(i) && has_unread_behind(end_of(i))) note_unread(i, reader_of(i).in_socket);
  }
  for (std::uint32_t i = 0; i < performed; ++i) {
    const bool opens = steps[i].kind == StepKind::kOpen && steps[i].way == Way::kSendsDatagrams;
    const int fd = opens ? listener_for(steps[i].place) : -1;
    if (fd >= 0) take_unread_datagrams(fd, found_datagram);
  }
}

}  // namespace crashreel::player
