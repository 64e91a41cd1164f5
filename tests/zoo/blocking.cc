// A server of the plainest kind: a thread for each connection, and calls that block.
//
//   blocking PORT
//
//   ADD n    -> the sum of all that was added by anybody
//   DUMP n   -> n KiB of the same letter: more than a socket holds where n is a few thousand
//   END      -> hangs up; the thread ends
#include <mutex>
#include <thread>

#include "tests/zoo/lines.h"

namespace {

std::mutex lock;
long sum = 0;

void say(int fd, const std::string& text) {
  if (::write(fd, text.data(), text.size()) < 0) std::perror("write");
}

void answer_line(int fd, const std::string& line) {
  const long number = std::atol(line.substr(line.find(' ') + 1).c_str());
  if (line.starts_with("ADD ")) {
    const std::lock_guard guard(lock);
    sum += number;
    say(fd, std::to_string(sum) + "\n");
  } else if (line.starts_with("DUMP ")) {
    say(fd, std::string(static_cast<std::size_t>(number) * 1024, 'x'));
  } else {
    say(fd, "ERR\n");
  }
}

void serve(int fd) {
  std::string unread;
  bool ended = false;
  while (!ended && zoo::read_some(fd, unread)) {
    for (std::string line; !ended && zoo::take_line(unread, line);) {
      ended = line == "END";
      if (!ended) answer_line(fd, line);
    }
  }
  ::close(fd);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  for (;;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd >= 0) std::thread(serve, fd).detach();
  }
}
