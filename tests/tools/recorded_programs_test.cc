// Servers that nobody here wrote, as Debian has them, on each kind of socket and with several
// threads: recorded by our own recorder, and replayed to the same answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "tests/tools/recorded_program.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A socket of its own lies there, as in production; the instance leaves it alone.
TEST_F(RecordedProgram, OnAUnixSocketAnswersTheSameBesideTheOneInProduction) {
  const std::string path = folder_ / "socket";
  RecordedServer server(setup({"redis-server", "--port", "0", "--unixsocket", path,
                               "--unixsocketperm", "700", "--save", "", "--dir", folder_.path()}));
  const Reel reel =
      talked(server, [&] { return Client::unix_socket(path); },
             {"1:SET a 1\r\n", "2:INCR a\r\n", "1:INCR a\r\n", "2:INCR a\r\n", "1:INCR a\r\n"});
  struct stat before{};
  ASSERT_EQ(::lstat(path.c_str(), &before), 0);
  expect_same_answers(reel, 3);
  struct stat after{};
  ASSERT_EQ(::lstat(path.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST_F(RecordedProgram, OnTwoKindsOfSocketsHasEachSessionOnItsOwn) {
  const std::string path = folder_ / "socket";
  const int port = free_port();
  RecordedServer server(setup({"redis-server", "--port", std::to_string(port), "--unixsocket", path,
                               "--save", "", "--dir", folder_.path()}));
  ASSERT_TRUE(server.says("Ready to accept connections"));
  Client by_path = Client::unix_socket(path);
  Client by_port = Client::tcp(port);
  const std::string who = "CLIENT INFO\r\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(by_path.ask_until(who, "\n\r\n"), HasSubstr("addr=" + path + ":0 "));
    EXPECT_THAT(by_port.ask_until("PING\r\n", "\r\n"), StartsWith("+PONG"));
  }
  const Reel reel = server.end_and_salvage();
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  int compared = 0;
  for (const RecordedAnswer& recorded : recorded_answers(reel)) {
    for (const ReplayedAnswer& answer : outcome.answers) {
      if (answer.to != recorded.to || answer.to->data != who) continue;
      // What it says of itself has the path in it twice: had it come by the port, it would be
      // shorter by more than its counters of memory make of it.
      EXPECT_NEAR(static_cast<double>(answer.digest.bytes),
                  static_cast<double>(recorded.digest.bytes), 15);
      ++compared;
    }
  }
  EXPECT_GE(compared, 1);
}

// Four threads take turns; what they count of time and memory is not asked.
TEST_F(RecordedProgram, OfFourThreadsAnswersTheSame) {
  const int port = free_port();
  RecordedServer server(setup({"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1",
                               "-U", "0", "-p", std::to_string(port)}));
  expect_same_answers(
      talked(
          server, [&] { return Client::tcp(port); },
          {"1:set a 0 0 1\r\n1\r\n", "2:incr a 5\r\n", "3:get a\r\n", "1:append a 0 0 1\r\n0\r\n",
           "2:get a\r\n", "4:incr a 1\r\n", "3:gets a\r\n", "1:get none\r\n"},
          "\r\n"),
      4);
}

TEST_F(RecordedProgram, OverTlsAnswersInPlainBytes) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=it "
      "-keyout '" +
      (folder_ / "key") + "' -out '" + (folder_ / "cert") + "' 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string port = std::to_string(free_port());
  RecordedServer server(
      setup({"redis-server", "--port", "0", "--tls-port", port, "--tls-cert-file", folder_ / "cert",
             "--tls-key-file", folder_ / "key", "--tls-ca-cert-file", folder_ / "cert",
             "--tls-auth-clients", "no", "--save", "", "--dir", folder_.path()}));
  ASSERT_TRUE(server.says("Ready to accept connections"));
  const std::string talk = "printf 'SET a 1\\nINCR a\\nINCR a\\nGET a\\n' | redis-cli --tls ";
  ASSERT_EQ(std::system((talk + "--insecure -p " + port + " >/dev/null").c_str()), 0);
  const Reel reel = server.end_and_salvage();
  expect_same_answers(reel, 3);
  EXPECT_EQ(tried(reel).undelivered, 0u);
}

}  // namespace
}  // namespace crashreel::testing
