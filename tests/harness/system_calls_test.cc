// A replay never sleeps: between its first input and its last the instance makes no system call
// that waits for time to pass, and who drives it goes on when something has happened. Seen from
// outside, by strace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "harness/fork_server.h"
#include "tests/capture/reel/folder.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::IsEmpty;

// strace runs the program and is the harness's child in its place. The player is not for it but for
// the program, which inherits the script.
Outcome try_traced(const Reel& reel, const std::string& log,
                   const std::vector<std::string>& program) {
  std::vector<std::string> argv = {
      "/usr/bin/strace",
      "-f",
      "-qq",
      "-s",
      "16",
      "-o",
      log,
      "-e",
      "trace=sendto,nanosleep,clock_nanosleep,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,"
      "epoll_pwait2,futex"};
  auto target = target_of(reel, argv);
  if (!target) {
    ADD_FAILURE() << target.error().message << "; tools/install-packages installs it";
    return {};
  }
  target->argv.insert(target->argv.end(), {"-E", "LD_PRELOAD=" + target->player_path});
  target->argv.insert(target->argv.end(), program.begin(), program.end());
  target->player_path = "";
  target->sandbox.writable.push_back(std::filesystem::path(log).parent_path());
  const auto outcome = run_try(*target, reel, whole_sequence(reel));
  return outcome ? *outcome : Outcome{};
}

// As strace prints a call, in one line or, where another thread came in between, in two.
bool waits_for_time(const std::string& line) {
  static const std::regex kWaits[] = {
      std::regex(R"(\b(clock_)?nanosleep(\(| resumed))"),
      std::regex(R"(\bfutex\(.*FUTEX_WAIT.*\{tv_sec=)"),
      std::regex(R"(\b(epoll_wait|poll)(\(| resumed).*, [1-9][0-9]*\) +=)"),
      std::regex(R"(\bepoll_pwait(\(| resumed).*, [1-9][0-9]*, (NULL|\[.*\]), 8\) +=)"),
      std::regex(
          R"(\b(ppoll|select|pselect6|epoll_pwait2)(\(| resumed).*tv_(u|n)?sec=[1-9].*\) +=)")};
  return std::any_of(std::begin(kWaits), std::end(kWaits),
                     [&](const std::regex& wait) { return std::regex_search(line, wait); });
}

TEST(SystemCalls, ThatWaitForTimeAreRecognised) {
  for (const char* line : {"7 clock_nanosleep(CLOCK_REALTIME, 0, {tv_sec=0}, NULL) = 0",
                           "7 nanosleep({tv_sec=1, tv_nsec=0}, NULL) = 0",
                           "7 epoll_wait(5, [{events=EPOLLIN}], 10128, 100) = 1",
                           "7 poll([{fd=3, events=POLLIN}], 1, 1000) = 0 (Timeout)",
                           "7 futex(0x7f, FUTEX_WAIT_PRIVATE, 0, {tv_sec=0, tv_nsec=5}) = -1",
                           "7 futex(0x7f, FUTEX_WAIT_BITSET, 0, {tv_sec=1, <unfinished ...>",
                           "7 ppoll([{fd=3}], 1, {tv_sec=0, tv_nsec=5}, NULL, 8) = 0",
                           "7 epoll_pwait(5, [], 10128, 100, NULL, 8) = 0",
                           "7 <... epoll_wait resumed>[], 10128, 100) = 0",
                           "7 select(4, [3], NULL, NULL, {tv_sec=1, tv_usec=0}) = 0"}) {
    EXPECT_TRUE(waits_for_time(line)) << line;
  }
  for (const char* line :
       {"7 epoll_wait(5, [], 10128, 0) = 0", "7 poll([{fd=3}], 1, 0) = 0",
        "7 futex(0x7f, FUTEX_WAIT_PRIVATE, 0, NULL) = 0", "7 poll([{fd=3}, {fd=4}], 2, -1) = 1",
        "7 epoll_wait(5,  <unfinished ...>",
        "7 ppoll([{fd=3}], 1, {tv_sec=0, tv_nsec=0}, NULL, 8) = 0"}) {
    EXPECT_FALSE(waits_for_time(line)) << line;
  }
}

// Every input is a PING, a second after the one before, so that the program's timers come in
// between. `seen` of them reach the program through the kernel.
void expect_no_waits_for_time(const std::vector<std::string>& program, int count,
                              int inputs_a_session, int seen) {
  const Folder folder;
  const std::string log = folder / "calls";
  std::string text;
  for (int i = 0; i < count; ++i) {
    text +=
        "@" + std::to_string(i) + "000000000 " + std::to_string(i / inputs_a_session) + ":PING ";
  }
  const Outcome outcome = try_traced(lines(text), log, program);
  ASSERT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);

  std::ifstream file(log);
  std::vector<std::string> waits;  // since the last input that was seen
  std::vector<std::string> between;
  int inputs = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.find("\"PING\\n\"") != std::string::npos) {
      ++inputs;
      between.insert(between.end(), waits.begin(), waits.end());
      waits.clear();
    } else if (inputs > 0 && waits_for_time(line)) {
      waits.push_back(line);
    }
  }
  EXPECT_EQ(inputs, seen);
  EXPECT_THAT(between, IsEmpty());
}

