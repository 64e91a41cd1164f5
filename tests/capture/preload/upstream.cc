#include "tests/capture/preload/upstream.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "capture/base/check.h"

namespace crashreel::testing {

Upstream::Upstream(int type, Part part) : socket_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  CRASHREEL_CHECK(::bind(socket_.get(), bound, size) == 0);
  CRASHREEL_CHECK(::getsockname(socket_.get(), bound, &size) == 0);
  port_ = ntohs(address.sin_port);
  begin(type, std::move(part));
}

Upstream::Upstream(const std::string& path, Part part, int type)
    : socket_(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  CRASHREEL_CHECK(::bind(socket_.get(), bound, sizeof(address)) == 0);
  begin(type, std::move(part));
}

void Upstream::begin(int type, Part part) {
  if (type != SOCK_DGRAM) CRASHREEL_CHECK(::listen(socket_.get(), 1) == 0);
  thread_ = std::thread([this, type, part = std::move(part)] {
    if (type == SOCK_DGRAM) return part(socket_.get());
    const OwnedFd fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    part(fd.get());
  });
}

}  // namespace crashreel::testing
