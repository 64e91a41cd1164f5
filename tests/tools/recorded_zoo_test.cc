// Programs of the zoo that wait in ways of their own: recorded, and replayed to the same answers,
// and to the crash where there is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <thread>

#include "tests/capture/preload/upstream.h"
#include "tests/capture/reel/whole_salvage.h"
#include "tests/tools/recorded_program.h"

namespace crashreel::testing {
namespace {

const std::string kZoo = CRASHREEL_BUILD_DIR "/zoo/";

// A thread that the system stopped between its answer and the note of it notes it when it runs on:
// to kill the program before would lose it.
void await_digests(const std::string& ring_path, std::ptrdiff_t count) {
  constexpr int kMostLooks = 10'000;
  for (int looks = 0; looks < kMostLooks; ++looks) {
    const auto read = salvage_live_ring(ring_path);
    if (read && std::ranges::count(read->reel.inputs, InputKind::kDigest, &Input::kind) >= count) {
      return;
    }
    std::this_thread::yield();
  }
}

class RecordedZoo : public RecordedProgram, public ::testing::WithParamInterface<const char*> {};

TEST_P(RecordedZoo, AnswersTheSame) {
  RecordedServer server(setup({kZoo + GetParam(), "0"}));
  const int port = server.port();
  const auto clients =
      talk([&] { return Client::tcp(port); },
           {"1:ADD 1\n", "2:ADD 2\n", "1:GET k\n", "3:GET k\n", "2:ADD 3\n", "1:GET k\n"});
  await_digests(folder_ / "ring", 3);  // three sessions' inputs follow an answer
  expect_same_answers(server.end_and_salvage(), 3);
}

INSTANTIATE_TEST_SUITE_P(Of, RecordedZoo,
                         ::testing::Values("idle_select", "idle_poll", "blocking", "pool",
                                           "forking"),
                         [](const auto& name) { return std::string(name.param); });

// The process of the second session dies, and production's first one lived on.
TEST_F(RecordedProgram, ThatServesEachSessionInAProcessOfItsOwnCrashesInTheSameOne) {
  RecordedServer server(setup({kZoo + "forking", "0"}));
  const int port = server.port();
  Client one = Client::tcp(port);
  Client two = Client::tcp(port);
  EXPECT_EQ(one.ask("ADD 1\n"), "1\n");
  EXPECT_EQ(two.ask("SEAL\n"), "OK\n");
  EXPECT_EQ(two.ask("ADD 0\n"), "");
  EXPECT_EQ(one.ask("ADD 2\n"), "3\n");
  const Reel reel = server.end_and_salvage();
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_EQ(report->signature.frames.at(0).module, "forking");
  EXPECT_EQ(tried(reel).in_flight->data, "ADD 0\n");
}

// Each question's first letter, and who it is.
void answer_letters(int fd, const std::string& who, int times) {
  for (int i = 0; i < times; ++i) {
    char bytes[64];
    sockaddr_storage peer = {};
    socklen_t size = sizeof peer;
    auto* const address = reinterpret_cast<sockaddr*>(&peer);
    if (::recvfrom(fd, bytes, sizeof bytes, 0, address, &size) < 1) return;
    const std::string answer = bytes[0] + who;
    EXPECT_GT(::sendto(fd, answer.data(), answer.size(), 0, address, size), 0);
  }
}

TEST_F(RecordedProgram, ThatAsksTwoByDatagramsHearsWhomItAsked) {
  constexpr int kQuestions = 4;
  std::optional<Upstream> one(std::in_place, SOCK_DGRAM,
                              [](int fd) { answer_letters(fd, "-one", kQuestions); });
  std::optional<Upstream> two(std::in_place, SOCK_DGRAM,
                              [](int fd) { answer_letters(fd, "-two", kQuestions); });
  RecordedServer server(setup({kZoo + "asker", "0", one->port(), two->port()}));
  Client client = Client::tcp(server.port());
  for (const std::string way : {"c", "s", "m", "s"}) {
    EXPECT_EQ(client.ask(way + "\n"),
              way + "-one@" + one->port() + " " + way + "-two@" + two->port() + "\n");
  }
  one.reset();
  two.reset();
  const Reel reel = server.end_and_salvage();
  expect_same_answers(reel, 3);
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.unanswered, 0u);
  EXPECT_EQ(outcome.undelivered, 0u);
}

}  // namespace
}  // namespace crashreel::testing
