#include "harness/likeness.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/reel/telling_functions.h"
#include "harness/signature.h"

namespace crashreel {
namespace {

using Names = std::vector<std::string>;

// Within one binary so many frames from the top must agree. Further down a stack says how the
// program came to handle an input at all (which event loop, which batch), not what broke.
constexpr std::size_t kExactFrames = 5;
constexpr std::size_t kNamedFunctions = 3;
// A recursion of so many calls, one in another, is still one.
constexpr std::size_t kLongestCycle = 4;

bool is_overflow(const Signature& signature) {
  return signature.kind == kOverflowKind;
}

// An address that lies in no file is another one in every run.
bool same_place(const Frame& a, const Frame& b) {
  return a.module == b.module && a.build_id == b.build_id &&
         (a.offset == b.offset || a.module.empty());
}

// Has `b` the module of this frame, but in other builds alone? (Two files of one name may be mapped
// at once.)
bool in_another_build(const Frame& frame, const Signature& b) {
  bool other_build = false;
  for (const Frame& other : b.frames) {
    if (other.module != frame.module) continue;
    if (other.build_id == frame.build_id) return false;
    other_build = true;
  }
  return other_build;
}

// True when the two stacks come from the same binaries, so that offsets can be compared.
bool comparable_exactly(const Signature& a, const Signature& b) {
  return std::none_of(a.frames.begin(), a.frames.end(),
                      [&](const Frame& frame) { return in_another_build(frame, b); });
}

bool has_names(const Signature& signature) {
  return std::any_of(signature.frames.begin(), signature.frames.end(), [](const Frame& frame) {
    return !is_of_the_system(frame) && !frame.symbol.empty();
  });
}

// The program's own frames from the top, without those that come back within a recursion: who
// aborts does so through the same frames of libc whatever it was about. Of a stack that has none of
// its own, all. Names count where both stacks have them.
std::vector<Frame> places_of(const Signature& signature, bool by_name) {
  std::vector<Frame> places;
  for (Frame frame : signature.frames) {
    if (!by_name) frame.symbol.clear();
    const std::size_t near = std::min(kLongestCycle, places.size());
    const bool comes_back =
        std::any_of(places.end() - static_cast<std::ptrdiff_t>(near), places.end(),
                    [&](const Frame& place) { return same_place(place, frame); });
    const bool is_nowhere = frame.module.empty();  // called through a broken pointer
    if (is_nowhere || (is_own(frame) && !comes_back)) places.push_back(std::move(frame));
  }
  return places.empty() || is_overflow(signature) ? signature.frames : places;
}

// Which frame of the whole stack it is.
std::size_t depth_of(const Frame& place, const Signature& signature) {
  const auto at = std::find_if(signature.frames.begin(), signature.frames.end(),
                               [&](const Frame& frame) { return same_place(frame, place); });
  return static_cast<std::size_t>(at - signature.frames.begin());
}

Comparison compare_exactly(const Signature& expected, const Signature& seen) {
  const bool by_name = has_names(expected) && has_names(seen);
  const std::vector<Frame> wanted = places_of(expected, by_name);
  const std::vector<Frame> found = places_of(seen, by_name);
  const std::size_t depth =
      is_overflow(expected) ? wanted.size() : std::min(wanted.size(), kExactFrames);
  if (is_overflow(expected) && found.size() != wanted.size()) {
    return {Likeness::kDifferent, "the recursion goes through other calls"};
  }
  for (std::size_t i = 0; i < depth; ++i) {
    if (i >= found.size()) return {Likeness::kDifferent, "its stack ends early"};
    if (!same_place(wanted[i], found[i])) {
      return {Likeness::kDifferent, "frame " + std::to_string(depth_of(found[i], seen)) + " is " +
                                        describe(found[i]) + ", not " + describe(wanted[i])};
    }
  }
  return {Likeness::kSame,
          "the same " + expected.kind + " with the same " + std::to_string(depth) + " frames"};
}

bool is_named(const Names& names) {
  return !names.empty() && std::none_of(names.begin(), names.end(), [](const std::string& name) {
    return name.find("+0x") != std::string::npos;
  });
}

// An inlined function has its plain name alone where the debug information says no more.
bool same_function(const std::string& a, const std::string& b) {
  return a == b || a.ends_with("::" + b) || b.ends_with("::" + a);
}

bool begins_with(const Names& names, const Names& begin) {
  return begin.size() <= names.size() &&
         std::equal(begin.begin(), begin.end(), names.begin(), same_function);
}

bool same_functions(const Names& a, const Names& b) {
  return a.size() == b.size() && begins_with(a, b);
}

bool is_among(const std::string& name, const Names& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& other) { return same_function(name, other); });
}

bool same_set(const Names& a, const Names& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const std::string& name) {
           return is_among(name, b);
         });
}

// As the linker knows them: what was inlined nobody called.
Names called_functions(const Signature& signature) {
  Signature called = signature;
  for (Frame& frame : called.frames) frame.symbol = functions_of(frame).back();
  return telling_functions(called, kNamedFunctions).names;
}

