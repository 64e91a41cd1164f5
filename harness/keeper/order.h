// What do the harness and a keeper tell each other?
//
// A keeper stands between crashreel and an instance: it makes the namespaces that the instance
// lives in, starts the program there, and ends all that is left when the program has ended, or when
// whoever started the keeper has. It is a program of its own (keeper.cc), with the program's
// environment, output and standard input, and these words:
//
//   crashreel-keeper CONTROL PARTS DIRECTORY FILE_BYTES CPU_SECONDS PROCESSES DATA_BYTES COUNT
//                    WRITABLE... EXECUTABLE ARGV...
//
// A limit of 0 is none. CONTROL is the number of a SOCK_SEQPACKET socket, on which it says the
// notes below, in this order: kWaits; then, once it has got a byte, kKeeps, kStarted and kEnded.
// From kStarted on it makes sockets where the program lives, one for each SocketRequest that comes.
// When the harness closes its end, or has ended, everything that runs is ended. Both sides are
// built from one tree.
#pragma once

#include <cstdint>

namespace crashreel {

inline constexpr char kKeeperName[] = "crashreel-keeper";

// What an instance is kept apart by.
enum PartBit : std::uint32_t {
  kPartUser = 1 << 0,     // ids of its own: no capability reaches outside
  kPartMount = 1 << 1,    // its folder apart, what it sees of the file system can't be written
  kPartProcess = 1 << 2,  // it sees, and leaves behind, no other process; needs kPartMount
  kPartNetwork = 1 << 3,  // only a loopback of its own
  kPartMessage = 1 << 4,  // System V's shared memory, and queues, of its own
  kPartScratch = 1 << 5,  // what it writes to /tmp and the like is gone with it; needs kPartMount
};
inline constexpr std::uint32_t kAllParts = (1 << 6) - 1;

enum class KeeperSays : std::uint32_t {
  kWaits = 1,        // it has its user namespace, and waits for ids to be given to it
  kKeeps = 2,        // with a pidfd of the process that keeps the instance, another child of ours
  kStarted = 3,      // with a pidfd of the program
  kNotExecuted = 4,  // `value`: errno; the program ends with 127
  kEnded = 5,        // `value` and `more`: si_code and si_status of waitid(2)
  kRefused = 6,      // `part` can't be had for the reason `value`, errno; it ends without a start
  kSocket = 7,       // what was asked for; without a descriptor: it can't be had, `value` is errno
};

// As socket(2) takes them.
struct SocketRequest {
  std::int32_t domain;
  std::int32_t type;
  std::int32_t protocol;
};

struct KeeperNote {
  KeeperSays says;
  std::uint32_t part;
  std::int32_t value;
  std::int32_t more;
};

}  // namespace crashreel
