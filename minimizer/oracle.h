// Who answers the minimizer's questions?
//
// The minimizer has never heard of a process: it knows a list of abstract items and an Oracle that
// says of a choice of them whether the crash is still there. Replay becomes an Oracle in
// tools/pipeline; tests use fakes whose minimum is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace crashreel {

enum class Verdict {
  kReproduces,  // the same crash
  kPasses,      // no crash
  kDifferent,   // a crash, but another one: never accepted
  kUnresolved,  // no answer: the target did not start, or took too long
};

// One thing that can be left out.
struct Item {
  std::uint32_t group = 0;  // session; items of a group may need its first one
  std::uint32_t bytes = 0;  // payload size; weighs in costs and in the order of candidates
};

// What an answer costs, as far as the oracle has measured it, in any unit.
struct Costs {
  double start = 1;               // of a fresh instance, before its first item
  double item = 0;                // of each item that is replayed
  std::uint32_t checkpoints = 0;  // how many prefixes it can hold, see Oracle::hold()
};

// Positions in the list of items, strictly rising.
using Choice = std::vector<std::uint32_t>;

// Listens while several questions are out: the answer to one can make others needless.
class Race {
 public:
  virtual ~Race() = default;
  virtual void answered(std::size_t index, Verdict verdict) = 0;
  virtual bool needless(std::size_t index) const = 0;
};

class Oracle {
 public:
  virtual ~Oracle() = default;

  // Does the crash come back when only these items are kept? Called from one thread at a time.
  virtual Verdict ask(std::span<const std::uint32_t> kept) = 0;

  virtual Costs costs() const { return {}; }
  // An oracle with checkpoints: while the next question is answered, keep what has been replayed
  // after so many items of it, for each of these lengths, rising. A later question that begins with
  // the same items then costs only what follows them. Prefixes held before stay if their length is
  // among these, else they are dropped.
  virtual void hold(std::span<const std::uint32_t> lengths) { static_cast<void>(lengths); }

  // Several independent questions at once; the answers come in their order. An oracle with several
  // workers overrides this; the default asks one after the other.
  virtual std::vector<Verdict> ask_all(std::span<const Choice> choices);

  // The same, but what has become needless may be given up and is then null. An oracle that can end
  // a run under way overrides this; the default waits for all of them.
  virtual std::vector<std::optional<Verdict>> race(std::span<const Choice> choices, Race& race);
};

}  // namespace crashreel
