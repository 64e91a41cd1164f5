// How are many sequences tried, and what does each outcome mean for the crash that is sought?
//
// Runs tries side by side and turns outcomes into verdicts against one expected signature. Where
// production told only how the program died, the first try that dies that way defines it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "capture/base/result.h"
#include "harness/checkpoints.h"
#include "harness/try.h"
#include "minimizer/oracle.h"
#include "tools/pipeline/cost_measure.h"

namespace crashreel {

// Alone, from its own exec, each drawing other random bytes where the reel has none, by a seed of
// its own; or as a copy of a start that a fork server keeps; or of a checkpoint, where the
// inputs are the reel's own. Copies are for questions, where they are possible, never for what is
// claimed.
enum class Start { kAlone, kForked, kResumed };

class Tries {
 public:
  // jobs: how many instances run at once, at least 1.
  Tries(Target target, const Reel& reel, int jobs);

  // The outcomes in the order of the sequences. `each` is called from one thread at a time as
  // outcomes come in, in whatever order.
  Result<std::vector<Outcome>> run(std::span<const Sequence> sequences, Start start = Start::kAlone,
                                   const std::function<void(const Outcome&)>& each = {});

  // The same where an answer can make others needless: those are ended under way, or never begun
  // and then null. Both functions are called from one thread at a time.
  struct Contest {
    std::function<void(std::size_t, const Outcome&)> ended;  // not of what was given up
    std::function<bool(std::size_t)> needless;
  };
  Result<std::vector<std::optional<Outcome>>> race(std::span<const Sequence> sequences, Start start,
                                                   const Contest& contest);

  // One, alone, in another way than the others: of what it answers, say. Its seed is that of the
  // options.
  Result<Outcome> run_as(const Sequence& sequence, const ScriptOptions& options);

  // What the program's own handler prints of this crash, in one start more that counts nowhere;
  // empty: it has none, or the crash did not come once more.
  Result<std::string> report_of(const Sequence& sequence, const Outcome& crash);

  // Whether a fork server, and a checkpoint, give the verdict that instances alone gave. If not
  // there is none from here on. Checkpoints are left before the wanted inputs; without any wish,
  // before the one that the sequence ends with.
  void try_forking(const Sequence& sequence, Verdict verdict,
                   std::vector<const Input*> wanted = {});
  // Before which inputs checkpoints are of use from now on, rising.
  void hold(std::vector<const Input*> wanted) { wanted_ = std::move(wanted); }
  // Of the first try that is made alone; the others follow, each with a seed of its own.
  void set_first_seed(std::uint64_t seed) { next_seed_ = first_seed_ = seed; }
  std::uint64_t take_seed() { return next_seed_++; }
  // So long without progress is a hang.
  void set_hang_ms(std::uint32_t hang_ms) { hang_ms_ = hang_ms; }
  // What a question costs in seconds, by what the tries so far took; a search's, so of copies where
  // there are any. Without checkpoints.
  Costs costs() const;
  // Why there are no checkpoints; empty: there may be.
  std::string not_holding() const;
  // Why no fork server is in use; empty: there is one.
  std::string not_forking() const;
  void forbid_forking(const std::string& why);

  // Against expected(); a crash that agrees in kind completes an expectation without frames.
  Verdict judge(const Outcome& outcome);

  const Signature& expected() const { return expected_; }
  // The expectation's frames came from a try, not from production.
  bool defined_by_try() const { return defined_by_try_; }
  const Target& target() const { return target_; }
  const Reel& reel() const { return reel_; }
  int jobs() const { return jobs_; }

 private:
  bool is_expected(const Outcome& outcome) const;
  // give_up_fd: TryOptions.
  Result<Outcome> run_one(const Sequence& sequence, Start start, std::size_t job, int give_up_fd);
  Result<Outcome> run_alone(const Sequence& sequence, int give_up_fd);
  // Empty: it has to be run alone.
  std::optional<Outcome> run_forked(const Sequence& sequence, Start start, std::size_t job,
                                    int give_up_fd);
  // False: there can be none.
  bool start_server(const Layout& layout, std::size_t job);

  ScriptOptions script_of(std::uint64_t seed) const {
    return {.random_seed = seed, .drawn = &drawn_};
  }

  Target target_;
  const Reel& reel_;
  const DrawnByInput drawn_;
  int jobs_;
  Signature expected_;
  bool defined_by_try_ = false;
  bool other_build_ = false;  // than the one that the expectation is of
  struct Copier {
    Copier(const Target& target, ForkServer started)
        : server(std::move(started)), checkpoints(target, server) {}
    Copier(Copier&&) = delete;

    ForkServer server;
    Checkpoints checkpoints;
  };

  std::vector<std::unique_ptr<Copier>> copiers_;  // one for each job
  std::vector<const Input*> wanted_;
  std::string not_holding_ = "none was tried";
  std::uint32_t hang_ms_ = TryOptions{}.hang_ms;
  mutable std::mutex forking_;  // guards what follows
  std::string not_forking_;
  CostMeasure alone_cost_;
  CostMeasure copy_cost_;
  std::uint64_t first_seed_ = 1;
  std::atomic<std::uint64_t> next_seed_{1};  // of a try from its own exec
  double step_seconds_ = 0;  // at most, by what instances alone took; 0: none was started
  std::uint64_t servers_lost_ = 0;
  std::uint64_t forked_ = 0;
};

}  // namespace crashreel
