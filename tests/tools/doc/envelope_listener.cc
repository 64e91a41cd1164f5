#include "tests/tools/doc/envelope_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

namespace crashreel {
namespace {

constexpr char kAnswer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

std::size_t announced_length(const std::string& head) {
  const std::size_t at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
}

// Until the body is whole, or the other side has no more.
std::string read_request(int connection, std::size_t* body_at) {
  std::string request;
  char bytes[65536];
  *body_at = std::string::npos;
  for (;;) {
    const ssize_t got = ::read(connection, bytes, sizeof bytes);
    if (got <= 0) return request;
    request.append(bytes, static_cast<std::size_t>(got));
    if (const std::size_t end = request.find("\r\n\r\n"); end != std::string::npos) {
      *body_at = end + 4;
      const std::string head = request.substr(0, end + 2);
      if (head.find("100-continue") != std::string::npos && request.size() == *body_at) {
        static constexpr char kGoOn[] = "HTTP/1.1 100 Continue\r\n\r\n";
        if (::write(connection, kGoOn, sizeof kGoOn - 1) < 0) return request;
      }
      if (request.size() - *body_at >= announced_length(head)) return request;
    }
  }
}

std::vector<std::string> items_of(const std::string& body) {
  std::vector<std::string> items;
  std::size_t at = body.find('\n') + 1;
  while (at != 0 && at < body.size()) {
    const std::size_t end = body.find('\n', at);
    const auto header = nlohmann::json::parse(body.substr(at, end - at), nullptr, false);
    if (!header.is_object() || !header.contains("length")) break;
    const std::size_t length = header["length"];
    items.push_back(body.substr(end + 1, length));
    at = end + 1 + length + 1;
  }
  return items;
}

}  // namespace

EnvelopeListener::EnvelopeListener() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
      ::listen(listener_, 1) == 0 &&
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0) {
    port_ = ntohs(address.sin_port);
  }
  thread_ = std::thread([this] { serve(); });
}

EnvelopeListener::~EnvelopeListener() {
  if (thread_.joinable()) received();
  ::close(listener_);
}

std::string EnvelopeListener::url() const {
  return "http://127.0.0.1:" + std::to_string(port_) + "/api/1/envelope/";
}

Envelope EnvelopeListener::received() {
  ::shutdown(listener_, SHUT_RD);  // wakes who still waits for somebody
  thread_.join();
  return envelope_;
}

void EnvelopeListener::serve() {
  const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (connection < 0) return;
  std::size_t body_at = 0;
  const std::string request = read_request(connection, &body_at);
  if (body_at != std::string::npos) {
    envelope_ = {request.substr(0, body_at), items_of(request.substr(body_at))};
  }
  if (::write(connection, kAnswer, sizeof kAnswer - 1) < 0) envelope_ = {};
  ::close(connection);
}

}  // namespace crashreel
