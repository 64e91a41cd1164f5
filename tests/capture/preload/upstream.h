// Somebody whom the program under test asks: what one connection, or one socket, does is up to the
// test.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <string>
#include <thread>

#include "capture/base/owned_fd.h"

namespace crashreel::testing {

class Upstream {
 public:
  using Part = std::function<void(int fd)>;

  // On a free port. `part` plays one connection; of SOCK_DGRAM, the socket itself.
  Upstream(int type, Part part);
  Upstream(const std::string& path, Part part, int type = SOCK_STREAM);
  ~Upstream() { thread_.join(); }  // when the part has been played
  Upstream(const Upstream&) = delete;
  Upstream& operator=(const Upstream&) = delete;

  std::string port() const { return std::to_string(port_); }

 private:
  void begin(int type, Part part);

  OwnedFd socket_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace crashreel::testing
