// A program that records, as a test sees it: a child process with its own ring, and what salvage
// makes of that.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <string>
#include <utility>

#include "capture/base/check.h"
#include "capture/runtime/crashreel.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel {

// A ring's path that nobody else uses, where /dev/shm is or else among temporary files.
class RingPath {
 public:
  RingPath() {
    // A counted name would meet what a killed test of the same process id left behind.
    const bool shm = std::filesystem::is_directory("/dev/shm");
    path_ = std::string(shm ? "/dev/shm" : std::filesystem::temp_directory_path().string()) +
            "/crashreel-test-XXXXXX.ring";
    const int file = ::mkstemps(path_.data(), 5);
    CRASHREEL_CHECK(file >= 0);
    ::close(file);
    ::unlink(path_.c_str());
  }
  explicit RingPath(std::string path) : path_(std::move(path)) {}
  RingPath(const RingPath&) = delete;
  RingPath& operator=(const RingPath&) = delete;
  ~RingPath() { ::unlink(path_.c_str()); }

  const std::string& str() const { return path_; }
  const char* c_str() const { return path_.c_str(); }
  bool exists() const { return std::filesystem::exists(path_); }

 private:
  std::string path_;
};

// Pages that a child and its parent share.
template <typename T>
T* shared() {
  void* page =
      ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CRASHREEL_CHECK(page != MAP_FAILED);
  return new (page) T();
}

// Runs `work` in a child that ends by _exit(work()); gives the wait status.
template <typename Work>
int in_child(Work&& work) {
  const pid_t child = ::fork();
  CRASHREEL_CHECK(child >= 0);
  if (child == 0) ::_exit(work());
  int status = 0;
  CRASHREEL_CHECK(::waitpid(child, &status, 0) == child);
  return status;
}

inline constexpr std::uint64_t kSmallRing = 256 << 10;  // 60 chunks of 4 KiB

inline crashreel_options options_for(const RingPath& path, std::uint64_t bytes = kSmallRing,
                                     std::uint64_t prelude = 0, std::uint64_t keep = 0) {
  return {sizeof(crashreel_options), path.c_str(), bytes, prelude, keep};
}

// What salvage makes of a child that started with these options, did `work` and vanished.
template <typename Work>
ReadReel recorded(const crashreel_options& options, Work&& work) {
  const int status = in_child([&] {
    const int trouble = crashreel_start(&options);
    if (trouble != 0) return trouble;
    work();
    return 0;
  });
  EXPECT_EQ(status, 0);
  auto read = salvage_ring(options.ring_path);
  CRASHREEL_CHECK(read.has_value());
  EXPECT_TRUE(read->damage.none()) << (read->damage.notes.empty() ? "" : read->damage.notes[0]);
  return std::move(*read);
}

inline void record_text(std::uint32_t session, const std::string& text) {
  crashreel_data(session, text.data(), text.size());
}

// All inputs that a reel has or accounts for.
inline std::uint64_t counted(const ReadReel& read) {
  const Loss& loss = read.reel.loss;
  return loss.overwritten_inputs + loss.sparse_inputs + loss.trimmed_inputs +
         read.reel.inputs.size();
}

}  // namespace crashreel
