// Are the pages there that the loader is about to write, when the player is loaded? Seen from
// outside, by strace: what is asked of the kernel, and that it was done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Ge;
using testing::IsEmpty;
using testing::Lt;

constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kTablePages = 100;  // of relocated.cc
constexpr int kPopulateWrite = 23;

bool kernel_populates() {
  void* page =
      ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool populates = ::madvise(page, kPageBytes, kPopulateWrite) == 0;
  ::munmap(page, kPageBytes);
  return populates;
}

// The pages of each stretch that was brought in before the program, or what this loads into it,
// ran.
std::vector<std::size_t> brought_in(const std::string& program, const std::string& preload) {
  const Folder folder;
  const std::string log = folder / "calls";
  const std::string command =
      "strace -qq -e trace=madvise -o " + log + " -E 'LD_PRELOAD=" + preload + "' " + program;
  EXPECT_EQ(std::system(command.c_str()), 0) << command << "; tools/install-packages installs it";
  const std::regex done(R"(madvise\(\w+, (\d+), (MADV_POPULATE_WRITE|0x17.*)\) += 0)");
  std::vector<std::size_t> pages;
  std::ifstream file(log);
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_search(line, match, done)) pages.push_back(std::stoull(match[1]) / kPageBytes);
  }
  return pages;
}

class Prefault : public testing::Test {
 protected:
  void SetUp() override {
    if (!kernel_populates()) GTEST_SKIP() << "the kernel brings pages in since Linux 5.14";
  }
};

// Its ends share their pages with something else.
const auto kATable = AllOf(Ge(kTablePages), Lt(kTablePages + 10));

TEST_F(Prefault, BringsInWhatTheLoaderWritesOfTheProgram) {
  EXPECT_THAT(brought_in(RELOCATED_PROGRAM, PLAYER), Contains(kATable).Times(1));
}

// They are relocated before the player is, but after what it asks for.
TEST_F(Prefault, BringsItInOfTheProgramsLibrariesToo) {
  EXPECT_THAT(brought_in(PROGRAM_WITH_LIBRARY, PLAYER), Contains(kATable).Times(2));
}

TEST_F(Prefault, IsWhatBringsItIn) {
  EXPECT_THAT(brought_in(PROGRAM_WITH_LIBRARY, ""), IsEmpty());
}

}  // namespace
}  // namespace crashreel
