// A hostile program in its sandbox, and whether anything is left of it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/capture/reel/folder.h"
#include "tests/harness/tries.h"

namespace crashreel {

// Processes of an instance are known by this word of its environment, which the kernel keeps where
// they began, whatever they do to it.
class Sandboxed : public testing::Test {
 protected:
  Sandboxed() { ::setenv("TMPDIR", folder_.path().c_str(), 1); }
  ~Sandboxed() override { ::unsetenv("TMPDIR"); }

  Target target(const Reel& reel, bool sandboxed = true) const {
    Target made = target_for(reel, {zoo("hostile"), "7001"});
    made.env.push_back(tag_);
    made.sandbox.enabled = sandboxed;
    return made;
  }

  std::vector<pid_t> left() const {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      const int pid = std::atoi(entry.path().filename().c_str());
      const std::string all = process_file(entry.path() / "environ");
      if (pid > 0 && all.find(tag_) != std::string::npos) found.push_back(pid);
    }
    return found;
  }

  void expect_nothing_left() const {
    EXPECT_THAT(left(), testing::IsEmpty());
    EXPECT_EQ(folder_.entries(), 0u);
    std::ifstream file("/proc/net/unix");
    const std::string sockets(std::istreambuf_iterator<char>(file), {});
    EXPECT_EQ(sockets.find("@crashreel-hostile"), std::string::npos);
    for (const char* path : {"/tmp", "/dev/shm", "/var", ""}) {
      EXPECT_FALSE(std::filesystem::exists(std::string(path) + "/crashreel-hostile")) << path;
    }
  }

  std::string tag_ = "CRASHREEL_TEST_TAG=" + std::to_string(::getpid());
  Folder folder_;
};

inline std::string said(const Target& target, const Reel& reel,
                        const TryOptions& options = kImpatient) {
  const auto outcome = run_try(target, reel, whole_sequence(reel), options);
  return outcome ? outcome->output_tail : outcome.error().message;
}

}  // namespace crashreel
