// A working day of a redis server, with the inputs of a known crash hidden in its last hours.
//
//   traffic free-port                        prints a port that nobody listens on
//   traffic PORT SEED INPUTS CASE.jsonl [lines]
//   traffic PORT SEED INPUTS CASE.jsonl early
//
// Sends INPUTS commands over 24 connections, mixed and at random, each as one write that the server
// takes in with one read, and the next one only after the answer: so the order in which they are
// sent is the order in which they are recorded. With "lines" the commands are the few that are sent
// as plain lines, which simpler servers know too. The inputs of the case are put among the last
// 20,000 at random places, each session on a connection that lives like the others until then; the
// last one is the last of all, for it kills the server. Prints what it did as one JSON object.
//
// With "early" the case lies far apart: 20,000 other inputs, then all of the case but its last
// input on connections of its own, which stay open; then INPUTS others; then the last one. The
// others are PINGs, one on each connection at a time, so that a million of them take seconds.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "capture/reel/jsonl.h"

namespace {

constexpr int kConnections = 24;
constexpr std::uint64_t kHidingPlaces = 20'000;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "traffic: %s\n", why.c_str());
  std::exit(1);
}

std::string command(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

class Connection {
 public:
  explicit Connection(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in server = {};
    server.sin_family = AF_INET;
    server.sin_port = htons(port);
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) {
      give_up("nothing listens on port " + std::to_string(port));
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }

  void send(const std::string& text) {
    if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
      give_up("the server died before its time");
    }
  }

  void receive() {
    char answer[1024];
    if (::recv(fd_, answer, sizeof answer, 0) <= 0) give_up("the server died before its time");
  }

  // False: the server is gone. The commands used here are answered by one short write.
  bool exchange(const std::string& text) {
    char answer[64 * 1024];
    return ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) ==
               static_cast<ssize_t>(text.size()) &&
           ::recv(fd_, answer, sizeof answer, 0) > 0;
  }

 private:
  int fd_;
};

class Day {
 public:
  explicit Day(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit - 1)(random_);
  }

  std::string some_line() {
    const std::string key = "key:" + std::to_string(below(5000));
    const std::string lines[] = {"PING", "GET " + key,
                                 "SET " + key + " v" + std::to_string(below(99))};
    return lines[below(3)] + "\n";
  }

  std::string some_command() {
    const std::string key = "key:" + std::to_string(below(5000));
    const std::string value(1 + below(120), static_cast<char>('a' + below(26)));
    switch (below(12)) {
      case 0:
        return command({"INCR", "count:" + std::to_string(below(50))});
      case 1:
        return command({"LPUSH", "list:" + std::to_string(below(50)), value});
      case 2:
        return command({"HSET", "hash:" + std::to_string(below(50)), key, value});
      case 3:
        return command({"HGET", "hash:" + std::to_string(below(50)), key});
      case 4:
        return command({"ZADD", "rank", std::to_string(below(1000)), key});
      case 5:
        return command({"EXPIRE", key, std::to_string(60 + below(3600))});
      case 6:
        return command({"DEL", key});
      case 7:
        return "PING\r\n";
      case 8:
      case 9:
        return command({"GET", key});
      default:
        return command({"SET", key, value});
    }
  }

 private:
  std::mt19937_64 random_;
};

std::vector<crashreel::Input> read_case(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  auto inputs = crashreel::parse_jsonl(text.str(), path);
  if (!inputs) give_up(inputs.error().message);
  if (inputs->empty()) give_up(std::string(path) + ": no inputs");
  return std::move(*inputs);
}

