#include "tests/tools/recorded_program.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "harness/sequence.h"
#include "harness/target.h"
#include "harness/try.h"

namespace crashreel::testing {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

// Where the second changes between two inputs one side may have read the clock before, and the
// other behind that: programs keep their date for a while.
std::uint64_t changes_of_second(const Reel& reel) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  std::uint64_t changes = 0;
  std::uint64_t last = 0;
  for (const Input& input : reel.inputs) {
    const std::uint64_t now = (reel.program.start_realtime_ns + input.time_ns) / kSecond;
    changes += last != 0 && now != last;
    last = now;
  }
  return changes;
}

}  // namespace

Outcome tried(const Reel& reel) {
  const auto target = target_of(reel);
  EXPECT_TRUE(target) << target.error().message;
  if (!target) return {};
  auto outcome = run_try(*target, reel, whole_sequence(reel),
                         {.script = {.keeps_answers = true, .keeps_bytes = true}});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *std::move(outcome) : Outcome();
}

ReplayReport replayed(const Reel& reel) {
  const auto report = replay(reel, {});
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : ReplayReport();
}

void expect_same_answers(const Reel& reel, std::uint64_t at_least) {
  const ReplayReport report = replayed(reel);
  EXPECT_THAT(report.left_out, IsEmpty());
  EXPECT_THAT(report.hints, IsEmpty());
  EXPECT_FALSE(report.answers.first)
      << "input " << report.answers.first->at->seq << ": " << report.answers.first->at->data;
  EXPECT_EQ(report.answers.same + report.answers.varying, report.answers.recorded);
  EXPECT_LE(report.answers.varying, changes_of_second(reel));
  EXPECT_GE(report.answers.same, at_least);
}

Reel without(Reel reel, const std::string& opening) {
  std::optional<std::uint32_t> gone;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kOpen && input.data.starts_with(opening)) gone = input.session;
  }
  EXPECT_TRUE(gone);
  std::erase_if(reel.inputs, [&](const Input& input) { return input.session == gone; });
  return reel;
}

std::map<char, Client> talk(const std::function<Client()>& connect,
                            const std::vector<std::string>& lines, const std::string& end) {
  std::map<char, Client> clients;
  for (const std::string& line : lines) {
    if (!clients.contains(line[0])) clients.emplace(line[0], connect());
    EXPECT_THAT(clients.at(line[0]).ask_until(line.substr(2), end), HasSubstr(end)) << line;
  }
  return clients;
}

Reel talked(RecordedServer& server, const std::function<Client()>& connect,
            const std::vector<std::string>& lines, const std::string& end) {
  const auto clients = talk(connect, lines, end);
  return server.end_and_salvage();
}

}  // namespace crashreel::testing
