// A user's command as an Oracle.
//
// A candidate is made of pieces of a file; what the command's ending says of it is decided here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "minimizer/bytes.h"
#include "minimizer/oracle.h"
#include "tools/pipeline/test_command.h"
#include "tools/pipeline/test_signature.h"

namespace crashreel {

// The statuses of a test command that mean more than "not interesting", as for `git bisect run` and
// as `crashreel replay` ends.
inline constexpr int kTestDifferent = 3;
inline constexpr int kTestNoAnswer = 125;

// Runs candidates, judges them, and keeps what is to be told in the end. Trouble of the machine
// can't pass through an Oracle: it becomes kUnresolved, and is kept for whoever asked for the
// search.
class TestJudge {
 public:
  // by_signature: the first run that crashes defines the crash; else the status decides.
  TestJudge(TestRunner runner, bool by_signature)
      : runner_(std::move(runner)), by_signature_(by_signature) {}

  std::vector<std::optional<Verdict>> race(std::span<const std::string> candidates, Race& race);

  struct Different {
    std::string signature;  // empty when the status told
    std::string candidate;  // the smallest that ended so
    std::uint64_t seen = 0;
  };
  const std::vector<Different>& different() const { return different_; }
  // Of the crash that is kept; empty without by_signature, and before a run crashed.
  const std::string& signature() const { return expected_.text; }
  std::uint64_t runs() const { return runs_; }
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  // How the newest run ended, for a message.
  const TestRun& last() const { return last_; }
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Verdict judge(const TestRun& run, const std::string& candidate);
  Verdict keep_aside(const std::string& signature, const std::string& candidate);

  TestRunner runner_;
  bool by_signature_;
  TestSignature expected_;
  std::vector<Different> different_;
  std::uint64_t runs_ = 0;
  std::uint64_t bytes_sent_ = 0;
  TestRun last_;
  std::optional<Error> trouble_;
};

// Over items that `render` turns into a candidate.
class TestOracle : public Oracle {
 public:
  using Render = std::function<std::string(std::span<const std::uint32_t> kept)>;
  TestOracle(TestJudge& judge, Render render) : judge_(judge), render_(std::move(render)) {}

  Verdict ask(std::span<const std::uint32_t> kept) override;
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override;
  std::vector<std::optional<Verdict>> race(std::span<const Choice> choices, Race& race) override;

 private:
  TestJudge& judge_;
  Render render_;
};

}  // namespace crashreel
