// Does what goes on from a checkpoint tell what a start alone tells, and does it say so when it
// can't?
#include "harness/checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

// What a program that dies has answered last is taken or not, as it happens to stand when it does.
std::string told_of(const Outcome& outcome) {
  return outcome.ending == Ending::kCrashed ? describe(outcome) : told(outcome);
}

struct Cut {
  const char* program;
  const char* inputs;
  bool always = true;  // resumes at whatever step it is cut
};

void PrintTo(const Cut& scene, std::ostream* out) {
  *out << scene.program << ": " << scene.inputs;
}

class EachCut : public testing::TestWithParam<Cut> {
 protected:
  // What is told after the checkpoint before this step; empty: there is none, or a thread is
  // missed.
  std::string told_from(ForkServer& root, const Layout& layout, std::size_t step) {
    Held held = {.before = {step}};
    const auto whole = run_try(root, target_, layout, kImpatient, &held);
    EXPECT_TRUE(whole) << whole.error().message;
    if (!whole || held.servers.empty()) {
      why_not_ = held.refusal;
      return {};
    }
    told_on_the_way_ = told_of(*whole);
    ForkServer& server = held.servers.at(step);
    EXPECT_EQ(server.steps(), step);
    std::string last;
    for (int copy = 0; copy < 3; ++copy) {  // copies of a checkpoint are alike, too
      const auto outcome = run_try(server, target_, layout, kImpatient);
      EXPECT_TRUE(outcome) << outcome.error().message;
      if (!outcome || outcome->ending == Ending::kThreadMissed) {
        why_not_ = "a thread is missed";
        return {};
      }
      EXPECT_TRUE(copy == 0 || told_of(*outcome) == last) << told_of(*outcome) << " after " << last;
      last = told_of(*outcome);
    }
    return last;
  }

  std::string why_not_;
  std::string told_on_the_way_;  // by the instance that left the checkpoint
  Reel reel_ = lines(GetParam().inputs);
  Target target_ = target_for(reel_, {zoo(GetParam().program), "7001"});
  Layout layout_ = whole_layout(reel_, target_);
};

TEST_P(EachCut, TellsWhatAStartAloneTells) {
  const auto alone = run_try(target_, reel_, whole_sequence(reel_), kImpatient);
  ASSERT_TRUE(alone);
  auto root = ForkServer::start(target_, layout_, kImpatient.hang_ms);
  ASSERT_TRUE(root) << root.error().message;
  std::size_t resumed = 0;
  for (std::size_t step = 0; step < alone->performed; ++step) {
    const std::string after = told_from(*root, layout_, step);
    if (after.empty()) {
      // At the beginning it may be any of the threads that finds the program idle.
      EXPECT_FALSE(GetParam().always && step > 0) << "before step " << step << ": " << why_not_;
      continue;
    }
    ++resumed;
    EXPECT_EQ(after, told_of(*alone)) << "left before step " << step;
    EXPECT_EQ(told_on_the_way_, told_of(*alone));
  }
  EXPECT_GE(resumed + 1, GetParam().always ? alone->performed : 1u);
}

INSTANTIATE_TEST_SUITE_P(
    OfTheZoo, EachCut,
    testing::Values(Cut{"canary", "1:SET_a_b 2:PING 1:ARM_a 2:BIND_a 2:PING 1:FIRE 2:PING"},
                    Cut{"canary", "1:ARM_a 1:BIND_a 2:PING 2- 1:FIRE"},
                    Cut{"idle_poll", "1:SET_k_v 1:EXPIRE_k_10 @9000000000 1:GET_k 2:GET_k 1:TIME"},
                    Cut{"idle_select", "1:GET_k @299000000000 2:GET_k @301000000000 1:GET_k"},
                    Cut{"hushed", "1:hello 1:BREAK"},
                    Cut{"namesake", "1:NUMBERS 1:KILL 1:QUEUE 1:GROUP 1:CALLS 1:LIMIT 1:NUMBERS"},
                    Cut{"belongings", "1:x 2:x 1:x 2- 3:x", false},
                    Cut{"pool", "1:OPEN 1:hello 2:PAY 2:x", false},
                    Cut{"handoff", "1:ASIDE 2:x 2:ASIDE 1:x", false},
                    Cut{"herd", "1:a 2:a 3:a 2:b 1- 4:a 4:b", false},
                    Cut{"blocking", "1:DUMP_64 2:ADD_3 1:ADD_4 2:END 3:ADD_7", false},
                    Cut{"bell", "1:x !10 2:x !12 !1 1:x !1 2:x", false}),
    [](const auto& scene) {
      return std::string(scene.param.program) + std::to_string(scene.index);
    });

