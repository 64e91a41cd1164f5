// Which crashes are laid into one bucket? By examples, and by figures over a labelled set.
#include "corpus/buckets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <sstream>

#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

// "SIGSEGV p/1+10:f p/1+20:g": frames as module, build, offset and name.
SeedFacts crash(const std::string& text) {
  std::istringstream words(text);
  SeedFacts facts;
  words >> facts.signature.kind;
  for (std::string word; words >> word;) {
    const std::size_t slash = word.find('/'), plus = word.find('+'), colon = word.find(':');
    Frame frame{word.substr(0, slash), word.substr(slash + 1, plus - slash - 1),
                std::stoull(word.substr(plus + 1)), ""};
    if (colon != std::string::npos) frame.symbol = word.substr(colon + 1);
    facts.signature.frames.push_back(frame);
  }
  return facts;
}

// The sizes of the buckets, largest first.
std::vector<std::size_t> sizes_of(std::vector<SeedFacts> crashes) {
  for (std::size_t i = 0; i < crashes.size(); ++i)
    if (crashes[i].name.empty()) crashes[i].name = std::to_string(i);
  std::vector<std::size_t> sizes;
  for (const Bucket& bucket : buckets_of(crashes)) sizes.push_back(bucket.members.size());
  return sizes;
}

using Sizes = std::vector<std::size_t>;

TEST(Buckets, HoldTheSameBugOfTwoMachinesTogether) {
  EXPECT_EQ(sizes_of({crash("SIGSEGV p/1+10:f p/1+20:g p/1+30:h p/1+40:x"),
                      crash("SIGSEGV p/2+15:f p/2+25:g p/2+35:h p/2+45:y")}),
            Sizes({2}));
}

TEST(Buckets, KeepTwoBugsThatShareAFrameApart) {
  EXPECT_EQ(sizes_of({crash("SIGSEGV p/1+10:copy p/1+20:g p/1+30:h"),
                      crash("SIGSEGV p/1+10:copy p/1+50:k p/1+30:h")}),
            Sizes({1, 1}));
  EXPECT_EQ(sizes_of({crash("SIGSEGV p/1+10:copy p/1+20:g p/1+30:h"),
                      crash("SIGSEGV p/2+11:copy p/2+51:k p/2+31:h")}),
            Sizes({1, 1}));
}

TEST(Buckets, KeepKindsApart) {
  EXPECT_EQ(sizes_of({crash("SIGSEGV p/1+10:f"), crash("SIGABRT p/1+10:f")}), Sizes({1, 1}));
}

TEST(Buckets, LookPastTheSystemsOwnFrames) {
  EXPECT_EQ(sizes_of({crash("SIGABRT libc.so.6/a+1:raise libc.so.6/a+2:abort p/1+10:f p/1+20:g"),
                      crash("SIGABRT libc.so.6/b+3:kill p/1+10:f p/1+20:g")}),
            Sizes({2}));
  EXPECT_EQ(sizes_of({crash("SIGABRT libc.so.6/a+1:raise libc.so.6/a+2:abort p/1+10:f p/1+20:g"),
                      crash("SIGABRT libc.so.6/a+1:raise libc.so.6/a+2:abort p/1+50:k p/1+60:l")}),
            Sizes({1, 1}));
}

TEST(Buckets, TellTwoPlacesOfOneFunctionApartWithinABuild) {
  const SeedFacts one = crash("SIGSEGV p/1+10:f p/1+20:g");
  const SeedFacts two = crash("SIGSEGV p/1+12:f p/1+20:g");
  const SeedFacts elsewhere = crash("SIGSEGV p/2+17:f p/2+27:g");
  EXPECT_EQ(sizes_of({one, two}), Sizes({1, 1}));
  EXPECT_EQ(sizes_of({one, elsewhere}), Sizes({2}));
  // Which of the two the other build's is, its names do not tell.
  EXPECT_EQ(sizes_of({one, two, elsewhere}), Sizes({1, 1, 1}));
}

TEST(Buckets, TellStrippedProgramsApartByPlaces) {
  EXPECT_EQ(sizes_of({crash("SIGSEGV p/1+10 p/1+20 p/1+30 p/1+40"),
                      crash("SIGSEGV p/1+10 p/1+20 p/1+30 p/1+50"),
                      crash("SIGSEGV p/2+10 p/2+20 p/2+30 p/2+40")}),
            Sizes({2, 1}));
}

