// Which crashes are the same, and what is a signature made of?
#include "harness/signature.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <memory>
#include <ostream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "harness/likeness.h"
#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using enum Likeness;
constexpr char kOverflow[] = "SIGSEGV (stack overflow)";

// "a+1 b+2:name c/build+3": modules with offsets, a build id and a name where they are said;
// "f%g" is f() inlined into g().
Signature stack(const std::string& kind, const std::string& text) {
  Signature signature = {kind, {}};
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    Frame frame;
    const std::size_t colon = word.find(':');
    if (colon != std::string::npos) frame.symbol = word.substr(colon + 1);
    const std::size_t inlined = frame.symbol.find('%');
    if (inlined != std::string::npos) frame.symbol.replace(inlined, 1, " < ");
    word = word.substr(0, colon);
    const std::size_t plus = word.find('+');
    frame.offset = std::stoul(word.substr(plus + 1), nullptr, 16);
    word = word.substr(0, plus);
    const std::size_t slash = word.find('/');
    if (slash != std::string::npos) frame.build_id = word.substr(slash + 1);
    frame.module = word.substr(0, slash);
    signature.frames.push_back(frame);
  }
  return signature;
}

struct Pair {
  const char* name;
  Signature expected;
  Signature seen;
  Likeness likeness;
  const char* reason;  // a part of it

  friend void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.name; }
};

class Compare : public testing::TestWithParam<Pair> {};

TEST_P(Compare, SaysWhetherAndWhy) {
  const Pair& pair = GetParam();
  const Comparison result = compare(pair.expected, pair.seen);
  EXPECT_STREQ(name_of(result.likeness), name_of(pair.likeness)) << result.reason;
  EXPECT_THAT(result.reason, HasSubstr(pair.reason));
}

