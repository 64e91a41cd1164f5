// A program recorded by our own recorder and replayed: to the same answers, or to its crash.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "capture/reel/reel.h"
#include "harness/outcome.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"
#include "tools/pipeline/replay.h"

namespace crashreel::testing {

// One try that keeps the answers.
Outcome tried(const Reel& reel);

ReplayReport replayed(const Reel& reel);

// Dates are production's: no answer may be another one, but where a second began between the
// inputs.
void expect_same_answers(const Reel& reel, std::uint64_t at_least);

// The reel without the session whose opening begins so.
Reel without(Reel reel, const std::string& opening);

// "1:PING" asks in session 1 and waits for the answer, until `end` is in it.
std::map<char, Client> talk(const std::function<Client()>& connect,
                            const std::vector<std::string>& lines, const std::string& end = "\n");

// The same, and then the server's end.
Reel talked(RecordedServer& server, const std::function<Client()>& connect,
            const std::vector<std::string>& lines, const std::string& end = "\n");

class RecordedProgram : public ::testing::Test {
 protected:
  RecordedServer::Setup setup(std::vector<std::string> argv) const {
    return {.argv = std::move(argv), .ring_path = folder_ / "ring"};
  }

  Folder folder_;
};

}  // namespace crashreel::testing
