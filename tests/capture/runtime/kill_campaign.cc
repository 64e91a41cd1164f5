// Kills recording programs again and again, at random moments, in all ways.
//
//   kill_campaign [--seed S] [--first RUN] [--keep FOLDER] [--short] [--only WHAT] COUNT FOLDER...
//   kill_campaign --judge RING TRUTH
//
// Goes through all ways to die, with 1, 2, 4 and 8 threads, with rings in each FOLDER. Prints a
// table of sums; ends with 1 if a single promise was broken. Such a run is named with what repeats
// its plan (not its timing), and leaves its ring and the truth of it in the folder to --keep, for
// --judge. WHAT is oom1 or oom2, the kernel's kills in a memory cgroup of that version, or the name
// of a file system: of the first FOLDER, or made there, or of another FOLDER. Where that is not to
// be had, the last line says why, and the exit status is 77; but 1 where only an installation is
// missing.
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/capture/runtime/kill_run.h"
#include "tests/capture/runtime/memory_cgroup.h"
#include "tests/capture/runtime/own_file_system.h"

namespace {

using crashreel::Death;
using crashreel::KillAccount;
using crashreel::KillPlan;
using crashreel::MemoryCgroup;
using crashreel::OwnFileSystem;

constexpr std::array kThreads = {1u, 2u, 4u, 8u};
// The largest ring and some room. A victim that fills it with the truth of what it recorded dies of
// that.
constexpr std::uint64_t kOomBytes = 32 << 20;
constexpr int kNotToBeHad = 77;

struct Campaign {
  unsigned long count = 0;
  unsigned long first = 0;
  std::uint64_t seed = std::random_device{}();
  std::string keep;
  std::string only;
  bool short_lives = false;  // less to record and to judge: more kills in a minute
  std::vector<std::string> folders;
  std::vector<Death> deaths;
  std::optional<MemoryCgroup> cgroup;
  std::optional<OwnFileSystem> own_file_system;
};

unsigned long long number(std::uint64_t value) {
  return value;
}

std::string file_system_of(const std::string& folder) {
  struct statfs system{};
  if (::statfs(folder.c_str(), &system) != 0) return "?";
  switch (static_cast<unsigned long>(system.f_type)) {
    case 0x01021994:
      return "tmpfs";
    case 0xef53:
      return "ext4";
    case 0x58465342:
      return "xfs";
    case 0x9123683e:
      return "btrfs";
    case 0x794c7630:
      return "overlay";
    default:
      return "another file system";
  }
}

KillPlan plan_run(const Campaign& campaign, unsigned long run) {
  std::mt19937_64 random(campaign.seed * 1000003 + run);
  const auto& folders = campaign.folders;
  const std::size_t turn = run / folders.size();
  KillPlan plan;
  plan.ring_path =
      folders[run % folders.size()] + "/crashreel-kill-" + std::to_string(::getpid()) + ".ring";
  plan.death = campaign.deaths[turn % campaign.deaths.size()];
  plan.threads = kThreads[turn / campaign.deaths.size() % kThreads.size()];
  const bool large = random() % (campaign.short_lives ? 4 : 2) == 0;
  plan.ring_bytes = !large ? 512 << 10 : campaign.short_lives ? 8 << 20 : 16 << 20;
  plan.longest = large ? 1 << 20 : 32 << 10;  // below what a ring of that size cuts
  plan.handler_hz = random() % 2 == 0 ? 5000 : 0;
  const unsigned most_us = campaign.short_lives ? 8000 : large ? 60000 : 20000;
  plan.life_us = static_cast<unsigned>(random() % most_us);
  plan.seed = random();
  if (campaign.cgroup) plan.cgroup = campaign.cgroup->folder();
  if (!campaign.keep.empty()) {
    plan.evidence =
        campaign.keep + "/kill-" + std::to_string(campaign.seed) + "-" + std::to_string(run);
  }
  return plan;
}

void describe(const Campaign& campaign, const KillPlan& plan, unsigned long run,
              const KillAccount& account) {
  std::printf("--seed %llu --first %lu: %s, %u threads, %s, handler %u Hz, %llu bytes, %u us\n",
              number(campaign.seed), run, name_of(plan.death), plan.threads, plan.ring_path.c_str(),
              plan.handler_hz, number(plan.ring_bytes), plan.life_us);
  for (const std::string& what : account.complaints) std::printf("  %s\n", what.c_str());
  if (!plan.evidence.empty()) {
    std::printf("  look again: --judge %s.ring %s.truth\n", plan.evidence.c_str(),
                plan.evidence.c_str());
  }
}

// What all runs of one way to die on one file system came to.
struct Row {
  std::array<unsigned long, kThreads.size()> kills{};
  KillAccount sum;
  unsigned long broken = 0;
};

void add(Row& row, const KillPlan& plan, const KillAccount& account) {
  for (std::size_t i = 0; i < kThreads.size(); ++i) row.kills[i] += kThreads[i] == plan.threads;
  row.sum.recorded += account.recorded;
  row.sum.shown += account.shown;
  row.sum.torn_inputs += account.torn_inputs;
  row.sum.torn_shown += account.torn_shown;
  row.sum.missing += account.missing;
  row.sum.miscounted += account.miscounted;
  row.broken += account.holds() ? 0 : 1;
}

void print(const std::string& name, const Row& row) {
  std::printf("%-22s", name.c_str());
  for (const unsigned long kills : row.kills) std::printf(" %5lu", kills);
  std::printf(" %10llu %9llu %7llu | %5llu %7llu %7llu %6lu\n", number(row.sum.recorded),
              number(row.sum.shown), number(row.sum.torn_inputs), number(row.sum.torn_shown),
              number(row.sum.missing), number(row.sum.miscounted), row.broken);
}

void print_table(const std::map<std::string, Row>& rows, const Row& sum) {
  std::printf("%-22s %23s %10s %9s %7s | %5s %7s %7s %6s\n", "", "kills with 1/2/4/8 thr.",
              "recorded", "shown", "torn at", "torn", "missing", "mis-", "broken");
  std::printf("%-22s %23s %10s %9s %7s | %5s %7s %7s %6s\n", "", "", "", "", "kill", "shown", "",
              "counted", "runs");
  for (const auto& [name, row] : rows) print(name, row);
  print("all", sum);
}

int run(const Campaign& campaign) {
  std::map<std::string, Row> rows;
  Row sum;
  for (unsigned long i = campaign.first; i < campaign.first + campaign.count; ++i) {
    const KillPlan plan = plan_run(campaign, i);
    const KillAccount account = run_and_kill(plan);
    const std::string& folder = campaign.folders[i % campaign.folders.size()];
    add(rows[std::string(name_of(plan.death)) + ", " + file_system_of(folder)], plan, account);
    add(sum, plan, account);
    if (!account.holds()) describe(campaign, plan, i, account);
  }
  print_table(rows, sum);
  std::printf("%lu kills (seed %llu): %lu broke a promise\n", campaign.count, number(campaign.seed),
              sum.broken);
  return sum.broken == 0 ? 0 : 1;
}

int judge_again(const char* ring, const char* truth) {
  const KillAccount account = crashreel::judge_evidence(ring, truth);
  for (const std::string& what : account.complaints) std::printf("%s\n", what.c_str());
  return account.holds() ? 0 : 1;
}

bool is_about_oom(const Campaign& campaign) {
  return campaign.only.starts_with("oom");
}

// Each way to die that this machine has, of those that are wanted. False: the wanted one it has
// not.
bool choose_deaths(Campaign& campaign) {
  auto cgroup = MemoryCgroup::make(kOomBytes);
  for (const Death death : crashreel::kDeaths) {
    const bool is_oom = death == Death::kOom;
    if (is_oom ? cgroup.has_value() : !is_about_oom(campaign)) campaign.deaths.push_back(death);
  }
  if (cgroup) {
    std::printf("OOM kills in a memory cgroup of version %s\n", cgroup->version());
    campaign.cgroup.emplace(std::move(*cgroup));
  } else {
    std::printf("no OOM kills: %s\n", cgroup.error().message.c_str());
  }
  if (!is_about_oom(campaign) || campaign.deaths.empty()) return !is_about_oom(campaign);
  if (campaign.only == std::string("oom") + campaign.cgroup->version()) return true;
  std::printf("no OOM kills in a memory cgroup of version %s: here it is version %s\n",
              campaign.only.c_str() + 3, campaign.cgroup->version());
  return false;
}

bool is_on_wanted(const Campaign& campaign, const std::string& folder) {
  return campaign.only.empty() || is_about_oom(campaign) || campaign.only == file_system_of(folder);
}

// Leaves those folders that are on the wanted file system. 0, or what the campaign is to end with.
int choose_folders(Campaign& campaign) {
  std::vector<std::string>& folders = campaign.folders;
  if (!is_on_wanted(campaign, folders[0])) {
    auto own = OwnFileSystem::make(campaign.only, folders[0]);
    if (own) {
      std::printf("%s is mounted for this campaign alone\n", campaign.only.c_str());
      folders = {own->folder()};
      campaign.own_file_system.emplace(std::move(*own));
    } else {
      std::printf("no %s of its own: %s\n", campaign.only.c_str(), own.error().message.c_str());
      if (own.error().trouble == crashreel::Trouble::kUsage) return 1;
    }
  }
  std::erase_if(folders, [&](const auto& folder) { return !is_on_wanted(campaign, folder); });
  if (!folders.empty()) return 0;
  std::printf("no kills on %s: no folder is on one\n", campaign.only.c_str());
  return kNotToBeHad;
}

bool read_arguments(int argc, char** argv, Campaign& campaign) {
  int at = 1;
  for (; at < argc && std::strncmp(argv[at], "--", 2) == 0; ++at) {
    const std::string option = argv[at];
    if (option == "--short") {
      campaign.short_lives = true;
      continue;
    }
    if (++at == argc) return false;
    if (option == "--seed") {
      campaign.seed = std::strtoull(argv[at], nullptr, 10);
    } else if (option == "--first") {
      campaign.first = std::strtoul(argv[at], nullptr, 10);
    } else if (option == "--keep") {
      campaign.keep = argv[at];
    } else if (option == "--only") {
      campaign.only = argv[at];
    } else {
      return false;
    }
  }
  if (at < argc) campaign.count = std::strtoul(argv[at++], nullptr, 10);
  campaign.folders.assign(argv + at, argv + argc);
  return campaign.count != 0 && !campaign.folders.empty();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--judge") == 0) return judge_again(argv[2], argv[3]);
  Campaign campaign;
  if (!read_arguments(argc, argv, campaign)) {
    std::fprintf(stderr,
                 "usage: kill_campaign [--seed S] [--first RUN] [--keep FOLDER] [--short] "
                 "[--only WHAT] COUNT FOLDER...\n       kill_campaign --judge RING TRUTH\n");
    return 2;
  }
  if (!choose_deaths(campaign)) return kNotToBeHad;
  if (const int trouble = choose_folders(campaign); trouble != 0) return trouble;
  if (!campaign.keep.empty()) std::filesystem::create_directories(campaign.keep);
  return run(campaign);
}
