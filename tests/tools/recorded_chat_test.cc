// Debian's ngircd: recorded, and replayed to the same answers, and to its crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <optional>

#include "capture/reel/jsonl.h"
#include "tests/tools/recorded_program.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;

class RecordedChat : public RecordedProgram {
 protected:
  // With the case's own configuration, on a free port.
  void start() {
    std::string conf = file_bytes(kCase + "n.conf");
    conf.replace(conf.find("{PORT}"), 6, std::to_string(port_));
    put_file(folder_ / "n.conf", conf);
    server_.emplace(setup({"/usr/sbin/ngircd", "-n", "-f", folder_ / "n.conf"}));
  }
  Client connect() const { return Client::tcp(port_); }
  RecordedServer& server() { return *server_; }

  static std::vector<Input> fatal_inputs() {
    const std::string path = kCase + "inputs.jsonl";
    return parse_jsonl(file_bytes(path), path).value();
  }
  static void log_in(Client& client, const std::string& name) {
    EXPECT_THAT(client.ask_until("NICK " + name + "\r\nUSER " + name + " 0 * :x\r\n", " 376 "),
                HasSubstr(" 376 "));
  }

 private:
  static inline const std::string kCase = CRASHREEL_SOURCE_DIR "/tests/cases/ngircd-njoin/";
  const int port_ = free_port();
  std::optional<RecordedServer> server_;
};

TEST_F(RecordedChat, AnswersTheSameAndPingsWhoIsSilentInTime) {
  start();
  Client one = connect();
  Client two = connect();
  log_in(one, "one");
  log_in(two, "two");
  for (const char* room : {"#a", "#b"}) {
    one.ask_until(std::string("JOIN ") + room + "\r\n", " 366 ");
    two.ask_until(std::string("JOIN ") + room + "\r\n", " 366 ");
  }
  Reel reel = server().end_and_salvage();
  expect_same_answers(reel, 2);
  const std::uint64_t at_once = tried(reel).answer_bytes;
  // As if the last thing had been said 130 s later: after 120 both are pinged.
  for (Input& input : reel.inputs) {
    if (input.seq >= reel.inputs.back().seq) input.time_ns += 130'000'000'000;
  }
  EXPECT_EQ(tried(reel).answer_bytes, at_once + 2 * std::string("PING :irc.test\r\n").size());
}

TEST_F(RecordedChat, CrashesWhereItsOtherServerTakesItTo) {
  start();
  Client user = connect();
  log_in(user, "one");
  Client link = connect();
  for (const Input& input : fatal_inputs()) {
    link.send(input.data);
    user.ask_until("PING :x\r\n", "PONG");
  }
  const int status = server().wait();
  if (!WIFSIGNALED(status)) GTEST_SKIP() << "this ngircd survives the case: it is mended";
  Reel reel = server().end_and_salvage();
  reel.crash.known = true;
  reel.crash.signature = {.kind = "SIGSEGV", .frames = {}};
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_EQ(report->signature.frames.at(0).module, "ngircd");
  EXPECT_TRUE(tried(reel).in_flight->data.ends_with(fatal_inputs().back().data));
}

}  // namespace
}  // namespace crashreel::testing
