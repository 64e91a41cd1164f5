#include "harness/symbols/module_file.h"

#include <llvm/BinaryFormat/ELF.h>
#include <llvm/Support/Error.h>

#include <utility>

namespace {

using Elf = llvm::object::ELF64LEObjectFile;
using llvm::DWARFContext;

// LLVM's errors want to be looked at; false, and `value` as it was: it was one.
template <typename From, typename To>
bool take(llvm::Expected<From> from, To& value) {
  if (!from) {
    llvm::consumeError(from.takeError());
    return false;
  }
  value = std::move(*from);
  return true;
}

void be_silent(llvm::Error error) {
  llvm::consumeError(std::move(error));
}

// Of the kinds that code and data have, in what is loaded.
bool is_place(const Elf::Elf_Sym& symbol, llvm::ArrayRef<Elf::Elf_Shdr> sections) {
  const unsigned type = symbol.getType();
  const bool wanted = type == llvm::ELF::STT_NOTYPE || type == llvm::ELF::STT_FUNC ||
                      type == llvm::ELF::STT_OBJECT || type == llvm::ELF::STT_GNU_IFUNC;
  const unsigned section = symbol.st_shndx;
  if (!wanted || section == llvm::ELF::SHN_UNDEF) return false;
  if (section == llvm::ELF::SHN_XINDEX) return true;  // more sections than have numbers
  return section < sections.size() && (sections[section].sh_flags & llvm::ELF::SHF_ALLOC) != 0;
}

bool has_debug_section(const Elf& elf) {
  for (const llvm::object::SectionRef& section : elf.sections()) {
    llvm::StringRef name;
    if (take(section.getName(), name) && name == ".debug_info") return true;
  }
  return false;
}

}  // namespace

ModuleFile::ModuleFile(const std::string& path) {
  auto bytes = llvm::MemoryBuffer::getFile(path, false, false);
  if (!bytes) return;
  bytes_ = std::move(*bytes);
  auto elf = llvm::object::ObjectFile::createELFObjectFile(bytes_->getMemBufferRef(), false);
  std::unique_ptr<llvm::object::ObjectFile> any;
  if (!take(std::move(elf), any) || !llvm::isa<Elf>(*any)) return;
  elf_.reset(llvm::cast<Elf>(any.release()));
  if (!take(elf_->getELFFile().sections(), sections_)) return;
  take_table(llvm::ELF::SHT_SYMTAB);
  if (symbols_.empty()) take_table(llvm::ELF::SHT_DYNSYM);
  if (!has_debug_section(*elf_)) return;
  debug_ = DWARFContext::create(*elf_, DWARFContext::ProcessDebugRelocations::Ignore, nullptr, "",
                                be_silent, be_silent);
}

void ModuleFile::take_table(unsigned type) {
  const auto& file = elf_->getELFFile();
  for (const auto& section : sections_) {
    if (section.sh_type != type) continue;
    if (!take(file.symbols(&section), symbols_) ||
        !take(file.getStringTableForSymtab(section, sections_), names_)) {
      symbols_ = {};
    }
    return;
  }
}

// Of those that begin nearest before it the longest, of these the last.
std::string ModuleFile::covering_symbol(std::uint64_t address) const {
  const Elf::Elf_Sym* best = nullptr;
  for (const Elf::Elf_Sym& symbol : symbols_) {
    const std::uint64_t start = symbol.st_value;
    if (start > address || (best != nullptr && start < best->st_value)) continue;
    const bool shorter =
        best != nullptr && start == best->st_value && symbol.st_size < best->st_size;
    if (!shorter && is_place(symbol, sections_)) best = &symbol;
  }
  if (best == nullptr || address - best->st_value >= best->st_size) return {};
  llvm::StringRef name;
  return take(best->getName(names_), name) ? name.str() : std::string();
}

std::vector<std::string> ModuleFile::inlined(std::uint64_t address) {
  using Wanted = llvm::DILineInfoSpecifier;
  std::vector<std::string> names;
  if (debug_ == nullptr) return names;
  const auto frames = debug_->getInliningInfoForAddress(
      {address, llvm::object::SectionedAddress::UndefSection},
      Wanted(Wanted::FileLineInfoKind::None, llvm::DINameKind::LinkageName));
  for (std::uint32_t i = 0; i < frames.getNumberOfFrames(); ++i) {
    names.push_back(frames.getFrame(i).FunctionName);
  }
  return names;
}
