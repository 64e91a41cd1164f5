#include "harness/fork_server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "capture/base/errno_error.h"
#include "capture/base/owned_fd.h"
#include "harness/copy_line.h"
#include "harness/copy_place.h"
#include "harness/memory_share.h"
#include "harness/passing.h"
#include "harness/player/script.h"
#include "harness/watchdog.h"

namespace crashreel {
namespace {

Error refused(const std::string& why) {
  return {Trouble::kTarget, why};
}

// Empty: the server has ended. With `process` the descriptor that came with it.
std::optional<ForkAnswer> hear(int socket, OwnedFd* process = nullptr) {
  ForkAnswer answer = {};
  Passed passed;
  if (receive_message(socket, &answer, sizeof answer, passed) != sizeof answer) return std::nullopt;
  if (process != nullptr) *process = std::move(passed.front());
  answer.refusal[kMaxRefusal - 1] = 0;
  return answer;
}

}  // namespace

class ForkServer::Server : public InstanceParent {
 public:
  // Alone.
  Server(Instance instance, OwnedFd socket)
      : instance_(std::move(instance)),
        socket_(std::move(socket)),
        place_(instance_.working_directory(), instance_.output_fd(), instance_.pid()) {}

  // Left behind by a copy of `parent`, who reaps it once the copy has ended.
  Server(Instance instance, OwnedFd socket, std::shared_ptr<Server> parent, std::size_t steps,
         const HoldNote& note)
      : parent_(std::move(parent)),
        instance_(std::move(instance)),
        socket_(std::move(socket)),
        place_(parent_->place_),
        steps_(steps),
        answer_bytes_(note.answer_bytes),
        answer_digest_(note.answer_digest) {}

  // Until the player has said that it is ready.
  Result<void> wait_until_ready(const Script& script, std::uint32_t hang_ms) {
    Watchdog watchdog(hang_ms);
    for (;;) {
      pollfd ends[2] = {{socket_.get(), POLLIN, 0}, {instance_.pid_fd(), POLLIN, 0}};
      const int ready = ::poll(ends, 2, kWatchMs);
      if (ready > 0 && (ends[0].revents & POLLIN) != 0) break;
      if (ready > 0) return refused("it ended before it could be copied");
      const ScriptHeader& header = script.header();
      const std::uint64_t progress = header.idles.load() + header.state.load();
      if (ready == 0 && watchdog.bites(instance_, progress)) {
        return refused("it hung before it could be copied");
      }
    }
    return hear_ready();
  }

  // What it says of itself, and what there is of files now.
  Result<void> hear_ready() {
    const auto answer = hear(socket_.get());
    if (!answer) return refused("it ended before it could be copied");
    if (answer->refusal[0] != 0) return refused(answer->refusal);
    begins_ = place_.files_now();
    if (!begins_) return refused("it works with too many files");
    return {};
  }

  Result<Instance> make(int script, int holder, bool may_come_back) {
    may_come_back = may_come_back && holder < 0;
    line_.give_up();
    if (may_come_back && line_.has_standby()) {
      if (const auto put = place_.put_back(line_.standby_begins()); !put) return put.error();
      if (line_.send_on(script)) return go_on();
      dismiss();
    }
    if (const auto put = place_.put_back(*begins_); !put) return put.error();
    return fork(script, holder, may_come_back);
  }

  Result<Instance> fork(int script, int holder, bool may_come_back) {
    std::vector<int> descriptors = {script};
    if (holder >= 0) descriptors.push_back(holder);
    OwnedFd theirs;
    if (may_come_back && line_.is_worth_it()) {
      auto end = line_.open();
      if (!end) return end.error();
      theirs = std::move(*end);
      descriptors.push_back(theirs.get());
    }
    ForkOrder order = {};
    order.request = ForkRequest::kFork;
    order.has_holder = holder >= 0 ? 1 : 0;
    order.has_line = theirs ? 1 : 0;
    if (!send_message(socket_.get(), &order, sizeof order, descriptors)) {
      return errno_error("fork server: asking it");
    }
    OwnedFd process;
    const auto answer = hear(socket_.get(), &process);
    if (!answer || answer->pid <= 0) return refused("it has ended, or can't fork any more");
    return child(answer->pid, std::move(process));
  }

  // The copy that has come back, with its next script.
  Instance go_on() {
    CopyLine::Copy next = line_.take_standby();
    return forked(next.number, std::move(next.process));
  }

  bool has_standby() const { return line_.has_standby(); }

  int line() const { return line_.fd(); }

  // What the copy says on its line. True: it has come back.
  bool hear_line(Instance& instance) {
    const std::optional<int> signal = line_.hear(place_);
    if (!signal) return false;
    if (!reap(0)) {  // what it has started and let go
      line_.close();
      return false;
    }
    const ProcessEnd end = {.by_signal = *signal != 0, .code = *signal};
    const pid_t number = instance.number();
    line_.stand_by(number, instance.give_back(end));
    return true;
  }

