// What the ring keeps beside the newest inputs: heads of open sessions and the newest of each key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>
#include <vector>

#include "capture/reel/ring_copies.h"
#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;

crashreel_options kept_options(const RingPath& path, std::uint64_t heads = 32 << 10,
                               std::uint64_t pins = 8 << 10) {
  crashreel_options options = options_for(path);
  options.heads_bytes = heads;
  options.head_bytes = 1 << 10;
  options.pins_bytes = pins;
  options.pin_keys = 4;
  return options;
}

// So many inputs that the pool is overwritten several times.
void roll_over(std::uint32_t session = 999) {
  for (std::uint32_t i = 0; i < 20000; ++i) record_text(session, payload({9, i}, 40));
}

std::vector<std::string> of_place(const Reel& reel, Place place) {
  std::vector<std::string> texts;
  for (const Input& input : reel.inputs) {
    if (input.place == place) texts.push_back(std::to_string(input.session) + ":" + input.data);
  }
  return texts;
}

std::vector<std::string> heads_of(const ReadReel& read) {
  return of_place(read.reel, Place::kHead);
}

// What the ring itself says of its heads and pins.
RingCopies account(const RingPath& path) {
  const auto image = RingImage::open(path.str());
  CRASHREEL_CHECK(image.has_value());
  return read_copies(*image);
}

std::uint32_t head_bytes(const RingPath& path) {
  return RingImage::open(path.str())->super().heads.stride;
}

TEST(Heads, OutliveTheRestOfTheRing) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    crashreel_open(1);
    record_text(1, "auth");
    crashreel_open(2);
    record_text(2, "subscribe");
    record_text(1, "select");
    roll_over();
    record_text(2, "last");
  });
  EXPECT_THAT(heads_of(read),
              ElementsAre("1:app inbound", "1:auth", "2:app inbound", "2:subscribe", "1:select"));
  EXPECT_EQ(account(path).heads, 2u);
  EXPECT_EQ(account(path).full_heads, 0u);
  EXPECT_EQ(account(path).heads_with_gaps, 0u);
  EXPECT_EQ(counted(read), 20006u);
  EXPECT_EQ(read.reel.inputs.back().seq, 20005u);
  EXPECT_EQ(read.reel.inputs[4].seq + 1, read.reel.loss.first_kept_seq);
  EXPECT_EQ(read.reel.inputs[5].place, Place::kTail);
  EXPECT_EQ(read.reel.inputs[5].seq, read.reel.loss.first_kept_seq);
  EXPECT_FALSE(read.reel.loss.reaches_start);
}

TEST(Heads, AreNotKeptWhenNotAskedFor) {
  const RingPath path;
  const auto read = recorded(kept_options(path, 0), [] {
    crashreel_open(1);
    record_text(1, "auth");
    roll_over();
  });
  EXPECT_THAT(heads_of(read), IsEmpty());
  EXPECT_EQ(head_bytes(path), 0u);
}

TEST(Heads, ShowNothingTwiceThatTheTailOrThePreludeHas) {
  const RingPath path;
  crashreel_options options = kept_options(path);
  options.prelude_bytes = 4 << 10;
  const auto read = recorded(options, [] {
    crashreel_open(1);
    record_text(1, "in the prelude");
    roll_over();
    crashreel_open(2);
    record_text(2, "in the tail");
  });
  EXPECT_THAT(heads_of(read), IsEmpty());
  EXPECT_EQ(read.reel.inputs[1].data, "in the prelude");
  EXPECT_EQ(read.reel.inputs.back().data, "in the tail");
  EXPECT_EQ(account(path).heads, 2u);
  EXPECT_EQ(counted(read), 20004u);
}

TEST(Heads, TakeWholeInputsInOrderUpToTheirBound) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    crashreel_open(1);
    for (std::uint32_t i = 0; i < 10; ++i) record_text(1, payload({1, i}, 200));
    roll_over();
  });
  const auto heads = heads_of(read);
  // 1 KiB: 64 for the head, 40 for each copy, an opening of 16, and so 3 times 240.
  ASSERT_EQ(heads.size(), 4u);
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_EQ(read_payload(heads[i + 1].substr(2)), (Label{1, i}));
  }
  EXPECT_EQ(account(path).full_heads, 1u);
}