// main() calls everything.
bool is_every_stacks(const std::string& name) {
  return name == "main" || name == "_start" || name == "start_thread";
}

// Those of the one that the other has, too, and that mean something.
Names shared_functions(const Names& a, const Names& b) {
  Names shared;
  for (const std::string& name : a) {
    if (!is_every_stacks(name) && is_among(name, b)) shared.push_back(name);
  }
  return shared;
}

// Where the top of one is found further down in the other, and what is around it agrees: an
// optimizer has left out the functions between, or these are two bugs.
bool continues(const Names& names, const Names& in, const Names& shared) {
  return is_among(names.front(), in) && !is_every_stacks(names.front()) &&
         (shared.size() > 1 || (names.size() > 1 && is_every_stacks(names[1])));
}

// Of two stacks that are not the same.
struct Stacks {
  const Signature& expected;
  const Signature& seen;
  TellingFunctions wanted = telling_functions(expected, kNamedFunctions);
  TellingFunctions found = telling_functions(seen, kNamedFunctions);
  bool one_build = comparable_exactly(expected, seen);

  bool one_kind() const { return expected.kind == seen.kind; }
  bool both(Report report) const { return wanted.report == report && found.report == report; }
  bool one_is(Report report) const { return wanted.report == report || found.report == report; }
};

// Of stacks that are not the same, by names; empty: they have nothing in common that means
// anything.
std::string likeness_of(const Stacks& stacks) {
  const Names& wanted = stacks.wanted.names;
  const Names& found = stacks.found.names;
  if (!is_named(wanted) || !is_named(found)) return {};
  if (is_overflow(stacks.expected) != is_overflow(stacks.seen)) return {};
  const Names shared = shared_functions(wanted, found);
  if (is_overflow(stacks.expected)) {
    return shared.empty() ? "" : "another recursion, also through " + shared.front();
  }
  if (same_functions(wanted, found)) {
    return stacks.one_kind() ? "the same functions, but another place in them"
                             : "it is " + stacks.seen.kind + ", not " + stacks.expected.kind +
                                   ", but in the same functions";
  }
  const bool top_is_shared = is_among(wanted.front(), shared) || is_among(found.front(), shared);
  if (top_is_shared && stacks.one_is(Report::kAllocator)) {
    return "the allocator found the heap broken; both come from " + shared.front();
  }
  // Two checks of one state, made by one function of one caller.
  if (stacks.both(Report::kAbort) && shared.size() == kNamedFunctions - 1 && !top_is_shared) {
    return "both ended themselves, on behalf of " + shared.front();
  }
  if (!stacks.one_build && stacks.one_kind() &&
      (continues(wanted, found, shared) || continues(found, wanted, shared))) {
    return "another build, and one has functions that the other may have inlined";
  }
  return {};
}

Comparison compare_by_name(const Stacks& stacks) {
  const std::string in_another =
      "the same " + stacks.expected.kind + " with the same top functions in another build";
  const Names& wanted = stacks.wanted.names;
  const bool is_set = is_overflow(stacks.expected);
  const auto agree = [&](const Names& a, const Names& b) {
    return is_named(a) && (is_set ? same_set(a, b) : begins_with(b, a));
  };
  if (agree(wanted, stacks.found.names) ||
      agree(called_functions(stacks.expected), called_functions(stacks.seen))) {
    return {Likeness::kSame, in_another};
  }
  const Names& found = stacks.found.names;
  std::size_t first = 0;
  while (first < wanted.size() && first < found.size() &&
         same_function(wanted[first], found[first]))
    ++first;
  return {Likeness::kDifferent,
          "another build, and frame " + std::to_string(first) + " has no name in common"};
}

}  // namespace

const char* name_of(Likeness likeness) {
  switch (likeness) {
    case Likeness::kDifferent:
      return "different";
    case Likeness::kSimilar:
      return "similar";
    case Likeness::kSame:
      return "same";
  }
  return "unknown";
}

Comparison compare(const Signature& expected, const Signature& seen) {
  Comparison result = {Likeness::kDifferent, "it is " + seen.kind + ", not " + expected.kind};
  if (expected.kind == seen.kind) {
    if (expected.frames.empty()) {
      return {Likeness::kSame, "the same " + expected.kind + "; no stack is known"};
    }
    const bool exactly = comparable_exactly(expected, seen);
    result = exactly ? compare_exactly(expected, seen)
                     : compare_by_name({.expected = expected, .seen = seen});
  }
  if (result.same() || expected.frames.empty() || seen.frames.empty()) return result;
  const std::string likeness = likeness_of({.expected = expected, .seen = seen});
  if (likeness.empty()) return result;
  return {Likeness::kSimilar, likeness};
}

std::size_t frames_that_count(const Signature& signature) {
  const std::size_t all = signature.frames.size();
  return is_overflow(signature) ? all : std::min(all, kExactFrames);
}

}  // namespace crashreel
