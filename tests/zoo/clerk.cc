// A clerk: a TCP server whose answers depend on what it was told before, on the date, and on
// chance.
//
//   clerk PORT       (0: any free port; prints "listening PORT")
//
// One line is one request:
//   PUT key value  -> OK
//   GET key        -> the value, or NONE
//   TICKET [HOW]   -> 16 digits, drawn at random: by getrandom(), its 'call', or as a 'number';
//   from
//                     the 'device', in 'parts', at an 'offset', of 'parts-at-offset', from a 'copy'
//                     of it, a 'stream' or a 'wrapped' one; or made of the 'time'. It is a key from
//                     then on
//   RACE           -> how often one thread has counted until another was done
//   DATE           -> seconds since 1970
//   QUIT           -> BYE, and closes
//   WAIT           -> OK, and reads no more in this session
//   BURN key       -> the bug: dies if the key is known, else NONE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <ctime>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "tests/zoo/lines.h"

namespace {

struct Session {
  int fd;
  std::string unread;
  bool waits = false;
};

std::map<std::string, std::string> values;

std::size_t draw_from_stream(std::uint64_t& number, int fd) {
  std::FILE* const stream = ::fdopen(fd, "r");
  auto* const bytes = reinterpret_cast<unsigned char*>(&number);
  std::size_t got = 0;
  for (int next; got < sizeof number && (next = std::fgetc(stream)) != EOF; ++got) {
    bytes[got] = static_cast<unsigned char>(next);
  }
  std::fclose(stream);
  return got;
}

std::size_t draw_from_device(std::uint64_t& number, const std::string& how) {
  const int fd = ::open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  auto* const half = reinterpret_cast<char*>(&number) + sizeof number / 2;
  const iovec parts[] = {{&number, sizeof number / 2}, {half, sizeof number / 2}};
  if (how == "wrapped") return draw_from_stream(number, fd);
  const int copy = ::dup(fd);
  const ssize_t got = how == "parts"             ? ::readv(fd, parts, 2)
                      : how == "offset"          ? ::pread(fd, &number, sizeof number, 64)
                      : how == "parts-at-offset" ? ::preadv(fd, parts, 2, 64)
                      : how == "copy"            ? ::read(copy, &number, sizeof number)
                                                 : ::read(fd, &number, sizeof number);
  ::close(copy);
  ::close(fd);
  return static_cast<std::size_t>(got);
}

// How many bytes there are of it.
std::size_t draw(std::uint64_t& number, const std::string& how) {
  if (how == "number") {
    number = ::arc4random();
    return sizeof number;
  }
  if (how == "stream") {
    std::FILE* const stream = std::fopen("/dev/urandom", "rb");
    const std::size_t got = stream != nullptr ? std::fread(&number, sizeof number, 1, stream) : 0;
    if (stream != nullptr) std::fclose(stream);
    return got * sizeof number;
  }
  if (how == "time") {
    timespec now = {};
    ::clock_gettime(CLOCK_REALTIME, &now);
    number = static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 +
             static_cast<std::uint64_t>(now.tv_nsec);
    return sizeof number;
  }
  if (how == "call") {
    return static_cast<std::size_t>(::syscall(SYS_getrandom, &number, sizeof number, 0));
  }
  if (how.empty()) return static_cast<std::size_t>(::getrandom(&number, sizeof number, 0));
  return draw_from_device(number, how);
}

std::string ticket(const std::string& how) {
  std::uint64_t number = 0;
  if (draw(number, how) != sizeof number) return "NONE";
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
  return text;
}

// Both count: how far one has come when the other is done is never twice the same.
std::string race() {
  std::atomic<std::uint64_t> counted{0};
  std::atomic<std::uint64_t> own{0};
  std::atomic<bool> done{false};
  std::thread counting([&] {
    while (!done) ++counted;
  });
  while (counted == 0) continue;
  while (++own < 100'000) continue;
  done = true;
  counting.join();
  return std::to_string(counted);
}

std::string answer_to(const std::string& line) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::string verb = line.substr(0, first);
  const std::string rest = line.substr(std::min(first + 1, line.size()));
  const std::size_t second = std::min(rest.find(' '), rest.size());
  const std::string key = rest.substr(0, second);
  if (verb == "PUT") return values[key] = rest.substr(std::min(second + 1, rest.size())), "OK";
  if (verb == "TICKET") {
    const std::string made = ticket(rest);
    values[made] = "VALID";
    return made;
  }
  if (verb == "RACE") return race();
  if (verb == "DATE") return std::to_string(std::time(nullptr));
  if (verb == "QUIT") return "BYE";
  if (verb == "WAIT") return "OK";
  const auto known = values.find(key);
  if (known == values.end()) return "NONE";
  if (verb == "BURN") ::raise(SIGSEGV);
  return known->second;
}

// False: the session is over.
bool serve(Session& session) {
  if (!zoo::read_some(session.fd, session.unread)) return false;
  for (std::string line; zoo::take_line(session.unread, line);) {
    zoo::answer(session.fd, answer_to(line) + "\n");
    if (line == "QUIT") return false;
    session.waits |= line == "WAIT";
  }
  return true;
}

}  // namespace

int main(int, char** argv) {
  const int listener = zoo::listen_on(argv[1]);
  std::vector<Session> sessions;
  for (;;) {
    std::vector<pollfd> wanted = {{listener, POLLIN, 0}};
    for (const Session& session : sessions)
      wanted.push_back({session.fd, static_cast<short>(session.waits ? 0 : POLLIN), 0});
    if (::poll(wanted.data(), wanted.size(), -1) < 0) return 1;
    for (std::size_t i = wanted.size() - 1; i > 0; --i) {
      if (wanted[i].revents == 0 || serve(sessions[i - 1])) continue;
      ::close(sessions[i - 1].fd);
      sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    }
    if (wanted[0].revents != 0)
      sessions.push_back({::accept(listener, nullptr, nullptr), "", false});
  }
}
