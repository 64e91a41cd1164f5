// What does a program's file itself say of its functions?
//
// The two things that are asked of it, and nothing else read: LLVM's symbolizer sorts every symbol
// and reads the table of lines of a module before its first answer, which of a program with a
// sanitizer in it takes as long as all the rest. Compiled as LLVM is; its parsers see the hostile
// bytes. Separate debug information is not looked for.
#pragma once

#include <llvm/DebugInfo/DWARF/DWARFContext.h>
#include <llvm/Object/ELFObjectFile.h>
#include <llvm/Support/MemoryBuffer.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

class ModuleFile {
 public:
  // Not there, or no ELF file of 64 bits: it says nothing.
  explicit ModuleFile(const std::string& path);

  // From the symbol table, or the dynamic one of a stripped file: as it stands there; empty where
  // no symbol reaches as far as the address (one without a size reaches nowhere).
  std::string covering_symbol(std::uint64_t address) const;

  bool has_debug_information() const { return debug_ != nullptr; }
  // Linkage names, innermost first; the last one is the function that was called.
  std::vector<std::string> inlined(std::uint64_t address);

 private:
  using Elf = llvm::object::ELF64LEObjectFile;

  void take_table(unsigned type);

  std::unique_ptr<llvm::MemoryBuffer> bytes_;
  std::unique_ptr<Elf> elf_;
  llvm::ArrayRef<Elf::Elf_Shdr> sections_;
  llvm::ArrayRef<Elf::Elf_Sym> symbols_;
  llvm::StringRef names_;
  std::unique_ptr<llvm::DWARFContext> debug_;
};