TEST(Checkpoint, IsMadeOfACheckpointToo) {
  const Reel reel = lines("1:SET_a_b 2:PING 1:ARM_a 2:BIND_a 2:PING 1:FIRE");
  const Target target = target_for(reel, {zoo("canary"), "7001"});
  const Layout layout = whole_layout(reel, target);
  const auto alone = run_try(target, reel, whole_sequence(reel));
  ASSERT_TRUE(alone);
  auto root = ForkServer::start(target, layout, kImpatient.hang_ms);
  ASSERT_TRUE(root);
  Held first = {.before = {3}};
  ASSERT_TRUE(run_try(*root, target, layout, {}, &first));
  ASSERT_EQ(first.servers.size(), 1u) << first.refusal;
  Held second = {.before = {5, 6}};
  ASSERT_TRUE(run_try(first.servers.at(3), target, layout, {}, &second));
  ASSERT_EQ(second.servers.size(), 2u) << second.refusal;
  for (ForkServer* server : {&second.servers.at(6), &first.servers.at(3), &*root,
                             &second.servers.at(5), &second.servers.at(6)}) {
    const auto outcome = run_try(*server, target, layout);
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(told_of(*outcome), told_of(*alone)) << "from step " << server->steps();
  }
  first.servers.clear();  // what came from it does not need it
  const auto after = run_try(second.servers.at(6), target, layout);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(told_of(*after), told_of(*alone));
}

TEST(Checkpoint, IsNotLeftWhereTheTryDoesNotCome) {
  const Reel reel = lines("1:ARM_a 2:BIND_a 1:FIRE 2:PING 2:PING");
  const Target target = target_for(reel, {zoo("canary"), "7001"});
  const Layout layout = whole_layout(reel, target);
  auto root = ForkServer::start(target, layout, kImpatient.hang_ms);
  ASSERT_TRUE(root);
  Held held = {.before = {2, layout.steps.size() - 1}};
  const auto outcome = run_try(*root, target, layout, {}, &held);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->ending, Ending::kCrashed);
  EXPECT_EQ(held.servers.size(), 1u);
  EXPECT_TRUE(held.refusal.empty()) << held.refusal;
}

TEST(Layouts, HaveInCommonWhatTheyBeginWith) {
  const Reel reel = lines("1:a 2:b 1:c 2:d 1:e");
  const Target target = target_for(reel, {zoo("canary"), "7001"});
  Sequence without = whole_sequence(reel);
  const Layout whole = whole_layout(reel, target);
  EXPECT_EQ(steps_in_common(whole, whole), whole.steps.size());
  without.erase(without.begin() + 3);  // 2:d
  const Layout shorter = lay_out(reel, without, target.kind);
  EXPECT_EQ(steps_in_common(whole, shorter), 5u);  // two openings that were put in, a, b, c
  without.erase(without.begin());
  EXPECT_EQ(steps_in_common(whole, lay_out(reel, without, target.kind)), 1u);
}

// Enough inputs for a checkpoint to pay, however busy the machine is that does them or copies.
constexpr std::size_t kLong = 10000;

Reel long_day(std::size_t inputs, const std::string& end) {
  std::string text;
  for (std::size_t i = 0; i < inputs; ++i) text += std::to_string(i % 3) + ":PING ";
  return lines(text + end);
}

