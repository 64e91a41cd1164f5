// Debian's dnsmasq, which serves names and asks others for them: recorded, and replayed to the same
// answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <map>
#include <optional>
#include <string>

#include "tests/capture/preload/upstream.h"
#include "tests/tools/recorded_program.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// A question for the address of a name, with a number.
std::string question(char number, const std::string& name) {
  return std::string("\0", 1) + number + std::string("\1\0\0\1\0\0\0\0\0\0", 10) +
         static_cast<char>(name.size()) + name + '\4' + "test" + std::string("\0\0\1\0\1", 5);
}

class RecordedNames : public RecordedProgram {
 protected:
  // What production answered, by the number that a question and its answer begin with.
  void note_answer(const std::string& answer) {
    EXPECT_THAT(answer, HasSubstr("\12\1\2\3"));
    production_[answer.substr(0, 2)] = answer;
  }

  // Every question of the reel is answered by the same bytes.
  void expect_answers_of_production(const Outcome& outcome, std::size_t at_least) const {
    std::size_t compared = 0;
    for (const ReplayedAnswer& answer : outcome.answers) {
      const auto known = production_.find(answer.to->data.substr(0, 2));
      if (answer.to->kind != InputKind::kData || known == production_.end()) continue;
      EXPECT_EQ(answer.bytes, known->second) << "input " << answer.to->seq;
      ++compared;
    }
    EXPECT_GE(compared, at_least);
  }

 private:
  std::map<std::string, std::string> production_;
};

TEST_F(RecordedNames, ThatServesNamesAnswersEachDatagram) {
  const int port = free_port();
  RecordedServer server(
      setup({"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root",
             "--pid-file=" + (folder_ / "pid"), "--port=" + std::to_string(port),
             "--address=/a.test/10.1.2.3"}));
  Client one = Client::udp(port);
  Client two = Client::udp(port);
  // The first may have to be asked again, and may be answered more than once.
  note_answer(one.ask_until_answered(question('1', "a")));
  for (const char number : {'2', '3', '4'}) {
    note_answer(one.ask_until(question(number, "a"), "\12\1\2\3"));
    note_answer(two.ask_until(question(number, "a"), "\12\1\2\3"));
  }
  const Reel reel = server.end_and_salvage();
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  EXPECT_EQ(outcome.undelivered, 0u);
  expect_answers_of_production(outcome, 7);
  EXPECT_THAT(replayed(reel).left_out, IsEmpty());
}

void answer_name(int fd) {
  char bytes[512];
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  auto* const address = reinterpret_cast<sockaddr*>(&peer);
  const ssize_t got = ::recvfrom(fd, bytes, sizeof bytes, 0, address, &size);
  if (got < 12) return;
  std::string answer(bytes, static_cast<std::size_t>(got));
  answer[2] = static_cast<char>(answer[2] | 0x80);  // an answer
  answer[7] = 1;
  answer[11] = 0;  // without what else the question said of itself
  answer.resize(answer.find("test") + 9);
  answer += std::string("\xc0\x0c\0\1\0\1\0\0\0\0\0\4\12\1\2\3", 16);
  EXPECT_GT(::sendto(fd, answer.data(), answer.size(), 0, address, size), 0);
}

// The one who was asked is gone when the reel is replayed.
TEST_F(RecordedNames, ThatAsksOthersForNamesHasTheirAnswersFromTheReel) {
  const int port = free_port();
  std::optional<Upstream> upstream(std::in_place, SOCK_DGRAM, answer_name);
  RecordedServer server(
      setup({"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root",
             "--cache-size=0", "--pid-file=" + (folder_ / "pid"), "--port=" + std::to_string(port),
             "--server=127.0.0.1#" + upstream->port()}));
  Client client = Client::udp(port);
  note_answer(client.ask_until_answered(question('1', "a")));
  upstream.reset();
  const Reel reel = server.end_and_salvage();
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  EXPECT_EQ(outcome.unanswered, 0u);
  EXPECT_EQ(outcome.undelivered, 0u);
  EXPECT_THAT(replayed(reel).left_out, IsEmpty());
  expect_answers_of_production(outcome, 1);
  const Outcome lost = tried(without(reel, "udp outbound"));
  EXPECT_EQ(lost.ending, Ending::kSurvived);
  EXPECT_GE(lost.unanswered, 1u);
  EXPECT_LT(lost.answer_bytes, outcome.answer_bytes);
  EXPECT_THAT(lost.first_unanswered, StartsWith("127.0.0.1:"));
}

}  // namespace
}  // namespace crashreel::testing
