#include "harness/external/stack_walk.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "harness/elf.h"

namespace crashreel {
namespace {

// Frames of one thread do not lie further apart.
constexpr std::uint64_t kLargestFrame = 8 << 20;
// A fault this close below the stack pointer is a push, a call or a large frame's first touch.
constexpr std::uint64_t kReach = 64 * 1024;
constexpr std::uint64_t kStackPage = 4096;
// Of so many files the tables are kept: hostile mappings name any number of them.
constexpr std::size_t kMostFiles = 64;

// What is known of a file, however often it is mapped.
struct Tables {
  ElfFile elf;
  CallFrames frames;
};

std::shared_ptr<const Tables> tables_of(const std::string& path) {
  static std::mutex lock;
  static std::map<std::string, std::shared_ptr<const Tables>> known;
  const std::lock_guard guard(lock);
  const auto found = known.find(path);
  if (found != known.end()) return found->second;
  auto elf = read_elf(path);
  if (!elf) return nullptr;
  if (known.size() >= kMostFiles) known.clear();
  const auto made =
      std::make_shared<const Tables>(Tables{std::move(*elf), CallFrames::of_file(path)});
  return known[path] = made;
}

struct CodeRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t file_offset = 0;
  std::string path;
};

// A line of /proc/PID/maps, "begin-end rwxp offset dev inode   path"; false: no code.
bool take_range(std::string_view line, CodeRange& range) {
  const auto number = [&](std::uint64_t& value) {
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), value, 16);
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
    return parsed.ec == std::errc();
  };
  if (!number(range.begin) || !line.starts_with('-')) return false;
  line.remove_prefix(1);
  if (!number(range.end) || line.size() < 6 || line[3] != 'x') return false;
  line.remove_prefix(6);
  if (!number(range.file_offset)) return false;
  const std::size_t slash = line.find('/');
  if (slash != std::string_view::npos) range.path = line.substr(slash);
  return true;
}

std::vector<CodeRange> code_in(std::string_view maps) {
  std::vector<CodeRange> code;
  while (!maps.empty()) {
    const std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(maps.size(), line.size() + 1));
    CodeRange range;
    if (take_range(line, range)) code.push_back(range);
  }
  return code;
}

class Walk {
 public:
  Walk(const FrameRegisters& registers, const ReadMemory& read, std::string_view maps)
      : registers_(registers), read_(read), code_(code_in(maps)) {}

  std::uint64_t pc() const { return registers_.pc; }

  // Who jumped to where no code is has left where it came from. False: it has not.
  bool leave_nowhere() {
    if (code_at(registers_.pc) != nullptr) return false;
#if defined(__x86_64__)
    registers_.pc = caller_at(stack());
    registers_.values[kStackRegister] += 8;
#else
    registers_.pc = registers_.values[kReturnRegister];
#endif
    is_call_ = true;
    return registers_.pc != 0;
  }

  bool to_caller() {
    const std::uint64_t before = stack();
    const bool inner = !is_call_;
    const bool found = by_tables() || by_frame_pointer();
    // A stack grows downwards; where nothing was pushed there was nothing but the innermost call.
    return found && code_at(registers_.pc - 1) != nullptr &&
           (stack() > before || (inner && stack() == before));
  }

 private:
  std::uint64_t stack() const { return registers_.values[kStackRegister]; }

  const CodeRange* code_at(std::uint64_t address) const {
    for (const CodeRange& range : code_) {
      if (address >= range.begin && address < range.end) return &range;
    }
    return nullptr;
  }

  // The return address that a call has left; 0: there is none.
  std::uint64_t caller_at(std::uint64_t address) const {
    std::uint64_t caller = 0;
    return read_(address, &caller, sizeof caller) && code_at(caller - 1) != nullptr ? caller : 0;
  }

  bool by_tables() {
    const std::uint64_t place = registers_.pc - (is_call_ ? 1 : 0);
    const CodeRange* const range = code_at(place);
    if (range == nullptr || range->path.empty()) return false;
    const auto tables = tables_of(range->path);
    if (!tables) return false;
    bool interrupted = false;
    const std::uint64_t address = tables->elf.address_of(place - range->begin + range->file_offset);
    if (!tables->frames.to_caller(address, registers_, read_, interrupted)) return false;
    is_call_ = !interrupted;
    return true;
  }

  bool by_frame_pointer() {
    const std::uint64_t fp = registers_.values[kFrameRegister];
    if (fp < stack() || fp - stack() > kLargestFrame || fp % 8 != 0) return false;
    const std::uint64_t caller = caller_at(fp + 8);
    if (caller == 0 || !read_(fp, &registers_.values[kFrameRegister], 8)) return false;
    registers_.pc = caller;
    registers_.values[kStackRegister] = fp + 16;
    is_call_ = true;
    return true;
  }

  FrameRegisters registers_;
  const ReadMemory& read_;
  std::vector<CodeRange> code_;
  bool is_call_ = false;  // the pc is behind a call
};

}  // namespace

FrameRegisters frame_registers(const user_regs_struct& all) {
  FrameRegisters found;
#if defined(__x86_64__)
  found.pc = all.rip;
  found.values = {all.rax, all.rdx, all.rcx, all.rbx, all.rsi, all.rdi, all.rbp, all.rsp, all.r8,
                  all.r9,  all.r10, all.r11, all.r12, all.r13, all.r14, all.r15, all.rip};
#else
  found.pc = all.pc;
  std::copy_n(all.regs, 31, found.values.begin());
  found.values[kStackRegister] = all.sp;
#endif
  return found;
}

// As copy_overflowed_stack() of capture/runtime/crash_memory.h has it.
std::uint64_t overflowed_from(const siginfo_t& info, std::uint64_t stack_pointer) {
  const auto address = reinterpret_cast<std::uint64_t>(info.si_addr);
  const bool has_address = info.si_code == SEGV_MAPERR || info.si_code == SEGV_ACCERR;
  const bool overflow = info.si_signo == SIGSEGV && has_address &&
                        address + kReach > stack_pointer && address < stack_pointer + kStackPage;
  if (!overflow) return 0;
  return address >= stack_pointer ? (address | (kStackPage - 1)) + 1 : stack_pointer;
}

std::uint32_t walk_stack(const FrameRegisters& registers, const ReadMemory& read,
                         std::string_view maps, std::span<std::uint64_t> frames) {
  Walk walk(registers, read, maps);
  std::uint32_t count = 0;
  if (count < frames.size()) frames[count++] = walk.pc();
  if (count < frames.size() && walk.leave_nowhere()) frames[count++] = walk.pc();
  while (count < frames.size() && walk.to_caller()) frames[count++] = walk.pc();
  return count;
}

}  // namespace crashreel
