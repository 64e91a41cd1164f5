// Programs that include crashreel.h, compiled and linked by the plain C driver: one object file
// each, with the library and without it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "capture/base/exec_words.h"
#include "capture/reel/ring_crash_reader.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kPrograms = CRASHREEL_BUILD_DIR "/tests/programs/";
const std::string kLibrary = CRASHREEL_BUILD_DIR "/lib/libcrashreel.so";

// Its exit status. With `preload` the loader is told to bring the library in; with `aborts` it ends
// by a fatal signal, of which it has frames taken.
int run(const std::string& program, const RingPath& ring, bool preload = false,
        bool aborts = false) {
  const std::string path = kPrograms + program;
  std::vector<std::string> environment;
  if (preload) environment.push_back("LD_PRELOAD=" + kLibrary);
  std::string words[] = {program, ring.str(), "abort"};
  char* argv[] = {words[0].data(), words[1].data(), aborts ? words[2].data() : nullptr, nullptr};
  pid_t pid = 0;
  EXPECT_EQ(
      ::posix_spawn(&pid, path.c_str(), nullptr, nullptr, argv, exec_words(environment).data()), 0)
      << path;
  int status = 0;
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string salvaged(const RingPath& ring) {
  const auto read = salvage_ring(ring.str());
  if (!read) return read.error().message;
  std::string text;
  for (const Input& input : read->reel.inputs) {
    if (input.kind == InputKind::kDigest) {
      text += "digest of " + std::to_string(input.data.at(8)) + "\n";
      continue;
    }
    const bool masked = static_cast<unsigned>(input.kind) == CRASHREEL_MASKED;
    text += std::string(masked ? "masked" : name_of(input.kind)) + " " + input.data + "\n";
  }
  return text;
}

constexpr char kRecordedInC[] =
    "open app inbound\n"
    "data AUTH xxxxxx\nmasked 11 1:mask:5+6\n"
    "data PIN xxxx\nmasked 8 0:mask:4+1 0:mask:5+1 0:mask:6+1 0:mask:7+1\n"
    "clock 5000000007 1\n"
    "random abc\n"
    "signal 10\n"
    "note half way\n"
    "open app inbound\n"
    "data create\n"
    "digest of 2\n"
    "close \n";

TEST(Embedded, ACProgramIsRecordedWithTheSharedLibrary) {
  const RingPath ring;
  EXPECT_EQ(run("in_c_shared", ring), 0);
  EXPECT_EQ(salvaged(ring), kRecordedInC);
}

TEST(Embedded, ACProgramIsRecordedWithTheArchive) {
  const RingPath ring;
  EXPECT_EQ(run("in_c_static", ring), 0);
  EXPECT_EQ(salvaged(ring), kRecordedInC);
}

TEST(Embedded, TheSameBinaryRunsUnrecordedAndIsRecordedOnceTheLibraryIsThere) {
  const RingPath ring;
  EXPECT_EQ(run("in_c_alone", ring), ENOSYS);
  EXPECT_FALSE(ring.exists());
  EXPECT_EQ(run("in_c_alone", ring, true), 0);
  EXPECT_EQ(salvaged(ring), kRecordedInC);
}

TEST(Embedded, ACProgramHasItsFramesTakenWhereverTheLibraryIs) {
  for (const char* program : {"in_c_shared", "in_c_static"}) {
    const RingPath ring;
    EXPECT_EQ(run(program, ring, false, true), 128 + SIGABRT);
    const auto crash = read_ring_crash(ring.str());
    ASSERT_TRUE(crash.has_value()) << program;
    EXPECT_EQ(crash->signal, SIGABRT);
    EXPECT_GE(crash->frames.size(), 3u);  // raise(), abort(), main()
    EXPECT_THAT(crash->maps, HasSubstr(program));
    EXPECT_THAT(salvaged(ring), HasSubstr("data PIN 1234\n"));
  }
  const RingPath none;
  EXPECT_EQ(run("in_c_alone", none, false, true), 128 + SIGABRT);
}

TEST(Embedded, ACxxProgramNeedsNoCxxLibraryForIt) {
  for (const char* program : {"in_cxx_shared", "in_cxx_static"}) {
    const RingPath ring;
    EXPECT_EQ(run(program, ring), 0);
    EXPECT_THAT(salvaged(ring), Not(HasSubstr("hunter")));
    EXPECT_THAT(salvaged(ring), HasSubstr("masked 11 1:hash:5+6\n"));
  }
  const RingPath ring;
  EXPECT_EQ(run("in_cxx_alone", ring), ENOSYS);
  EXPECT_EQ(run("in_cxx_alone", ring, true), 0);
  EXPECT_TRUE(ring.exists());
}

}  // namespace
}  // namespace crashreel