const Pair kPairs[] = {
    {"TheSame", stack("SIGSEGV", "p+1 p+2"), stack("SIGSEGV", "p+1 p+2"), kSame, "same 2 frames"},
    {"AnotherKind", stack("SIGSEGV", "p+1"), stack("SIGABRT", "p+1"), kDifferent,
     "it is SIGABRT, not SIGSEGV"},
    {"OverflowIsAnotherKind", stack("SIGSEGV", "p+1"), stack(kOverflow, "p+1"), kDifferent,
     "stack overflow"},
    {"Frame0Differs", stack("SIGSEGV", "p+1 p+2"), stack("SIGSEGV", "p+9 p+2"), kDifferent,
     "frame 0 is p+0x9, not p+0x1"},
    {"Frame4Differs", stack("SIGSEGV", "p+1 p+2 p+3 p+4 p+5"),
     stack("SIGSEGV", "p+1 p+2 p+3 p+4 p+6"), kDifferent, "frame 4 is p+0x6, not p+0x5"},
    {"DeeperFramesDiffer", stack("SIGSEGV", "p+1 p+2 p+3 p+4 p+5 p+6"),
     stack("SIGSEGV", "p+1 p+2 p+3 p+4 p+5 p+7 p+8"), kSame, "same 5 frames"},
    {"AnotherModule", stack("SIGSEGV", "p+1"), stack("SIGSEGV", "q+1"), kDifferent,
     "frame 0 is q+0x1"},
    {"EndsEarly", stack("SIGSEGV", "p+1 p+2"), stack("SIGSEGV", "p+1"), kDifferent, "ends early"},
    {"GoesOn", stack("SIGSEGV", "p+1"), stack("SIGSEGV", "p+1 p+2"), kSame, "same 1 frames"},
    {"NoStackIsKnown", stack("SIGKILL", ""), stack("SIGKILL", ""), kSame, "no stack is known"},
    {"ProductionKnewNoStack", stack("SIGSEGV", ""), stack("SIGSEGV", "p+1"), kSame,
     "no stack is known"},
    {"NoFileAtThisAddress", stack("SIGSEGV", "+7f01 p+2"), stack("SIGSEGV", "+7f99 p+2"), kSame,
     "same 2 frames"},
    {"NoFileAtThisAddressButAnotherCaller", stack("SIGSEGV", "+7f01 p+2"),
     stack("SIGSEGV", "+7f99 p+3"), kDifferent, "frame 1"},
    {"AnotherBuildWithTheSameNames", stack("SIGSEGV", "p/1+1:f p/1+2:g p/1+3:h p/1+4:i"),
     stack("SIGSEGV", "p/2+5:f p/2+6:g p/2+7:h p/2+8:j"), kSame, "another build"},
    {"AnotherBuildWithAnotherName", stack("SIGSEGV", "p/1+1:f p/1+2:g p/1+3:h"),
     stack("SIGSEGV", "p/2+5:f p/2+6:k p/2+7:h"), kSimilar, "may have inlined"},
    {"AnotherBuildInAnotherFunction", stack("SIGSEGV", "p/1+1:f p/1+2:g p/1+3:h"),
     stack("SIGSEGV", "p/2+5:k p/2+6:g p/2+7:h"), kDifferent, "frame 0 has no name in common"},
    {"AnotherBuildInlinesTheCallee", stack("SIGSEGV", "p/1+1:f p/1+2:g p/1+3:h"),
     stack("SIGSEGV", "p/2+5:f%g p/2+6:h"), kSame, "another build"},
    {"AnotherBuildInlinesAndDoesNotSay", stack("SIGSEGV", "p/1+1:f p/1+2:g p/1+3:h"),
     stack("SIGSEGV", "p/2+5:g p/2+6:h"), kSimilar, "may have inlined"},
    {"OneBuildDoesNotInlineNowAndThen", stack("SIGSEGV", "p/1+1:f p/1+2:g p/1+3:h"),
     stack("SIGSEGV", "p/1+5:g p/1+6:h"), kDifferent, "frame 0"},
    {"AnotherSignalInTheSameFunctions", stack("SIGSEGV", "p+1:f p+2:g"),
     stack("SIGBUS", "p+1:f p+2:g"), kSimilar, "it is SIGBUS, not SIGSEGV, but in the same"},
    {"AnotherSignalWithoutNames", stack("SIGSEGV", "p+1 p+2"), stack("SIGBUS", "p+1 p+2"),
     kDifferent, "it is SIGBUS"},
    {"AnotherPlaceInTheSameFunctions", stack("SIGSEGV", "p+1:f p+2:g"),
     stack("SIGSEGV", "p+9:f p+2:g"), kSimilar, "another place in them"},
    {"OnlyMainInCommon", stack("SIGABRT", "libc.so.6+1:abort p+1:f p+3:main"),
     stack("SIGABRT", "libc.so.6+1:abort p+2:g p+3:main"), kDifferent, "frame 1"},
    {"ABrokenHeapSeenBySomebodyElse",
     stack("SIGABRT", "libc.so.6+1:abort libc.so.6+2:free p+2:serve p+3:main"),
     stack("SIGSEGV", "p+4:take p+5:serve p+3:main"), kSimilar, "both come from serve"},
    {"AHeapThatNobodyShares",
     stack("SIGABRT", "libc.so.6+1:abort libc.so.6+2:free p+1:drop p+3:main"),
     stack("SIGSEGV", "p+4:take p+3:main"), kDifferent, "it is SIGSEGV"},
    {"ATemplateOfOtherArguments", stack("SIGSEGV", "p/1+1:ns::f<int> p/1+2:g"),
     stack("SIGSEGV", "p/2+1:ns::f<unsigned,A<B>> p/2+2:g"), kSame, "another build"},
    {"ADeeperRecursion", stack("SIGSEGV", "p+1 p+2 p+2 p+2 p+2 p+2 p+3"),
     stack("SIGSEGV", "p+1 p+2 p+2 p+3"), kSame, "same 3 frames"},
    {"AnotherRecursionThroughOneOfItsCalls", stack(kOverflow, "p+1:a p+2:b"),
     stack(kOverflow, "p+1:a p+9:c"), kSimilar, "also through a"},
    {"AMemoryLimit", stack("memory limit", ""), stack("SIGKILL", ""), kDifferent, "it is SIGKILL"},
    {"AnotherBuildWithoutNames", stack("SIGSEGV", "p/1+1"), stack("SIGSEGV", "p/2+1"), kDifferent,
     "frame 0 has no name in common"},
    {"AnotherBuildOfALibraryAlone", stack("SIGSEGV", "p/1+1:f l/1+2:g"),
     stack("SIGSEGV", "p/1+1:f l/2+3:g"), kSame, "another build"},
    {"TwoFilesOfOneName", stack("SIGSEGV", "p/1+1 p/2+2"), stack("SIGSEGV", "p/1+1 p/2+2"), kSame,
     "same 2 frames"},
    {"TheSameRecursion", stack(kOverflow, "p+1 p+2"), stack(kOverflow, "p+1 p+2"), kSame,
     "same 2 frames"},
    {"ARecursionWithFewerCalls", stack(kOverflow, "p+1 p+2"), stack(kOverflow, "p+1"), kDifferent,
     "goes through other calls"},
    {"ARecursionThroughOtherCalls", stack(kOverflow, "p+1 p+2 p+3 p+4 p+5 p+6"),
     stack(kOverflow, "p+1 p+2 p+3 p+4 p+5 p+7"), kDifferent, "frame 5"},
};

INSTANTIATE_TEST_SUITE_P(Of, Compare, testing::ValuesIn(kPairs),
                         [](const auto& pair) { return std::string(pair.param.name); });

TEST(Describe, NamesFunctionsWhereTheyAreKnown) {
  const Signature signature = stack("SIGSEGV", "p+1f:call p+2 +3 p+4");
  EXPECT_EQ(describe(signature), "SIGSEGV in call < p+0x2 < 0x3");
  EXPECT_EQ(describe(signature, 1), "SIGSEGV in call");
  EXPECT_EQ(describe(stack("SIGKILL", "")), "SIGKILL");
  EXPECT_EQ(describe(Signature{}), "no crash");
}

