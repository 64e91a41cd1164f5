// A minimization that is killed, again and again: whoever goes on asks nothing that was answered.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/zoo/minima.h"
#include "tools/pipeline/shrink.h"

namespace crashreel::zoo {
namespace {

class Killed : public ::testing::TestWithParam<const char*> {
 protected:
  Killed() {
    for (const Minimum& minimum : known_minima()) {
      if (minimum.program == GetParam()) reel_ = minimum.reel;
    }
    options_.tries = 1;
    options_.journal = ::testing::TempDir() + "killed." + GetParam() + std::to_string(getpid());
    std::remove(options_.journal.c_str());
  }
  ~Killed() override { std::remove(options_.journal.c_str()); }

  // The journal of a minimization that nobody killed, and how often it told its progress.
  std::string undisturbed() {
    options_.progress = [this](const char*, const Progress&) { ++told_; };
    const Result<ShrinkReport> report = shrink(reel_, options_);
    EXPECT_TRUE(report && report->one_minimal);
    if (report) result_ = report->reel.inputs;
    std::string text = journal();
    std::remove(options_.journal.c_str());
    return text;
  }

  // In a process of its own, which dies at that moment.
  void run_until(int moment) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      options_.progress = [&moment](const char*, const Progress&) {
        if (--moment == 0) ::kill(::getpid(), SIGKILL);
      };
      static_cast<void>(shrink(reel_, options_));
      ::_exit(1);  // it was to be killed
    }
    int status = 0;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  }

  std::string journal() const {
    std::ostringstream text;
    text << std::ifstream(options_.journal).rdbuf();
    return text.str();
  }

  Reel reel_;
  ShrinkOptions options_;
  std::vector<Input> result_;
  int told_ = 0;
};

TEST_P(Killed, AndGoneOnWithAsksNothingTwice) {
  constexpr int kDeaths = 8;
  const std::string whole = undisturbed();
  for (int death = 1; death <= kDeaths; ++death) {
    ASSERT_NO_FATAL_FAILURE(run_until(std::max(1, told_ * death / kDeaths)));
    EXPECT_EQ(journal(), whole.substr(0, journal().size()));
  }
  options_.progress = {};
  const Result<ShrinkReport> report = shrink(reel_, options_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->reel.inputs, result_);
  EXPECT_TRUE(report->one_minimal);
  EXPECT_EQ(journal(), whole);
}

// The second asks once more, alone, after a check that failed.
INSTANTIATE_TEST_SUITE_P(Minimizations, Killed, ::testing::Values("lent", "kinship"),
                         [](const auto& program) { return std::string(program.param); });

}  // namespace
}  // namespace crashreel::zoo
