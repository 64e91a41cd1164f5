// Whose answer is it? Every order in which threads can begin and end their answers while another
// takes in the session's inputs, one after the other, so that nothing is left to luck.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "capture/reel/answer_digest.h"
#include "capture/runtime/output_digest.h"
#include "capture/runtime/ring_answers.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using ring::Sending;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kParts[] = {"one", "second", "the third"};

// Steps: 'A' and 'a' begin and end an answer of the first thread, 'B' and 'b' one of the second
// (each sends the next of kParts), 'i' is an input.
using Steps = std::string;

// One thread that does what it is told, so that each answer ends where it began.
class Worker {
 public:
  void begin(std::uint32_t session) { ring::begin_answer(session, sending_); }
  void end(const std::string& bytes) { ring::end_answer(sending_, bytes.data(), bytes.size()); }

 private:
  Sending sending_;
};

// Takes in the inputs, one at a time, while its maker waits.
class Reader {
 public:
  Reader() : thread_([this] { run(); }) {}
  ~Reader() {
    take_in(kEnd);
    thread_.join();
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  void take_in(std::uint32_t session) {
    std::unique_lock guard(lock_);
    session_ = session;
    changed_.notify_all();
    changed_.wait(guard, [&] { return !session_; });
  }

 private:
  static constexpr std::uint32_t kEnd = CRASHREEL_NO_SESSION;

  void run() {
    std::unique_lock guard(lock_);
    for (bool ends = false; !ends;) {
      changed_.wait(guard, [&] { return session_.has_value(); });
      ends = *session_ == kEnd;
      if (!ends) record_text(*session_, "input");
      session_.reset();
      changed_.notify_all();
    }
  }

  std::mutex lock_;
  std::condition_variable changed_;
  std::optional<std::uint32_t> session_;
  std::thread thread_;
};

// What a reel should say of each stretch between two inputs: that is where an answer belongs which
// began in it.
struct Stretch {
  std::string bytes;
  bool is_ordered = true;     // else there is no right digest
  bool is_disturbed = false;  // answers met that were not over when it began: it may have none
};

std::vector<Stretch> stretches_of(const Steps& steps) {
  std::vector<Stretch> stretches(1);
  std::map<char, std::size_t> under_way;  // in which stretch it began
  bool have_met = false, had_met = false;
  std::size_t next_part = 0;
  for (const char step : steps) {
    if (step == 'i') stretches.emplace_back();
    if (step == 'A' || step == 'B') {
      under_way[step] = stretches.size() - 1;
      stretches.back().bytes += kParts[next_part++];
    }
    if (step == 'a' || step == 'b') under_way.erase(static_cast<char>(step - 'a' + 'A'));
    const bool meet = under_way.size() == 2 && under_way['A'] == under_way['B'];
    if (meet) stretches[under_way['A']].is_ordered = false;
    have_met = meet || (have_met && !under_way.empty());
    // Also the stretch in which the last of them ends.
    stretches.back().is_disturbed |= have_met || had_met;
    had_met = have_met;
  }
  return stretches;
}

// `reader`: null: this thread takes in the inputs, too.
void play(const Steps& steps, std::uint32_t session, Reader* reader) {
  Worker first, second;
  std::map<char, std::size_t> part;
  std::size_t next_part = 0;
  for (const char step : steps) {
    if (step == 'A' || step == 'B') part[step] = next_part++;
    if (step == 'A') first.begin(session);
    if (step == 'a') first.end(kParts[part['A']]);
    if (step == 'B') second.begin(session);
    if (step == 'b') second.end(kParts[part['B']]);
    if (step != 'i') continue;
    reader != nullptr ? reader->take_in(session) : record_text(session, "input");
  }
  record_text(session, "the end");
}

std::vector<std::vector<AnswerDigest>> told_in(const Reel& reel, std::uint32_t session) {
  std::vector<std::vector<AnswerDigest>> told(1);
  for (const Input& input : reel.inputs) {
    if (input.session != session) continue;
    if (input.kind == InputKind::kData) told.emplace_back();
    if (input.kind != InputKind::kDigest) continue;
    told.back().push_back(answer_digest_of(input.data).value_or(AnswerDigest()));
  }
  told.pop_back();  // behind the end
  return told;
}

AnswerDigest digest_of(const std::string& bytes) {
  OutputDigest digest;
  digest.add(bytes.data(), bytes.size());
  return {digest.value(), digest.bytes()};
}

// Every digest is the right one, and only where answers met is one missing.
void expect_truth(const Steps& steps, const std::vector<std::vector<AnswerDigest>>& told) {
  const std::vector<Stretch> stretches = stretches_of(steps);
  ASSERT_EQ(told.size(), stretches.size()) << steps;
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const AnswerDigest right = digest_of(stretches[i].bytes);
    if (right.bytes == 0 || !stretches[i].is_ordered) {
      EXPECT_TRUE(told[i].empty()) << steps << ", stretch " << i;
    } else if (!stretches[i].is_disturbed || !told[i].empty()) {
      EXPECT_THAT(told[i], ElementsAre(right)) << steps << ", stretch " << i;
    }
  }
}

