#include "tests/capture/preload/errands.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/capture/preload/calm.h"

namespace {

void expect(bool true_without_a_recorder, const char* what) {
  if (true_without_a_recorder) return;
  std::fprintf(stderr, "errand: not so: %s (%s)\n", what, std::strerror(errno));
  std::abort();
}

#define EXPECT(condition) expect((condition), #condition)

sockaddr_in loopback(const std::string& port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(port)));
  return address;
}

int dial(int type, const std::string& port) {
  const sockaddr_in address = loopback(port);
  const int fd = ::socket(AF_INET, type, 0);
  const int result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  EXPECT(result == 0 || errno == EINPROGRESS || errno == ECONNREFUSED);
  return fd;
}

void read_to_the_end(int fd) {
  char bytes[4];
  while (::read(fd, bytes, sizeof(bytes)) > 0) {
  }
}

void ask(int fd) {
  EXPECT(::write(fd, "ask", 3) == 3);
  read_to_the_end(fd);
  ::close(fd);
}

void ask_tcp(const std::string& port, int) {
  ask(dial(SOCK_STREAM, port));
}

void ask_nobody(const std::string& port, int) {
  ::close(dial(SOCK_STREAM, port));
}

sockaddr_un at_path(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

int dial_unix(int type, const std::string& path) {
  const sockaddr_un address = at_path(path);
  const int fd = ::socket(AF_UNIX, type, 0);
  EXPECT(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
  return fd;
}

void ask_unix(const std::string& path, int) {
  ask(dial_unix(SOCK_STREAM, path));
}

// Record by record, the last of which is the end.
void ask_seqpacket(const std::string& path, int) {
  const int fd = dial_unix(SOCK_SEQPACKET, path);
  char bytes[64];
  EXPECT(::write(fd, "ask", 3) == 3);
  while (::read(fd, bytes, sizeof(bytes)) > 0) {
  }
  ::close(fd);
}

// By a name of its own, for nobody can answer it else.
void ask_unix_datagram(const std::string& path, int) {
  const sockaddr_un own = at_path(path + ".asker");
  const sockaddr_un there = at_path(path);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  char bytes[64];
  EXPECT(::bind(fd, reinterpret_cast<const sockaddr*>(&own), sizeof(own)) == 0);
  EXPECT(::connect(fd, reinterpret_cast<const sockaddr*>(&there), sizeof(there)) == 0);
  EXPECT(::send(fd, "ask", 3, 0) == 3);
  EXPECT(::recv(fd, bytes, sizeof(bytes), 0) == 6);
  EXPECT(::recv(fd, bytes, sizeof(bytes), 0) == 0);
  ::close(fd);
}

// As event loops do: they do not wait for the connection.
int dial_without_waiting(const std::string& port) {
  const int fd = dial(SOCK_STREAM | SOCK_NONBLOCK, port);
  pollfd polled = {fd, POLLOUT, 0};
  EXPECT(::poll(&polled, 1, -1) == 1);
  return fd;
}

int outcome_of(int fd) {
  int error = -1;
  socklen_t size = sizeof(error);
  EXPECT(::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0);
  return error;
}

void ask_tcp_without_waiting(const std::string& port, int) {
  const int fd = dial_without_waiting(port);
  EXPECT(outcome_of(fd) == 0);
  ::fcntl(fd, F_SETFL, 0);
  ask(fd);
}

void ask_nobody_without_waiting(const std::string& port, int) {
  const int fd = dial_without_waiting(port);
  EXPECT(outcome_of(fd) == ECONNREFUSED);
  ::close(fd);
}

void ask_udp(const std::string& port, int) {
  const int fd = dial(SOCK_DGRAM, port);
  char bytes[64];
  EXPECT(::send(fd, "ask", 3, 0) == 3);
  EXPECT(::recv(fd, bytes, sizeof(bytes), 0) >= 0);
  EXPECT(::recv(fd, bytes, sizeof(bytes), 0) == 0);
  ::close(fd);
}

void ask_udp_unconnected(const std::string& port, int) {
  const sockaddr_in address = loopback(port);
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  char bytes[64];
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  EXPECT(::sendto(fd, "ask", 3, 0, to, sizeof(address)) == 3);
  EXPECT(::recv(fd, bytes, sizeof(bytes), 0) >= 0);
  ::close(fd);
}

void read_fifo(const std::string& path, int) {
  const int fd = ::open(path.c_str(), O_RDONLY);
  read_to_the_end(fd);
  ::close(fd);
}

// Every way that stdio has of handing bytes over; the macros of getc_unlocked among them.
void read_by_stdio(FILE* file) {
  char line[64];
  EXPECT(std::fgets(line, sizeof(line), file) != nullptr);
  int number = 0;
  EXPECT(std::fscanf(file, "%d", &number) == 1 && number == 42);
  EXPECT(getc_unlocked(file) == '\n');
  EXPECT(std::ungetc('x', file) == 'x' && std::fgetc(file) == 'x');
  EXPECT(std::ungetc('y', file) == 'y' && std::getc(file) == 'y');
  char* whole = nullptr;
  size_t room = 0;
  EXPECT(::getline(&whole, &room, file) > 0);
  std::free(whole);
  char block[5];
  EXPECT(std::fread(block, 1, sizeof(block), file) == sizeof(block));
}

void read_fifo_by_stdio(const std::string& path, int) {
  FILE* file = std::fopen(path.c_str(), "r");
  EXPECT(::fileno(file) >= 0);
  read_by_stdio(file);
  EXPECT(std::fgetc(file) == EOF && std::feof(file) != 0);
  EXPECT(std::fclose(file) == 0);
}

void read_session_by_stdio(const std::string&, int session) {
  FILE* file = ::fdopen(::dup(session), "r+");
  EXPECT(std::fputs("go on\n", file) >= 0 && std::fflush(file) == 0);
  read_by_stdio(file);
  EXPECT(std::fseek(file, 0, SEEK_END) == -1);
  EXPECT(std::fclose(file) == 0);
}

void run_command(const std::string& command, int) {
  FILE* file = ::popen(command.c_str(), "r");
  char line[64];
  while (std::fgets(line, sizeof(line), file) != nullptr) {
  }
  EXPECT(WEXITSTATUS(::pclose(file)) == 3);
}

// Through descriptors that meant a file a moment ago, which was not read.
void talk_to_oneself(const std::string& file, int) {
  std::vector<int> files;
  for (int i = 0; i < 8; ++i) files.push_back(::open(file.c_str(), O_RDONLY));
  for (const int fd : files) EXPECT(fd >= 0 && ::close(fd) == 0);
  int ends[2];
  char byte = 'x';
  EXPECT(::pipe(ends) == 0 && ::write(ends[1], &byte, 1) == 1 && ::read(ends[0], &byte, 1) == 1);
  EXPECT(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  EXPECT(::write(ends[1], &byte, 1) == 1 && ::read(ends[0], &byte, 1) == 1);
  const int event = ::eventfd(1, 0);
  std::uint64_t count = 0;
  EXPECT(::read(event, &count, sizeof(count)) == sizeof(count));
}

void read_inherited(const std::string& number, int) {
  char bytes[64];
  EXPECT(::read(std::stoi(number), bytes, sizeof(bytes)) >= 0);
}

// Several datagrams in one call: waits for so many, or, with "some", for at least one of them. Of
// the first it wants to know whom it is from, of the second only as much as has four bytes of room.
void gather(const std::string& how, int socket) {
  constexpr unsigned kMost = 8;
  const unsigned wanted = how == "some" ? kMost : static_cast<unsigned>(std::stoi(how));
  char bytes[kMost][16];
  iovec parts[kMost];
  mmsghdr messages[kMost] = {};
  sockaddr_in first = {};
  char tight[8] = "guarded";
  for (unsigned i = 0; i < wanted; ++i) {
    parts[i] = {bytes[i], sizeof(bytes[i])};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_namelen = 5;  // without a name nobody looks at it
  }
  messages[0].msg_hdr.msg_name = &first;
  messages[0].msg_hdr.msg_namelen = sizeof(first);
  messages[1].msg_hdr.msg_name = tight;
  messages[1].msg_hdr.msg_namelen = 4;
  const int got = ::recvmmsg(socket, messages, wanted, how == "some" ? MSG_WAITFORONE : 0, nullptr);
  EXPECT(how == "some" ? got >= 1 : got == static_cast<int>(wanted));
  EXPECT(first.sin_family == AF_INET && messages[0].msg_hdr.msg_namelen == sizeof(first));
  EXPECT(got < 2 || messages[1].msg_hdr.msg_namelen == sizeof(first));
  EXPECT(got < 2 || std::memcmp(tight, &first, 2) == 0);
  EXPECT(std::strcmp(tight + 4, "ded") == 0 && messages[1].msg_hdr.msg_name == tight);
  EXPECT(messages[2].msg_hdr.msg_name == nullptr && messages[2].msg_hdr.msg_namelen == 5);
}

// What takes the numbers of closed copies of a session is none; a copy that was only to be closed
// at an exec goes on.
void close_in_ranges(const std::string&, int session) {
  for (const bool all_above : {false, true}) {
    const int first = ::dup(session), second = ::dup(session);
    EXPECT(first > session && second == first + 1);
    if (all_above) {
      ::closefrom(first);
    } else {
      EXPECT(::close_range(static_cast<unsigned>(first), static_cast<unsigned>(second), 0) == 0);
    }
    int ends[2];
    char bytes[8];
    EXPECT(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && ends[0] == first);
    EXPECT(::write(ends[1], "own", 3) == 3 && ::read(ends[0], bytes, sizeof(bytes)) == 3);
    EXPECT(::write(ends[0], "own", 3) == 3 && ::read(ends[1], bytes, sizeof(bytes)) == 3);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  const auto copy = static_cast<unsigned>(::dup(session));
  char bytes[8];
  EXPECT(::close_range(copy, copy, CLOSE_RANGE_CLOEXEC) == 0);
  EXPECT(::write(session, "go on\n", 6) == 6);
  EXPECT(::read(static_cast<int>(copy), bytes, sizeof(bytes)) > 0);
  ::closefrom(static_cast<int>(copy));
}

void splice_session(const std::string&, int session) {
  int ends[2];
  EXPECT(::pipe(ends) == 0);
  EXPECT(::write(session, "go on\n", 6) == 6);
  EXPECT(::splice(session, nullptr, ends[1], nullptr, 4096, 0) > 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

using Errand = void (*)(const std::string& argument, int session);

bool fails_on_purpose(const std::string& errand) {
  return errand.starts_with("nobody") || errand.ends_with("-without-waiting") ||
         errand == "session-by-stdio";
}

const std::map<std::string, Errand> kErrands = {
    {"tcp", ask_tcp},
    {"tcp-without-waiting", ask_tcp_without_waiting},
    {"nobody", ask_nobody},
    {"nobody-without-waiting", ask_nobody_without_waiting},
    {"unix", ask_unix},
    {"seqpacket", ask_seqpacket},
    {"unix-datagram", ask_unix_datagram},
    {"udp", ask_udp},
    {"udp-unconnected", ask_udp_unconnected},
    {"fifo", read_fifo},
    {"fifo-by-stdio", read_fifo_by_stdio},
    {"session-by-stdio", read_session_by_stdio},
    {"command", run_command},
    {"oneself", talk_to_oneself},
    {"inherited", read_inherited},
    {"splice", splice_session},
    {"close-ranges", close_in_ranges},
    {"gather", gather},
};

}  // namespace

void run_errand(const std::string& errand, int session) {
  const size_t space = errand.find(' ');
  const auto found = kErrands.find(errand.substr(0, space));
  EXPECT(found != kErrands.end());
  const std::string argument = space == std::string::npos ? "" : errand.substr(space + 1);
  const auto run = [&] { return found->second(argument, session), 0; };
  fails_on_purpose(found->first) ? run() : calm(run);
}
