// What does the kernel know of a program's unix sockets?
//
// As SocketDiag of those that have ports; asked over the same netlink socket, in whose network the
// program lives. Streams alone.
#pragma once

#include <optional>
#include <vector>

#include "harness/external/socket_diag.h"

namespace crashreel {

// Names are as the program gave them. None where the kernel does not tell (unix_diag, a module that
// is loaded by itself).
void add_unix_listeners(int netlink, std::vector<Listener>& found);

// Of the connection that has this end here. Bytes are at the other end as soon as they are sent:
// how many these were nobody counts. Empty: there is no other end any more.
std::optional<Receipt> unix_receipt_of(int netlink, int ours);

}  // namespace crashreel