TEST(Heads, EndWithTheirSession) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    for (std::uint32_t session = 1; session <= 3; ++session) {
      crashreel_open(session);
      record_text(session, "auth");
    }
    crashreel_close(1);
    crashreel_session_ended(2, 1);
    roll_over();
  });
  EXPECT_THAT(heads_of(read), ElementsAre("3:app inbound", "3:auth"));
  EXPECT_EQ(account(path).heads, 1u);
}

TEST(Heads, OfASessionThatEndsInTheTailAreThere) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    crashreel_open(1);
    record_text(1, "auth");
    roll_over();
    record_text(1, "late");
    crashreel_close(1);
    record_text(7, "end");
  });
  EXPECT_THAT(heads_of(read), ElementsAre("1:app inbound", "1:auth"));
}

TEST(Heads, BelongToTheNewestSessionOfANumber) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    crashreel_open(1);
    record_text(1, "first");
    crashreel_close(1);
    crashreel_open(1);
    record_text(1, "second");
    roll_over();
  });
  EXPECT_THAT(heads_of(read), ElementsAre("1:app inbound", "1:second"));
}

TEST(Heads, AreCountedWhereThereIsNoRoomForThem) {
  const RingPath path;
  const auto read = recorded(kept_options(path, 4 << 10), [] {  // 3 heads
    for (std::uint32_t session = 1; session <= 5; ++session) crashreel_open(session);
    roll_over();
  });
  EXPECT_THAT(heads_of(read), ElementsAre("1:app inbound", "2:app inbound", "3:app inbound"));
  EXPECT_EQ(account(path).refused_heads, 2u);
}

TEST(Heads, OfSessionsThatEndedFirstMakeRoomFirst) {
  const RingPath path;
  const auto read = recorded(kept_options(path, 4 << 10), [] {  // 3 heads
    for (std::uint32_t session = 1; session <= 3; ++session) crashreel_open(session);
    crashreel_session_ended(3, 0);  // another process may have it
    crashreel_close(2);
    crashreel_close(1);
    crashreel_open(4);  // gets the place of 2
    roll_over(1);       // so 1 is in use in the tail
  });
  EXPECT_THAT(heads_of(read), ElementsAre("1:app inbound", "3:app inbound", "4:app inbound"));
  EXPECT_EQ(account(path).refused_heads, 0u);
}

TEST(Heads, OfStaleSessionsAreGivenAwayLastAndCounted) {
  const RingPath path;
  const auto read = recorded(kept_options(path, 4 << 10), [] {  // 3 heads
    for (std::uint32_t session = 1; session <= 3; ++session) crashreel_open(session);
    crashreel_session_ended(2, 0);
    record_text(2, "still open");
    crashreel_close(1);
    crashreel_open(4);
    crashreel_open(5);
    roll_over();
  });
  EXPECT_THAT(heads_of(read), ElementsAre("3:app inbound", "4:app inbound", "5:app inbound"));
  EXPECT_EQ(account(path).refused_heads, 1u);
}

TEST(Heads, GoOnInForkedChildren) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    crashreel_open(1);
    const int status = in_child([] {
      record_text(1, "by the child");
      crashreel_open(2);
      return 0;
    });
    CRASHREEL_CHECK(status == 0);
    roll_over();
  });
  EXPECT_THAT(heads_of(read), ElementsAre("1:app inbound", "1:by the child", "2:app inbound"));
}

// Whoever finds the head taken goes on: what is missing is counted, what is there is whole.
TEST(Heads, OfSessionsThatManyThreadsRecordAreWholeOrCounted) {
  constexpr std::uint32_t kThreads = 4, kEach = 3;
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    crashreel_open(1);
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < kThreads; ++t) {
      threads.emplace_back([t] {
        for (std::uint32_t i = 0; i < kEach; ++i) record_text(1, payload({t, i}, 20));
      });
    }
    for (auto& thread : threads) thread.join();
    roll_over();
  });
  std::vector<std::uint32_t> seen(kThreads, 0);
  std::uint64_t count = 0;
  for (const Input& input : read.reel.inputs) {
    if (input.place != Place::kHead || input.kind != InputKind::kData) continue;
    const auto label = read_payload(input.data);
    ASSERT_TRUE(label.has_value());
    EXPECT_THAT(label->number, Ge(seen[label->writer]));
    seen[label->writer] = label->number + 1;
    ++count;
  }
  EXPECT_THAT(count, Le(kThreads * kEach));
  EXPECT_EQ(account(path).heads_with_gaps, count == kThreads * kEach ? 0u : 1u);
  EXPECT_EQ(counted(read), 20000u + kThreads * kEach + 1);
}

