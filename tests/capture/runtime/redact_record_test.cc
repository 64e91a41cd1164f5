// What rules and a program's hook name never reaches the ring, and the ring says what was masked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"
#include "tests/capture/runtime/redacted.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(Redact, SaysBehindAnInputWhatOfItWasMasked) {
  const RingPath path;
  const auto read = recorded(with_rules(path, "mask:after:\"AUTH \"\nhash:literal:bob"), [] {
    record_text(1, "AUTH secret\r\n");
    record_text(1, "GET a\r\n");
    record_text(2, "hi bob");
  });
  const auto inputs = told(read.reel);
  EXPECT_THAT(std::vector(inputs.begin(), inputs.begin() + 3),
              ElementsAre("data:AUTH xxxxxx\r\n", "masked:13 1:mask:5+6", "data:GET a\r\n"));
  EXPECT_THAT(inputs[3], testing::MatchesRegex("data:hi [a-p][a-p][a-p]"));
  EXPECT_EQ(inputs[4], "masked:6 2:hash:3+3");
  EXPECT_EQ(read.reel.inputs[1].session, 1u);
  EXPECT_EQ(read.reel.inputs[4].session, 2u);
}

// As input, note and opening; on the stack, on pages of its own, in many pieces, cut.
TEST(Redact, LeavesNoSecretInTheRingWhateverItsSize) {
  const RingPath path;
  const auto read = recorded(with_rules(path, "mask:literal:hunter2-is-secret"), [] {
    crashreel_note(kSecret, sizeof kSecret - 1);
    crashreel_pin("key", CRASHREEL_DATA, 9, kSecret, sizeof kSecret - 1);
    crashreel_record(CRASHREEL_OPEN, 1, kSecret, sizeof kSecret - 1);
    for (const std::size_t size : {0, 1000, 1024, 5000, 40000, 500000}) {
      record_text(1, kSecret + std::string(size, '.') + kSecret);
    }
  });
  EXPECT_THAT(file_text(path.str()), Not(HasSubstr(kSecret)));
  EXPECT_EQ(read.reel.inputs.size(), 18u);
  EXPECT_EQ(read.reel.inputs[10].data.size(), 1024 + 2 * 17u);
  EXPECT_EQ(read.reel.inputs[14].data.substr(0, 18), std::string(17, 'x') + ".");
  EXPECT_EQ(read.reel.inputs[14].data.substr(40017), std::string(17, 'x'));
}

TEST(Redact, KeepsWhatWasMaskedOfAPinnedInputAsLongAsThatOne) {
  const RingPath path;
  crashreel_options options = with_rules(path, "mask:after:\"AUTH \"\ndrop:literal:hunter2");
  options.pins_bytes = 8 << 10;
  options.pin_keys = 4;
  const auto read = recorded(options, [] {
    const auto pin = [](const char* key, const std::string& text) {
      crashreel_pin(key, CRASHREEL_DATA, 9, text.data(), text.size());
    };
    pin("log-in", "AUTH older and longer");
    pin("log-in", "AUTH secret");
    pin("key", "hunter2");
    pin("clear", "AUTH secret");
    pin("clear", "nothing");
    for (std::uint32_t i = 0; i < 20000; ++i) record_text(5, payload({5, i}, 40));
  });
  Reel pinned;
  for (const Input& input : read.reel.inputs) {
    if (input.place == Place::kPinned) pinned.inputs.push_back(input);
  }
  EXPECT_THAT(told(pinned), ElementsAre("data:AUTH xxxxxx", "masked:11 1:mask:5+6",
                                        "data:", "masked:7 2:drop:0+7", "data:nothing"));
}

// Some inputs of any sizes, of which some are masked; and then what rolls the ring over.
void record_some_masked(std::uint32_t seed) {
  std::mt19937 random(seed);
  crashreel_open(1);
  for (int i = 0; i < 12; ++i) {
    const std::string clear(random() % 300, '.');
    record_text(1, random() % 3 != 0 ? "hunter2" + clear : clear);
  }
  for (int i = 0; i < 1500; ++i) record_text(2, std::string(100, '.'));
}

