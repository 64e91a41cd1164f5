#include "harness/player/attendants.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "capture/interpose/real_call.h"
#include "harness/player/clock.h"
#include "harness/player/descriptors.h"
#include "harness/player/kernel_call.h"

namespace crashreel::player {
namespace {

constexpr int kMostAttendants = 64;  // at a time; further ones are left to themselves
constexpr idtype_t kByPidFd = static_cast<idtype_t>(3);  // P_PIDFD

// What an attendant says of itself.
struct Place {
  std::atomic<std::uint64_t> quiet;  // the last round in which it was; 0: it goes on
  std::atomic<std::uint64_t> moves;
  std::atomic<std::uint64_t> deadline_ns;
};

struct Desk {
  std::atomic<std::uint64_t> round;  // that everybody is asked for; from 1
  std::atomic<std::uint64_t> now_ns;
  Place places[kMostAttendants];
};

struct Attendant {
  pid_t pid;  // 0: a free place
  int pid_fd;
  int wake_fd;
};

std::atomic<Desk*> desk{nullptr};
Attendant attendants[kMostAttendants];
int attendant_count = 0;
int ended_set = -1;    // epoll set of the pid_fds
int own_wake = -1;     // the first process's
int next = -1;         // the place of the one that is about to be forked
Place* own = nullptr;  // in an attendant

std::atomic<std::uint64_t> own_moves{0};  // the first process's, and those of who has ended
std::uint64_t moves_before = 0;           // when the last round was over

void wake(int fd) {
  const std::uint64_t one = 1;
  if (fd >= 0) (void)!CRASHREEL_REAL(write)(fd, &one, sizeof one);
}

bool open_desk() {
  if (desk.load() != nullptr) return true;
  void* memory =
      ::mmap(nullptr, sizeof(Desk), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return false;
  ended_set = move_out_of_sight(::epoll_create1(EPOLL_CLOEXEC));
  if (ended_set < 0) {
    ::munmap(memory, sizeof(Desk));
    return false;
  }
  auto* opened = static_cast<Desk*>(memory);
  opened->round.store(1);
  desk.store(opened);
  return true;
}

void close_desk() {
  ::munmap(desk.exchange(nullptr), sizeof(Desk));
  close_own(ended_set);
  ended_set = -1;
}

int find_free_place() {
  for (int i = 0; i < kMostAttendants; ++i) {
    if (attendants[i].pid == 0) return i;
  }
  return -1;
}

void forget(Attendant& attendant) {
  if (attendant.pid_fd >= 0) {
    ::epoll_ctl(ended_set, EPOLL_CTL_DEL, attendant.pid_fd, nullptr);
    close_own(attendant.pid_fd);
  }
  close_own(attendant.wake_fd);
  attendant = {0, -1, -1};
  --attendant_count;
}

// After the kernel has said so, SIGCHLD is pending where the program wants it.
bool has_ended(const Attendant& attendant) {
  siginfo_t info = {};
  const int asked =
      ::waitid(kByPidFd, static_cast<id_t>(attendant.pid_fd), &info, WEXITED | WNOHANG | WNOWAIT);
  return asked != 0 || info.si_pid != 0;
}

// Whoever waits for one of them in this process finds it ended when it looks again.
void forget_ended() {
  for (Attendant& attendant : attendants) {
    if (attendant.pid == 0 || !has_ended(attendant)) continue;
    forget(attendant);
    note_move();
    wake(own_wake);
  }
}

std::uint64_t all_moves() {
  std::uint64_t moves = own_moves.load();
  for (const Place& place : desk.load()->places) moves += place.moves.load();
  return moves;
}

bool round_is_over() {
  const Desk& asked = *desk.load();
  for (int i = 0; i < kMostAttendants; ++i) {
    if (attendants[i].pid != 0 && asked.places[i].quiet.load() != asked.round.load()) return false;
  }
  return true;
}

void ask_again() {
  Desk& asked = *desk.load();
  asked.now_ns.store(now_ns());
  asked.round.fetch_add(1);
  for (const Attendant& attendant : attendants) {
    if (attendant.pid != 0) wake(attendant.wake_fd);
  }
}

}  // namespace

bool expect_attendant(int first_wake_fd) {
  next = open_desk() ? find_free_place() : -1;
  const int wake_fd = next < 0 ? -1 : move_out_of_sight(::eventfd(0, EFD_CLOEXEC));
  if (wake_fd < 0) next = -1;
  if (next < 0) return false;
  own_wake = first_wake_fd;
  attendants[next] = {0, -1, wake_fd};
  Place& place = desk.load()->places[next];
  place.quiet.store(0);
  place.deadline_ns.store(kForever);
  return true;
}

void take_attendant(pid_t child) {
  if (next < 0) return;
  Attendant& attendant = attendants[next];
  next = -1;
  ++attendant_count;
  attendant.pid = child;
  if (child > 0) {
    attendant.pid_fd = move_out_of_sight(static_cast<int>(own_syscall(SYS_pidfd_open, child, 0)));
  }
  epoll_event interest = {};
  interest.events = EPOLLIN;
  const bool watched = attendant.pid_fd >= 0 &&
                       ::epoll_ctl(ended_set, EPOLL_CTL_ADD, attendant.pid_fd, &interest) == 0;
  if (!watched) forget(attendant);
  if (attendant_count == 0) close_desk();
}

int become_attendant() {
  if (next < 0) return -1;
  own = &desk.load()->places[next];
  const int wake_fd = attendants[next].wake_fd;
  next = -1;
  attendant_count = 0;
  close_all_own_but(own_wake, wake_fd);
  return wake_fd;
}

bool attends() {
  return own != nullptr;
}

bool has_attendants() {
  return own == nullptr && desk.load(std::memory_order_relaxed) != nullptr;
}

bool is_attendant(pid_t pid) {
  for (const Attendant& attendant : attendants) {
    if (attendant.pid == pid && pid != 0 && own == nullptr) return true;
  }
  return false;
}

bool attendants_are_quiet() {
  forget_ended();
  if (attendant_count == 0) {
    close_desk();
    return false;  // one has just ended: look again
  }
  const std::uint64_t moves = all_moves();  // before looking who is quiet: who wakes then is seen
  if (!round_is_over()) return false;
  const bool nobody_moved = moves == moves_before;
  moves_before = moves;
  if (!nobody_moved) ask_again();
  return nobody_moved;
}

std::uint64_t attendants_deadline() {
  std::uint64_t nearest = kForever;
  for (int i = 0; i < kMostAttendants && has_attendants(); ++i) {
    if (attendants[i].pid == 0) continue;
    const std::uint64_t deadline = desk.load()->places[i].deadline_ns.load();
    if (deadline < nearest) nearest = deadline;
  }
  return nearest;
}

int attendants_fd() {
  return has_attendants() ? ended_set : -1;
}

std::uint64_t round_asked() {
  return desk.load()->round.load();
}

std::uint64_t first_process_now_ns() {
  return desk.load()->now_ns.load();
}

void say_quiet(std::uint64_t round, std::uint64_t deadline_ns) {
  own->deadline_ns.store(deadline_ns);
  own->quiet.store(round);
  wake(own_wake);
}

void note_move() {
  if (own == nullptr) {
    own_moves.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  own->quiet.store(0);
  own->moves.fetch_add(1);
}

}  // namespace crashreel::player
