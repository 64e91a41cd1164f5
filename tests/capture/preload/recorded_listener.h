// A listener (listener.cc) under recording, and clients of it.
#pragma once

#include <string>
#include <vector>

#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {

class Scene {
 public:
  explicit Scene(const std::string& reader = "read", const std::string& transport = "tcp4",
                 int stdin_fd = -1, int third_fd = -1)
      : server_({.argv = {LISTENER, transport, reader},
                 .ring_path = folder_ / "ring",
                 .stdin_fd = stdin_fd,
                 .third_fd = third_fd}) {}

  int port() { return port_ != 0 ? port_ : port_ = server_.port(); }
  Client connect() { return Client::tcp(port()); }
  std::vector<std::string> recorded() { return as_lines(server_.end_and_salvage()); }
  // Without what the one client said and how it came.
  std::vector<std::string> recorded_beside(std::uint32_t session) {
    Reel reel = server_.end_and_salvage();
    std::erase_if(reel.inputs, [&](const Input& input) { return input.session == session; });
    return as_lines(reel);
  }
  RecordedServer& server() { return server_; }
  const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
  RecordedServer server_;
  int port_ = 0;
};

}  // namespace crashreel::testing
