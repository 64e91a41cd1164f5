#include "harness/linked_libraries.h"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string_view>

#include "harness/elf.h"

namespace crashreel {
namespace {

constexpr std::uint64_t kMaxDynamic = 1 << 16;
constexpr std::uint64_t kMaxName = 256;
constexpr std::uint64_t kMaxTexts = 32 << 20;
constexpr std::size_t kMaxNeeded = 256;

// As much of it as the file has.
std::string read_at(std::ifstream& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  return bytes;
}

template <typename T>
bool take(std::string_view bytes, T* value) {
  if (bytes.size() < sizeof *value) return false;
  std::memcpy(value, bytes.data(), sizeof *value);
  return true;
}

std::string dynamic_segment(std::ifstream& file) {
  Elf64_Ehdr header;
  if (!take(read_at(file, 0, sizeof header), &header)) return {};
  const std::size_t count = std::min<std::size_t>(header.e_phnum, kMaxProgramHeaders);
  for (std::size_t i = 0; i < count; ++i) {
    Elf64_Phdr segment;
    if (!take(read_at(file, header.e_phoff + i * sizeof segment, sizeof segment), &segment)) break;
    if (segment.p_type != PT_DYNAMIC) continue;
    return read_at(file, segment.p_offset, std::min<std::uint64_t>(segment.p_filesz, kMaxDynamic));
  }
  return {};
}

// 0: in no segment.
std::uint64_t offset_of(const ElfFile& elf, std::uint64_t address) {
  for (const ElfSegment& segment : elf.segments) {
    if (address >= segment.address && address - segment.address < segment.file_size) {
      return address - segment.address + segment.file_offset;
    }
  }
  return 0;
}

// What the loader reads of a file: libraries by their places in a table of texts, and that table,
// which the segment gives by its address.
struct Dynamic {
  std::vector<std::uint64_t> needed;
  std::uint64_t texts = 0;  // where in the file; 0: nowhere
  std::uint64_t texts_size = 0;
};

Dynamic read_dynamic(std::ifstream& file, const ElfFile& elf) {
  Dynamic dynamic;
  const std::string segment = dynamic_segment(file);
  Elf64_Dyn entry;
  for (std::string_view rest = segment; take(rest, &entry); rest.remove_prefix(sizeof entry)) {
    if (entry.d_tag == DT_NULL) break;
    if (entry.d_tag == DT_STRTAB) dynamic.texts = offset_of(elf, entry.d_un.d_ptr);
    if (entry.d_tag == DT_STRSZ) dynamic.texts_size = entry.d_un.d_val;
    if (entry.d_tag == DT_NEEDED && dynamic.needed.size() < kMaxNeeded) {
      dynamic.needed.push_back(entry.d_un.d_val);
    }
  }
  return dynamic;
}

}  // namespace

std::vector<std::string> linked_libraries(const std::string& path) {
  std::vector<std::string> names;
  const Result<ElfFile> elf = read_elf(path);
  if (!elf) return names;
  std::ifstream file(path, std::ios::binary);
  const Dynamic dynamic = read_dynamic(file, *elf);
  for (const std::uint64_t place : dynamic.needed) {
    if (dynamic.texts == 0 || place > UINT32_MAX) continue;
    std::string name = read_at(file, dynamic.texts + place, kMaxName);
    name.resize(std::strlen(name.c_str()));
    if (!name.empty()) names.push_back(std::move(name));
  }
  return names;
}

bool names_symbol(const std::string& path, const std::string& name) {
  const Result<ElfFile> elf = read_elf(path);
  if (!elf) return false;
  std::ifstream file(path, std::ios::binary);
  const Dynamic dynamic = read_dynamic(file, *elf);
  if (dynamic.texts == 0) return false;
  // The table begins with an empty text, so each has a zero byte on either side.
  const std::string texts = read_at(file, dynamic.texts, std::min(dynamic.texts_size, kMaxTexts));
  return texts.find('\0' + name + '\0') != std::string::npos;
}

}  // namespace crashreel
