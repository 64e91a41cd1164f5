// The command itself is killed, at whatever moment: what is left of it?
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <filesystem>

#include "capture/base/exec_words.h"
#include "capture/base/owned_fd.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"
#include "tests/tools/run_command.h"

namespace crashreel::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kDeaths = 20;
constexpr int kFewDeaths = 8;

OwnedFd process(pid_t pid) {
  return OwnedFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

// False: it has not ended within so many milliseconds.
bool ends_within(const OwnedFd& pid_fd, int ms) {
  pollfd end = {pid_fd.get(), POLLIN, 0};
  return !pid_fd || ::poll(&end, 1, ms) == 1;
}

// The target is a copy that lies in the test's own folder, by which its processes are known, as its
// keepers are by the folder that they are told of.
class KilledCommand : public ::testing::Test {
 protected:
  KilledCommand() {
    fs::create_directory(folder_.file("tmp"));
    fs::copy_file(CRASHREEL_BUILD_DIR "/zoo/clerk", folder_.file("clerk"));
    const CommandRun imported = run_line(
        "for i in $(seq 40); do printf '{\"session\":%d,\"data\":\"R0VUIGEK\"}\\n' $((i % 3));"
        " done >r; { cat r; echo '{\"session\":0,\"data\":\"UFVUIGEgYgo=\"}'; cat r;"
        " echo '{\"session\":1,\"data\":\"QlVSTiBhCg==\"}'; } |"
        "crashreel import - -q -o c.reel -- ./clerk 7001",
        {.directory = folder_.path()});
    EXPECT_EQ(imported.exit, 0) << imported.err;
  }
  ~KilledCommand() override {
    for (const pid_t pid : left()) ::kill(pid, SIGKILL);
  }

  pid_t start(const std::vector<std::string>& words) const {
    std::vector<std::string> all = {
        "sh", "-c", "cd \"$0\" && export TMPDIR=\"$0/tmp\" && exec \"$@\" >out 2>err",
        folder_.path(), crashreel_binary()};
    all.insert(all.end(), words.begin(), words.end());
    const std::vector<char*> argv = exec_words(all);
    pid_t pid = -1;
    EXPECT_EQ(::posix_spawn(&pid, "/bin/sh", nullptr, nullptr, argv.data(), environ), 0);
    return pid;
  }

  // At that moment, if it does not end by itself before.
  void kill_after(int ms, const std::vector<std::string>& words) const {
    const pid_t pid = start(words);
    ends_within(process(pid), ms);
    ::kill(pid, SIGKILL);
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  }

  std::vector<pid_t> left() const {
    std::vector<pid_t> found;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const int pid = std::atoi(entry.path().filename().c_str());
      if (pid <= 0 || pid == ::getpid()) continue;
      std::error_code error;
      const std::string runs = fs::read_symlink(entry.path() / "exe", error);
      // A debugger has the folder in neither, but is told of it in its environment.
      if (runs.starts_with(folder_.path().string()) ||
          process_file(entry.path() / "cmdline").find(folder_.path()) != std::string::npos ||
          process_file(entry.path() / "environ").find(folder_.path()) != std::string::npos) {
        found.push_back(pid);
      }
    }
    return found;
  }

  // Those that are just being ended may do so.
  void expect_no_process() const {
    for (std::vector<pid_t> running = left(); !running.empty(); running = left()) {
      for (const pid_t pid : running) {
        ASSERT_TRUE(ends_within(process(pid), 60'000))
            << "process " << pid << " outlives the command";
      }
    }
  }

  // Killed at moments that lie apart by that, and then run to its end.
  void kill_again_and_again(const std::vector<std::string>& words, int step_ms,
                            int deaths = kDeaths) const {
    for (int death = 0; death < deaths; ++death) {
      kill_after(death * step_ms, words);
      ASSERT_NO_FATAL_FAILURE(expect_no_process());
    }
    const pid_t last = start(words);
    int status = 0;
    EXPECT_EQ(::waitpid(last, &status, 0), last);
    EXPECT_EQ(WEXITSTATUS(status), 0) << folder_.read("err");
    expect_no_process();
    EXPECT_TRUE(fs::is_empty(folder_.file("tmp")));
  }

  TemporaryDirectory folder_;
};

TEST_F(KilledCommand, LeavesNothingOfAReplay) {
  kill_again_and_again({"replay", "c.reel", "--tries", "6", "--jobs", "2"}, 5);
}

TEST_F(KilledCommand, LeavesNothingOfAMinimization) {
  kill_again_and_again({"minimize", "c.reel", "-o", "small.reel", "--jobs", "2"}, 10);
  const CommandRun shown =
      run_line("crashreel show small.reel --inputs", {.directory = folder_.path()});
  EXPECT_THAT(shown.out, HasSubstr("BURN a"));
  EXPECT_FALSE(fs::exists(folder_.file("small.reel.journal")));
}

TEST_F(KilledCommand, LeavesNothingOfAReach) {
  kill_again_and_again({"reach", "c.reel", "--jobs", "2"}, 15, kFewDeaths);
}

TEST_F(KilledCommand, LeavesNothingOfABlame) {
  kill_again_and_again({"blame", "c.reel", "--jobs", "2"}, 20, kFewDeaths);
}

TEST_F(KilledCommand, LeavesNothingOfADebugger) {
  kill_again_and_again({"debug", "c.reel", "--batch", "--ex", "reel goto 30", "--ex", "reel back"},
                       120, kFewDeaths);
}

// What it records is no service, but a trial of its own.
TEST_F(KilledCommand, LeavesNothingOfADoctor) {
  const std::string port = std::to_string(free_port());
  kill_again_and_again({"doctor", "--with",
                        "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + port +
                            "; for i in $(seq 20); do echo GET a >&3; read -r x <&3; done'",
                        "--", folder_.file("clerk"), port},
                       40, kFewDeaths);
}

TEST_F(KilledCommand, LeavesNothingOfACorpusThatIsVerified) {
  const CommandRun added =
      run_line("crashreel corpus add corpus c.reel", {.directory = folder_.path()});
  ASSERT_EQ(added.exit, 0) << added.err;
  const std::vector<std::string> verify = {"corpus", "verify", "corpus", "--jobs", "2"};
  for (int death = 0; death < kFewDeaths; ++death) {
    kill_after(death * 10, verify);
    ASSERT_NO_FATAL_FAILURE(expect_no_process());
  }
}

// A service outlives who records it, and its ring has what came since.
TEST_F(KilledCommand, LeavesARecordedServiceRunningWithItsRing) {
  for (int death = 0; death < kDeaths; ++death) {
    kill_after(death * 3, {"record", "--ring-path", folder_.file("ring"), "-o", "r.reel", "--",
                           folder_.file("clerk"), "0"});
    for (const pid_t pid : left()) ::kill(pid, SIGKILL);
    ASSERT_NO_FATAL_FAILURE(expect_no_process());
    fs::remove(folder_.file("ring"));
  }
  const pid_t recorder = start({"record", "--ring-path", folder_.file("ring"), "-o", "r.reel", "--",
                                folder_.file("clerk"), "0"});
  std::string out;
  while (!out.ends_with("\n") && !ends_within(process(recorder), 5)) out = folder_.read("out");
  ::kill(recorder, SIGKILL);
  EXPECT_EQ(::waitpid(recorder, nullptr, 0), recorder);
  ASSERT_TRUE(out.starts_with("listening ")) << out << folder_.read("err");
  Client client = Client::tcp(std::atoi(out.c_str() + 10));
  EXPECT_EQ(client.ask("PUT a b\n"), "OK\n");
  client.send("BURN a\n");
  expect_no_process();
  const CommandRun salvaged = run_line(
      "crashreel salvage ring -o late.reel --remove && "
      "crashreel show late.reel --inputs && ls tmp",
      {.directory = folder_.path()});
  EXPECT_EQ(salvaged.exit, 0) << salvaged.err;
  EXPECT_THAT(salvaged.out, HasSubstr("BURN a"));
}

}  // namespace
}  // namespace crashreel::testing
