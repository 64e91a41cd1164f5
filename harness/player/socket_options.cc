#include "harness/player/socket_options.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "harness/player/descriptors.h"

namespace crashreel::player {

int option(int fd, int level, int name) {
  int value = 0;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : 0;
}

void copy_option(int from, int to, int level, int name) {
  const int value = option(from, level, name);
  if (value != 0) ::setsockopt(to, level, name, &value, sizeof value);
}

void prepare_own_end(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  send_at_once(fd);
  // Our end closes only after the program's: by reset, so that no port is left in TIME_WAIT.
  const linger reset = {1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

}  // namespace crashreel::player
