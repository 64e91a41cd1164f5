#include "harness/core_dump.h"

#include <elf.h>
#include <sys/procfs.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "capture/reel/byte_source.h"
#include "harness/external/stack_walk.h"
#include "harness/player/script.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kDumpedPage = 4096;
constexpr std::size_t kLongestPath = 4096;  // the kernel's own bound
#if defined(__x86_64__)
constexpr unsigned kThisMachine = EM_X86_64;
#else
constexpr unsigned kThisMachine = EM_AARCH64;
#endif

Error damaged_dump(const std::string& path, const std::string& how) {
  return {Trouble::kDamaged, path + ": " + how};
}

// The value that stands there; false: the bytes end before.
template <typename Value>
bool take_value(std::string_view bytes, std::uint64_t at, Value& value) {
  if (at > bytes.size() || bytes.size() - at < sizeof value) return false;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return true;
}

// What of the program's memory the file has, and which of it was code.
class DumpedMemory {
 public:
  DumpedMemory(const ByteSource& file, std::vector<Elf64_Phdr> loaded)
      : file_(file), loaded_(std::move(loaded)) {
    std::ranges::sort(loaded_, {}, &Elf64_Phdr::p_vaddr);
  }

  bool read(std::uint64_t from, void* to, std::size_t size) const {
    const Elf64_Phdr* const segment = segment_at(from);
    if (segment == nullptr) return false;
    const std::uint64_t at = from - segment->p_vaddr;
    if (at >= segment->p_filesz || segment->p_filesz - at < size) return false;
    if (segment->p_offset > file_.size() || file_.size() - segment->p_offset < at) return false;
    const auto bytes = file_.view(segment->p_offset + at, size, scratch_);
    if (bytes) std::memcpy(to, bytes->data(), size);
    return bytes.has_value();
  }
  bool is_code(std::uint64_t address) const {
    const Elf64_Phdr* const segment = segment_at(address);
    return segment != nullptr && (segment->p_flags & PF_X) != 0;
  }

 private:
  const Elf64_Phdr* segment_at(std::uint64_t address) const {
    const auto after = std::ranges::upper_bound(loaded_, address, {}, &Elf64_Phdr::p_vaddr);
    if (after == loaded_.begin()) return nullptr;
    const Elf64_Phdr& segment = *std::prev(after);
    return address - segment.p_vaddr < segment.p_memsz ? &segment : nullptr;
  }

  const ByteSource& file_;
  std::vector<Elf64_Phdr> loaded_;
  mutable std::string scratch_;
};

struct DumpNotes {
  bool has_thread = false;
  elf_prstatus thread{};  // the first: the one that died
  siginfo_t signal{};
  std::string_view files;  // NT_FILE's
};

void take_note(const Elf64_Nhdr& header, std::string_view text, DumpNotes& notes) {
  switch (header.n_type) {
    case NT_PRSTATUS:
      if (!notes.has_thread) notes.has_thread = take_value(text, 0, notes.thread);
      break;
    case NT_SIGINFO:
      if (notes.signal.si_signo == 0) take_value(text, 0, notes.signal);
      break;
    case NT_FILE:
      if (notes.files.empty()) notes.files = text;
      break;
  }
}

std::uint64_t lined_up_note(std::uint64_t bytes) {
  return (bytes + 3) / 4 * 4;
}

DumpNotes notes_in(std::string_view bytes) {
  DumpNotes notes;
  Elf64_Nhdr header;
  for (std::uint64_t at = 0; take_value(bytes, at, header);) {
    const std::uint64_t text_at = at + sizeof header + lined_up_note(header.n_namesz);
    if (text_at > bytes.size() || bytes.size() - text_at < header.n_descsz) break;
    take_note(header, bytes.substr(text_at, header.n_descsz), notes);
    at = text_at + lined_up_note(header.n_descsz);
  }
  return notes;
}

// As /proc/PID/maps has the code: "begin-end r-xp offset dev inode   path".
std::string maps_of(std::string_view files, const DumpedMemory& memory) {
  std::string maps;
  std::uint64_t count = 0, page = 0;
  if (!take_value(files, 0, count) || !take_value(files, 8, page)) return maps;
  if (count > files.size() / 24) return maps;
  std::string_view names = files.substr(std::min<std::size_t>(files.size(), 16 + count * 24));
  for (std::uint64_t i = 0; i < count && maps.size() < kMaxCrashMaps; ++i) {
    std::uint64_t begin = 0, end = 0, offset = 0;
    const std::uint64_t at = 16 + i * 24;
    take_value(files, at, begin), take_value(files, at + 8, end),
        take_value(files, at + 16, offset);
    const std::string name(names.substr(0, names.find('\0')));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    if (name.size() > kLongestPath || name.find('\n') != std::string::npos) continue;
    if (!memory.is_code(begin)) continue;
    std::array<char, 96> line;
    const int size = std::snprintf(line.data(), line.size(), "%lx-%lx r-xp %08lx 00:00 0 ", begin,
                                   end, offset * page);
    maps.append(line.data(), static_cast<std::size_t>(size)).append(name).append("\n");
  }
  return maps;
}

