// Does the recorded program ask for a reel of the present moment?
//
// crashreel_save_now() raises a word in the program's ring and wakes who sleeps on it. That is a
// thread here, and what it hears becomes a descriptor that can be polled. It says its process's
// number in the ring, so that the program can tell its caller whether anybody stands by. A program
// that becomes another one by exec begins its ring anew; the thread looks for that once a second.
#pragma once

#include <cstdint>
#include <string>
#include <thread>

#include "capture/base/owned_fd.h"
#include "capture/runtime/ring_format.h"

namespace crashreel {

class SaveRequests {
 public:
  SaveRequests() = default;
  ~SaveRequests() { stop(); }
  SaveRequests(const SaveRequests&) = delete;
  SaveRequests& operator=(const SaveRequests&) = delete;

  // Begins to stand by at this ring. Signals of the calling thread's mask stay blocked in the new
  // one. Without a descriptor or thread to be had nothing is heard.
  void watch(const std::string& ring_path);
  // What was asked until now is heard before it returns.
  void stop();

  // Readable when the program asked; -1 before watch().
  int fd() const { return asked_.get(); }
  // Was something asked since the last call? Any number of requests are one.
  bool take();

 private:
  void stand_by();
  void hear(const ring::Superblock& super, std::uint32_t* seen);

  std::string ring_path_;
  OwnedFd asked_;
  std::uint32_t stopping_ = 0;
  std::uint32_t stopped_ = 0;
  std::thread thread_;
};

}  // namespace crashreel
