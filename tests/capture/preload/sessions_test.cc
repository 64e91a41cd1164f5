// What the recorder keeps of a server's sessions, whatever the server does with their descriptors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/capture/preload/recorded_listener.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;

constexpr char kOpened[] = "open 1 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT";

// The other side's end is not answered: the next connection's answer shows that it was seen.
[[nodiscard]] Client see_the_end_through(Scene& scene) {
  Client later = scene.connect();
  later.ask("later\n");
  return later;
}

class Readers : public ::testing::TestWithParam<const char*> {};

TEST_P(Readers, HandOverExactlyWhatEachReadReturned) {
  Scene scene(GetParam());
  Client client = scene.connect();
  EXPECT_EQ(client.ask("hello\n"), "ok\n");
  EXPECT_EQ(client.ask("x"), "ok\n");
  EXPECT_EQ(client.ask(std::string("nul \0 inside", 12)), "ok\n");
  client.close();
  const Client later = see_the_end_through(scene);
  EXPECT_THAT(
      scene.recorded(),
      ElementsAre(kOpened, "data 1 hello\n", "data 1 x", std::string("data 1 nul \0 inside", 19),
                  "close 1", "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT", "data 2 later\n"));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, Readers,
                         ::testing::Values("read", "readv", "preadv2", "recv", "recvfrom",
                                           "recvmsg", "recvmmsg", "read_chk", "recv_chk",
                                           "recvfrom_chk"),
                         [](const auto& reader) { return reader.param; });

class ScatteringReaders : public ::testing::TestWithParam<const char*> {};

TEST_P(ScatteringReaders, KeepTheOrderOfTheirPartsInBigReads) {
  Scene scene(GetParam());
  Client client = scene.connect();
  std::string sent;
  for (int i = 0; i < 9000; ++i) sent += std::to_string(i) + " ";
  client.send(sent);
  client.receive_until("ok\n");
  client.ask("end\n");
  std::string recorded;
  for (const Input& input : scene.server().end_and_salvage().inputs) {
    if (input.kind == InputKind::kData) recorded += input.data;
  }
  EXPECT_EQ(recorded, sent + "end\n");
}

INSTANTIATE_TEST_SUITE_P(EveryCall, ScatteringReaders, ::testing::Values("readv", "recvmsg"),
                         [](const auto& reader) { return reader.param; });

TEST(Recorder, KeepsTheOrderAcrossSessions) {
  Scene scene;
  Client one = scene.connect();
  one.ask("a");
  Client two = scene.connect();
  two.ask("b");
  one.ask("c");
  EXPECT_THAT(scene.recorded(),
              ElementsAre(kOpened, "data 1 a", "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT",
                          "data 2 b", "data 1 c"));
}

TEST(Recorder, TakesAResetForTheOtherSidesEnd) {
  Scene scene;
  Client client = scene.connect();
  client.ask("a");
  client.reset();
  const Client later = see_the_end_through(scene);
  EXPECT_EQ(scene.recorded()[2], "close 1 104");  // ECONNRESET
}

TEST(Recorder, RecordsNothingWhenTheProgramItselfEndsASession) {
  Scene scene;
  Client client = scene.connect();
  client.send("bye\n");
  client.receive_until("\n");  // until the end
  Client next = scene.connect();
  next.ask("a");
  EXPECT_THAT(scene.recorded(),
              ElementsAre(kOpened, "data 1 bye\n",
                          "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT", "data 2 a"));
}

TEST(Recorder, TakesNoEndThatTheProgramMadeItselfForTheOtherSides) {
  Scene scene;
  Client client = scene.connect();
  client.ask("half\n");
  client.receive_until("\n");
  const Client later = see_the_end_through(scene);
  EXPECT_THAT(scene.recorded(),
              ElementsAre(kOpened, "data 1 half\n",
                          "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT", "data 2 later\n"));
}