std::string overflowed_stack(const siginfo_t& signal, std::uint64_t sp,
                             const DumpedMemory& memory) {
  std::string stack;
  const std::uint64_t from = overflowed_from(signal, sp);
  if (from == 0) return stack;
  std::array<char, kDumpedPage> page;
  while (stack.size() + kDumpedPage <= kMaxCrashStack &&
         memory.read(from + stack.size(), page.data(), kDumpedPage)) {
    stack.append(page.data(), kDumpedPage);
  }
  return stack;
}

RingCrash crash_of(const DumpNotes& notes, const DumpedMemory& memory) {
  user_regs_struct registers;
  static_assert(sizeof registers == sizeof notes.thread.pr_reg);
  std::memcpy(&registers, &notes.thread.pr_reg, sizeof registers);
  const FrameRegisters at = frame_registers(registers);
  RingCrash crash;
  crash.taken = true;
  crash.signal = notes.thread.pr_cursig;
  if (notes.signal.si_signo == crash.signal) {
    crash.code = notes.signal.si_code;
    crash.address = reinterpret_cast<std::uint64_t>(notes.signal.si_addr);
  }
  crash.stack_pointer = at.values[kStackRegister];
  crash.maps = maps_of(notes.files, memory);
  crash.stack = overflowed_stack(notes.signal, crash.stack_pointer, memory);
  crash.frames.resize(kMaxCrashFrames);
  const ReadMemory read = [&memory](std::uint64_t from, void* to, std::size_t size) {
    return memory.read(from, to, size);
  };
  crash.frames.resize(walk_stack(at, read, crash.maps, crash.frames));
  return crash;
}

// So many program headers stand in the file's own header, or, of more, in its first section's.
std::uint64_t segments_in(const Elf64_Ehdr& header, const ByteSource& file) {
  if (header.e_phnum != PN_XNUM) return header.e_phnum;
  std::string scratch;
  Elf64_Shdr section{};
  const auto bytes = file.view(header.e_shoff, sizeof section, scratch);
  return bytes && take_value(*bytes, 0, section) ? section.sh_info : 0;
}

}  // namespace

Result<CoreDump> read_core_dump(const std::string& path) {
  const auto file = open_file(path, "a core dump");
  if (!file) return file.error();
  std::string scratch;
  Elf64_Ehdr header{};
  const auto front = (*file)->view(0, sizeof header, scratch);
  if (!front || !take_value(*front, 0, header) ||
      std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_CORE) {
    return damaged_dump(path,
                        "is no core dump; name the file that the kernel or a debugger has left");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != kThisMachine ||
      header.e_phentsize != sizeof(Elf64_Phdr)) {
    return damaged_dump(path, "is of another kind of processor; read it on a machine of that kind");
  }
  const std::uint64_t count = segments_in(header, **file);
  if (count > kMaxCoreSegments) return damaged_dump(path, "has more segments than any program");
  const auto table = (*file)->view(header.e_phoff, count * sizeof(Elf64_Phdr), scratch);
  if (!table) return damaged_dump(path, "is cut off; its table of segments is not whole");
  std::vector<Elf64_Phdr> loaded;
  Elf64_Phdr noted{};
  for (std::uint64_t i = 0; i < count; ++i) {
    Elf64_Phdr segment;
    take_value(*table, i * sizeof segment, segment);
    if (segment.p_type == PT_LOAD) loaded.push_back(segment);
    if (segment.p_type == PT_NOTE && noted.p_type == PT_NULL) noted = segment;
  }
  if (noted.p_filesz > kMaxCoreNotes)
    return damaged_dump(path, "has notes larger than any program's");
  const auto text = (*file)->view(noted.p_offset, noted.p_filesz, scratch);
  if (!text) return damaged_dump(path, "is cut off; its notes are not whole");
  const DumpNotes notes = notes_in(*text);
  if (!notes.has_thread || notes.thread.pr_cursig <= 0 || notes.thread.pr_cursig >= NSIG) {
    return damaged_dump(path, "names no thread that a signal has ended");
  }
  return CoreDump{static_cast<std::uint32_t>(notes.thread.pr_pid),
                  crash_of(notes, DumpedMemory(**file, std::move(loaded)))};
}

}  // namespace crashreel
