// What the recorder keeps of a program's answers: digests, each before its session's next input.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/answer_digest.h"
#include "capture/runtime/output_digest.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string line_for(std::uint32_t session, const OutputDigest& digest) {
  return "answered " + std::to_string(session) + " " + std::to_string(digest.bytes()) + " " +
         std::to_string(digest.value());
}

std::string answered(std::uint32_t session, const std::string& bytes) {
  OutputDigest digest;
  digest.add(bytes.data(), bytes.size());
  return line_for(session, digest);
}

std::string answered_unseen(std::uint32_t session, std::uint64_t bytes) {
  OutputDigest digest;
  digest.add_unseen(bytes);
  return line_for(session, digest);
}

// Data as it is, digests as the functions above write them.
std::vector<std::string> data_and_digests(const Reel& reel) {
  std::vector<std::string> lines;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kData) lines.push_back(input.data);
    if (input.kind != InputKind::kDigest) continue;
    const auto digest = answer_digest_of(input.data);
    EXPECT_TRUE(digest);
    if (!digest) continue;
    lines.push_back("answered " + std::to_string(input.session) + " " +
                    std::to_string(digest->bytes) + " " + std::to_string(digest->value));
  }
  return lines;
}

class Answers : public ::testing::Test {
 public:
  RecordedServer& start(std::vector<std::string> settings = {}) {
    server_.emplace(RecordedServer::Setup{.argv = {LISTENER, "tcp4", "read"},
                                          .ring_path = folder_ / "ring",
                                          .settings = std::move(settings)});
    return *server_;
  }
  std::vector<std::string> recorded() { return data_and_digests(server_->end_and_salvage()); }

 private:
  Folder folder_;
  std::optional<RecordedServer> server_;
};

class AnswersBy : public Answers, public ::testing::WithParamInterface<const char*> {};

TEST_P(AnswersBy, AreDigestedBeforeTheNextInput) {
  const std::string ask = std::string("answer ") + GetParam() + "\n";
  Client client = Client::tcp(start().port());
  EXPECT_EQ(client.ask(ask), "ok\n");
  client.ask("next\n");
  const bool unseen = ask.find("file") != std::string::npos || ask.find("spl") != std::string::npos;
  EXPECT_THAT(recorded(),
              ElementsAre(ask, unseen ? answered_unseen(1, 3) : answered(1, "ok\n"), "next\n"));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, AnswersBy,
                         ::testing::Values("write", "pieces", "writev", "send", "sendto", "sendmsg",
                                           "sendmmsg", "sendfile", "splice"),
                         [](const auto& how) { return std::string(how.param); });

TEST_F(Answers, AreKeptApartBySession) {
  const int port = start().port();
  Client one = Client::tcp(port);
  Client two = Client::tcp(port);
  one.ask("a");
  two.ask("b");
  two.ask("c");
  one.ask("d");
  EXPECT_THAT(recorded(),
              ElementsAre("a", "b", answered(2, "ok\n"), "c", answered(1, "ok\n"), "d"));
}

TEST_F(Answers, AreDigestedWhenEitherSideEndsTheSession) {
  const int port = start().port();
  Client one = Client::tcp(port);
  one.ask("a");
  one.close();
  Client two = Client::tcp(port);
  two.ask("b");
  two.send("bye\n");
  two.receive_until("\n");  // until the end
  EXPECT_THAT(recorded(), ElementsAre("a", answered(1, "ok\n"), "b", answered(2, "ok\n"), "bye\n"));
}

TEST_F(Answers, AreNotToldTwiceByForkedChildren) {
  Client client = Client::tcp(start().port());
  client.ask("a");
  client.ask("fork\n");
  client.ask("in the child");
  client.ask("again");
  const std::string ok = answered(1, "ok\n");
  EXPECT_THAT(recorded(), ElementsAre("a", ok, "fork\n", ok, "in the child", ok, "again"));
}

TEST_F(Answers, AreNotTornByAVforkedChildThatCloses) {
  Client client = Client::tcp(start().port());
  client.ask("a");
  client.ask("vfork\n");
  client.ask("b");
  const std::string ok = answered(1, "ok\n");
  EXPECT_THAT(recorded(), ElementsAre("a", ok, "vfork\n", ok, "b"));
}

TEST_F(Answers, HaveNoDigestsWhenNoneAreWanted) {
  Client client = Client::tcp(start({"CRASHREEL_DIGESTS=none"}).port());
  client.ask("a");
  client.ask("b");
  EXPECT_THAT(recorded(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace crashreel::testing
