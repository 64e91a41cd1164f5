// Debian's ngircd, with the case's configuration, users and another server: recorded, and replayed
// to the same answers, to its pings in time, and to its crash.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "capture/reel/jsonl.h"
#include "tests/tools/recorded_program.h"
#include "tests/tools/recording.h"

namespace crashreel::testing {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr char kJoin[] = "JOIN #a\r\n";
constexpr char kPing[] = "PING :irc.test\r\n";
constexpr char kPong[] = "PONG :irc.test\r\nPING :x\r\n";

class RecordedChat : public ::testing::Test {
 protected:
  // The case's own configuration, but for the shortest time there is until who is silent is pinged.
  void start() {
    std::string conf = file_bytes(kCase + "n.conf");
    replace(conf, "{PORT}", std::to_string(port_));
    replace(conf, "PingTimeout = 120", "PingTimeout = 5");
    put_file(conf_path(), conf);
    scene_.options().save_on = SaveOn::kAlways;
    scene_.start({"/usr/sbin/ngircd", "-n", "-f", conf_path()});
  }
  std::string conf_path() const { return scene_.folder() / "n.conf"; }
  Client connect() const { return Client::tcp(port_); }

  static std::vector<Input> fatal_inputs() {
    const std::string path = kCase + "inputs.jsonl";
    return parse_jsonl(file_bytes(path), path).value();
  }
  static void log_in(Client& client, const std::string& name) {
    EXPECT_THAT(client.ask_until("NICK " + name + "\r\nUSER " + name + " 0 * :x\r\n", " 376 "),
                HasSubstr(" 376 "));
    client.ask_until(kJoin, " 366 ");
  }
  static void expect_ping(Client& client) {
    EXPECT_THAT(client.receive_until(kPing), HasSubstr(kPing));
  }

  // Who survives that is told to end.
  void take_over_link(Client& user) {
    Client link = connect();
    for (const Input& input : fatal_inputs()) {
      link.send(input.data);
      user.ask_until("PING :y\r\n", " :y\r\n");
    }
    link.receive_until("the end, of the server or of a link that does not answer its pings");
    if (!user.ask_until("PING :z\r\n", " :z\r\n").empty()) user.send("OPER op pw\r\nDIE\r\n");
  }
  static bool was_pinged_after(const Outcome& outcome, const std::string& line) {
    return std::ranges::any_of(outcome.answers, [&](const ReplayedAnswer& answer) {
      return answer.to->data == line && answer.bytes.find(kPing) != std::string::npos;
    });
  }

  Scene scene_;

 private:
  static void replace(std::string& text, const std::string& before, const std::string& after) {
    const std::size_t at = text.find(before);
    ASSERT_NE(at, std::string::npos) << before;
    text.replace(at, before.size(), after);
  }

  static inline const std::string kCase = CRASHREEL_SOURCE_DIR "/tests/cases/ngircd-njoin/";
  const int port_ = free_port();
};

TEST_F(RecordedChat, PingsWhoIsSilentAndCrashesWhereItsOtherServerTakesItTo) {
  start();
  Client one = connect();
  log_in(one, "one");
  expect_ping(one);
  // It counts in seconds, and a busy machine lets it count late: who answers does so much later.
  Client two = connect();
  log_in(two, "two");
  expect_ping(two);
  one.ask_until(kPong, " :x\r\n");
  take_over_link(one);
  scene_.wait();
  const Reel reel = scene_.reel();
  if (reel.crash.signal == 0) GTEST_SKIP() << "this ngircd survives the case: it is mended";
  EXPECT_EQ(reel.crash.signal, SIGSEGV);
  EXPECT_THAT(reel.files, Contains(Field(&ReelFile::path, HasSubstr("n.conf"))));
  std::filesystem::remove(conf_path());
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_EQ(report->signature.frames.at(0).module, "ngircd");
  // The ping in its place among them; a login tells the second in which the server started.
  EXPECT_FALSE(report->answers.first) << report->answers.first->at->data;
  EXPECT_GE(report->answers.same, 6u);
  EXPECT_LE(report->answers.varying, 2u);
  EXPECT_EQ(report->answers.same + report->answers.varying, report->answers.recorded);
  const Outcome outcome = tried(reel);
  EXPECT_TRUE(was_pinged_after(outcome, kJoin));
  EXPECT_TRUE(outcome.in_flight->data.ends_with(fatal_inputs().back().data));
}

}  // namespace
}  // namespace crashreel::testing
