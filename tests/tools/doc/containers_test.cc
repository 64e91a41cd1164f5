// Does tools/doc/CONTAINERS.md hold in a container? Its commands are typed in a place that is as
// bare as one: see the first paragraph there.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "tests/capture/runtime/confined.h"
#include "tests/tools/document.h"
#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using ::testing::HasSubstr;
using testing::TemporaryDirectory;

constexpr uid_t kNobody = 65534;
constexpr int kCantBeConfined = 99;

// What container engines refuse to those who have no capability.
bool refuse_what_engines_refuse() {
  for (const long call :
       {SYS_ptrace, SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_personality,
        SYS_perf_event_open, SYS_io_uring_setup, SYS_process_vm_readv, SYS_process_vm_writev,
        SYS_userfaultfd, SYS_bpf, SYS_kcmp, SYS_keyctl, SYS_add_key, SYS_quotactl}) {
    if (!SystemCalls::refuse(call, SECCOMP_RET_ERRNO | EPERM)) return false;
  }
  return true;
}

// In a child that vanishes: everything but `work` can't be written any more.
bool confine(const std::string& work) {
  return own_mounts() && ::unshare(CLONE_NEWNET | CLONE_NEWIPC) == 0 &&
         mount_tmpfs("/dev/shm", "size=64m,mode=1777") &&
         ::mount(work.c_str(), work.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
         ::mount("/", "/", nullptr, MS_BIND | MS_REC, nullptr) == 0 && ::chroot("/") == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0 &&
         ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
         ::setresuid(kNobody, kNobody, kNobody) == 0 && refuse_what_engines_refuse();
}

// The exit status; what was printed lies in work/output.
int run_confined(const TemporaryDirectory& work, const std::string& commands) {
  const std::string script = "exec > \"$work/output\" 2>&1\nulimit -s 1024\n" + commands;
  const std::string path = "PATH=" CRASHREEL_BUILD_DIR "/bin:/usr/bin:/bin";
  const std::string place = "work=" + work.path().string();
  const pid_t child = ::fork();
  if (child == 0) {
    if (!confine(work.path())) ::_exit(kCantBeConfined);
    ::execlp("env", "env", "-i", path.c_str(), place.c_str(),
             "cases=" CRASHREEL_SOURCE_DIR "/tests/cases", "bash", "-euo", "pipefail", "-c",
             script.c_str(), nullptr);
    ::_exit(127);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST(Containers, RecordReplayAndMinimizeAsTheirPageSays) {
  const TemporaryDirectory work;
  std::filesystem::permissions(work.path(), std::filesystem::perms::all);
  const int status =
      run_confined(work, "if touch /etc/anything; then exit 98; fi\n" +
                             testing::commands_of_document("tools/doc/CONTAINERS.md"));
  if (status == kCantBeConfined) GTEST_SKIP() << "needs the right to make mount namespaces";
  const std::string output = work.read("output");
  EXPECT_EQ(status, 0) << output;
  EXPECT_THAT(output, HasSubstr("Read-only file system"));
  EXPECT_THAT(output, HasSubstr("room for a ring of 32768 KiB only"));
  EXPECT_THAT(output, HasSubstr("replay: the program had to go without user ids of its own"));
  EXPECT_THAT(output.substr(output.find("TMPDIR\n") + 1), HasSubstr("\nreproduced 3 of 3"));
  EXPECT_THAT(output, HasSubstr(" -> 4 inputs"));
}

}  // namespace
}  // namespace crashreel
