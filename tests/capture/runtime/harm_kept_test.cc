// Do no harm to what is kept beside the tail: whoever ends while it has a head or a pin leaves it
// to the others.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/mman.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "capture/reel/ring_copies.h"
#include "capture/runtime/ring_kept.h"
#include "tests/capture/runtime/harm.h"

namespace crashreel {
namespace {

using testing::ElementsAre;

// 3 heads: after 3 that nobody gives back there would be none.
crashreel_options few_heads(const RingPath& path) {
  crashreel_options options = usual_options(path);
  options.prelude_bytes = 0;
  options.heads_bytes = 4 << 10;
  options.head_bytes = 1 << 10;
  options.pin_keys = 1;
  return options;
}

struct Busy {
  std::uint64_t rounds = 0;  // changed by builtins, for it may be shared
  std::uint32_t session = 0;
};

// Has nothing to destroy, for it is ended anywhere.
[[noreturn]] void open_and_pin_for_ever(Busy& busy) {
  for (;;) {
    crashreel_open(busy.session);
    crashreel_data(busy.session, "auth", 4);
    crashreel_pin("key", CRASHREEL_NOTE, CRASHREEL_NO_SESSION, "before", 6);
    crashreel_close(busy.session);
    __atomic_add_fetch(&busy.rounds, 1, __ATOMIC_SEQ_CST);
  }
}

void wait_for_rounds(const Busy& busy, std::uint64_t more) {
  const std::uint64_t before = __atomic_load_n(&busy.rounds, __ATOMIC_SEQ_CST);
  while (__atomic_load_n(&busy.rounds, __ATOMIC_SEQ_CST) < before + more) {
    std::this_thread::yield();
  }
}

void record_the_last() {
  for (std::uint32_t session = 1000; session < 1003; ++session) crashreel_open(session);
  crashreel_pin("key", CRASHREEL_NOTE, CRASHREEL_NO_SESSION, "after", 5);
  for (int i = 0; i < 5000; ++i) record_text(999, std::string(100, 'x'));
}

void expect_all_given_back(const ReadReel& read, const RingPath& path) {
  std::vector<std::string> kept;
  for (const Input& input : read.reel.inputs) {
    if (input.place == Place::kHead) kept.push_back(std::to_string(input.session));
    if (input.place == Place::kPinned) kept.push_back(input.data);
  }
  EXPECT_THAT(kept, ElementsAre("1000", "1001", "1002", "after"));
  EXPECT_EQ(read_copies(*RingImage::open(path.str())).refused_heads, 0u);
}

TEST(NoHarm, AThreadThatIsCancelledGivesBackItsHeadAndItsPin) {
  if (kSanitized) GTEST_SKIP() << "the sanitizer's own runtime does not survive a cancelled thread";
  const RingPath path;
  const auto read = recorded(few_heads(path), [] {
    Busy busy;
    for (; busy.session < 120; ++busy.session) {
      pthread_t thread = {};
      const auto work = [](void* its) -> void* {
        ::pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
        open_and_pin_for_ever(*static_cast<Busy*>(its));
      };
      CRASHREEL_CHECK(::pthread_create(&thread, nullptr, work, &busy) == 0);
      wait_for_rounds(busy, 3 + busy.session % 7);
      ::pthread_cancel(thread);
      ::pthread_join(thread, nullptr);
      crashreel_close(busy.session);
    }
    record_the_last();
  });
  expect_all_given_back(read, path);
}

TEST(NoHarm, AProcessThatIsKilledLeavesItsHeadAndItsPinToTheOthers) {
  const RingPath path;
  auto* busy = shared<Busy>();
  const auto read = recorded(few_heads(path), [&] {
    for (; busy->session < 50; ++busy->session) {
      const pid_t child = ::fork();
      if (child == 0) open_and_pin_for_ever(*busy);
      wait_for_rounds(*busy, 3 + busy->session % 7);
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      crashreel_session_ended(busy->session, 1);
    }
    record_the_last();
  });
  expect_all_given_back(read, path);
}

// In the ring itself, as if a thread were inside a pin.
void hold_first_pin(const RingPath& path, std::uint32_t tid) {
  const std::uint64_t at = RingImage::open(path.str())->super().pins.offset +
                           sizeof(ring::PinsHeader) + offsetof(ring::PinHeader, lock);
  std::fstream(path.str(), std::ios::in | std::ios::out | std::ios::binary)
      .seekp(static_cast<std::streamoff>(at))
      .write(reinterpret_cast<const char*>(&tid), sizeof tid);
}

TEST(NoHarm, APinIsTakenFromThoseAloneThatAreNoMore) {
  const RingPath path;
  const auto read = recorded(few_heads(path), [&] {
    const auto pin = [](const char* text) {
      crashreel_pin("key", CRASHREEL_NOTE, CRASHREEL_NO_SESSION, text, 1);
    };
    const auto child = ::fork();
    if (child == 0) pin("1"), ::_exit(0);
    ::waitpid(child, nullptr, 0);
    hold_first_pin(path, static_cast<std::uint32_t>(::getppid()));  // who lives
    pin("2");
    CRASHREEL_CHECK(read_copies(*RingImage::open(path.str())).missed_pins == 1);
    hold_first_pin(path, static_cast<std::uint32_t>(child));
    pin("3");
    for (int i = 0; i < 5000; ++i) record_text(999, std::string(100, 'x'));
  });
  EXPECT_EQ(read.reel.inputs.at(0).data, "3");
  EXPECT_EQ(read_copies(*RingImage::open(path.str())).missed_pins, 1u);
}

}  // namespace
}  // namespace crashreel
