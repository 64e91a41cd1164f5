// Which sessions of a sequence can a replay bring to the program?
//
// The player opens connections to the program's listeners, sends datagrams to its sockets, and is
// whom it calls or asks. What came in another way, by pipes, as datagrams of unix sockets, over
// what it had from its start, is passed over: said here, so that nobody takes its absence for a
// finding. Knows no process.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "harness/sequence.h"

namespace crashreel {

// What an opening says, "TRANSPORT DIRECTION [LOCAL [PEER]]"; what it does not say is served. Of a
// program that is fed from outside nobody answers the calls.
bool is_served(std::string_view opening, bool from_outside = false);

// By the reel's numbers. Of several openings of one session each must be served.
std::unordered_set<std::uint32_t> unserved_sessions(const Sequence& sequence,
                                                    bool from_outside = false);

// "2 sessions (1 tcp outbound, 1 udp inbound) are left out: ..."; empty where all are served.
std::string unserved_text(const Sequence& sequence, bool from_outside = false);

}  // namespace crashreel
