// How does a test put a program of its own into a corner: no room, no right, no system call?
//
// For children that vanish: what is done here is done to the calling process and never undone.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace crashreel {

// From now on mounts are this process's own business, and go with it. False without the right to.
inline bool own_mounts() {
  return ::unshare(CLONE_NEWNS) == 0 &&
         ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

inline bool mount_tmpfs(const std::string& folder, const std::string& options) {
  return ::mount("crashreel", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

inline bool limit(int resource, std::uint64_t most) {
  rlimit value{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &value) != 0) return false;
  value.rlim_cur = most;
  return ::setrlimit(static_cast<__rlimit_resource>(resource), &value) == 0;
}

// A filter of system calls, installed for all threads of the process.
class SystemCalls {
 public:
  // Every call but these gets `otherwise`, one of SECCOMP_RET_*.
  static bool allow_only(const std::vector<long>& calls, std::uint32_t otherwise) {
    std::vector<sock_filter> program = {load(offsetof(seccomp_data, nr))};
    for (const long call : calls) {
      program.push_back(jump(BPF_JEQ, call, 0, 1));
      program.push_back(answer(SECCOMP_RET_ALLOW));
    }
    program.push_back(answer(otherwise));
    return install(program);
  }

  // This call gets `instead`; with a flag, only when argument `index` has one of its bits.
  static bool refuse(long call, std::uint32_t instead, unsigned index = 0, std::uint32_t flag = 0) {
    std::vector<sock_filter> program = {load(offsetof(seccomp_data, nr)),
                                        jump(BPF_JEQ, call, 0, flag != 0 ? 3 : 1)};
    if (flag != 0) {
      program.push_back(load(static_cast<std::uint32_t>(offsetof(seccomp_data, args) + 8 * index)));
      program.push_back(jump(BPF_JSET, flag, 0, 1));
    }
    program.push_back(answer(instead));
    program.push_back(answer(SECCOMP_RET_ALLOW));
    return install(program);
  }

 private:
  static sock_filter load(std::size_t offset) {
    return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  }
  static sock_filter jump(unsigned how, std::int64_t with, unsigned char then,
                          unsigned char otherwise) {
    return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | how | BPF_K),
                    static_cast<std::uint32_t>(with), then, otherwise);
  }
  static sock_filter answer(std::uint32_t value) { return BPF_STMT(BPF_RET | BPF_K, value); }

  static bool install(std::vector<sock_filter>& program) {
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0;
  }
};

}  // namespace crashreel
