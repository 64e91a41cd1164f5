#include "harness/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
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

// With up to two descriptors.
bool send_order(int socket, ForkOrder order, std::span<const int> descriptors) {
  iovec part = {&order, sizeof order};
  alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!descriptors.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(header), descriptors.data(), descriptors.size_bytes());
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof order;
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

// What all servers of one tree have in common: their copies work in one folder, one after another,
// and write to one open file.
struct ForkServer::Place {
  WorkingDirectory* directory = nullptr;  // the first server's
  int output_fd = -1;
};

class ForkServer::Server : public InstanceParent {
 public:
  // `parent` is null where the instance was started alone.
  Server(Instance instance, Script script, Descriptor socket, Place place, std::size_t steps,
         std::shared_ptr<Server> parent)
      : parent_(std::move(parent)),
        instance_(std::move(instance)),
        script_(std::move(script)),
        socket_(std::move(socket)),
        place_(place),
        steps_(steps) {
    if (place_.directory == nullptr)
      place_ = {&instance_.working_directory(), instance_.output_fd()};
  }

  // Until the player has said that it is ready.
  Result<void> wait_until_ready(std::uint32_t hang_ms) {
    Watchdog watchdog(hang_ms);
    for (;;) {
      pollfd ends[2] = {{socket_.get(), POLLIN, 0}, {instance_.pid_fd(), POLLIN, 0}};
      const int ready = ::poll(ends, 2, kWatchMs);
      if (ready > 0 && (ends[0].revents & POLLIN) != 0) break;
      if (ready > 0) return ended();
      const ScriptHeader& header = script_.header();
      const std::uint64_t progress =
          header.idles.load() + header.performed.load() + header.state.load();
      if (ready == 0 && watchdog.bites(instance_, progress)) {
        return refused("it hung before it could be copied");
      }
    }
    const auto answer = hear(socket_.get());
    if (!answer) return ended();
    if (answer->refusal[0] != 0) return refused(answer->refusal);
    content_ = place_.directory->remember();
    if (!content_) return refused("it works with too many files");
    output_bytes_ = ::lseek(place_.output_fd, 0, SEEK_END);
    return {};
  }

  Result<Instance> make(std::span<const int> descriptors) {
    if (!place_.directory->restore(*content_)) {
      return refused("it changes its files beyond restoring");
    }
    // Server and instances write to the same open file.
    const int output = place_.output_fd;
    if (::ftruncate(output, output_bytes_) != 0 ||
        ::lseek(output, output_bytes_, SEEK_SET) != output_bytes_) {
      return trouble("its output");
    }
    if (!send_order(socket_.get(), {ForkRequest::kFork, 0}, descriptors)) {
      return trouble("asking it");
    }
    const auto answer = hear(socket_.get());
    if (!answer || answer->pid <= 0) return refused("it has ended, or can't fork any more");
    const int pid_fd = static_cast<int>(::syscall(SYS_pidfd_open, answer->pid, 0));
    if (pid_fd < 0) return trouble("pidfd_open");
    return Instance::forked(answer->pid, pid_fd, ::fcntl(output, F_DUPFD_CLOEXEC, 0), *this);
  }

  std::optional<ProcessEnd> collect(pid_t child) override {
    if (!send_order(socket_.get(), {ForkRequest::kReap, child}, {})) return std::nullopt;
    const auto answer = hear(socket_.get());
    if (!answer) return std::nullopt;
    return ProcessEnd{answer->code != CLD_EXITED, answer->status};
  }

  Result<Script> script_for(const Layout& layout, std::size_t to, bool holds) const {
    const ScriptHeader& header = script_.header();
    return Script::write(layout, {.from = steps_,
                                  .to = to,
                                  .holds = holds,
                                  .answer_bytes = header.answer_bytes.load(),
                                  .answer_digest = header.answer_digest.load()});
  }

  const Place& place() const { return place_; }
  std::size_t steps() const { return steps_; }
  bool has_ended() const { return ended_; }

 private:
  Error ended() {
    ended_ = true;
    return refused("it ended before it could be copied");
  }

  std::shared_ptr<Server> parent_;  // outlives the instance, whose end it collects
  Instance instance_;
  Script script_;  // what the server was started with
  Descriptor socket_;
  Place place_;
  std::size_t steps_;
  std::optional<WorkingDirectory::Content> content_;
  off_t output_bytes_ = 0;  // what the program had printed by then
  bool ended_ = false;      // before it was ready
};

namespace {

struct SocketPair {
  Descriptor ours;
  Descriptor theirs;
};

Result<SocketPair> make_sockets() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return trouble("socketpair");
  }
  return SocketPair{Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace

Result<ForkServer> ForkServer::start(const Target& target, const Layout& layout,
                                     std::uint32_t hang_ms) {
  auto script = Script::write(layout);
  if (!script) return script.error();
  auto sockets = make_sockets();
  if (!sockets) return sockets.error();
  auto instance =
      Instance::start(target, {.script_fd = script->fd(), .fork_server_fd = sockets->theirs.get()});
  if (!instance) return instance.error();
  auto server = std::make_shared<Server>(std::move(*instance), std::move(*script),
                                         std::move(sockets->ours), Place{}, 0, nullptr);
  {
    const Descriptor given = std::move(sockets->theirs);
  }  // its end is known by ours alone
  const auto ready = server->wait_until_ready(hang_ms);
  if (!ready) return ready.error();
  return ForkServer(std::move(server));
}

Result<std::optional<ForkServer>> ForkServer::hold(const Layout& layout, std::size_t to,
                                                   std::uint32_t hang_ms) {
  auto script = server_->script_for(layout, to, true);
  if (!script) return script.error();
  auto sockets = make_sockets();
  if (!sockets) return sockets.error();
  const int handed[] = {script->fd(), sockets->theirs.get()};
  auto instance = server_->make(handed);
  if (!instance) return instance.error();
  auto server = std::make_shared<Server>(std::move(*instance), std::move(*script),
                                         std::move(sockets->ours), server_->place(), to, server_);
  {
    const Descriptor given = std::move(sockets->theirs);
  }
  const auto ready = server->wait_until_ready(hang_ms);
  if (!ready && server->has_ended()) return std::optional<ForkServer>();
  if (!ready) return ready.error();
  return std::optional<ForkServer>(ForkServer(std::move(server)));
}

ForkServer::ForkServer(std::shared_ptr<Server> server) : server_(std::move(server)) {}
ForkServer::ForkServer(ForkServer&&) noexcept = default;
ForkServer& ForkServer::operator=(ForkServer&&) noexcept = default;
ForkServer::~ForkServer() = default;

Result<Instance> ForkServer::make(int script_fd) {
  return server_->make({&script_fd, 1});
}

Result<Script> ForkServer::script_for(const Layout& layout) const {
  return server_->script_for(layout, layout.steps.size(), false);
}

std::size_t ForkServer::steps() const {
  return server_->steps();
}

}  // namespace crashreel
