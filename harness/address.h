// An address as people write it.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <string>

namespace crashreel {

// "10.0.0.5:5432", "[::1]:80", "/run/db.sock", "@name" of the abstract kind; "somebody" of what is
// none of these. The bytes may be hostile: what is not printable becomes '?'.
std::string address_text(const sockaddr_storage& address, std::size_t size);

}  // namespace crashreel
