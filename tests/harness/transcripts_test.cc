// A replay answers byte for byte the same, and reads in the same pieces, however often it is made
// and whether alone or by a copy: also what has the time in it, and also where threads take turns.
// The control is the same replay without its clock.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "harness/fork_server.h"
#include "tests/capture/reel/folder.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

// A few every day; ctest asks for more where there is time (label "long").
int asked_tries() {
  const char* asked = std::getenv("TRANSCRIPT_TRIES");
  return asked == nullptr ? 10 : std::atoi(asked);
}

const int kTries = asked_tries();

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

// Instances that somebody watches who stands in front of the player (witness.cc).
class Watched {
 public:
  Watched(const std::vector<std::string>& argv, const Reel& reel)
      : reel_(reel), target_(target_for(reel, argv)) {
    target_.first_library = WITNESS;
    target_.env.push_back("WITNESS_READS=" + reads_path_);
    target_.sandbox.writable.push_back(folder_.path());
    put_file(reads_path_, "");
  }

  // From here on the program is told what time it is.
  void lose_clock() { target_.env.push_back("WITNESS_CLOCK=1"); }

  std::string alone() {
    put_file(reads_path_, "");  // the file stays the one that copies have open
    return transcript_of(run_try(target_, reel_, whole_sequence(reel_)));
  }

  std::string copied() {
    const Layout layout = whole_layout(reel_, target_);
    if (!server_) {
      auto started = ForkServer::start(target_, layout, TryOptions().hang_ms);
      if (!started) return "no copies: " + started.error().message;
      server_.emplace(std::move(*started));
    }
    put_file(reads_path_, "");
    return transcript_of(run_try(*server_, target_, layout));
  }

 private:
  // How it ended, how many bytes it answered, their digest, and the size of each read, connection
  // by connection.
  std::string transcript_of(const Result<Outcome>& outcome) const {
    if (!outcome) return outcome.error().message;
    std::map<int, std::string> reads;  // by descriptor, whose numbers depend on the threads' start
    std::ifstream file(reads_path_);
    for (int fd = 0, size = 0; file >> fd >> size;) reads[fd] += " " + std::to_string(size);
    std::string text = told(*outcome);
    for (const auto& [fd, sizes] : reads) text += ", reads" + sizes;
    return text;
  }

  const Folder folder_;
  const std::string reads_path_ = folder_ / "reads";
  const Reel& reel_;
  Target target_;
  std::optional<ForkServer> server_;
};

std::set<std::string> transcripts(Watched& watched, bool has_copies = true) {
  std::set<std::string> seen;
  for (int i = 0; i < kTries; ++i) seen.insert(watched.alone());
  for (int i = 0; has_copies && i < kTries; ++i) seen.insert(watched.copied());
  std::printf("%d replays alone, %d copies, %zu transcripts: %s\n", kTries, has_copies ? kTries : 0,
              seen.size(), seen.begin()->c_str());
  return seen;
}

std::set<std::string> transcripts(const std::vector<std::string>& argv, const Reel& reel) {
  Watched watched(argv, reel);
  return transcripts(watched);
}

void expect_one(const std::set<std::string>& seen) {
  ASSERT_EQ(seen.size(), 1u) << testing::PrintToString(seen);
  EXPECT_TRUE(seen.begin()->starts_with("survived after ")) << *seen.begin();
  EXPECT_NE(seen.begin()->find(", reads "), std::string::npos) << *seen.begin();
}

TEST(Transcripts, OfAServerThatTellsTheTimeAreOne) {
  expect_one(transcripts(
      kRedis, many({"TIME\r\n", "SET a 1\r\n", "INCR a\r\n", "GET a\r\n", "RANDOMKEY\r\n"})));
}

TEST(Transcripts, WithoutTheClockOfAReplayDiffer) {
  const Reel reel = many({"TIME\r\n", "GET a\r\n"});
  Watched watched(kRedis, reel);
  watched.lose_clock();
  std::set<std::string> seen;
  for (int i = 0; i < kTries; ++i) seen.insert(watched.alone());
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kTries));
  for (const std::string& one : seen) EXPECT_TRUE(one.starts_with("survived after ")) << one;
}

const std::vector<std::string> kWeb = {"/usr/sbin/nginx", "-p", "{DIR}", "-c", "web.conf"};

Reel web_reel(const std::string& processes) {
  Reel reel =
      many({"GET / HTTP/1.1\r\nHost: here\r\n\r\n", "HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n"});
  reel.files.push_back(
      {.path = "web.conf",
       .bytes = "daemon off; " + processes +
                "; pid web.pid; "
                "error_log stderr; events {} http { access_log off; client_body_temp_path body; "
                "proxy_temp_path proxy; fastcgi_temp_path fast; uwsgi_temp_path uwsgi; "
                "scgi_temp_path scgi; "
                "server { listen 127.0.0.1:7001; location / { return 200 \"yes\\n\"; } } }"});
  return reel;
}

TEST(Transcripts, OfAWebServerWithItsDateAreOne) {
  expect_one(transcripts(kWeb, web_reel("master_process off")));
}

// The worker's statistics are the master's, too: that is no matter for copies.
TEST(Transcripts, OfAWebServerWithAMasterAreOne) {
  const Reel reel = web_reel("worker_processes 1");
  Watched watched(kWeb, reel);
  expect_one(transcripts(watched, false));
  EXPECT_EQ(watched.copied(), "no copies: it has memory to share with other processes");
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
