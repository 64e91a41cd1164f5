// Three inputs and a pause: a watched lease that runs out is renewed.
#include <map>
#include <string>

#include "tests/zoo/adapters/commands.h"

namespace {

constexpr std::uint64_t kLeaseNs = 5'000'000'000;

struct Lease {
  std::uint64_t left_ns = kLeaseNs;
  bool is_watched = false;
  bool has_ended = false;
};

struct Leases : zoo::Silent {
  std::map<std::string, Lease, std::less<>> leases;

  void command(std::uint32_t, std::string_view verb, std::string_view argument) {
    const auto found = leases.find(argument);
    if (verb == "LEASE" && leases.size() < 16) leases[std::string(argument.substr(0, 32))] = {};
    if (found == leases.end()) return;
    if (verb == "WATCH") found->second.is_watched = true;
    if (verb == "RENEW") {
      if (found->second.has_ended) zoo::follow_dangling_pointer();
      found->second.left_ns = kLeaseNs;
    }
  }

  void idle(std::uint64_t nanoseconds) {
    for (auto at = leases.begin(); at != leases.end();) {
      Lease& lease = at->second;
      if (nanoseconds < lease.left_ns) {
        lease.left_ns -= nanoseconds;
        ++at;
      } else if (lease.is_watched) {  // the planted bug: somebody watches, so it stays, and is gone
        lease.has_ended = true;
        ++at;
      } else {
        at = leases.erase(at);
      }
    }
  }
};

}  // namespace

ZOO_ADAPTER(Leases)