void pin_text(const char* key, const std::string& text) {
  crashreel_pin(key, CRASHREEL_DATA, 5, text.data(), text.size());
}

TEST(Pins, KeepTheNewestOfEachKey) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    pin_text("schema", "one");
    pin_text("config", "a");
    pin_text("schema", "two");
    roll_over();
  });
  EXPECT_THAT(of_place(read.reel, Place::kPinned), ElementsAre("5:a", "5:two"));
  EXPECT_EQ(account(path).pins, 2u);
  EXPECT_EQ(account(path).missed_pins + account(path).refused_pins, 0u);
  EXPECT_EQ(counted(read), 20003u);
}

TEST(Pins, AreInputsLikeAnyOtherWhileTheyAreInTheTail) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    roll_over();
    pin_text("schema", "new");
  });
  EXPECT_THAT(of_place(read.reel, Place::kPinned), IsEmpty());
  EXPECT_EQ(read.reel.inputs.back().data, "new");
}

TEST(Pins, CountWhatHasNoRoom) {
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {  // 4 keys of less than 1 KiB
    pin_text("1", "kept");
    pin_text("1", std::string(1000, 'x'));
    for (const char* key : {"2", "3", "4", "5", "a key that has more than 32 bytes in it", ""}) {
      pin_text(key, key);
    }
    roll_over();
  });
  EXPECT_THAT(of_place(read.reel, Place::kPinned), ElementsAre("5:kept", "5:2", "5:3", "5:4"));
  EXPECT_EQ(account(path).missed_pins, 1u);
  EXPECT_EQ(account(path).refused_pins, 3u);
}

TEST(Pins, StayWholeWhenManyThreadsPinTheSameKey) {
  constexpr std::uint32_t kEach = 2000;
  const RingPath path;
  const auto read = recorded(kept_options(path), [] {
    std::vector<std::thread> threads;
    for (std::uint32_t t = 0; t < 4; ++t) {
      threads.emplace_back([t] {
        for (std::uint32_t i = 0; i < kEach; ++i) pin_text("key", payload({t, i}, 300));
      });
    }
    for (auto& thread : threads) thread.join();
    roll_over();
  });
  std::vector<std::string> pinned;
  for (const Input& input : read.reel.inputs) {
    if (input.place == Place::kPinned) pinned.push_back(input.data);
  }
  ASSERT_EQ(pinned.size(), 1u);
  EXPECT_TRUE(read_payload(pinned[0]).has_value());
  EXPECT_EQ(read.reel.loss.dropped_inputs, 0u);
}

TEST(Options, OfTheEnvironmentSayWhatIsKept) {
  const RingPath path;
  ::setenv("CRASHREEL_HEADS_BYTES", "0", 1);
  ::setenv("CRASHREEL_KEEP_AGE_MS", "90000", 1);
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  options.ring_path = path.c_str();
  options.ring_bytes = kSmallRing;
  const auto without = recorded(options, [] { crashreel_open(1); });
  ::unsetenv("CRASHREEL_HEADS_BYTES");
  ::unsetenv("CRASHREEL_KEEP_AGE_MS");
  EXPECT_EQ(head_bytes(path), 0u);
  EXPECT_EQ(RingImage::open(path.str())->super().keep_age_ns, 90'000'000'000u);

  const RingPath other;
  options.ring_path = other.c_str();
  const auto with = recorded(options, [] { crashreel_open(1); });
  EXPECT_EQ(head_bytes(other), 1024u);  // a small ring
  EXPECT_EQ(account(other).heads, 1u);
}

}  // namespace
}  // namespace crashreel