TEST(SignalName, IsThatOfTheSystem) {
  EXPECT_EQ(signal_name(SIGSEGV), "SIGSEGV");
  EXPECT_EQ(signal_name(SIGABRT), "SIGABRT");
  for (const int unnamed : {0, -1, 77, INT32_MAX, INT32_MIN}) {
    EXPECT_EQ(signal_name(unnamed), "signal " + std::to_string(unnamed));
  }
}

// What the player would have written; big, so on the heap.
std::unique_ptr<ScriptCrash> crash_with(const std::string& maps,
                                        const std::vector<std::uint64_t>& frames) {
  auto crash = std::make_unique<ScriptCrash>();
  std::memset(static_cast<void*>(crash.get()), 0, sizeof *crash);
  crash->signal = SIGSEGV;
  std::memcpy(crash->maps, maps.data(), maps.size());
  crash->maps_size = static_cast<std::uint32_t>(maps.size());
  for (std::size_t i = 0; i < frames.size(); ++i) crash->frames[i] = frames[i];
  crash->frame_count = static_cast<std::uint32_t>(frames.size());
  return crash;
}

TEST(SignatureOf, ReturnAddressesBelongToTheCallBeforeThem) {
  const auto crash =
      crash_with("1000-9000 r-xp 00000000 00:00 0    /no/such/file\n", {0x1010, 0x1020, 0x1030});
  const auto signature = signature_of(*crash, "/no/such/program", "program");
  EXPECT_EQ(describe(signature), "SIGSEGV in file+0x10 < file+0x1f < file+0x2f");
}

TEST(SignatureOf, TheProgramsOwnFramesHaveTheNameItWasStartedUnder) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const auto crash = crash_with("1000-9000 r-xp 00000000 00:00 0    " + self + "\n", {0x1010});
  const auto signature = signature_of(*crash, self, "/usr/bin/alias");
  EXPECT_EQ(signature.frames.at(0).module, "alias");
  EXPECT_THAT(signature.frames.at(0).build_id, testing::Not(IsEmpty()));
  EXPECT_EQ(file_of(signature.frames.at(0)), self);
}

TEST(SignatureOf, MapsThatWereCutOffCountAsFarAsTheyAreWhole) {
  const auto crash = crash_with(
      "1000-2000 r-xp 00000000 00:00 0    /a\n"
      "2000-3000 r-xp 00000000 00:00 0    /bcdef",
      {0x1010, 0x2011});
  EXPECT_EQ(describe(signature_of(*crash, "/p", "p")), "SIGSEGV in a+0x10 < 0x2010");
}

TEST(SignatureOf, APipeAmongTheMappedFilesIsNotWaitedFor) {
  const Folder folder;
  const std::string pipe = folder / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  auto crash = crash_with("1000-9000 r-xp 00000000 00:00 0    " + pipe + "\n", {0x1010, 0x2020});
  crash->stack_size = 64;
  for (int i = 0; i < 8; ++i) std::memcpy(crash->stack + 8 * i, &crash->frames[1], 8);
  EXPECT_EQ(describe(signature_of(*crash, "/p", "p")), "SIGSEGV in pipe+0x10 < pipe+0x101f");
}

// Whatever stands in the memory that a dead program shared with us.
TEST(SignatureOf, AnyMemoryAtAllIsASignature) {
  auto crash = std::make_unique<ScriptCrash>();
  for (const int byte : {0x00, 0x7f, 0x80, 0xff}) {
    std::memset(static_cast<void*>(crash.get()), byte, sizeof *crash);
    const auto signature = signature_of(*crash, "/p", "p");
    EXPECT_LE(signature.frames.size(), kMaxCrashFrames);
  }
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    auto* words = reinterpret_cast<std::uint64_t*>(crash.get());
    for (std::size_t i = 0; i < sizeof *crash / 8; ++i) words[i] = random();
    EXPECT_LE(signature_of(*crash, "/p", "p").frames.size(), kMaxCrashFrames);
  }
}

TEST(SignatureOf, LinesOfMapsThatAreNoneAreLeftOut) {
  for (const std::string line :
       {"\n", "-\n", "1000\n", "1000-\n", "1000-9000\n", "1000-9000 r-xp\n",
        "9000-1000 r-xp 0 /a\n", "zz-9000 r-xp 0 0 0 /a\n", "1000-9000 r-xp zz /a\n",
        "11111111111111111111-22222222222222222222 r-xp 0 0 0 /a\n"}) {
    const auto crash = crash_with(line, {0x1010});
    EXPECT_EQ(describe(signature_of(*crash, "/p", "p")), "SIGSEGV in 0x1010") << line;
  }
}

}  // namespace
}  // namespace crashreel