TEST(Checkpoints, ResumeWhatBeginsAlikeAndRunTheRestFromTheStart) {
  const Reel reel = long_day(kLong, "1:ARM_a 2:BIND_a 1:FIRE");
  const Target target = target_for(reel, {zoo("canary"), "7001"});
  const auto whole = std::make_shared<const Layout>(whole_layout(reel, target));
  auto root = ForkServer::start(target, *whole, kImpatient.hang_ms);
  ASSERT_TRUE(root);
  Checkpoints checkpoints(target, *root);
  const auto plain = checkpoints.run(whole, {});
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->resumed, 0u);
  const std::vector<const Input*> wanted = {&reel.inputs[kLong - 10]};
  ASSERT_TRUE(checkpoints.run(whole, wanted));
  ASSERT_EQ(checkpoints.held(), 1u) << checkpoints.obstacle();

  Sequence later = whole_sequence(reel);
  later.erase(later.begin() + kLong - 5);
  const auto resumed =
      checkpoints.run(std::make_shared<const Layout>(lay_out(reel, later, target.kind)), wanted);
  ASSERT_TRUE(resumed);
  EXPECT_GT(resumed->resumed, kLong - 100);
  EXPECT_EQ(resumed->signature, plain->signature);
  Sequence earlier = whole_sequence(reel);
  earlier.erase(earlier.begin() + 100);
  const auto from_start =
      checkpoints.run(std::make_shared<const Layout>(lay_out(reel, earlier, target.kind)), wanted);
  ASSERT_TRUE(from_start);
  EXPECT_EQ(from_start->resumed, 0u);
  EXPECT_EQ(from_start->signature, plain->signature);
  ASSERT_TRUE(checkpoints.run(whole, {}));
  EXPECT_EQ(checkpoints.held(), 0u);
}

// What the program has grown by between one and the next is theirs.
TEST(Checkpoints, TakeNoMoreMemoryThanTheyMay) {
  std::string text;
  for (int i = 0; i < 240; ++i) text += "1:GROW ";
  const Reel reel = lines(text + "1:SAY");
  Target target = target_for(reel, {zoo("restless"), "7001"});
  const auto whole = std::make_shared<const Layout>(whole_layout(reel, target));
  std::vector<const Input*> wanted;
  for (std::size_t i = 30; i < 240; i += 30) wanted.push_back(&reel.inputs[i]);
  const auto held_with = [&](std::uint64_t memory_bytes) {
    target.sandbox.limits.memory_bytes = memory_bytes;
    auto root = ForkServer::start(target, *whole, kImpatient.hang_ms);
    EXPECT_TRUE(root);
    Checkpoints checkpoints(target, *root);
    checkpoints.expect(1);  // each step is worth one
    std::string told_before;
    for (int i = 0; i < 3; ++i) {
      const auto outcome = checkpoints.run(whole, wanted);
      EXPECT_TRUE(outcome) << outcome.error().message;
      if (!outcome) break;
      EXPECT_TRUE(i == 0 || told(*outcome) == told_before) << told(*outcome);
      told_before = told(*outcome);
    }
    return checkpoints.held();
  };
  EXPECT_EQ(held_with(1ull << 30), wanted.size());
  const std::size_t few = held_with(192ull << 20);
  EXPECT_GT(few, 0u);
  EXPECT_LT(few, wanted.size());
}

// A thread of the pool takes the second input after the checkpoint; it is missed, and the answer
// comes from the start.
TEST(Checkpoints, AreDoneWithoutWhereTheProgramNeedsItsThreads) {
  const Reel reel = long_day(kLong / 3, "1:ASIDE 2:x");
  const Target target = target_for(reel, {zoo("handoff"), "7001"});
  const auto whole = std::make_shared<const Layout>(whole_layout(reel, target));
  auto root = ForkServer::start(target, *whole, kImpatient.hang_ms);
  ASSERT_TRUE(root);
  Checkpoints checkpoints(target, *root);
  const auto plain = checkpoints.run(whole, {});
  ASSERT_TRUE(plain);
  const std::vector<const Input*> wanted = {&reel.inputs[kLong / 3 - 10]};
  for (int i = 0; i < 20 && checkpoints.obstacle().empty(); ++i) {
    const auto outcome = checkpoints.run(whole, wanted);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(told_of(*outcome), told_of(*plain));
    EXPECT_EQ(outcome->resumed, 0u);
  }
  EXPECT_THAT(checkpoints.obstacle(), HasSubstr("thread"));
}

}  // namespace
}  // namespace crashreel
