// A server with the recorder inside, and somebody who talks to it.
//
// The server is started with the recorder preloaded as by hand, without `crashreel record`, and is
// gone at the latest with its RecordedServer. Each wait has an end.
#pragma once

#include <sys/socket.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/reel/reel.h"

namespace crashreel::testing {

// One end of a connection to a server on this machine.
class Client {
 public:
  // Tries until somebody listens there, for some seconds.
  static Client tcp(int port);
  static Client tcp6(int port);
  static Client udp(int port);
  static Client udp6(int port);
  // "@name" of the abstract kind. `own` is the client's own name, by which it can be answered.
  static Client unix_socket(const std::string& path, int type = SOCK_STREAM,
                            const std::string& own = "");

  void send(const std::string& bytes);
  // What comes, up to and with the first `end`; what came until then if the other side ends it.
  std::string receive_until(const std::string& end);
  std::string ask(const std::string& line) {
    send(line);
    return receive_until("\n");
  }

  std::string ask_until(const std::string& bytes, const std::string& end) {
    send(bytes);
    return receive_until(end);
  }
  // A datagram, sent again until there is somebody who answers.
  std::string ask_until_answered(const std::string& bytes);
  // One datagram or record, which may be empty, and its answer.
  std::string ask_whole(const std::string& bytes);

  void close() { fd_.reset(); }
  void send_no_more();  // and still listens
  void reset();         // closes so that the other side is told of an error instead of an end

 private:
  explicit Client(OwnedFd fd) : fd_(std::move(fd)) {}

  OwnedFd fd_;
};

class RecordedServer {
 public:
  struct Setup {
    std::vector<std::string> argv;
    std::string ring_path;
    std::vector<std::string> settings{};       // more of the environment, "NAME=value"
    std::string ring_bytes = "4194304";        // empty: the default
    std::string standard_input = "/dev/null";  // a file
    int stdin_fd = -1;  // its standard input instead of the file; -1: the file
    int third_fd = -1;  // its descriptor 3; -1: none
  };

  explicit RecordedServer(const Setup& setup);
  ~RecordedServer() { end(); }
  RecordedServer(const RecordedServer&) = delete;
  RecordedServer& operator=(const RecordedServer&) = delete;

  // The listener's port; waits for it to say so.
  int port();
  // Waits until it has said `text` on its standard output.
  bool says(const std::string& text);
  // The next line on its standard output.
  std::string next_line();

  pid_t pid() const { return pid_; }
  // Waits for it to die by itself; its wait status.
  int wait();
  // Kills it if it has not died, and returns what is in its ring.
  Reel end_and_salvage();
  // Everything on its standard error, after its end.
  std::string complaints();

 private:
  void end();

  std::string ring_path_;
  pid_t pid_ = -1;
  OwnedFd output_;
  OwnedFd errors_;
};

// The built recorder.
std::string recorder_path();

// "open 1 tcp inbound ...", "data 1 PING": an input as a line. Ports are written as PORT. What the
// program answered is left out.
std::vector<std::string> as_lines(const Reel& reel);
std::string without_ports(const std::string& text);

// Of nobody in particular, with its key.
bool make_certificate(const std::string& certificate_path, const std::string& key_path);

// A port that nobody listens on at this moment.
int free_port();

}  // namespace crashreel::testing