// What a head shows of a masked input, it shows to be masked, wherever it became full.
TEST(Redact, SaysOfEveryInputInAHeadWhatOfItWasMasked) {
  std::uint64_t full = 0;
  for (std::uint32_t seed = 0; seed < 18; ++seed) {
    const RingPath path;
    crashreel_options options = with_rules(path, "mask:literal:hunter2");
    options.ring_bytes = 128 << 10;
    options.heads_bytes = 8 << 10;
    options.head_bytes = (1 + seed % 3) << 10;
    const auto read = recorded(options, [&] { record_some_masked(seed); });
    std::vector<std::string> head;
    for (const Input& input : read.reel.inputs) {
      if (input.place != Place::kHead) continue;
      const bool says = input.kind == InputKind::kMasked;
      head.push_back(says ? "says" : input.data.starts_with("xxxxxxx") ? "masked" : "clear");
    }
    ASSERT_GT(head.size(), 2u) << "seed " << seed;
    full += read.reel.keeping.heads_full;
    for (std::size_t i = 0; i < head.size(); ++i) {
      const bool said = i + 1 < head.size() && head[i + 1] == "says";
      EXPECT_EQ(said, head[i] == "masked") << "seed " << seed << ", input " << i;
    }
  }
  EXPECT_GT(full, 8u);
}

TEST(Redact, LeavesOutAWholePayloadAndKeepsItsLength) {
  const RingPath path;
  const auto read = recorded(with_rules(path, "drop:literal:hunter2-is-secret"), [] {
    record_text(1, std::string("a lot and ") + kSecret);
    record_text(1, "b");
  });
  EXPECT_THAT(told(read.reel), ElementsAre("data:", "masked:27 1:drop:0+27", "data:b"));
}

// Masks the digits, and hashes all behind '#'; hides what begins with '!', drops what has a '*'.
std::size_t digits_and_names(void* context, std::uint32_t, std::uint32_t, const void* bytes,
                             std::size_t size, crashreel_range* ranges, std::size_t most) {
  ++*static_cast<int*>(context);
  const auto* text = static_cast<const char*>(bytes);
  std::size_t count = 0;
  if (text[0] == '!') return most + 1;
  for (std::size_t i = 0; i < size && count < most; ++i) {
    if (text[i] >= '0' && text[i] <= '9') ranges[count++] = {i, 1, CRASHREEL_MASK};
    if (text[i] == '*') ranges[count++] = {i, 1, CRASHREEL_DROP};
    if (text[i] == '#') {
      ranges[count++] = {i + 1, ~std::size_t{0}, CRASHREEL_HASH};
      break;
    }
  }
  return count;
}

TEST(Redact, AsksTheProgramsHook) {
  static int asked = 0;
  const RingPath path;
  crashreel_options options = options_for(path);
  options.redact = digits_and_names;
  options.redact_context = &asked;
  const auto read = recorded(options, [] {
    record_text(1, "a1b2");
    record_text(1, "id#bob");
    record_text(1, "!all of it");
    record_text(1, "7 * 6");
    record_text(1, "*");
    record_text(1, "clear");
    crashreel_close(1);
    if (asked != 6) ::abort();
  });
  auto inputs = told(read.reel);
  EXPECT_THAT(inputs[2], testing::MatchesRegex("data:id#[a-p][a-p][a-p]"));
  inputs.erase(inputs.begin() + 2);
  EXPECT_THAT(inputs, ElementsAre("data:axbx", "masked:4 0:mask:1+1 0:mask:3+1",
                                  "masked:6 0:hash:3+3", "data:xxxxxxxxxx", "masked:10 0:mask:0+10",
                                  "data:", "masked:5 0:drop:0+5", "data:", "masked:1 0:drop:0+1",
                                  "data:clear", "close:"));
}