// Each answer ends before its thread begins the next one.
bool is_possible(const Steps& steps) {
  std::map<char, int> open;
  for (const char step : steps) {
    if (step == 'A' || step == 'B') {
      if (open[step]++ != 0) return false;
    } else if (step != 'i' && --open[static_cast<char>(step - 'a' + 'A')] < 0) {
      return false;
    }
  }
  return true;
}

std::vector<Steps> orders_of(Steps steps) {
  std::vector<Steps> orders;
  std::sort(steps.begin(), steps.end());
  do {
    if (is_possible(steps)) orders.push_back(steps);
  } while (std::next_permutation(steps.begin(), steps.end()));
  return orders;
}

class Answers : public testing::TestWithParam<bool> {
 protected:
  Reel played(const std::vector<Steps>& orders) {
    const RingPath path;
    return recorded(options_for(path, 2 << 20),
                    [&] {
                      std::optional<Reader> reader;
                      if (GetParam()) reader.emplace();
                      for (std::size_t i = 0; i < orders.size(); ++i) {
                        play(orders[i], static_cast<std::uint32_t>(i), reader ? &*reader : nullptr);
                      }
                    })
        .reel;
  }
  void expect_truth_of(const std::vector<Steps>& orders) {
    const Reel reel = played(orders);
    for (std::size_t i = 0; i < orders.size(); ++i) {
      expect_truth(orders[i], told_in(reel, static_cast<std::uint32_t>(i)));
    }
  }
};

TEST_P(Answers, OfOneThreadAreToldWithTheInputThatTheyBeganAfterInEveryOrder) {
  const std::vector<Steps> orders = orders_of("AaAaAaiii");
  EXPECT_EQ(orders.size(), 84u);
  expect_truth_of(orders);
}

TEST_P(Answers, OfTwoThreadsAreRightOrNotToldInEveryOrder) {
  const std::vector<Steps> orders = orders_of("AaAaBbii");
  EXPECT_EQ(orders.size(), 420u);
  expect_truth_of(orders);
}

TEST_P(Answers, ThatNeverEndCostTheDigestUpToTheNextInputAlone) {
  const Reel reel = played({"AAai", "BiAai"});
  EXPECT_THAT(told_in(reel, 0), ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_THAT(told_in(reel, 1),
              ElementsAre(IsEmpty(), ElementsAre(digest_of(kParts[1])), IsEmpty()));
}

// Numbers that differ by the number of places share one.
TEST(AnswerPlaces, AreLeftToWhoeverComesAndTellWhatTheyHeldOfItsOwnSession) {
  constexpr std::uint32_t kOther = 1 + ring::kAnswerPlaces;
  const RingPath path;
  const auto read = recorded(options_for(path), [] {
    Worker resting, sending;
    resting.begin(1);
    resting.end("one");
    sending.begin(kOther);  // "one" is told
    record_text(1, "input");
    Worker third;
    third.begin(1);  // takes the place from who sends
    sending.end("second");
    record_text(kOther, "input");
    third.end("third");
    record_text(1, "input");
  });
  EXPECT_THAT(told_in(read.reel, 1),
              ElementsAre(ElementsAre(digest_of("one")), ElementsAre(digest_of("third"))));
  EXPECT_THAT(told_in(read.reel, kOther), ElementsAre(ElementsAre(digest_of("second"))));
}

INSTANTIATE_TEST_SUITE_P(Inputs, Answers, testing::Bool(), [](const auto& in_threads) {
  return in_threads.param ? "InAnotherThread" : "InTheSameThread";
});

}  // namespace
}  // namespace crashreel
