#include "harness/external/call_frames.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "harness/external/dwarf_bytes.h"
#include "harness/external/frame_program.h"

namespace crashreel {
namespace {

// More than any program's: one that claims them is hostile.
constexpr std::uint64_t kMostSection = 64 << 20;
constexpr std::size_t kMostSections = 4096;
constexpr std::size_t kMostEntries = 1 << 20;
constexpr std::size_t kMostNames = 1 << 20;

// How a pointer is written (DW_EH_PE_...): its form in the low bits, what it counts from above.
constexpr std::uint8_t kOmitted = 0xff;
constexpr std::uint8_t kRelative = 0x10;
constexpr std::uint8_t kIndirect = 0x80;

// `here`: the address of the byte that is read next. Empty: written in a way that nobody uses here.
std::optional<std::uint64_t> pointer(DwarfBytes& bytes, std::uint8_t encoding, std::uint64_t here) {
  const std::uint8_t from = encoding & 0x70;
  if ((encoding & kIndirect) != 0 || (from != 0 && from != kRelative)) return std::nullopt;
  const std::uint64_t base = from == kRelative ? here : 0;
  switch (encoding & 0x0f) {
    case 0x00:
    case 0x04:
    case 0x0c:
      return base + bytes.fixed<std::uint64_t>();
    case 0x02:
      return base + bytes.fixed<std::uint16_t>();
    case 0x03:
      return base + bytes.fixed<std::uint32_t>();
    case 0x0a:
      return base + static_cast<std::uint64_t>(std::int64_t{bytes.fixed<std::int16_t>()});
    case 0x0b:
      return base + static_cast<std::uint64_t>(std::int64_t{bytes.fixed<std::int32_t>()});
    default:
      return std::nullopt;
  }
}

// The personality's and the like, of which only the size is of interest.
bool skip_pointer(DwarfBytes& bytes, std::uint8_t encoding) {
  if (encoding == kOmitted) return true;
  return pointer(bytes, encoding & 0x0f, 0).has_value();
}

std::string bytes_at(std::ifstream& file, std::uint64_t offset, std::uint64_t size,
                     std::uint64_t most) {
  if (size > most) return {};
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

std::vector<Elf64_Shdr> sections_of(std::ifstream& file, const Elf64_Ehdr& header) {
  const std::size_t count = std::min<std::size_t>(header.e_shnum, kMostSections);
  const std::string bytes = bytes_at(file, header.e_shoff, count * sizeof(Elf64_Shdr),
                                     kMostSections * sizeof(Elf64_Shdr));
  std::vector<Elf64_Shdr> sections(bytes.size() / sizeof(Elf64_Shdr));
  if (!sections.empty()) {
    std::memcpy(sections.data(), bytes.data(), sections.size() * sizeof(Elf64_Shdr));
  }
  return sections;
}

}  // namespace

CallFrames CallFrames::of_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return CallFrames({}, 0);
  std::ifstream file(path, std::ios::binary);
  Elf64_Ehdr header = {};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  const bool is_elf = file.gcount() == sizeof header &&
                      std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
                      header.e_ident[EI_CLASS] == ELFCLASS64;
  if (!is_elf || header.e_shentsize != sizeof(Elf64_Shdr)) return CallFrames({}, 0);
  const std::vector<Elf64_Shdr> sections = sections_of(file, header);
  if (header.e_shstrndx >= sections.size()) return CallFrames({}, 0);
  const Elf64_Shdr& of_names = sections[header.e_shstrndx];
  const std::string names = bytes_at(file, of_names.sh_offset, of_names.sh_size, kMostNames);
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_name >= names.size() || section.sh_type == SHT_NOBITS) continue;
    if (std::string_view(names.c_str() + section.sh_name) != ".eh_frame") continue;
    return CallFrames(bytes_at(file, section.sh_offset, section.sh_size, kMostSection),
                      section.sh_addr);
  }
  return CallFrames({}, 0);
}

