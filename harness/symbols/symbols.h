// Which function covers an address of a module?
//
// The names come from LLVM's symbolizer, which reads symbol tables and DWARF of every compiler's
// kind; it lives in a shared library of its own, libcrashreel-symbols.so, loaded when first asked,
// because linking LLVM costs each start of the command 18 ms. Where that library is missing, load()
// says so and the caller goes on with module and offset. This header decides what a name is; it
// does not know which names make two crashes the same, nor what a process or a core dump is.
//
// A name is short, so that it survives another build of the program: demangled, without parameters
// and without what a compiler appends to copies and pieces of a function (".cold", ".part.0").
// Nothing is guessed: where no function covers the address (a stripped program between two of its
// exported functions, say) there is no name, though LLVM would offer the nearest below.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capture/base/result.h"

namespace crashreel {

// Move-only; one thread at a time. Keeps what it was told: an address is looked up once, which
// goes over its module's symbols (20 µs for 6,000 of them), and a module is opened once (2 ms, and
// seconds where there is much DWARF of which all has to be read to find the place).
class Symbols {
 public:
  // The library stays loaded until the process ends: LLVM does not like to be unloaded.
  static Result<Symbols> load(const std::string& library_path);

  // The functions at a place, innermost first: those that the compiler inlined there, as far as the
  // debug information tells, and last the one that was really called. Empty: nothing covers it.
  // `offset` is an ELF virtual address (run-time address minus load bias) within the instruction;
  // of a return address take one off. The file may be missing or hostile: then nothing covers it.
  const std::vector<std::string>& functions(const std::string& module_path, std::uint64_t offset);

  // The last of them, or empty: the function that was called. It is the same with and without debug
  // information, which is why a signature compares this one.
  std::string function_name(const std::string& module_path, std::uint64_t offset);

  // The same by the file's own symbol tables alone: for the system's libraries, of which it does
  // not matter what was inlined, and whose debug information takes long to read (a libc's 90 ms).
  const std::string& table_name(const std::string& module_path, std::uint64_t offset);

 private:
  struct Library;
  explicit Symbols(std::shared_ptr<Library> library) : library_(std::move(library)) {}

  std::shared_ptr<Library> library_;
  std::map<std::pair<std::string, std::uint64_t>, std::vector<std::string>> known_;
  std::map<std::pair<std::string, std::uint64_t>, std::string> tabled_;
};

}  // namespace crashreel
