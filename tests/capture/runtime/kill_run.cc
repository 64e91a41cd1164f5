#include "tests/capture/runtime/kill_run.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "capture/base/check.h"

namespace crashreel {
namespace {

void wait_us(unsigned us) {
  const timespec time = {us / 1000000, static_cast<long>(us % 1000000) * 1000};
  ::nanosleep(&time, nullptr);
}

// Its wait status.
int kill_or_let_die(const KillPlan& plan, const Truth& truth, pid_t child) {
  int status = 0;
  while (truth.recording == 0 && truth.trouble == 0) {
    if (::waitpid(child, &status, WNOHANG) == child) return status;
    wait_us(100);
  }
  if (plan.death == Death::kKill && truth.trouble == 0) {
    wait_us(plan.life_us);
    ::kill(child, SIGKILL);
  }
  CRASHREEL_CHECK(::waitpid(child, &status, 0) == child);
  return status;
}

bool died_as_planned(Death death, int status) {
  if (death == Death::kExit) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  const int signal = death == Death::kSegv ? SIGSEGV : death == Death::kAbort ? SIGABRT : SIGKILL;
  return WIFSIGNALED(status) && WTERMSIG(status) == signal;
}

void keep_evidence(const KillPlan& plan, const Truth& truth) {
  std::error_code trouble;
  std::filesystem::copy_file(plan.ring_path, plan.evidence + ".ring",
                             std::filesystem::copy_options::overwrite_existing, trouble);
  std::ofstream(plan.evidence + ".truth", std::ios::binary)
      .write(reinterpret_cast<const char*>(&truth), sizeof truth);
}

}  // namespace

const char* name_of(Death death) {
  switch (death) {
    case Death::kKill:
      return "SIGKILL";
    case Death::kSegv:
      return "SIGSEGV";
    case Death::kAbort:
      return "abort";
    case Death::kExit:
      return "_exit";
    case Death::kOom:
      return "OOM kill";
  }
  return "?";
}

KillAccount run_and_kill(const KillPlan& plan) {
  CRASHREEL_CHECK(plan.threads >= 1 && plan.threads <= kMostThreads);
  ::unlink(plan.ring_path.c_str());
  void* pages =
      ::mmap(nullptr, sizeof(Truth), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CRASHREEL_CHECK(pages != MAP_FAILED);
  Truth& truth = *static_cast<Truth*>(pages);
  const pid_t child = ::fork();
  CRASHREEL_CHECK(child >= 0);
  if (child == 0) live_and_record(plan, truth);
  const int status = kill_or_let_die(plan, truth, child);
  KillAccount account;
  if (truth.trouble != 0) {
    complain(account, "no ring: errno " + std::to_string(truth.trouble));
  } else {
    account = judge(plan.ring_path, truth);
    if (!died_as_planned(plan.death, status)) {
      complain(account, "died otherwise: wait status " + std::to_string(status));
    }
  }
  if (!account.holds() && !plan.evidence.empty()) keep_evidence(plan, truth);
  ::munmap(pages, sizeof(Truth));
  ::unlink(plan.ring_path.c_str());
  return account;
}

}  // namespace crashreel