CallFrames::CallFrames(std::string section, std::uint64_t address)
    : section_(std::make_unique<const std::string>(std::move(section))), address_(address) {
  read_all();
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.begin < b.begin; });
}

// Each record: its length, then 0 for what functions have in common, or how far back that lies.
void CallFrames::read_all() {
  DwarfBytes bytes(*section_);
  while (!bytes.at_end() && entries_.size() < kMostEntries) {
    const auto length = bytes.fixed<std::uint32_t>();
    if (length == 0 || length == UINT32_MAX) continue;  // an end of one part; or for files > 4 GiB
    const std::size_t at = bytes.at();
    const std::string_view body = bytes.take(length);
    if (!bytes.good() || body.size() < 4) return;
    std::uint32_t back = 0;
    std::memcpy(&back, body.data(), sizeof back);
    // Before the length of the other record.
    if (back == 0 || back > at) continue;
    read_entry(at - back, body.substr(4), address_ + at + 4);
  }
}

void CallFrames::read_entry(std::size_t common_at, std::string_view body,
                            std::uint64_t body_address) {
  Common common;
  if (!read_common(common_at, common)) return;
  DwarfBytes bytes(body);
  Entry entry;
  entry.common_at = common_at;
  const auto begin = pointer(bytes, common.pointer_encoding, body_address);
  const auto size = pointer(bytes, common.pointer_encoding & 0x0f, 0);
  if (!begin || !size) return;
  if (common.has_augmentation) bytes.take(bytes.uleb());
  if (!bytes.good()) return;
  entry.begin = *begin;
  entry.end = *begin + *size;
  entry.program = body.substr(bytes.at());
  entries_.push_back(entry);
}

bool CallFrames::read_common(std::size_t at, Common& common) const {
  DwarfBytes all(std::string_view(*section_).substr(std::min(at, section_->size())));
  const auto length = all.fixed<std::uint32_t>();
  const std::string_view body = all.take(length);
  DwarfBytes bytes(body);
  if (!all.good() || bytes.fixed<std::uint32_t>() != 0) return false;
  const auto version = bytes.fixed<std::uint8_t>();
  const std::string_view augmentation = bytes.text();
  common.code_factor = bytes.uleb();
  common.data_factor = bytes.sleb();
  common.return_register = version == 1 ? bytes.fixed<std::uint8_t>() : bytes.uleb();
  if (!augmentation.empty() && augmentation.front() != 'z') return false;
  common.has_augmentation = !augmentation.empty();
  if (common.has_augmentation) {
    DwarfBytes more(bytes.take(bytes.uleb()));
    for (const char letter : augmentation.substr(1)) {
      if (letter == 'R') common.pointer_encoding = more.fixed<std::uint8_t>();
      if (letter == 'L') more.fixed<std::uint8_t>();
      if (letter == 'S') common.is_signal = true;
      if (letter == 'P' && !skip_pointer(more, more.fixed<std::uint8_t>())) return false;
    }
    if (!more.good()) return false;
  }
  common.program = body.substr(std::min(bytes.at(), body.size()));
  return bytes.good() && common.pointer_encoding != kOmitted;
}

bool CallFrames::to_caller(std::uint64_t place, FrameRegisters& registers, const ReadMemory& read,
                           bool& interrupted) const {
  auto next = std::upper_bound(entries_.begin(), entries_.end(), place,
                               [](std::uint64_t at, const Entry& one) { return at < one.begin; });
  if (next == entries_.begin()) return false;
  const Entry& entry = *--next;
  Common common;
  if (place >= entry.end || !read_common(entry.common_at, common)) return false;
  interrupted = common.is_signal;
  FrameProgram program({.code = common.code_factor, .data = common.data_factor});
  return program.begin(common.program) && program.run(entry.program, entry.begin, place) &&
         apply(program.rules(), common.return_register, read, registers);
}

}  // namespace crashreel
