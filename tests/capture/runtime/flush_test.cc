// What a program asks to be on the disk is given to the disk, all of it.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>
#include <cstdlib>

#include "tests/capture/runtime/recorded.h"

namespace {

void* synced_from = nullptr;
std::size_t synced_bytes = 0;
int synced_how = 0;
int refusal = 0;

}  // namespace

// Stands in front of libc's for the library, too.
extern "C" __attribute__((visibility("default"))) int msync(void* from, std::size_t bytes,
                                                            int how) {
  synced_from = from;
  synced_bytes = bytes;
  synced_how = how;
  if (refusal == 0) return static_cast<int>(::syscall(SYS_msync, from, bytes, how));
  errno = refusal;
  return -1;
}

namespace crashreel {
namespace {

TEST(Flush, WaitsUntilTheWholeRingIsOnTheDisk) {
  const RingPath path(std::filesystem::temp_directory_path() /
                      ("crashreel-test-flush-" + std::to_string(::getpid()) + ".ring"));
  const auto read = recorded(options_for(path), [] {
    record_text(1, "a");
    errno = EDOM;
    if (crashreel_flush() != 0 || errno != EDOM) ::abort();
    if (synced_bytes != kSmallRing || synced_how != MS_SYNC) ::abort();
    if (static_cast<const unsigned char*>(synced_from)[0] != 0x89) ::abort();
    record_text(1, "b");
  });
  EXPECT_EQ(read.reel.inputs.size(), 2u);
}

TEST(Flush, TellsWhatTheDiskSays) {
  const RingPath path;
  recorded(options_for(path), [] {
    refusal = EIO;
    if (crashreel_flush() != EIO) ::abort();
  });
}

TEST(Flush, HasNothingToDoWhereNothingIsRecorded) {
  EXPECT_EQ(crashreel_flush(), ENOSYS);
}

}  // namespace
}  // namespace crashreel
