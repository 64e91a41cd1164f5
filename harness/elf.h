// What does an executable file say about itself?
//
// Just enough of ELF to tell whether a preloaded library can enter the program, which build it is,
// and where an offset into the file lies in its address space. The file may be hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

// More than any linker makes: a file that claims them is hostile.
inline constexpr std::size_t kMaxProgramHeaders = 1024;

struct ElfSegment {
  std::uint64_t file_offset = 0;
  std::uint64_t address = 0;  // before the load bias
  std::uint64_t file_size = 0;
  bool executable = false;
};

struct ElfFile {
  std::string build_id;     // hex; empty when there is no note
  std::string interpreter;  // the dynamic linker; empty for a static program
  bool is_go = false;       // its calls do not pass through libc, even where that is loaded
  std::vector<ElfSegment> segments;

  // The address that the byte at this offset of the file is loaded at, before the load bias.
  std::uint64_t address_of(std::uint64_t file_offset) const;
};

// Trouble::kTarget when it can't be read or is no ELF file of this machine's word size.
Result<ElfFile> read_elf(const std::string& path);

}  // namespace crashreel
