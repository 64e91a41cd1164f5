// Calls in which programs of a distribution wait, and which their source does not show: fortified
// ones, futexes, locks, timers. Whoever waits in one that nobody sees looks busy for ever.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::ElementsAreArray;

constexpr int kRepeats = 10;

using Digests = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// Of what was answered to each line, in turn.
Digests digests_of(const std::vector<std::string>& answers) {
  Digests all;
  for (const std::string& answer : answers) {
    const AnswerDigest digest = digest_of(answer);
    all.emplace_back(digest.bytes, digest.value);
  }
  return all;
}

Digests answers_to_lines(const Outcome& outcome) {
  Digests all;
  for (const ReplayedAnswer& answer : outcome.answers) {
    if (answer.to->kind != InputKind::kData) continue;
    all.emplace_back(answer.digest.bytes, answer.digest.value);
  }
  return all;
}

void expect_answers(const std::vector<std::string>& argv, const Reel& reel,
                    const std::vector<std::string>& answers) {
  for (int i = 0; i < kRepeats; ++i) {
    const Outcome outcome = try_once(reel, argv, {.script = {.keeps_answers = true}});
    ASSERT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
    ASSERT_THAT(answers_to_lines(outcome), ElementsAreArray(digests_of(answers))) << "try " << i;
  }
}

TEST(SundryWaits, FortifiedCallsManyMessagesAndStreams) {
  const Reel reel = lines("1:a 2:b 3:c 4:d 5:e 6:f 7:g 8:h 8:i 7:j 6:k 5:l 4:m 3:n 2:o 1:p");
  expect_answers({zoo("sundry"), "7001"}, reel,
                 {"read a\n", "recv b\n", "recvfrom c\n", "poll d\n", "ppoll e\n", "preadv2 f\n",
                  "recvmmsg g\n", "stream h\n", "stream i\n", "recvmmsg j\n", "preadv2 k\n",
                  "ppoll l\n", "poll m\n", "recvfrom n\n", "recv o\n", "read p\n"});
}

}  // namespace
}  // namespace crashreel
