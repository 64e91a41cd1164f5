// Which input was it, and since when was it too late?
//
// The *trigger* is the input that was in flight when the program died. The *poison* is the first
// input after which the crash can no longer be avoided by any of the benign continuations tried
// (continuations.h); often it is the trigger itself. Three witnesses are asked, each with limits of
// its own: continuations behind a growing part of the reel; the reel without one stretch before the
// trigger (minimizer/blame.h); and a build with a sanitizer, where there is one, which stops at the
// damage instead of at the crash. What is claimed was seen of instances started alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

// Of one input of the reel.
struct Blamed {
  std::size_t position = 0;  // in the reel's inputs
  std::uint64_t number = 0;  // among the inputs in the narrow sense, from 1
};

struct TriedContinuation {
  std::string kind;      // bytes of strangers
  std::size_t said = 0;  // which input is repeated: a position in the reel's
  bool benign = false;   // by itself, from a fresh start, it does no harm
  // Benign ones: the first input behind which the crash comes by it, be it the same or another one.
  // Null: even right before the trigger it does not.
  std::optional<Blamed> dooms_after;
};

struct Witness {
  std::string program;
  int tries = 0;
  int agreed = 0;            // of them: stopped at this input
  std::optional<Blamed> at;  // the input in flight
  std::string finding;       // "AddressSanitizer: heap-buffer-overflow in store"; may be empty
  std::string obstacle;      // why it says nothing
};

enum class PoisonBasis {
  kTrigger,        // nothing earlier is known: they are one and the same
  kContinuations,  // no benign continuation avoids the crash after it
  kWitness,        // the sanitizer stopped there, and continuations say less or something later
  kBoth,           // the two agree
};

const char* name_of(PoisonBasis basis);  // "trigger", "continuations", "witness", "both"

struct BlameReport {
  int tries = 0;  // of the whole reel
  int reproduced = 0;
  int different = 0;
  int passed = 0;
  int unresolved = 0;
  std::vector<std::string> outcomes;
  std::string obstacle;
  std::vector<std::string> hints;  // where it did not crash: why not, maybe

  std::optional<Blamed> trigger;  // null when the crash did not come back
  int trigger_agreed = 0;         // of `reproduced`: with this input in flight
  std::optional<Blamed> poison;
  PoisonBasis basis = PoisonBasis::kTrigger;
  // Of the continuations' answer: runs, all alone, that crashed behind the poison, and those that
  // did not behind the input before it, by continuations that then crash.
  int doomed_runs = 0, doomed = 0;
  int avoided_runs = 0, avoided = 0;

  std::vector<TriedContinuation> continuations;
  // The last input before the trigger without which the crash does not come.
  std::optional<Blamed> last_needed;
  std::optional<Witness> witness;
  std::vector<std::size_t> unconsumed;  // positions of inputs that came after the trigger
  // Before it: given and not read to their end when the program died; and those whose session it
  // had ended. Of one try; of several it may be others, if the crash does not come in each.
  std::vector<std::size_t> unread;
  std::string unread_unknown;  // why nobody could see what it had not read; empty: all was seen
  std::vector<std::size_t> undelivered;
  bool stopped = false;
  std::uint64_t questions = 0;
  std::uint64_t runs = 0;  // of instances started alone, witness included
  Signature signature;
  bool signature_from_replay = false;
  std::string left_out;
  double seconds = 0;
};

// What is done now; of the stage, in units that take about equally long, what is behind and what
// all will be (0: nobody knows).
struct BlameStep {
  const char* stage = "";
  std::string what;
  std::uint64_t done = 0;
  std::uint64_t expected = 0;
};

struct BlameVerbOptions {
  int tries = 3;
  int jobs = 1;
  bool alone = false;
  std::optional<std::vector<std::string>> argv;
  std::string witness;         // a program; empty: none
  std::function<bool()> stop;  // true: end with what is known; may be empty
  std::function<void(const BlameStep&)> progress;
};

// Trouble::kTarget when the program can't be attached at all.
Result<BlameReport> assign_blame(const Reel& reel, const BlameVerbOptions& options);

}  // namespace crashreel
