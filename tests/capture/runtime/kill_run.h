// Does the ring keep its promises when its writer is killed?
//
// One run: a child records from many threads and, beside each call, writes the truth of it into
// pages of its own; it is killed; salvage's account is held against the truth. What a run that
// broke a promise left can be kept, and judged again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/capture/runtime/kill_truth.h"

namespace crashreel {

enum class Death { kKill, kSegv, kAbort, kExit, kOom };
inline constexpr std::array kDeaths = {Death::kKill, Death::kSegv, Death::kAbort, Death::kExit,
                                       Death::kOom};
const char* name_of(Death death);

struct KillPlan {
  std::string ring_path;
  std::uint64_t ring_bytes = 16 << 20;
  unsigned threads = 1;
  unsigned handler_hz = 0;  // a signal handler records too
  std::size_t longest = 1 << 20;
  Death death = Death::kKill;
  unsigned life_us = 1000;  // from the first record on
  std::uint64_t seed = 0;
  std::string cgroup;    // for kOom: the folder of one that has a limit
  std::string evidence;  // where a run that broke a promise leaves ring and truth; empty: nowhere
};

struct KillAccount {
  std::uint64_t recorded = 0;     // committed, by salvage's account
  std::uint64_t shown = 0;        // in the reel
  std::uint64_t torn_inputs = 0;  // recognised as torn, not shown
  std::uint64_t torn_shown = 0;
  std::uint64_t missing = 0;     // committed above the horizon and not shown
  std::uint64_t miscounted = 0;  // by how much the counts are off
  std::vector<std::string> complaints;

  bool holds() const { return complaints.empty(); }
};

void complain(KillAccount& account, const std::string& what);

KillAccount run_and_kill(const KillPlan& plan);

// The child's life, until it is killed or kills itself.
[[noreturn]] void live_and_record(const KillPlan& plan, Truth& truth);

KillAccount judge(const std::string& ring_path, const Truth& truth);
// The same of what a run left.
KillAccount judge_evidence(const std::string& ring_path, const std::string& truth_path);

}  // namespace crashreel
