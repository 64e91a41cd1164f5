// Who called this function? By the tables that its compiler left for exceptions.
//
// The .eh_frame section of an ELF file ("DWARF call frame information", with the augmentations that
// the Linux Standard Base describes): for each place of the code, where the caller's registers lie.
// Static programs have it, but no index to it, so that the section is read once and sorted. Both
// the file and the memory that is unwound may be hostile.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace crashreel {

// Copies so many bytes from there; false: not all of it can be read.
using ReadMemory = std::function<bool(std::uint64_t from, void* to, std::size_t size)>;

// DWARF's numbers of registers.
#if defined(__x86_64__)
inline constexpr unsigned kFrameRegister = 6;
inline constexpr unsigned kStackRegister = 7;
inline constexpr unsigned kReturnRegister = 16;
inline constexpr unsigned kDwarfRegisters = 17;
#else
inline constexpr unsigned kFrameRegister = 29;
inline constexpr unsigned kStackRegister = 31;
inline constexpr unsigned kReturnRegister = 30;
inline constexpr unsigned kDwarfRegisters = 33;
#endif

struct FrameRegisters {
  std::uint64_t pc = 0;
  std::array<std::uint64_t, kDwarfRegisters> values{};
};

class CallFrames {
 public:
  // Of an ELF file; without that section there are none.
  static CallFrames of_file(const std::string& path);
  // Of the section's bytes, which are loaded at this address.
  CallFrames(std::string section, std::uint64_t address);

  // From a function to its caller: `place` is the code's address before the load bias, within the
  // instruction that is under way. False: nothing is known of it, or it has no caller.
  // `interrupted`: the caller did not call, a signal came; its pc is not behind a call.
  bool to_caller(std::uint64_t place, FrameRegisters& registers, const ReadMemory& read,
                 bool& interrupted) const;

  bool empty() const { return entries_.empty(); }

 private:
  struct Common {
    std::uint64_t code_factor = 1;
    std::int64_t data_factor = 1;
    std::uint64_t return_register = kReturnRegister;
    std::uint8_t pointer_encoding = 0;
    bool has_augmentation = false;
    bool is_signal = false;
    std::string_view program;
  };
  struct Entry {
    std::uint64_t begin = 0;  // of the code
    std::uint64_t end = 0;
    std::size_t common_at = 0;
    std::string_view program;
  };

  void read_all();
  void read_entry(std::size_t common_at, std::string_view body, std::uint64_t body_address);
  // Cached while the section is read; false: it can't be understood.
  bool read_common(std::size_t at, Common& common) const;

  std::unique_ptr<const std::string> section_;  // stays where it is
  std::uint64_t address_ = 0;
  std::vector<Entry> entries_;  // by begin
};

}  // namespace crashreel
