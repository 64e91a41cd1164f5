// What does the kernel know of the other end of our connections?
//
// Asked over sock_diag(7), in the network that the netlink socket was made in: which sockets listen
// there, and how much of what was sent has come to a program's socket, and was read from it. One
// question about one connection costs some microseconds, however many there are (the tables in
// /proc/net are walked as a whole, a millisecond each time).
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"

namespace crashreel {

struct SocketName {
  sockaddr_storage address = {};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&address); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

struct Listener {
  SocketName name;
  std::uint32_t place = 0;  // player/place.h
  std::uint64_t inode = 0;  // the larger, the later it was made
};

struct Receipt {
  bool accepted = false;       // somebody has a descriptor of it
  bool open = false;           // the program has not ended its side
  bool ended = false;          // it has been told that we ended ours
  std::uint64_t received = 0;  // bytes; 0 where nobody counts them (datagrams)
  std::uint64_t unread = 0;    // of these, still in its queue
  std::uint64_t written = 0;   // bytes that the program has answered; 0 where nobody counts them
};

class SocketDiag {
 public:
  explicit SocketDiag(OwnedFd netlink) : netlink_(std::move(netlink)) {}

  // Sockets of IPv4 and IPv6 that connections or datagrams can be sent to, and unix sockets that
  // can be connected to, in the order in which they were made. Trouble::kEnvironment where the
  // kernel does not answer such questions.
  Result<std::vector<Listener>> listeners();
  // Of a connection, or for datagrams of the socket that has this name. Empty: there is none (any
  // more).
  std::optional<Receipt> receipt_of(const SocketName& theirs, const SocketName& ours,
                                    bool datagrams);
  // Of the unix connection that has this end here (unix_diag.h).
  std::optional<Receipt> unix_receipt_of(int ours);

 private:
  Result<void> add_listeners(int family, bool datagrams, std::vector<Listener>& found);

  OwnedFd netlink_;
};

}  // namespace crashreel
