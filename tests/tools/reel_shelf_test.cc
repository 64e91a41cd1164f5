// Reels on a disk: which stay, which go, and that nothing else is touched.
#include "tools/pipeline/reel_shelf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "capture/reel/reel_reader.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::system_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr std::uint32_t kPid = 4711;

// Told apart by its number.
Reel reel_number(int number) {
  Reel reel;
  reel.program.executable = "/bin/server";
  reel.crash.exit_status = number;
  return reel;
}

int number_of(const std::string& path) {
  const Result<ReadReel> read = read_reel(path);
  return read ? read->reel.crash.exit_status : -1;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

class ReelShelfTest : public ::testing::Test {
 protected:
  Result<Shelved> shelve_whole(const Reel& reel, system_clock::time_point now) {
    InputsInMemory inputs(reel.inputs);
    return shelve(reel, inputs, shelf_, kPid, now);
  }
  Shelved put(int number, system_clock::duration after = 0s) {
    const Result<Shelved> shelved = shelve_whole(reel_number(number), start_ + after);
    EXPECT_TRUE(shelved.has_value()) << shelved.error().message;
    return shelved ? *shelved : Shelved();
  }

  Folder folder_;
  ReelShelf shelf_{.path = folder_ / "night.reel", .program = "server", .keep = 3};
  system_clock::time_point start_ = system_clock::time_point(1'764'079'200s);
};

TEST_F(ReelShelfTest, NumbersOlderFilesAndKeepsTheNewest) {
  for (int number = 1; number <= 5; ++number) EXPECT_EQ(put(number).path, shelf_.path);
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("night.1.reel", "night.2.reel", "night.reel"));
  EXPECT_EQ(number_of(folder_ / "night.reel"), 5);
  EXPECT_EQ(number_of(folder_ / "night.1.reel"), 4);
  EXPECT_EQ(number_of(folder_ / "night.2.reel"), 3);
}

TEST_F(ReelShelfTest, KeepsFewerWhenFewerAreAskedFor) {
  for (int number = 1; number <= 3; ++number) put(number);
  shelf_.keep = 1;
  put(4);
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("night.reel"));
  EXPECT_EQ(number_of(shelf_.path), 4);
}

TEST_F(ReelShelfTest, NumbersNamesWithoutAnEnding) {
  shelf_.path = folder_ / "night";
  put(1), put(2);
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("night", "night.1"));
}

TEST_F(ReelShelfTest, TouchesNothingThatIsNoReel) {
  for (const char* name : {"night.reel", "night.1.reel"}) {
    put_file(folder_ / name, "somebody's diary");
    const Result<Shelved> shelved = shelve_whole(reel_number(1), start_);
    ASSERT_FALSE(shelved.has_value());
    EXPECT_THAT(shelved.error().message, HasSubstr(name));
    EXPECT_THAT(names_in(folder_.path()), ElementsAre(name));
    EXPECT_EQ(file_bytes(folder_ / name), "somebody's diary");
    fs::remove(folder_ / name);
  }
}

TEST_F(ReelShelfTest, TakesTheNameOfAnEmptyFile) {
  put_file(shelf_.path, "");
  EXPECT_EQ(put(1).path, shelf_.path);
  EXPECT_EQ(number_of(shelf_.path), 1);
}

TEST_F(ReelShelfTest, NamesReelsInAFolderByProgramTimeAndProcess) {
  shelf_.path = folder_.path() + "/";
  EXPECT_EQ(put(1, 123ms).path, folder_ / "server-20251125T140000.123Z-4711.reel");
  EXPECT_EQ(put(2, 123ms).path, folder_ / "server-20251125T140000.123Z-4711-1.reel");
}

TEST_F(ReelShelfTest, KeepsTheNewestOfThisProgramInAFolder) {
  shelf_.path = folder_.path();
  put_file(folder_ / "server-notes.reel", "not ours");
  put_file(folder_ / "server-20201125T140000.123Z-1.reel", "no reel");
  shelf_.program = "other";
  const std::string other = put(7).path;
  shelf_.program = "server";
  std::vector<std::string> paths;
  for (int number = 1; number <= 5; ++number) paths.push_back(put(number, number * 1h).path);
  EXPECT_FALSE(fs::exists(paths[0]) || fs::exists(paths[1]));
  for (std::size_t i = 2; i < paths.size(); ++i) {
    EXPECT_EQ(number_of(paths[i]), static_cast<int>(i) + 1);
  }
  EXPECT_EQ(number_of(other), 7);
  EXPECT_EQ(names_in(folder_.path()).size(), 6u);
}

TEST_F(ReelShelfTest, WritesNoMoreOfAProgramThatCrashesInALoop) {
  shelf_.loop_time = 60s;
  start_ = system_clock::now();  // files get the machine's time
  for (int number = 1; number <= 3; ++number) EXPECT_EQ(put(number, 1s).skipped, "");
  const Shelved fourth = put(4, 2s);
  EXPECT_EQ(fourth.path, "");
  EXPECT_THAT(fourth.skipped, HasSubstr("3 reels were written within the last 60 s"));
  EXPECT_THAT(fourth.skipped, HasSubstr(shelf_.path));
  EXPECT_EQ(number_of(shelf_.path), 3);
  EXPECT_EQ(put(5, 2h).path, shelf_.path);
  EXPECT_EQ(number_of(shelf_.path), 5);
}

TEST_F(ReelShelfTest, ChangesNothingWhenTheReelCantBeWritten) {
  put(1);
  Reel impossible = reel_number(2);
  impossible.inputs = {{.seq = 1}, {.seq = 1}};
  EXPECT_FALSE(shelve_whole(impossible, start_).has_value());
  shelf_.path = "/no/such/folder/night.reel";
  EXPECT_THAT(shelve_whole(reel_number(2), start_).error().message, HasSubstr("/no/such/folder"));
  EXPECT_THAT(names_in(folder_.path()), ElementsAre("night.reel"));
}

TEST_F(ReelShelfTest, ChangesNothingOnAFullDisk) {
  if (::mount("none", folder_.path().c_str(), "tmpfs", 0, "size=64k") != 0) {
    GTEST_SKIP() << "mounting a small file system needs root";
  }
  put(1);
  Reel large = reel_number(2);
  std::string noise(200'000, '\0');
  for (std::uint32_t i = 0, x = 1; i < noise.size(); ++i, x = x * 1664525 + 1013904223) {
    noise[i] = static_cast<char>(x >> 24);
  }
  large.inputs = {{.seq = 0, .session = 0, .data = noise}};
  const Result<Shelved> shelved = shelve_whole(large, start_);
  const std::vector<std::string> names = names_in(folder_.path());
  const int kept = number_of(shelf_.path);
  ::umount(folder_.path().c_str());
  EXPECT_THAT(shelved.error().message, HasSubstr("No space left on device"));
  EXPECT_THAT(names, ElementsAre("night.reel"));
  EXPECT_EQ(kept, 1);
}

TEST_F(ReelShelfTest, LosesNoneOfTwoThatComeAtOnce) {
  shelf_.keep = 40;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 2; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) put(100 * thread + i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<int> numbers;
  for (const std::string& name : names_in(folder_.path())) {
    numbers.push_back(number_of(folder_ / name));
  }
  std::sort(numbers.begin(), numbers.end());
  EXPECT_EQ(std::unique(numbers.begin(), numbers.end()), numbers.end());
  EXPECT_EQ(numbers.size(), 20u);
}

}  // namespace
}  // namespace crashreel::testing
