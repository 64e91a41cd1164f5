// From where does a layout have to be performed, when others like it were before?
//
// Holds fork servers that stopped after some steps: a layout that begins with the same steps goes
// on from there. Taken where somebody says that it will be of use and where it saves more than it
// costs, by what was measured here. One is always worth it, where the program has come to wait for
// its first input: its copies need not start the program's threads. An accelerator, never evidence:
// a copy of a checkpoint lacks all threads but one, and says so when it would need one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "harness/fork_server.h"
#include "harness/outcome.h"
#include "harness/sequence.h"
#include "harness/target.h"
#include "harness/try.h"

namespace crashreel {

// Not for several threads at once. Inputs of layouts must stay where they are.
class Checkpoints {
 public:
  // Both must outlive it. What is held takes no more than half of the memory that all processes of
  // the target may have.
  Checkpoints(const Target& target, ForkServer& root);

  // Performs the layout from the last checkpoint that fits it. On the way there are new ones before
  // these inputs, as far as it has them and they pay; others than before these are dropped.
  // `wanted` rises as the layout does. An error is the first server's, which is of no more use
  // then.
  Result<Outcome> run(const std::shared_ptr<const Layout>& layout,
                      std::span<const Input* const> wanted, const TryOptions& options = {});

  // What a step costs as far as it is known before any was performed here: at most so much.
  void expect(double step_seconds) { step_seconds_ = step_seconds; }
  // Whether one that saves so many steps would save more than it costs, by what is known by now.
  bool pays(std::size_t steps) const;

  // Why there are no more; empty: there may be.
  const std::string& obstacle() const { return obstacle_; }
  std::size_t held() const { return held_.size(); }
  void drop() { held_.clear(); }
  // Whether what fits no checkpoint begins where the program waits for its first input.
  bool has_beginning() const { return beginning_.has_value(); }

 private:
  struct Checkpoint {
    const Input* before;                   // which input comes next
    std::shared_ptr<const Layout> layout;  // whose first steps it has behind it
    ForkServer server;
  };

  struct Wanted {
    const Input* before;  // null: the beginning
    std::size_t steps;
  };

  // How often copies turned out to need a thread that they lack.
  struct Record {
    std::uint32_t resumed = 0;
    std::uint32_t missed = 0;
  };

  ForkServer& longest(const Layout& layout);
  // Those beyond what the server has behind it, that pay.
  std::vector<Wanted> on_the_way(const ForkServer& from, const Layout& layout,
                                 std::span<const Input* const> wanted) const;
  Result<Outcome> run_from(ForkServer& from, const std::shared_ptr<const Layout>& layout,
                           std::span<const Input* const> wanted, const TryOptions& options);
  void note_missed(bool from_beginning);
  void keep(Held& held, const std::vector<Wanted>& wanted,
            const std::shared_ptr<const Layout>& layout);
  void note_refusal(const std::string& why);
  // Once nothing runs that has pages in common with what is held: drops those that save least.
  void fit_into_memory();
  static bool fits(const Checkpoint& held, const Layout& layout);
  void learn(const Outcome& outcome, std::size_t performed, std::size_t left);

  const Target& target_;
  ForkServer& root_;
  std::vector<Checkpoint> held_;  // by rising steps
  std::optional<ForkServer> beginning_;
  bool wants_beginning_ = true;
  const std::uint64_t most_bytes_;
  bool has_new_ = false;     // since memory was looked at
  bool is_crowded_ = false;  // no further ones, until some are wanted no longer
  std::string obstacle_;
  Record of_held_;
  Record of_beginning_;
  std::uint32_t refused_ = 0;
  std::uint32_t taken_ = 0;
  double copy_seconds_ = 0;  // of a copy and its end; 0: not known
  double step_seconds_ = 0;
};

}  // namespace crashreel
