#include "tests/capture/preload/recorded_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "capture/base/check.h"
#include "capture/base/exec_words.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel::testing {
namespace {

constexpr int kPatienceMs = 20000;
constexpr int kRetryMs = 10;

bool is_readable_in_time(int fd) {
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, kPatienceMs) == 1;
}

OwnedFd connect_to(const sockaddr* address, socklen_t size, int type = SOCK_STREAM) {
  for (int waited_ms = 0; waited_ms < kPatienceMs; waited_ms += kRetryMs) {
    OwnedFd fd(::socket(address->sa_family, type | SOCK_CLOEXEC, 0));
    if (::connect(fd.get(), address, size) == 0) return fd;
    ::poll(nullptr, 0, kRetryMs);
  }
  check_failed("somebody listens", __FILE__, __LINE__);
}

OwnedFd make_file() {
  return OwnedFd(::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
}

std::string text_of(int fd) {
  std::string text(65536, '\0');
  text.resize(static_cast<std::size_t>(::pread(fd, text.data(), text.size(), 0)));
  return text;
}

}  // namespace

Client Client::tcp(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return Client(connect_to(reinterpret_cast<sockaddr*>(&address), sizeof(address)));
}

namespace {

OwnedFd connect6(int port, int type) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(static_cast<std::uint16_t>(port));
  return connect_to(reinterpret_cast<sockaddr*>(&address), sizeof(address), type);
}

}  // namespace

Client Client::tcp6(int port) {
  return Client(connect6(port, SOCK_STREAM));
}

// Of a server that has said that it listens, and so has the port.
Client Client::udp6(int port) {
  return Client(connect6(port, SOCK_DGRAM));
}

Client Client::udp(int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const auto* wanted = reinterpret_cast<const sockaddr*>(&address);
  OwnedFd fd = connect_to(wanted, sizeof(address), SOCK_DGRAM);
  // As long as nobody has the port, we may be given it ourselves, and would talk to ourselves.
  sockaddr_in own = {};
  socklen_t size = sizeof(own);
  CRASHREEL_CHECK(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
  if (own.sin_port != address.sin_port) return Client(std::move(fd));
  return Client(connect_to(wanted, sizeof(address), SOCK_DGRAM));
}

Client Client::unix_socket(const std::string& path, int type, const std::string& own) {
  const auto named = [](const std::string& name, sockaddr_un* address) {
    address->sun_family = AF_UNIX;
    std::memcpy(address->sun_path, name.data(), name.size());
    if (name.starts_with('@')) address->sun_path[0] = '\0';
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  };
  sockaddr_un address = {};
  sockaddr_un own_address = {};
  const auto* wanted = reinterpret_cast<const sockaddr*>(&address);
  const socklen_t size = named(path, &address);
  if (own.empty()) return Client(connect_to(wanted, size, type));
  OwnedFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const socklen_t own_size = named(own, &own_address);
  CRASHREEL_CHECK(::bind(fd.get(), reinterpret_cast<sockaddr*>(&own_address), own_size) == 0);
  CRASHREEL_CHECK(::connect(fd.get(), wanted, size) == 0);
  return Client(std::move(fd));
}

std::string Client::ask_until_answered(const std::string& bytes) {
  char answer[512];
  for (int waited_ms = 0; waited_ms < kPatienceMs; waited_ms += kRetryMs) {
    ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::poll(nullptr, 0, kRetryMs);  // a refusal would end a wait for the answer at once
    const ssize_t got = ::recv(fd_.get(), answer, sizeof(answer), MSG_DONTWAIT);
    if (got >= 0) return {answer, static_cast<std::size_t>(got)};
  }
  return {};
}

std::string Client::ask_whole(const std::string& bytes) {
  CRASHREEL_CHECK(::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) >= 0);
  return receive_until("\n");
}

void Client::send(const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t put = ::send(fd_.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (put <= 0) return;
    sent += static_cast<std::size_t>(put);
  }
}

std::string Client::receive_until(const std::string& end) {
  std::string received;
  while (received.find(end) == std::string::npos && is_readable_in_time(fd_.get())) {
    char bytes[4096];
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
    if (got <= 0) break;
    received.append(bytes, static_cast<std::size_t>(got));
  }
  return received;
}

void Client::send_no_more() {
  ::shutdown(fd_.get(), SHUT_WR);
}