// Where the inputs of the case go: distinct places among the last ones, in order, the last the
// last.
std::vector<std::uint64_t> places(Day& day, std::uint64_t inputs, std::size_t count) {
  const std::uint64_t first = inputs > kHidingPlaces ? inputs - kHidingPlaces : 0;
  std::vector<std::uint64_t> chosen = {inputs - 1};
  while (chosen.size() < count) {
    const std::uint64_t place = first + day.below(inputs - 1 - first);
    if (std::find(chosen.begin(), chosen.end(), place) == chosen.end()) chosen.push_back(place);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

int spend(std::uint16_t port, std::uint64_t seed, std::uint64_t inputs, const char* case_path,
          bool lines) {
  Day day(seed);
  const std::vector<crashreel::Input> hidden = read_case(case_path);
  const std::vector<std::uint64_t> at = places(day, inputs, hidden.size());
  std::vector<Connection> connections;
  for (int i = 0; i < kConnections; ++i) connections.emplace_back(port);
  std::map<std::uint32_t, std::size_t> connection_of;
  for (const auto& input : hidden) {
    connection_of.try_emplace(input.session, (connection_of.size() * 7 + 3) % kConnections);
  }
  std::size_t next = 0;
  for (std::uint64_t sent = 0; sent < inputs; ++sent) {
    const bool is_hidden = next < at.size() && at[next] == sent;
    const std::size_t connection =
        is_hidden ? connection_of[hidden[next].session] : day.below(kConnections);
    const std::string text = is_hidden ? hidden[next].data
                             : lines   ? day.some_line()
                                       : day.some_command();
    const bool alive = connections[connection].exchange(text);
    next += is_hidden ? 1 : 0;
    if (alive) continue;
    if (next != hidden.size()) give_up("the server died before its time");
    std::printf("{\"seed\":%llu,\"sent\":%llu,\"died\":true}\n",
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(sent + 1));
    return 0;
  }
  std::printf("{\"seed\":%llu,\"sent\":%llu,\"died\":false}\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(inputs));
  return 0;
}

// One input on each connection, all answered before the next round.
void ping(std::vector<Connection>& connections, std::uint64_t inputs) {
  for (std::uint64_t sent = 0; sent < inputs; sent += connections.size()) {
    for (Connection& connection : connections) connection.send("PING\r\n");
    for (Connection& connection : connections) connection.receive();
  }
}

int spend_early(std::uint16_t port, std::uint64_t inputs, const char* case_path) {
  const std::vector<crashreel::Input> hidden = read_case(case_path);
  std::vector<Connection> others;
  for (int i = 0; i < kConnections; ++i) others.emplace_back(port);
  ping(others, kHidingPlaces);
  std::map<std::uint32_t, Connection> own;
  for (const auto& input : hidden) {
    if (!own.contains(input.session)) own.emplace(input.session, Connection(port));
    if (&input == &hidden.back()) break;
    if (!own.at(input.session).exchange(input.data)) give_up("the server died before its time");
  }
  ping(others, inputs);
  const bool died = !own.at(hidden.back().session).exchange(hidden.back().data);
  std::printf("{\"sent\":%llu,\"died\":%s}\n",
              static_cast<unsigned long long>(kHidingPlaces + inputs + hidden.size()),
              died ? "true" : "false");
  return 0;
}

int print_free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd, raw, size) != 0 || ::getsockname(fd, raw, &size) != 0) give_up("no free port");
  std::printf("%u\n", static_cast<unsigned>(ntohs(address.sin_port)));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "free-port") return print_free_port();
  const bool lines = argc == 6 && std::string(argv[5]) == "lines";
  const bool early = argc == 6 && std::string(argv[5]) == "early";
  if (argc != 5 && !lines && !early)
    give_up("usage: traffic free-port | traffic PORT SEED INPUTS CASE.jsonl [lines|early]");
  if (early) {
    return spend_early(static_cast<std::uint16_t>(std::atoi(argv[1])),
                       std::strtoull(argv[3], nullptr, 10), argv[4]);
  }
  return spend(static_cast<std::uint16_t>(std::atoi(argv[1])), std::strtoull(argv[2], nullptr, 10),
               std::strtoull(argv[3], nullptr, 10), argv[4], lines);
}