  Result<Instance> child(pid_t number, OwnedFd process) {
    if (!process) return refused("it has no descriptor for its copy");
    if (children_.size() == kMostCopies) return refused("it has too many copies");
    children_.push_back(number);
    return forked(number, std::move(process));
  }

  std::optional<ProcessEnd> collect(pid_t child) override {
    std::erase(children_, child);
    const auto answer = reap(child);
    if (!answer) return std::nullopt;
    return ProcessEnd{answer->code != CLD_EXITED, answer->status};
  }

  bool is_out_of_memory() override {
    if (parent_) return parent_->is_out_of_memory();  // one limit for the whole tree
    const std::uint64_t kills = instance_.memory_kills();
    return kills > std::exchange(memory_kills_, kills);
  }

  Result<Script> script_for(const Layout& layout, std::span<const std::size_t> marks) const {
    return Script::write(layout, {.from = steps_,
                                  .marks = marks,
                                  .answer_bytes = answer_bytes_,
                                  .answer_digest = answer_digest_});
  }

  std::size_t steps() const { return steps_; }
  std::uint64_t bytes() const { return memory_share(instance_.pid()); }

 private:
  // Of this child, if it is one, and of all that is left of what has run here.
  std::optional<ForkAnswer> reap(pid_t child) {
    ForkOrder order = {};
    order.request = ForkRequest::kReap;
    order.pid = child;
    for (const pid_t other : children_) order.others[order.count++] = other;
    if (!send_message(socket_.get(), &order, sizeof order, {})) return std::nullopt;
    return hear(socket_.get());
  }

  Instance forked(pid_t number, OwnedFd process) {
    return Instance::forked(number, process.release(),
                            ::fcntl(place_.output_fd(), F_DUPFD_CLOEXEC, 0), *this);
  }

  // It has died meanwhile, of whatever reason.
  void dismiss() { const Instance gone = go_on(); }

  std::shared_ptr<Server> parent_;  // outlives the instance, whose end it collects
  Instance instance_;
  OwnedFd socket_;
  CopyPlace place_;
  std::vector<pid_t> children_;     // that live, copies and checkpoints, by the server's numbers
  std::uint64_t memory_kills_ = 0;  // that are known of
  std::size_t steps_ = 0;
  std::uint64_t answer_bytes_ = 0;
  std::uint64_t answer_digest_ = 0;
  std::optional<CopyPlace::Files> begins_;  // where it makes its copies
  CopyLine line_;
};

Result<ForkServer> ForkServer::start(const Target& target, const Layout& layout,
                                     std::uint32_t hang_ms) {
  const auto script = Script::write(layout);
  if (!script) return script.error();
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error("fork server: socketpair");
  }
  OwnedFd ours(ends[0]);
  std::optional<OwnedFd> theirs(ends[1]);
  auto instance =
      Instance::start(target, {.script_fd = script->fd(), .fork_server_fd = theirs->get()});
  theirs.reset();  // so that its end shows at ours
  if (!instance) return instance.error();
  auto server = std::make_shared<Server>(std::move(*instance), std::move(ours));
  const auto ready = server->wait_until_ready(*script, hang_ms);
  if (!ready) return ready.error();
  return ForkServer(std::move(server));
}

Result<ForkServer> ForkServer::take(const HoldNote& note, OwnedFd socket, OwnedFd process,
                                    std::size_t step) {
  if (note.pid <= 0 || !socket)
    return refused(std::string(note.refusal, strnlen(note.refusal, kMaxRefusal)));
  auto instance = server_->child(note.pid, std::move(process));
  if (!instance) return instance.error();
  auto server =
      std::make_shared<Server>(std::move(*instance), std::move(socket), server_, step, note);
  if (const auto ready = server->hear_ready(); !ready) return ready.error();
  return ForkServer(std::move(server));
}

ForkServer::ForkServer(std::shared_ptr<Server> server) : server_(std::move(server)) {}
ForkServer::ForkServer(ForkServer&&) noexcept = default;
ForkServer& ForkServer::operator=(ForkServer&&) noexcept = default;
ForkServer::~ForkServer() = default;

Result<Instance> ForkServer::make(int script_fd, int holder, bool may_come_back) {
  return server_->make(script_fd, holder, may_come_back);
}

bool ForkServer::has_standby() const {
  return server_->has_standby();
}

int ForkServer::line() const {
  return server_->line();
}

bool ForkServer::hear_line(Instance& instance) {
  return server_->hear_line(instance);
}

Result<Script> ForkServer::script_for(const Layout& layout,
                                      std::span<const std::size_t> marks) const {
  return server_->script_for(layout, marks);
}

std::uint64_t ForkServer::bytes() const {
  return server_->bytes();
}

std::size_t ForkServer::steps() const {
  return server_->steps();
}

}  // namespace crashreel
