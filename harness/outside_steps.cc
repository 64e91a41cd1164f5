#include "harness/outside_steps.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "harness/external/held_sockets.h"
#include "harness/player/place.h"

namespace crashreel {
namespace {

// So often is an idle program asked to take the rest of what it was sent, as by the player.
constexpr int kPatience = 64;

}  // namespace

Result<void> OutsideSteps::prepare() {
  auto netlink = instance_.make_socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (!netlink) return netlink.error();
  kernel_.emplace(std::move(*netlink));
  return {};
}

Result<bool> OutsideSteps::find_listeners(const std::vector<TaskSeen>& seen) {
  auto found = kernel_->listeners();
  if (!found) return found.error();
  listeners_ =
      instance_.has_own_network() ? std::move(*found) : listeners_of(seen, std::move(*found));
  return !listeners_.empty();
}

const Step& OutsideSteps::next() const {
  const char* const base = reinterpret_cast<const char*>(&script_);
  return reinterpret_cast<const Step*>(base + script_.steps_offset)[script_.performed];
}

Result<void> OutsideSteps::perform_next(const std::vector<TaskSeen>& seen) {
  const Step& step = next();
  const bool in_session = step.kind != StepKind::kSignal && step.way != Way::kIsCalled;
  if (in_session && !is_in_pieces()) clients_.begin_answer(step.session, script_.performed);
  session_ = in_session ? std::optional(step.session) : std::nullopt;
  switch (step.kind) {
    case StepKind::kOpen:
      if (const auto opened = open(step, seen); !opened) return opened.error();
      break;
    case StepKind::kData:
      send(step);
      break;
    case StepKind::kClose:
      step.payload_size == 0 ? clients_.end(step.session) : clients_.reset(step.session);
      break;
    case StepKind::kSignal:
      instance_.send_signal(static_cast<int>(step.payload_size));
      break;
    case StepKind::kClock:
    case StepKind::kRandom:
    case StepKind::kNote:
      break;  // nobody lays these out for a server
  }
  if (!is_in_pieces()) script_.performed.fetch_add(1);
  return {};
}

// A listener that was not there may have come since.
Result<void> OutsideSteps::open(const Step& step, const std::vector<TaskSeen>& seen) {
  const bool datagrams = step.way == Way::kSendsDatagrams;
  if (step.way == Way::kIsCalled) return {};
  const Listener* listener = listener_for(step.place, listeners_);
  if (listener == nullptr || (step.place != kAnyPlace && listener->place != step.place)) {
    if (const auto found = find_listeners(seen); !found) return found.error();
    listener = listener_for(step.place, listeners_);
  }
  if (listener == nullptr) return {};
  const int type = datagrams ? SOCK_DGRAM : SOCK_STREAM;
  auto socket = instance_.make_socket(listener->name.address.ss_family,
                                      type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (!socket) return socket.error();
  const NameFromHere to = name_from_here(*listener, seen, instance_.working_directory().path());
  clients_.open(step.session, std::move(*socket), to.name, datagrams);
  return {};
}

// In as many goes as the program's queue needs; what is left is sent when it is at rest again.
void OutsideSteps::send(const Step& step) {
  const char* const bytes = reinterpret_cast<const char*>(&script_) + step.payload_offset;
  while (payload_sent_ < step.payload_size) {
    const auto sent =
        clients_.send(step.session, bytes + payload_sent_, step.payload_size - payload_sent_);
    if (!sent || (*sent == 0 && ++refusals_ > kPatience)) {
      note_undelivered();
      break;
    }
    if (*sent == 0) return;
    payload_sent_ += static_cast<std::uint32_t>(*sent);
  }
  payload_sent_ = 0;
  refusals_ = 0;
}

void OutsideSteps::note_undelivered() {
  clients_.note_undelivered(script_.performed.load());
  if (script_.undelivered.fetch_add(1) == 0) script_.first_undelivered = script_.performed.load();
}

Clients::Settled OutsideSteps::settled() {
  clients_.take_all();
  return session_ ? clients_.settled(*session_, *kernel_) : Clients::Settled::kYes;
}

void OutsideSteps::note_unread(const std::vector<TaskSeen>& seen) {
  if (script_.answers_offset == 0) return;
  clients_.note_unread(*kernel_);
  if (!clients_.has_datagrams()) return;
  datagrams_refused_ = take_datagrams(seen, [this](const SocketName& from, std::uint64_t bytes) {
    clients_.note_unread_datagram(from, bytes);
  });
}

std::string OutsideSteps::unread_unknown() const {
  if (datagrams_refused_ == 0) return {};
  return "nobody may look into its queues of datagrams (pidfd_getfd: " +
         std::string(std::strerror(datagrams_refused_)) + ")";
}

void OutsideSteps::finish(const std::vector<TaskSeen>& seen) {
  clients_.take_all();
  note_unread(seen);
  clients_.end_answers();
}

}  // namespace crashreel
