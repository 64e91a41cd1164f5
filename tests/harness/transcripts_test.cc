// A replay answers byte for byte the same, however often it is made: also what has the time in it,
// and also where threads take turns. The control asks the same program without a replay's clock.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "tests/harness/tries.h"

#ifndef TRANSCRIPT_TRIES
#define TRANSCRIPT_TRIES 10
#endif

namespace crashreel {
namespace {

constexpr int kTries = TRANSCRIPT_TRIES;

const std::vector<std::string> kRedis = {"/usr/bin/redis-server", "--port", "7001", "--save", "",
                                         "--appendonly",          "no"};

Input input_of(std::size_t number, std::uint32_t session, std::string data) {
  return {.seq = number, .time_ns = number * 20'000, .session = session, .data = std::move(data)};
}

// 100 inputs in 3 sessions.
Reel many(const std::vector<std::string>& questions) {
  Reel reel;
  for (std::size_t i = 0; i < 100; ++i) {
    reel.inputs.push_back(
        input_of(i, static_cast<std::uint32_t>(i % 3), questions[i % questions.size()]));
  }
  return reel;
}

// How many different transcripts there are: endings, numbers of bytes answered, and their digests.
std::set<std::string> transcripts(const std::vector<std::string>& argv, const Reel& reel) {
  std::set<std::string> seen;
  double seconds = 0;
  for (int i = 0; i < kTries; ++i) {
    const Outcome outcome = try_once(reel, argv);
    seen.insert(told(outcome));
    seconds += outcome.seconds;
  }
  std::printf("%d replays, %zu transcripts, %.1f ms each: %s\n", kTries, seen.size(),
              1000 * seconds / kTries, seen.begin()->c_str());
  return seen;
}

void expect_one(const std::set<std::string>& seen) {
  ASSERT_EQ(seen.size(), 1u) << testing::PrintToString(seen);
  EXPECT_TRUE(seen.begin()->starts_with("survived after ")) << *seen.begin();
}

TEST(Transcripts, OfAServerThatTellsTheTimeAreOne) {
  expect_one(transcripts(
      kRedis, many({"TIME\r\n", "SET a 1\r\n", "INCR a\r\n", "GET a\r\n", "RANDOMKEY\r\n"})));
}

class PlainRedis {
 public:
  PlainRedis() {
    process_ = ::popen(("exec /usr/bin/redis-server --save '' --port " + port_).c_str(), "r");
    char line[512];
    while (std::fgets(line, sizeof line, process_) != nullptr &&
           std::string(line).find("Ready to accept") == std::string::npos) {
    }
  }
  ~PlainRedis() {
    std::string ignored = ask("SHUTDOWN NOSAVE");
    ::pclose(process_);
  }

  std::string ask(const std::string& command) const {
    FILE* answer = ::popen(("redis-cli -p " + port_ + " " + command + " 2>&1").c_str(), "r");
    std::string text;
    for (int c = std::fgetc(answer); c != EOF; c = std::fgetc(answer)) text += static_cast<char>(c);
    ::pclose(answer);
    return text;
  }

 private:
  static std::string free_port() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(fd, name, size), 0);
    EXPECT_EQ(::getsockname(fd, name, &size), 0);
    ::close(fd);
    return std::to_string(ntohs(address.sin_port));
  }

  const std::string port_ = free_port();
  FILE* process_ = nullptr;
};

TEST(Transcripts, WithoutTheClockOfAReplayDiffer) {
  const PlainRedis redis;
  std::set<std::string> seen;
  for (int i = 0; i < 5; ++i) seen.insert(redis.ask("TIME"));
  EXPECT_EQ(seen.size(), 5u) << testing::PrintToString(seen);
}

TEST(Transcripts, OfAWebServerWithItsDateAreOne) {
  Reel reel =
      many({"GET / HTTP/1.1\r\nHost: here\r\n\r\n", "HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n"});
  reel.files.push_back(
      {.path = "web.conf",
       .bytes = "daemon off; master_process off; pid web.pid; "
                "error_log stderr; events {} http { access_log off; client_body_temp_path body; "
                "proxy_temp_path proxy; fastcgi_temp_path fast; uwsgi_temp_path uwsgi; "
                "scgi_temp_path scgi; "
                "server { listen 127.0.0.1:7001; location / { return 200 \"yes\\n\"; } } }"});
  expect_one(transcripts({"/usr/sbin/nginx", "-p", "{DIR}", "-c", "web.conf"}, reel));
}

TEST(Transcripts, OfAServerWithFourThreadsAreOne) {
  expect_one(transcripts(
      {"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1", "-U", "0", "-p", "7001"},
      many({"set a 0 0 5\r\nhello\r\n", "get a\r\n", "incr n 1\r\n", "add n 0 0 1\r\n1\r\n",
            "append a 0 0 1\r\nx\r\n", "gets a\r\n", "set n 0 0 1\r\n5\r\n"})));
}

// A minute passes at once, and the key is gone in it.
TEST(Transcripts, OfAMinuteOfSilenceAreOneAndKeysExpireInIt) {
  Reel reel;
  reel.inputs = {input_of(0, 1, "SET k v EX 10\r\n"), input_of(1, 1, "GET k\r\n"),
                 input_of(2, 1, "GET k\r\n"), input_of(3, 2, "GET k\r\n")};
  reel.inputs[2].time_ns = 9'000'000'000;
  reel.inputs[3].time_ns = 69'000'000'000;
  const auto seen = transcripts(kRedis, reel);
  expect_one(seen);
  const std::size_t bytes = std::string("+OK\r\n$1\r\nv\r\n$1\r\nv\r\n$-1\r\n").size();
  EXPECT_NE(seen.begin()->find(", " + std::to_string(bytes) + " bytes"), std::string::npos)
      << *seen.begin();
}

}  // namespace
}  // namespace crashreel
