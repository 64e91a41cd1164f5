#include "harness/elf.h"

#include <elf.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace crashreel {
namespace {

constexpr std::uint64_t kMaxNotes = 1 << 20;
constexpr std::uint64_t kMaxInterpreter = 4096;

std::string read_range(std::ifstream& file, std::uint64_t offset, std::uint64_t size,
                       std::uint64_t most) {
  std::string bytes;
  if (size > most) return bytes;
  file.clear();
  file.seekg(0, std::ios::end);
  const auto end = static_cast<std::uint64_t>(file.tellg());
  if (offset >= end) return bytes;
  bytes.resize(std::min(size, end - offset));
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  return bytes;
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
  }
  return text;
}

std::uint64_t align4(std::uint64_t size) {
  return (size + 3) & ~std::uint64_t{3};
}

// The GNU build id among the notes of one segment, and Go's.
void take_notes(std::string_view notes, ElfFile& elf) {
  constexpr std::uint32_t kGoBuildId = 4;
  while (notes.size() >= sizeof(Elf64_Nhdr)) {
    Elf64_Nhdr note;
    std::memcpy(&note, notes.data(), sizeof note);
    const std::uint64_t name_end = sizeof note + align4(note.n_namesz);
    const std::uint64_t end = name_end + align4(note.n_descsz);
    if (name_end + note.n_descsz > notes.size()) break;
    const std::string_view name = notes.substr(sizeof note, note.n_namesz);
    const bool is_gnu = note.n_type == NT_GNU_BUILD_ID && name == std::string_view("GNU\0", 4);
    if (is_gnu && elf.build_id.empty())
      elf.build_id = to_hex(notes.substr(name_end, note.n_descsz));
    if (note.n_type == kGoBuildId && name == std::string_view("Go\0\0", 4)) elf.is_go = true;
    if (end > notes.size()) break;
    notes.remove_prefix(end);
  }
}

Error not_elf(const std::string& path, const std::string& why) {
  return {Trouble::kTarget, path + ": " + why};
}

void take_segment(std::ifstream& file, const Elf64_Phdr& header, ElfFile& elf) {
  if (header.p_type == PT_LOAD) {
    elf.segments.push_back(
        {header.p_offset, header.p_vaddr, header.p_filesz, (header.p_flags & PF_X) != 0});
  } else if (header.p_type == PT_INTERP) {
    elf.interpreter = read_range(file, header.p_offset, header.p_filesz, kMaxInterpreter);
    elf.interpreter.resize(std::strlen(elf.interpreter.c_str()));
  } else if (header.p_type == PT_NOTE) {
    take_notes(read_range(file, header.p_offset, header.p_filesz, kMaxNotes), elf);
  }
}

}  // namespace

std::uint64_t ElfFile::address_of(std::uint64_t file_offset) const {
  for (const ElfSegment& segment : segments) {
    if (file_offset >= segment.file_offset &&
        file_offset - segment.file_offset < segment.file_size) {
      return file_offset - segment.file_offset + segment.address;
    }
  }
  return file_offset;
}

Result<ElfFile> read_elf(const std::string& path) {
  std::error_code error;
  // A pipe or a terminal, as a hostile text may name one, would keep us waiting.
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error)) {
    return not_elf(path, "is no file; name the program itself");
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) return not_elf(path, "can't be read; check that it exists and is readable");
  Elf64_Ehdr header = {};
  file.read(reinterpret_cast<char*>(&header), sizeof header);
  if (file.gcount() != sizeof header || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return not_elf(path, "is no ELF executable; name the program itself, not a script");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr) ||
      header.e_phnum > kMaxProgramHeaders) {
    return not_elf(path, "is no 64-bit ELF executable; only these can be replayed");
  }
  ElfFile elf;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    const std::uint64_t at = header.e_phoff + i * sizeof(Elf64_Phdr);
    const std::string bytes = read_range(file, at, sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
    if (bytes.size() != sizeof(Elf64_Phdr)) return not_elf(path, "ends within its own headers");
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data(), sizeof segment);
    take_segment(file, segment, elf);
  }
  return elf;
}

}  // namespace crashreel