TEST(Buckets, KnowARecursionByItsFunctionsInAnyOrder) {
  EXPECT_EQ(sizes_of({crash("SIGSEGV(stack_overflow) p/1+10:f"), SeedFacts{}}), Sizes({1}));
  SeedFacts one = crash("- p/1+10:f p/1+20:g"), other = crash("- p/2+21:g p/2+11:f p/2+31:f");
  one.signature.kind = other.signature.kind = "SIGSEGV (stack overflow)";
  EXPECT_EQ(sizes_of({one, other}), Sizes({2}));
}

TEST(Buckets, HaveOneForEachProgramWhereNoStackIsKnown) {
  SeedFacts one = crash("SIGKILL"), same = one, other = one;
  one.executable = "/usr/bin/a";
  same.executable = "/opt/a";
  other.executable = "/usr/bin/b";
  EXPECT_EQ(sizes_of({one, same, other}), Sizes({2, 1}));
}

TEST(Buckets, PutTheSmallestOnTopAndTheRemovedLast) {
  std::vector<SeedFacts> crashes(4, crash("SIGSEGV p/1+10:f"));
  const auto set = [&](std::size_t i, const char* name, std::uint64_t inputs, std::uint64_t bytes) {
    crashes[i].name = name;
    crashes[i].inputs = inputs;
    crashes[i].bytes = bytes;
  };
  set(0, "a", 4, 10);
  set(1, "b", 3, 90);
  set(2, "c", 3, 80);
  set(3, "d", 1, 1);
  crashes[3].removed = true;
  const std::vector<Bucket> buckets = buckets_of(crashes);
  ASSERT_EQ(buckets.size(), 1u);
  EXPECT_THAT(buckets[0].members, testing::ElementsAre(2, 1, 0, 3));
  EXPECT_EQ(buckets[0].removed, 1u);
}

struct Labelled {
  std::vector<SeedFacts> crashes;
  std::vector<std::string> bugs;
  std::size_t of_distributions = 0;  // binaries that we did not build
};

Labelled labelled_set() {
  Labelled set;
  const std::string text = file_bytes(CRASHREEL_SOURCE_DIR "/tests/corpus/labelled/crashes.jsonl");
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const ReadIndex index = parse_index(line);
    CRASHREEL_CHECK(index.seeds.size() == 1);
    set.crashes.push_back(index.seeds.begin()->second);
    const std::size_t label = line.find("\"bug\":\"") + 7;
    set.bugs.push_back(line.substr(label, line.find('"', label) - label));
    set.of_distributions += set.bugs.back().starts_with("buggy-") ? 0 : 1;
  }
  return set;
}

TEST(Buckets, AgreeWithTheLabelledSet) {
  const Labelled set = labelled_set();
  ASSERT_GE(set.crashes.size(), 60u);
  ASSERT_GE(3 * set.of_distributions, set.crashes.size());
  std::vector<std::size_t> bucket_of(set.crashes.size());
  const std::vector<Bucket> buckets = buckets_of(set.crashes);
  for (std::size_t b = 0; b < buckets.size(); ++b)
    for (const std::size_t at : buckets[b].members) bucket_of[at] = b;
  double both = 0, same_bucket = 0, same_bug = 0;
  for (std::size_t i = 0; i < set.crashes.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool bug = set.bugs[i] == set.bugs[j];
      const bool bucket = bucket_of[i] == bucket_of[j];
      both += bug && bucket;
      same_bug += bug;
      same_bucket += bucket;
      if (bug != bucket)
        std::printf("%s: %s and %s (%zu, %zu)\n", bucket ? "wrongly together" : "wrongly apart",
                    set.bugs[i].c_str(), set.bugs[j].c_str(), i + 1, j + 1);
    }
  }
  const double precision = both / same_bucket, recall = both / same_bug;
  std::printf(
      "%zu crashes, %zu of them of distributions' binaries, in %zu buckets; pairwise "
      "precision %.3f, recall %.3f\n",
      set.crashes.size(), set.of_distributions, buckets.size(), precision, recall);
  EXPECT_GE(precision, 0.95);
  EXPECT_GE(recall, 0.95);
}

}  // namespace
}  // namespace crashreel