TEST(Recorder, FollowsASessionToAnotherDescriptor) {
  Scene scene;
  Client client = scene.connect();
  client.ask("dup\n");
  client.ask("a");
  client.close();
  const Client later = see_the_end_through(scene);
  EXPECT_THAT(scene.recorded(),
              ElementsAre(kOpened, "data 1 dup\n", "data 1 a", "close 1",
                          "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT", "data 2 later\n"));
}

TEST(Recorder, RecordsOnceWhatWasLookedAtBefore) {
  Scene scene;
  Client client = scene.connect();
  client.ask("peek\n");
  client.ask("a");
  EXPECT_THAT(scene.recorded(), ElementsAre(kOpened, "data 1 peek\n", "data 1 a"));
}

TEST(Recorder, GoesOnInAForkedChild) {
  Scene scene;
  Client client = scene.connect();
  client.ask("fork\n");
  client.ask("in the child");
  Client other = scene.connect();
  other.ask("in the parent");
  client.close();
  EXPECT_THAT(scene.recorded(),
              ::testing::IsSupersetOf(std::vector<std::string>{
                  kOpened, "data 1 fork\n", "data 1 in the child",
                  "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT", "data 2 in the parent"}));
}

TEST(Recorder, GoesOnWithWhatStayedOpenOverAnExec) {
  Scene scene;
  Client client = scene.connect();
  client.send("exec\n");
  scene.server().port();  // the new program says that it listens
  client.ask("a");
  Client later = scene.connect();
  later.ask("b");
  const std::vector<std::string> recorded = scene.recorded();
  ASSERT_EQ(recorded.size(), 4u);
  EXPECT_THAT(recorded[0], ::testing::MatchesRegex(std::string(kOpened) + " fd:[0-9]+"));
  EXPECT_EQ(recorded[1], "data 1 a");
  EXPECT_EQ(recorded[2], "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT");
  EXPECT_EQ(recorded[3], "data 2 b");
}

TEST(Recorder, IsNotMisledByAVforkedChildThatCloses) {
  Scene scene;
  Client client = scene.connect();
  client.ask("vfork\n");
  client.ask("a");
  EXPECT_THAT(scene.recorded(), ElementsAre(kOpened, "data 1 vfork\n", "data 1 a"));
}

TEST(Recorder, TakesNoFileForASessionThatHadItsNumber) {
  Scene scene;
  put_file(scene.folder() / "file", "not an input");
  Client gone = scene.connect();
  gone.send("bye\n");
  gone.receive_until("\n");
  Client client = scene.connect();
  const std::string line = "open " + (scene.folder() / "file") + "\n";
  client.ask(line);
  EXPECT_THAT(scene.recorded(),
              ElementsAre(kOpened, "data 1 bye\n",
                          "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT", "data 2 " + line));
}

TEST(Recorder, NamesIpv6Endpoints) {
  Scene scene("read", "tcp6");
  Client client = Client::tcp6(scene.port());
  client.ask("a");
  EXPECT_THAT(scene.recorded(),
              ElementsAre("open 1 tcp inbound [::1]:PORT [::1]:PORT", "data 1 a"));
}

TEST(Recorder, NamesUnixSocketsByTheirPath) {
  const Folder folder;
  Scene scene("read", "unix:" + (folder / "socket"));
  scene.port();
  Client client = Client::unix_socket(folder / "socket");
  client.ask("a");
  EXPECT_THAT(scene.recorded(),
              ElementsAre("open 1 unix inbound " + (folder / "socket"), "data 1 a"));
}

TEST(Recorder, LosesNothingWhenTheProgramAborts) {
  Scene scene;
  Client client = scene.connect();
  client.ask("a");
  client.ask("abort");
  EXPECT_EQ(scene.server().wait() & 0x7f, SIGABRT);
  EXPECT_THAT(scene.recorded(), ElementsAre(kOpened, "data 1 a", "data 1 abort"));
}

}  // namespace
}  // namespace crashreel::testing
