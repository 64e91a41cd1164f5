// What may an instance do to the machine that it runs on?
//
// A reel is hostile: whoever sent the inputs may have made the program his own. An instance
// therefore lives in namespaces of its own with a keeper (keeper/order.h), as far as the kernel
// allows; what it goes without is remembered here, for all instances of this process, and said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace crashreel {

struct Limits {
  std::uint64_t file_bytes = 1ull << 30;  // in one file, and in all of /tmp and the like
  std::uint64_t cpu_seconds = 3600;       // of each process
  std::uint64_t processes = 4096;         // threads, too, at one time
  std::uint64_t memory_bytes = 0;         // of all of them; 0: three quarters of the machine's

  std::uint64_t most_memory() const;
};

struct Sandbox {
  bool enabled = true;
  std::vector<std::string> writable;  // files and folders beside the instance's own
  Limits limits{};
};

// What targets get that are made from now on (target.h), as the command line says.
void choose_sandbox(const Sandbox& sandbox);
Sandbox chosen_sandbox();

// What is asked of a keeper: all that was not refused before. Bits are PartBit of keeper/order.h.
std::uint32_t parts_of(const Sandbox& sandbox);

// The kernel refuses it, by this errno value, and what depends on it.
void note_refused(std::uint32_t part, int error);

// Limits that only a cgroup could hold.
enum class Cgrouped { kProcesses, kMemory };
void note_refused(Cgrouped limit);

// What instances have gone without until now, for people: "a network of its own (Operation not
// permitted)". May be called from several threads, as all here.
std::vector<std::string> gone_without();

}  // namespace crashreel
