#include "harness/external/clients.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace crashreel {
namespace {

std::uint32_t session_count(const ScriptHeader& script) {
  const auto* steps =
      reinterpret_cast<const Step*>(reinterpret_cast<const char*>(&script) + script.steps_offset);
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < script.step_count; ++i) {
    count = std::max(count, steps[i].session + 1);
  }
  return count;
}

// IPv4 and IPv6 have it at the same place. Who sends from one to the other has two names.
in_port_t port_of(const SocketName& name) {
  return reinterpret_cast<const sockaddr_in*>(name.get())->sin_port;
}

// As a player's ends are: a small write is sent at once, and nothing lingers when it is closed.
void prepare(int fd) {
  const int on = 1;
  const linger at_once = {1, 0};
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace

Clients::Clients(ScriptHeader& script)
    : script_(script), sessions_(session_count(script)), ready_(::epoll_create1(EPOLL_CLOEXEC)) {}

void Clients::open(std::uint32_t number, OwnedFd socket, const SocketName& to, bool datagrams) {
  Session& session = sessions_[number];
  if (!datagrams) prepare(socket.get());
  if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS) return;
  session.theirs = to;
  session.datagrams = datagrams;
  ::getsockname(socket.get(), session.ours.get(), &session.ours.size);
  epoll_event interest = {};
  interest.events = EPOLLIN | EPOLLRDHUP;
  interest.data.u32 = number;
  ::epoll_ctl(ready_.get(), EPOLL_CTL_ADD, socket.get(), &interest);
  session.fd = std::move(socket);
}

std::optional<std::size_t> Clients::send(std::uint32_t number, const char* bytes,
                                         std::size_t size) {
  Session& session = sessions_[number];
  while (session.fd) {
    const ssize_t sent = ::send(session.fd.get(), bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    if (sent < 0) break;
    session.sent += static_cast<std::uint64_t>(sent);
    return static_cast<std::size_t>(sent);
  }
  return std::nullopt;
}

void Clients::end(std::uint32_t number) {
  Session& session = sessions_[number];
  take(number);
  if (session.fd) ::shutdown(session.fd.get(), SHUT_WR);
  session.ended = true;
}

void Clients::reset(std::uint32_t number) {
  Session& session = sessions_[number];
  take(number);
  if (session.fd) hang_up(session);  // by a reset (prepare())
}

StepAnswer* Clients::answer_to(std::uint32_t step) {
  if (script_.answers_offset == 0) return nullptr;
  auto* first =
      reinterpret_cast<StepAnswer*>(reinterpret_cast<char*>(&script_) + script_.answers_offset);
  return first + step;
}

void Clients::begin_answer(std::uint32_t number, std::uint32_t step) {
  Session& session = sessions_[number];
  if (script_.answers_offset == 0) return;
  take(number);
  end_answer(session);
  session.step = step + 1;
}

void Clients::end_answer(Session& session) {
  if (session.step == 0) return;
  StepAnswer* const answer = answer_to(session.step - 1);
  answer->bytes = session.answer.bytes();
  answer->digest = session.answer.value();
  answer->is_whole.store(1, std::memory_order_release);
  session.answer.reset();
  session.step = 0;
}

void Clients::note_undelivered(std::uint32_t step) {
  if (StepAnswer* const answer = answer_to(step)) answer->undelivered = 1;
}

void Clients::end_answers() {
  for (Session& session : sessions_) end_answer(session);
}

void Clients::note_answer(std::uint32_t number, const char* bytes, std::size_t size) {
  Session& session = sessions_[number];
  script_.answer_digest.fetch_add(session.digest.add(number, bytes, size));
  script_.answer_bytes.fetch_add(size);
  session.answered += size;
  if (session.step != 0) session.answer.add(bytes, size);
}

void Clients::hang_up(Session& session) {
  session.fd.reset();
  end_answer(session);
}

std::size_t Clients::take(std::uint32_t number) {
  Session& session = sessions_[number];
  std::array<char, 16 * 1024> room;
  std::size_t total = 0;
  while (session.fd) {
    const ssize_t got = ::recv(session.fd.get(), room.data(), room.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || session.datagrams)) break;
    if (got <= 0 && !session.datagrams) {
      hang_up(session);
      break;
    }
    note_answer(number, room.data(), static_cast<std::size_t>(got));
    total += static_cast<std::size_t>(got);
    if (!session.datagrams && static_cast<std::size_t>(got) < room.size()) break;  // that was all
  }
  return total;
}

std::size_t Clients::take_all() {
  std::array<epoll_event, 64> ready;
  std::size_t total = 0;
  std::size_t found = 0;
  do {
    const int count = ::epoll_wait(ready_.get(), ready.data(), static_cast<int>(ready.size()), 0);
    found = count > 0 ? static_cast<std::size_t>(count) : 0;
    for (std::size_t i = 0; i < found; ++i) total += take(ready[i].data.u32);
  } while (found == ready.size());
  return total;
}

std::optional<Receipt> Clients::receipt_of(const Session& session, SocketDiag& kernel) {
  if (session.theirs.address.ss_family != AF_UNIX) {
    return kernel.receipt_of(session.theirs, session.ours, session.datagrams);
  }
  auto receipt = kernel.unix_receipt_of(session.fd.get());
  if (!receipt) return receipt;
  receipt->received = session.sent;
  if (!receipt->accepted) receipt->unread = session.sent;
  return receipt;
}

Clients::Settled Clients::settled(std::uint32_t number, SocketDiag& kernel) const {
  const Session& session = sessions_[number];
  if (!session.fd) return Settled::kYes;
  const auto receipt = receipt_of(session, kernel);
  if (!receipt) return Settled::kYes;
  if (session.datagrams) return receipt->unread == 0 ? Settled::kIfItRan : Settled::kNo;
  if (!receipt->accepted) return receipt->open ? Settled::kNo : Settled::kYes;
  const bool read = receipt->received - receipt->unread >= session.sent;
  const bool told = !session.ended || receipt->ended;
  // What ends a session counts as a byte in these numbers: only of an open one they can be held
  // against what came.
  const bool answered = !receipt->open || session.answered >= receipt->written;
  return read && told && answered ? Settled::kYes : Settled::kNo;
}

bool Clients::has_datagrams() const {
  return std::ranges::any_of(sessions_, &Session::datagrams);
}

void Clients::note_unread(SocketDiag& kernel) {
  for (Session& session : sessions_) {
    if (!session.fd || session.step == 0 || session.datagrams) continue;
    std::uint64_t unread = 0;
    if (const auto receipt = receipt_of(session, kernel)) {
      const std::uint64_t read = receipt->received - receipt->unread;
      unread = session.sent - std::min(session.sent, read);
    }
    answer_to(session.step - 1)->unread = unread;
  }
}

void Clients::note_unread_datagram(const SocketName& from, std::uint64_t bytes) {
  for (Session& session : sessions_) {
    if (!session.fd || session.step == 0 || !session.datagrams) continue;
    if (port_of(session.ours) != port_of(from)) continue;
    answer_to(session.step - 1)->unread += bytes;
    return;
  }
}

}  // namespace crashreel
