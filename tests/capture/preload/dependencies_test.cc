// What the recorder keeps of what a program asks others: their answers, their ends, and that nobody
// answered.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include "tests/capture/preload/recorded_listener.h"
#include "tests/capture/preload/upstream.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;

void hear_question(int fd) {
  char bytes[8];
  EXPECT_EQ(::recv(fd, bytes, sizeof(bytes), 0), 3);
}

void answer_once(int fd) {
  hear_question(fd);
  EXPECT_EQ(::send(fd, "answer", 6, 0), 6);
}

void answer_datagrams(int fd) {
  sockaddr_storage asker = {};
  socklen_t size = sizeof(asker);
  char bytes[8];
  auto* to = reinterpret_cast<sockaddr*>(&asker);
  EXPECT_EQ(::recvfrom(fd, bytes, sizeof(bytes), 0, to, &size), 3);
  EXPECT_EQ(::sendto(fd, "answer", 6, 0, to, size), 6);
  EXPECT_EQ(::sendto(fd, "", 0, 0, to, size), 0);
}

constexpr char kTcpOpened[] = "open 2 tcp outbound 127.0.0.1:PORT 127.0.0.1:PORT";
constexpr char kUdpOpened[] = "open 2 udp outbound 127.0.0.1:PORT 127.0.0.1:PORT";

class TcpErrands : public ::testing::TestWithParam<const char*> {};

TEST_P(TcpErrands, KeepWhatTheDependencyAnswers) {
  Scene scene;
  Client client = scene.connect();
  {
    const Upstream upstream(SOCK_STREAM, answer_once);
    EXPECT_EQ(client.ask(std::string("errand ") + GetParam() + " " + upstream.port() + "\n"),
              "ok\n");
  }
  EXPECT_THAT(scene.recorded_beside(1),
              ElementsAre(kTcpOpened, "data 2 answ", "data 2 er", "close 2"));
}

INSTANTIATE_TEST_SUITE_P(Dependencies, TcpErrands, ::testing::Values("tcp", "tcp-without-waiting"),
                         [](const auto& errand) {
                           return std::string(errand.param) == "tcp" ? "Waiting" : "NotWaiting";
                         });

TEST(Dependencies, ThatDoNotListenAreKeptAsSuch) {
  Scene scene;
  Client client = scene.connect();
  const std::string port = std::to_string(free_port());
  client.ask("errand nobody " + port + "\n");
  client.ask("errand nobody-without-waiting " + port + "\n");
  const std::vector<std::string> recorded = scene.recorded_beside(1);
  ASSERT_EQ(recorded.size(), 4u);
  EXPECT_THAT(recorded[0], ::testing::MatchesRegex("open 2 tcp outbound .* 127.0.0.1:PORT"));
  EXPECT_EQ(recorded[1], "close 2 111");  // ECONNREFUSED
  EXPECT_THAT(recorded[2], ::testing::MatchesRegex("open 3 tcp outbound .* 127.0.0.1:PORT"));
  EXPECT_EQ(recorded[3], "close 3 111");
}

TEST(Dependencies, OverDatagramsAnswerInOneSession) {
  Scene scene;
  Client client = scene.connect();
  {
    const Upstream upstream(SOCK_DGRAM, answer_datagrams);
    EXPECT_EQ(client.ask("errand udp " + upstream.port() + "\n"), "ok\n");
  }
  EXPECT_THAT(scene.recorded_beside(1), ElementsAre(kUdpOpened, "data 2 answer", "data 2"));
}

TEST(Dependencies, AreThoseToWhomTheProgramSpokeFirst) {
  Scene scene;
  Client client = scene.connect();
  {
    const Upstream upstream(SOCK_DGRAM, answer_datagrams);
    EXPECT_EQ(client.ask("errand udp-unconnected " + upstream.port() + "\n"), "ok\n");
  }
  EXPECT_THAT(scene.recorded_beside(1),
              ElementsAre("open 2 udp outbound 0.0.0.0:PORT 127.0.0.1:PORT", "data 2 answer"));
}

TEST(Dependencies, OverUnixSocketsHaveTheirPath) {
  Scene scene;
  Client client = scene.connect();
  const std::string path = scene.folder() / "there";
  {
    const Upstream upstream(path, answer_once);
    EXPECT_EQ(client.ask("errand unix " + path + "\n"), "ok\n");
  }
  EXPECT_THAT(scene.recorded_beside(1), ElementsAre("open 2 unix outbound unnamed " + path,
                                                    "data 2 answ", "data 2 er", "close 2"));
}

TEST(Dependencies, OverUnixSocketsOfOtherKindsAnswerRecordByRecord) {
  Scene scene;
  Client client = scene.connect();
  const std::string path = scene.folder() / "there", other = scene.folder() / "other";
  {
    const Upstream upstream(path, answer_once, SOCK_SEQPACKET);
    EXPECT_EQ(client.ask("errand seqpacket " + path + "\n"), "ok\n");
  }
  {
    const Upstream upstream(other, answer_datagrams, SOCK_DGRAM);
    EXPECT_EQ(client.ask("errand unix-datagram " + other + "\n"), "ok\n");
  }
  EXPECT_THAT(scene.recorded_beside(1),
              ElementsAre("open 2 unix-seqpacket outbound unnamed " + path, "data 2 answer",
                          "close 2", "open 3 unix-datagram outbound " + other + ".asker " + other,
                          "data 3 answer", "data 3"));
}

TEST(Dependencies, AreAlsoTheCommandsThatTheProgramReads) {
  Scene scene;
  Client client = scene.connect();
  EXPECT_EQ(client.ask("errand command echo one two; exit 3\n"), "ok\n");
  EXPECT_THAT(scene.recorded_beside(1), ElementsAre("open 2 pipe outbound echo one two; exit 3",
                                                    "data 2 one two\n", "close 2"));
}

}  // namespace
}  // namespace crashreel::testing
