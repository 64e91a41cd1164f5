#include "harness/external/tracer.h"

#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>

#include "capture/base/owned_fd.h"
#include "harness/external/stack_walk.h"

namespace crashreel {
namespace {

// As the player has them (capture/runtime/crash_memory.h).
constexpr int kFatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP};
constexpr int kJobControl[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
constexpr long kOptions =
    PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL;
constexpr std::uint32_t kPage = 4096;

bool is_one_of(int signal, const auto& signals) {
  return std::find(std::begin(signals), std::end(signals), signal) != std::end(signals);
}

long ask(__ptrace_request what, pid_t task, unsigned long data = 0, unsigned long address = 0) {
  return ::ptrace(what, task, reinterpret_cast<void*>(address), reinterpret_cast<void*>(data));
}

bool read_memory(pid_t task, std::uint64_t from, void* to, std::size_t size) {
  iovec ours = {to, size};
  iovec theirs = {reinterpret_cast<void*>(from), size};
  return ::process_vm_readv(task, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(size);
}

FrameRegisters registers_of(pid_t task) {
  user_regs_struct all = {};
  iovec part = {&all, sizeof all};
  if (::ptrace(PTRACE_GETREGSET, task, reinterpret_cast<void*>(NT_PRSTATUS), &part) != 0) {
    return {};
  }
  return frame_registers(all);
}

std::uint32_t take_maps(pid_t task, char* to) {
  const OwnedFd file(
      ::open(("/proc/" + std::to_string(task) + "/maps").c_str(), O_RDONLY | O_CLOEXEC));
  std::uint32_t size = 0;
  while (file && size < kMaxCrashMaps) {
    const ssize_t got = ::read(file.get(), to + size, kMaxCrashMaps - size);
    if (got <= 0) break;
    size += static_cast<std::uint32_t>(got);
  }
  return size;
}

// As copy_overflowed_stack() of capture/runtime/crash_memory.h, from outside.
std::uint32_t take_overflowed_stack(pid_t task, const siginfo_t& info, std::uint64_t sp, char* to) {
  const std::uint64_t from = overflowed_from(info, sp);
  std::uint32_t size = 0;
  if (from == 0) return 0;
  while (size + kPage <= kMaxCrashStack && read_memory(task, from + size, to + size, kPage)) {
    size += kPage;
  }
  return size;
}

// Whoever is not ours any more is refused.
void wait_for_death(pid_t task) {
  int status = 0;
  pid_t told = 0;
  do {
    told = ::waitpid(task, &status, __WALL);
  } while ((told < 0 && errno == EINTR) || (told > 0 && WIFSTOPPED(status)));
}

}  // namespace

bool Tracer::attend(const std::vector<TaskSeen>& seen) {
  seize_new(seen);
  for (auto task = held_.begin(); task != held_.end();) {
    int status = 0;
    const pid_t told = ::waitpid(task->first, &status, __WALL | WNOHANG);
    const bool gone = told < 0 || (told > 0 && !WIFSTOPPED(status));
    if (told > 0 && !gone && go_on(task->first, status)) return true;
    task = gone ? held_.erase(task) : std::next(task);
  }
  return false;
}

void Tracer::let_go(const std::vector<TaskSeen>& seen) {
  for (const TaskSeen& one : seen) held_[one.task] = one.task == one.process;
  for (const bool leaders : {false, true}) {
    for (const auto& [task, leads] : held_) {
      if (leads == leaders) wait_for_death(task);
    }
  }
  held_.clear();
}

// Those that are made from then on are held by the kernel's doing, and refuse this.
void Tracer::seize_new(const std::vector<TaskSeen>& seen) {
  for (const TaskSeen& one : seen) {
    if (one.is_gone() || held_.contains(one.task)) continue;
    const bool is_first = held_.empty();
    const long seized = ask(PTRACE_SEIZE, one.task, static_cast<unsigned long>(kOptions));
    if (seized != 0 && is_first && errno != ESRCH) refused_ = errno;
    held_[one.task] = one.task == one.process;
  }
}

bool Tracer::go_on(pid_t task, int status) {
  const int signal = WSTOPSIG(status);
  const int event = status >> 16;
  if (event == PTRACE_EVENT_STOP && is_one_of(signal, kJobControl)) {
    ask(PTRACE_LISTEN, task);
    return false;
  }
  if (event == 0 && is_one_of(signal, kFatal)) {
    write_down(task, signal);
    return true;
  }
  ask(PTRACE_CONT, task, event == 0 ? static_cast<unsigned long>(signal) : 0);
  return false;
}

void Tracer::write_down(pid_t task, int signal) {
  siginfo_t info = {};
  ::ptrace(PTRACE_GETSIGINFO, task, nullptr, &info);
  const FrameRegisters registers = registers_of(task);
  crash_.signal = signal;
  crash_.code = info.si_code;
  crash_.address = reinterpret_cast<std::uint64_t>(info.si_addr);
  const std::uint64_t sp = registers.values[kStackRegister];
  crash_.stack_pointer = sp;
  crash_.maps_size = take_maps(task, crash_.maps);
  crash_.stack_size = take_overflowed_stack(task, info, sp, crash_.stack);
  const ReadMemory read = [task](std::uint64_t from, void* to, std::size_t size) {
    return read_memory(task, from, to, size);
  };
  crash_.frame_count =
      walk_stack(registers, read, {crash_.maps, crash_.maps_size.load()}, crash_.frames);
}

}  // namespace crashreel
