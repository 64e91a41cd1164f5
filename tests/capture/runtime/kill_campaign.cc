// Kills recording programs again and again, at random moments, in all ways.
//
//   kill_campaign [COUNT [FOLDER...]]      default: 40 kills, rings in /dev/shm
//
// Prints one line of sums; ends with 1 if a single promise was broken, naming seed and run.
// CRASHREEL_SEED repeats a campaign's plans (not its timing).
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/capture/runtime/kill_run.h"

namespace {

using crashreel::Death;
using crashreel::KillAccount;
using crashreel::KillPlan;

KillPlan plan_run(std::uint64_t seed, unsigned run, const std::vector<std::string>& folders) {
  constexpr std::array kDeaths = {Death::kKill, Death::kSegv, Death::kAbort, Death::kExit};
  constexpr std::array kThreads = {1u, 2u, 4u, 8u};
  std::mt19937_64 random(seed * 1000003 + run);
  KillPlan plan;
  plan.ring_path =
      folders[run % folders.size()] + "/crashreel-kill-" + std::to_string(::getpid()) + ".ring";
  plan.death = kDeaths[run / folders.size() % kDeaths.size()];
  plan.threads = kThreads[random() % kThreads.size()];
  const bool large = random() % 2 == 0;
  plan.ring_bytes = large ? 16 << 20 : 512 << 10;
  plan.longest = large ? 1 << 20 : 64 << 10;  // below what a ring of that size cuts
  plan.handler_hz = random() % 2 == 0 ? 5000 : 0;
  plan.life_us = static_cast<unsigned>(random() % (large ? 60000 : 20000));
  plan.seed = random();
  return plan;
}

void describe(const KillPlan& plan, unsigned run, const KillAccount& account) {
  std::printf("run %u: %s, %u threads, %s, handler %u Hz, %llu bytes, %u us\n", run,
              name_of(plan.death), plan.threads, plan.ring_path.c_str(), plan.handler_hz,
              static_cast<unsigned long long>(plan.ring_bytes), plan.life_us);
  for (const std::string& what : account.complaints) std::printf("  %s\n", what.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const long count = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 40;
  if (count <= 0) {
    std::fprintf(stderr, "usage: kill_campaign [COUNT [FOLDER...]]\n");
    return 2;
  }
  std::vector<std::string> folders(argv + (argc > 2 ? 2 : argc), argv + argc);
  if (folders.empty()) folders.push_back("/dev/shm");
  const char* given = std::getenv("CRASHREEL_SEED");
  const std::uint64_t seed =
      given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();

  KillAccount sum;
  long broken = 0;
  for (unsigned run = 0; run < static_cast<unsigned long>(count); ++run) {
    const KillPlan plan = plan_run(seed, run, folders);
    const KillAccount account = run_and_kill(plan);
    sum.recorded += account.recorded;
    sum.shown += account.shown;
    sum.torn_inputs += account.torn_inputs;
    sum.torn_shown += account.torn_shown;
    sum.missing += account.missing;
    sum.miscounted += account.miscounted;
    if (account.holds()) continue;
    ++broken;
    describe(plan, run, account);
  }
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "%ld kills (seed %llu): %llu inputs recorded, %llu shown, %llu torn at the kill; shown torn: "
      "%llu, missing above the horizon: %llu, miscounted: %llu; %ld of %ld runs broke a promise\n",
      count, number(seed), number(sum.recorded), number(sum.shown), number(sum.torn_inputs),
      number(sum.torn_shown), number(sum.missing), number(sum.miscounted), broken, count);
  return broken == 0 ? 0 : 1;
}