void Client::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  fd_.reset();
}

RecordedServer::RecordedServer(const Setup& setup)
    : ring_path_(setup.ring_path), errors_(make_file()) {
  int ends[2];
  CRASHREEL_CHECK(::pipe2(ends, O_CLOEXEC) == 0);
  output_.reset(ends[0]);
  const OwnedFd output(ends[1]);

  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LD_PRELOAD=" + recorder_path(),
                                          "CRASHREEL_RING=" + setup.ring_path,
                                          "CRASHREEL_RING_BYTES=" + setup.ring_bytes};
  environment.insert(environment.end(), setup.settings.begin(), setup.settings.end());
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  if (setup.stdin_fd < 0) {
    ::posix_spawn_file_actions_addopen(&files, 0, setup.standard_input.c_str(), O_RDONLY, 0);
  } else {
    ::posix_spawn_file_actions_adddup2(&files, setup.stdin_fd, 0);
  }
  ::posix_spawn_file_actions_adddup2(&files, output.get(), 1);
  ::posix_spawn_file_actions_adddup2(&files, errors_.get(), 2);
  if (setup.third_fd >= 0) ::posix_spawn_file_actions_adddup2(&files, setup.third_fd, 3);
  CRASHREEL_CHECK(::posix_spawnp(&pid_, setup.argv[0].c_str(), &files, nullptr,
                                 exec_words(setup.argv).data(),
                                 exec_words(environment).data()) == 0);
  ::posix_spawn_file_actions_destroy(&files);
}

bool RecordedServer::says(const std::string& text) {
  std::string said;
  char byte = 0;
  while (is_readable_in_time(output_.get()) && ::read(output_.get(), &byte, 1) == 1) {
    said += byte;
    if (said.ends_with(text)) return true;
  }
  return false;
}

std::string RecordedServer::next_line() {
  std::string line;
  char byte = 0;
  while (is_readable_in_time(output_.get()) && ::read(output_.get(), &byte, 1) == 1) {
    if (byte == '\n') break;
    line += byte;
  }
  return line;
}

int RecordedServer::port() {
  const std::string line = next_line();
  CRASHREEL_CHECK(line.starts_with("listening "));
  return std::stoi(line.substr(10));
}

int RecordedServer::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return status;
}

void RecordedServer::end() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  wait();
}

Reel RecordedServer::end_and_salvage() {
  end();
  Result<ReadReel> salvaged = salvage_ring(ring_path_);
  if (!salvaged) std::fprintf(stderr, "%s\n", salvaged.error().message.c_str());
  CRASHREEL_CHECK(salvaged.has_value());
  CRASHREEL_CHECK(salvaged->damage.none());
  return salvaged->reel;
}

std::string RecordedServer::complaints() {
  return text_of(errors_.get());
}

std::string recorder_path() {
  return std::string(CRASHREEL_BUILD_DIR) + "/lib/libcrashreel-record.so";
}

// Ports differ from run to run: ":40123" at the end of a word becomes ":PORT". "fd:3" stays.
std::string without_ports(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    const bool ends_word = end == text.size() || text[end] == ' ';
    const bool is_fd = at >= 3 && text.compare(at - 3, 3, " fd") == 0;
    const bool is_port = text[at] == ':' && end > at + 1 && ends_word && !is_fd;
    result += is_port ? ":PORT" : text.substr(at, 1);
    at = is_port ? end : at + 1;
  }
  return result;
}

std::vector<std::string> as_lines(const Reel& reel) {
  std::vector<std::string> lines;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kDigest) continue;
    const std::string data =
        input.kind == InputKind::kOpen ? without_ports(input.data) : input.data;
    lines.push_back(std::string(name_of(input.kind)) + " " + std::to_string(input.session) +
                    (data.empty() ? "" : " ") + data);
  }
  return lines;
}

bool make_certificate(const std::string& certificate_path, const std::string& key_path) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=it "
      "-keyout '" +
      key_path + "' -out '" + certificate_path + "' 2>/dev/null";
  return std::system(command.c_str()) == 0;
}

int free_port() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  const OwnedFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CRASHREEL_CHECK(::bind(fd.get(), bound, size) == 0);
  CRASHREEL_CHECK(::getsockname(fd.get(), bound, &size) == 0);
  return ntohs(address.sin_port);
}

}  // namespace crashreel::testing
