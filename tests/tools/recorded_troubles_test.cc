// What programs of the zoo do when something is not as it was: a file is gone, clients part in two
// ways, threads wait for one another, a read is too small. Recorded, and replayed to the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "capture/reel/reel_reader.h"
#include "tests/tools/recorded_program.h"
#include "tests/tools/recording.h"
#include "tools/pipeline/replay.h"
#include "tools/pipeline/shrink.h"

namespace crashreel::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kZooPrograms = CRASHREEL_BUILD_DIR "/zoo/";

class RecordedZooProgram : public RecordedProgram {};

// What one read took is one input, and the next read takes no more.
TEST_F(RecordedZooProgram, ReadsInTheSamePieces) {
  RecordedServer server(setup({kZooPrograms + "fiddler", "0", "epoll"}));
  Client client = Client::tcp(server.port());
  EXPECT_EQ(client.ask("PARTS\n"), "PARTS done\n");
  EXPECT_EQ(client.ask_until("hello\n", "hello done\n"), "3\nhello done\n");
  EXPECT_EQ(client.ask("a\n"), "a done\n");
  const Reel reel = server.end_and_salvage();
  EXPECT_THAT(data_of(reel), ElementsAre("PARTS\n", "hel", "lo\n", "a\n"));
  expect_same_answers(reel, 2);
}

// Of the program's arguments none is the file's name, so that nobody lays it where it looks.
TEST_F(RecordedZooProgram, ThatMissesAFileIsSaidToMissIt) {
  put_file(folder_ / "rooms.conf", "rooms 0\n");
  RecordedServer server(
      setup({kZooPrograms + "tenant", "0", "--conf=" + (folder_ / "rooms.conf")}));
  const int port = server.port();
  Client client = Client::tcp(port);
  EXPECT_EQ(client.ask("hello\n"), "hello\n");
  EXPECT_EQ(client.ask("RENT\n"), "");
  const Reel reel = server.end_and_salvage();
  std::filesystem::remove(folder_ / "rooms.conf");
  const ReplayReport report = replayed(reel);
  EXPECT_EQ(report.passed, 1);
  EXPECT_THAT(report.hints,
              Contains(HasSubstr("1 file that the program had read in production could not be "
                                 "opened in the try, the first is " +
                                 (folder_ / "rooms.conf") + " (No such file or directory)")));
}

// Two clients part in two ways, and the program tells them apart; of the whole what one did is
// needed.
TEST_F(RecordedZooProgram, SeesItsClientsPartAsTheyDid) {
  RecordedServer server(setup({kZooPrograms + "parting", "0"}));
  const int port = server.port();
  Client last = Client::tcp(port);
  EXPECT_EQ(last.ask("1\n"), "OK\n");
  Client one = Client::tcp(port);
  EXPECT_EQ(one.ask("3\n"), "OK\n");
  one.send_no_more();
  EXPECT_EQ(one.receive_until("\n"), "sum 3\n");
  Client two = Client::tcp(port);
  EXPECT_EQ(two.ask("5\n"), "OK\n");
  two.reset();
  // The server hears of it when the kernel says so, perhaps after the next question.
  constexpr int kMostAsked = 1000;
  std::string told;
  for (int i = 0; i < kMostAsked && told != "ends 1, resets 1\n"; ++i) told = last.ask("ASK\n");
  EXPECT_EQ(told, "ends 1, resets 1\n");
  EXPECT_EQ(last.ask("PAY\n"), "");
  const Reel reel = server.end_and_salvage();
  const auto report = replay(reel, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 1);
  EXPECT_FALSE(report->answers.first);
  const auto smaller = shrink(reel, {.tries = 1});
  ASSERT_TRUE(smaller) << smaller.error().message;
  // Of the debtor's session its end alone: none of its bytes.
  EXPECT_THAT(data_of(smaller->reel), ElementsAre("", "PAY\n"));
  EXPECT_EQ(std::ranges::count(smaller->reel.inputs, InputKind::kClose, &Input::kind), 1);
}

// Of a long line the first piece is lost, and of another session its opening: between two of its
// lines, so that nothing of these is cut.
TEST_F(RecordedZooProgram, WhoseTailBeginsWithinAMessageIsSaidToDoSo) {
  Scene scene;
  scene.options().keep_inputs = 3;
  scene.options().prelude_bytes = 0;
  scene.options().heads_bytes = 0;
  const int port = free_port();
  scene.start({kZooPrograms + "clerk", std::to_string(port)});
  Client one = Client::tcp(port);
  EXPECT_EQ(one.ask("PUT a b\n"), "OK\n");
  Client two = Client::tcp(port);
  EXPECT_EQ(two.ask("PUT c " + std::string(9'000, 'x') + "\n"), "OK\n");
  EXPECT_EQ(one.ask("BURN a\n"), "");
  scene.wait();
  const Reel reel = scene.reel();
  const std::vector<std::string> kept = data_of(reel);
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[0].find("PUT"), std::string::npos);
  const ReplayReport report = replayed(reel);
  EXPECT_EQ(report.reproduced, 0);
  EXPECT_THAT(report.hints, Contains(HasSubstr("2 sessions have lost the beginning")));
  const auto first = std::ranges::find(reel.inputs, InputKind::kData, &Input::kind);
  EXPECT_THAT(report.hints,
              Contains(HasSubstr("1 session goes on behind inputs that are lost, the first is "
                                 "session " +
                                 std::to_string(first->session) + " at input " +
                                 std::to_string(first->seq) + ", and had no answer in between")));
}

TEST_F(RecordedZooProgram, WhoseThreadsWaitForOneAnotherHangsAgain) {
  Scene scene;
  scene.options().hang = {.after = std::chrono::milliseconds(300), .kill_signal = SIGTERM};
  const int port = free_port();
  scene.start({kZooPrograms + "embrace", std::to_string(port)});
  Client client = Client::tcp(port);
  Client later = Client::tcp(port);
  for (const char* command : {"T", "W"}) EXPECT_EQ(client.ask_until(command, "."), ".");
  EXPECT_EQ(later.ask_until("x", "."), ".");
  client.send("S");
  later.send("never read");
  const RecordReport recorded = scene.wait();
  ASSERT_EQ(recorded.while_running.size(), 1u);
  const auto read = read_reel(recorded.while_running.front().path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->reel.crash.reason, SaveReason::kHang);
  const auto report = replay(read->reel, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 1);
  EXPECT_THAT(report->outcomes, ElementsAre(HasSubstr("its threads wait for one another")));
}

}  // namespace
}  // namespace crashreel::testing
