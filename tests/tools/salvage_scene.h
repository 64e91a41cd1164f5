// A folder with rings of dead programs, and what is typed there to salvage them.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel::testing {

class SalvageTest : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line, std::vector<std::string> settings = {}) {
    return run_line(line, {.directory = directory_.path(), .settings = std::move(settings)});
  }

  // A program that died of SIGSEGV; its ring stays.
  void leave_a_ring(const std::string& name = "own.ring") {
    CommandRun run = type("crashreel record --ring 1MiB --keep-ring --ring-path $PWD/" + name +
                          " -o /no/such/folder/x.reel -q -- sh -c 'kill -SEGV $$'");
    ASSERT_TRUE(has(name)) << run.err;
  }

  bool has(const std::string& name) { return std::filesystem::exists(directory_.file(name)); }
  Json shown(const std::string& reel) {
    return one_object(type("crashreel show --json " + reel).out);
  }

  TemporaryDirectory directory_;
};

}  // namespace crashreel::testing