TEST(SystemCalls, OfAReplayDoNotWaitForTime) {
  expect_no_waits_for_time(
      {"/usr/bin/redis-server", "--port", "7001", "--save", "", "--appendonly", "no"}, 100, 2, 50);
}

// Its own threads have work to do every second, and wait with time-outs in between.
TEST(SystemCalls, OfAReplayOfManyThreadsDoNotWaitForTime) {
  expect_no_waits_for_time(
      {"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1", "-U", "0", "-p", "7001"},
      100, 2, 50);
}

// Processes wait for each other without it, too. It answers ERR.
TEST(SystemCalls, OfAReplayOfManyProcessesDoNotWaitForTime) {
  expect_no_waits_for_time({zoo("forking"), "7001"}, 20, 7, 20);
}

// Alone, and by copies.
void drive_tries() {
  const Reel reel = lines("1:PING 2:PING @60000000000 1:PING");
  const Target target = target_for(reel, {"/usr/bin/redis-server", "--port", "7001", "--save", ""});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run_try(target, reel, whole_sequence(reel)));
  const Layout layout = whole_layout(reel, target);
  auto server = ForkServer::start(target, layout, TryOptions().hang_ms);
  ASSERT_TRUE(server) << server.error().message;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(run_try(*server, target, layout));
}

// What the one that drives them does when a wait has timed out: looks for progress, and waits
// again.
struct Driver {
  int events = 0;                    // waits that something ended
  bool timed_out = false;            // the last one was not
  std::vector<std::string> went_on;  // sleeps, and what was ended because time had passed

  void see(const std::string& line) {
    static const std::regex kWait(R"(^(poll|ppoll|select|pselect6|epoll_p?wait)\()");
    static const std::regex kLook(R"(^poll\(.*, 0\) += )");
    if (std::regex_search(line, kLook)) return;
    if (std::regex_search(line, kWait)) {
      timed_out = line.find("(Timeout)") != std::string::npos;
      events += timed_out ? 0 : 1;
    } else if (timed_out || waits_for_time(line)) {
      went_on.push_back(line);
    }
  }
};

TEST(SystemCalls, OfADriverThatGoesOnBecauseTimeHasPassedAreRecognised) {
  Driver driver;
  for (const char* line : {"poll([{fd=3, events=POLLIN}], 2, 250) = 0 (Timeout)",
                           "poll([{fd=4, events=POLLIN}], 1, 0) = 0 (Timeout)",
                           "poll([{fd=3, events=POLLIN}], 2, 250) = 1 ([{fd=3, revents=POLLIN}])",
                           "kill(-7, SIGKILL) = 0"}) {
    driver.see(line);
  }
  EXPECT_EQ(driver.events, 1);
  EXPECT_THAT(driver.went_on, IsEmpty());
  driver.see("poll([{fd=3, events=POLLIN}], 2, 250) = 0 (Timeout)");
  driver.see("kill(-7, SIGKILL) = 0");
  EXPECT_EQ(driver.went_on.size(), 1u);
}

TEST(SystemCalls, OfWhoDrivesTriesNeverGoOnBecauseTimeHasPassed) {
  if (std::getenv("DRIVES_TRIES") != nullptr) return drive_tries();
  const Folder folder;
  const std::string command =
      "unset GTEST_TOTAL_SHARDS GTEST_SHARD_INDEX GTEST_SHARD_STATUS_FILE; "
      "DRIVES_TRIES=1 ASAN_OPTIONS=detect_leaks=0 strace -qq -e signal=none -o '" +
      (folder / "calls") +
      "' -e trace=nanosleep,clock_nanosleep,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,"
      "kill,pidfd_send_signal '" +
      std::filesystem::read_symlink("/proc/self/exe").string() +
      "' --gtest_filter=SystemCalls.OfWhoDrivesTriesNeverGoOnBecauseTimeHasPassed >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  Driver driver;
  std::ifstream file(folder / "calls");
  for (std::string line; std::getline(file, line);) driver.see(line);
  EXPECT_GE(driver.events, 6);
  EXPECT_FALSE(driver.timed_out);
  EXPECT_THAT(driver.went_on, IsEmpty());
}

}  // namespace
}  // namespace crashreel
