#include "harness/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "harness/player/script.h"
#include "harness/watchdog.h"

namespace crashreel {
namespace {

Error trouble(const std::string& what) {
  return {Trouble::kEnvironment, "fork server: " + what + ": " + std::strerror(errno)};
}

Error refused(const std::string& why) {
  return {Trouble::kTarget, why};
}

// A descriptor with one owner.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

bool send_request(int socket, ForkRequest request, int script_fd) {
  iovec part = {&request, sizeof request};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (script_fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(header), &script_fd, sizeof script_fd);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof request;
}

// Empty: the server has ended.
std::optional<ForkAnswer> hear(int socket) {
  ForkAnswer answer = {};
  ssize_t got = -1;
  do {
    got = ::recv(socket, &answer, sizeof answer, 0);
  } while (got < 0 && errno == EINTR);
  if (got != sizeof answer) return std::nullopt;
  answer.refusal[kMaxRefusal - 1] = 0;
  return answer;
}

}  // namespace

class ForkServer::Server : public InstanceParent {
 public:
  Server(Instance instance, Script script, Descriptor socket)
      : instance_(std::move(instance)), script_(std::move(script)), socket_(std::move(socket)) {}

  // Until the player has said that it is ready.
  Result<void> wait_until_ready(std::uint32_t hang_ms) {
    Watchdog watchdog(hang_ms);
    for (;;) {
      pollfd ends[2] = {{socket_.get(), POLLIN, 0}, {instance_.pid_fd(), POLLIN, 0}};
      const int ready = ::poll(ends, 2, kWatchMs);
      if (ready > 0 && (ends[0].revents & POLLIN) != 0) break;
      if (ready > 0) return refused("it ended before it took an input");
      const ScriptHeader& header = script_.header();
      const std::uint64_t progress = header.idles.load() + header.state.load();
      if (ready == 0 && watchdog.bites(instance_, progress)) {
        return refused("it hung before it took an input");
      }
    }
    const auto answer = hear(socket_.get());
    if (!answer) return refused("it ended before it took an input");
    if (answer->refusal[0] != 0) return refused(answer->refusal);
    if (!instance_.working_directory().remember()) return refused("it works with too many files");
    output_bytes_ = ::lseek(instance_.output_fd(), 0, SEEK_END);
    return {};
  }

  Result<Instance> make(int script_fd) {
    if (made_ && !instance_.working_directory().restore()) {
      return refused("it changes its files beyond restoring");
    }
    made_ = true;
    // Server and instances write to the same open file.
    const int output = instance_.output_fd();
    if (::ftruncate(output, output_bytes_) != 0 ||
        ::lseek(output, output_bytes_, SEEK_SET) != output_bytes_) {
      return trouble("its output");
    }
    if (!send_request(socket_.get(), ForkRequest::kFork, script_fd)) return trouble("asking it");
    const auto answer = hear(socket_.get());
    if (!answer || answer->pid <= 0) return refused("it has ended, or can't fork any more");
    const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, answer->pid, 0));
    if (pid_fd < 0) return trouble("pidfd_open");
    return Instance::forked(answer->pid, pid_fd, ::fcntl(output, F_DUPFD_CLOEXEC, 0), *this);
  }

  std::optional<ProcessEnd> collect() override {
    if (!send_request(socket_.get(), ForkRequest::kReap, -1)) return std::nullopt;
    const auto answer = hear(socket_.get());
    if (!answer) return std::nullopt;
    return ProcessEnd{answer->code != CLD_EXITED, answer->status};
  }

 private:
  Instance instance_;
  Script script_;  // what the server was started with
  Descriptor socket_;
  off_t output_bytes_ = 0;  // what the program had printed at the fork point
  bool made_ = false;
};

Result<ForkServer> ForkServer::start(const Target& target, const Reel& reel,
                                     const Sequence& sequence, std::uint32_t hang_ms) {
  auto script = Script::write(reel, sequence, target.kind);
  if (!script) return script.error();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return trouble("socketpair");
  }
  Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  auto instance =
      Instance::start(target, {.script_fd = script->fd(), .fork_server_fd = theirs.get()});
  if (!instance) return instance.error();
  auto server = std::make_unique<Server>(std::move(*instance), std::move(*script), std::move(ours));
  const auto ready = server->wait_until_ready(hang_ms);
  if (!ready) return ready.error();
  return ForkServer(std::move(server));
}

ForkServer::ForkServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
ForkServer::ForkServer(ForkServer&&) noexcept = default;
ForkServer::~ForkServer() = default;

Result<Instance> ForkServer::make(int script_fd) {
  return server_->make(script_fd);
}

}  // namespace crashreel