TEST(Redact, AppliesToFilesAndEnvironmentToo) {
  const RingPath path;
  const char rules[] = "mask:after:\"requirepass \"\ndrop:literal:hunter2-is-secret";
  ::setenv("LC_TEST", kSecret, 1);
  const auto read = recorded(with_rules(path, rules), [] {
    crashreel_add_file("a.conf", 0600, "port 1\nrequirepass abc\n", 23);
    crashreel_add_file("b.conf", 0600, kSecret, sizeof kSecret - 1);
    crashreel_add_file("c.conf", 0600, "port 2\n", 7);
  });
  ::unsetenv("LC_TEST");
  EXPECT_THAT(file_text(path.str()), Not(HasSubstr(kSecret)));
  EXPECT_THAT(read.reel.program.env, testing::Contains("xxxxxxxxxxxxxxxxxxxxxxxxx"));
  std::vector<std::string> files;
  for (const ReelFile& file : read.reel.files) files.push_back(file.bytes);
  EXPECT_THAT(files, ElementsAre("port 1\nrequirepass xxx\n", std::string(17, 'x'), "port 2\n"));
}

TEST(Redact, TakesItsRulesFromTheEnvironmentWhereTheProgramHasNone) {
  const RingPath path;
  crashreel_options options = options_for(path);
  ::setenv("CRASHREEL_REDACT", "mask:literal:hunter2-is-secret", 1);
  const auto read = recorded(options, [] { record_text(1, kSecret); });
  ::unsetenv("CRASHREEL_REDACT");
  EXPECT_EQ(read.reel.inputs[0].data, std::string(17, 'x'));
}

TEST(Redact, HashesAlikeInTwoRunsOnlyUnderOneKey) {
  const auto letters = [](const char* key) {
    const RingPath path;
    crashreel_options options = with_rules(path, "hash:literal:hunter2-is-secret");
    options.redact_key = key;
    return recorded(options, [] { record_text(1, kSecret); }).reel.inputs[0].data;
  };
  EXPECT_EQ(letters("key"), letters("key"));
  EXPECT_NE(letters("key"), letters("another"));
  EXPECT_NE(letters(nullptr), letters(nullptr));
}

TEST(Redact, RecordsNothingUnderRulesThatCanNotBeRead) {
  const RingPath path;
  const crashreel_options options = with_rules(path, "mask:word:x");
  const int status = in_child([&] { return crashreel_start(&options); });
  EXPECT_EQ(WEXITSTATUS(status), EINVAL);
  EXPECT_FALSE(path.exists());
  char text[200];
  EXPECT_EQ(crashreel_check_rules(options.redact_rules, text, sizeof text), EINVAL);
  EXPECT_THAT(text, HasSubstr("redaction rule in line 1, column 6: write literal:"));
  EXPECT_EQ(crashreel_check_rules("mask:literal:x", text, sizeof text), 0);
}

TEST(Redact, LeavesErrnoAlone) {
  const RingPath path;
  recorded(with_rules(path, "mask:literal:hunter2-is-secret"), [] {
    errno = EDOM;
    record_text(1, kSecret + std::string(100000, ' '));
    if (errno != EDOM) ::abort();
  });
}

// Killed anywhere, also in the middle of a copy.
TEST(Redact, LeavesNoSecretInTheRingWhenItsWriterIsKilled) {
  for (int run = 0; run < 20; ++run) {
    const RingPath path;
    const crashreel_options options = with_rules(path, "mask:literal:hunter2-is-secret");
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (crashreel_start(&options) != 0) ::_exit(1);
      const std::string payload =
          kSecret + std::string(static_cast<std::size_t>(run) * 500, '.') + kSecret;
      for (int i = 0;; ++i) {
        record_text(1, payload);
        if (i == 200 && ::write(ends[1], "", 1) != 1) ::_exit(1);
      }
    }
    char byte = 0;
    EXPECT_EQ(::read(ends[0], &byte, 1), 1);
    ::kill(child, SIGKILL);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    ::close(ends[0]);
    ::close(ends[1]);
    const std::string text = file_text(path.str());
    EXPECT_THAT(text, HasSubstr("xxxxxxxxxxxxxxxxx"));
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace crashreel
