// A server with every window open through which something comes that no recorded call brings.
//
//   ajar PORT          answers "windows" with the names of those that the kernel opened for it
//   ajar PORT ring     takes what its sessions bring out of an io_uring, and answers each line with
//   it
//
// Known truth: of whatever it names, crashreel doctor says that it is not recorded.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstring>

#include "tests/zoo/lines.h"

namespace {

constexpr std::size_t kPage = 4096;

// A ring of one place, by system calls alone.
class OneAtATime {
 public:
  OneAtATime() : fd_(static_cast<int>(::syscall(SYS_io_uring_setup, 1, &params_))) {
    if (fd_ < 0) return;
    submissions_ = map(params_.sq_off.array + params_.sq_entries * 4, IORING_OFF_SQ_RING);
    completions_ =
        map(params_.cq_off.cqes + params_.cq_entries * sizeof(io_uring_cqe), IORING_OFF_CQ_RING);
    entry_ = reinterpret_cast<io_uring_sqe*>(map(sizeof(io_uring_sqe), IORING_OFF_SQES));
  }
  bool is_there() const { return fd_ >= 0; }

  // As read() does.
  ssize_t receive(int fd, char* bytes, std::size_t size) {
    *entry_ = io_uring_sqe{};
    entry_->opcode = IORING_OP_RECV;
    entry_->fd = fd;
    entry_->addr = reinterpret_cast<std::uintptr_t>(bytes);
    entry_->len = static_cast<std::uint32_t>(size);
    word(submissions_, params_.sq_off.array) = 0;
    __atomic_add_fetch(&word(submissions_, params_.sq_off.tail), 1u, __ATOMIC_RELEASE);
    std::uint32_t& head = word(completions_, params_.cq_off.head);
    if (::syscall(SYS_io_uring_enter, fd_, 1, 1, IORING_ENTER_GETEVENTS, nullptr, 0) < 0) return -1;
    const std::uint32_t at = head & word(completions_, params_.cq_off.ring_mask);
    const auto* all = reinterpret_cast<io_uring_cqe*>(completions_ + params_.cq_off.cqes);
    const ssize_t result = all[at].res;
    __atomic_add_fetch(&head, 1u, __ATOMIC_RELEASE);
    return result;
  }

 private:
  static std::uint32_t& word(char* ring, std::uint32_t offset) {
    return *reinterpret_cast<std::uint32_t*>(ring + offset);
  }
  char* map(std::size_t bytes, std::uint64_t offset) const {
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd_,
                      static_cast<off_t>(offset));
    if (at == MAP_FAILED) std::exit(1);
    return static_cast<char*>(at);
  }

  io_uring_params params_{};
  int fd_;
  char* submissions_ = nullptr;
  char* completions_ = nullptr;
  io_uring_sqe* entry_ = nullptr;
};

bool open_perf_event() {
  perf_event_attr event{};
  event.type = PERF_TYPE_SOFTWARE;
  event.size = sizeof event;
  event.config = PERF_COUNT_SW_CPU_CLOCK;
  event.exclude_kernel = 1;
  return ::syscall(SYS_perf_event_open, &event, 0, -1, -1, 0) >= 0;
}

bool open_bpf_map() {
  bpf_attr map{};
  map.map_type = BPF_MAP_TYPE_ARRAY;
  map.key_size = 4;
  map.value_size = 8;
  map.max_entries = 1;
  return ::syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof map) >= 0;
}

// Memory that others can write to, in each way that it is to be had; gone with this process.
bool share_memory_by_all_means() {
  const int rights = PROT_READ | PROT_WRITE;
  const int segment = ::shmget(IPC_PRIVATE, kPage, IPC_CREAT | 0600);
  const void* attached = ::shmat(segment, nullptr, 0);
  ::shmctl(segment, IPC_RMID, nullptr);
  const int nameless = ::memfd_create("ajar", MFD_CLOEXEC);
  const int file = ::open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (::ftruncate(nameless, kPage) != 0 || ::ftruncate(file, kPage) != 0) return false;
  return reinterpret_cast<std::intptr_t>(attached) != -1 &&
         ::mmap(nullptr, kPage, rights, MAP_SHARED, nameless, 0) != MAP_FAILED &&
         ::mmap(nullptr, kPage, rights, MAP_SHARED, file, 0) != MAP_FAILED;
}

// What is none of it: nobody else can write there.
void map_what_is_its_own() {
  const int rights = PROT_READ | PROT_WRITE;
  const int own = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, own, 0) == MAP_FAILED ||
      ::mmap(nullptr, kPage, rights, MAP_PRIVATE, own, 0) == MAP_FAILED ||
      ::mmap(nullptr, kPage, rights, MAP_SHARED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) {
    std::exit(1);
  }
}

bool have_a_child() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) ::pause();
  }
  return child > 0;
}

// The kernel's table has it once it has a number.
bool open_netlink() {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  sockaddr_nl own{};
  own.nl_family = AF_NETLINK;
  return fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof own) == 0;
}

std::string open_all_windows() {
  const std::pair<const char*, bool> windows[] = {
      {"io_uring", OneAtATime().is_there()},
      {"inotify", ::inotify_init1(IN_CLOEXEC) >= 0},
      {"fanotify", ::fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY) >= 0},
      {"userfaultfd", ::syscall(SYS_userfaultfd, UFFD_USER_MODE_ONLY) >= 0},
      {"perf_events", open_perf_event()},
      {"bpf", open_bpf_map()},
      {"device", ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC) >= 0},
      {"netlink", open_netlink()},
      {"packet", ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0x0300) >= 0},
      {"raw", ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) >= 0},
      {"raw6", ::socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6) >= 0},
      {"shared_memory", share_memory_by_all_means()},
      {"child", have_a_child()}};
  std::string names;
  for (const auto& [name, is_open] : windows) names += is_open ? std::string(name) + " " : "";
  map_what_is_its_own();
  return names + "\n";
}

[[noreturn]] void serve_by_ring(int listener) {
  OneAtATime ring;
  if (!ring.is_there()) std::exit(1);
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    char bytes[256];
    for (ssize_t got; (got = ring.receive(fd, bytes, sizeof bytes)) > 0;) {
      zoo::answer(fd, std::string(bytes, static_cast<std::size_t>(got)));
    }
    ::close(fd);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const int listener = zoo::listen_on(argv[1]);
  if (argc > 2) serve_by_ring(listener);
  const std::string names = open_all_windows();
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::string unread, line;
    while (zoo::read_some(fd, unread)) {
      while (zoo::take_line(unread, line)) zoo::answer(fd, line == "windows" ? names : line + "\n");
    }
    ::close(fd);
  }
}
