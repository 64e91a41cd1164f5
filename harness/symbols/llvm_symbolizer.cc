// The only file of ours that knows LLVM. Compiled as LLVM is, and never sanitized.
#include <llvm/DebugInfo/Symbolize/Symbolize.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Support/Error.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "harness/symbols/symbols_abi.h"

namespace {

using llvm::symbolize::LLVMSymbolizer;

LLVMSymbolizer::Options options() {
  LLVMSymbolizer::Options options;
  options.PrintFunctions = llvm::DINameKind::LinkageName;
  // The symbol table is asked apart, for LLVM gives an address that no symbol covers to the one
  // before it. What debug information says is exact.
  options.UseSymbolTable = false;
  options.Demangle = false;
  return options;
}

// Separate debug information is not looked for: it is unpacked whole, 90 ms for a libc's.
LLVMSymbolizer::Options without_debug_files() {
  LLVMSymbolizer::Options own = options();
  own.DebugFileDirectory = {"/nonexistent"};
  own.FallbackDebugPath = "/nonexistent";
  return own;
}

// "_ZN2ns1fEi.part.0" and "_ZN2ns1fEi" are both "ns::f"; "read@@GLIBC_2.2.5" is "read". Neither C
// identifiers nor mangled names have a '.' or '@': what follows one was put there by a tool.
std::string short_name(const std::string& symbol) {
  std::string name = symbol.substr(0, symbol.find_first_of(".@", 1));
  llvm::ItaniumPartialDemangler demangler;
  if (demangler.partialDemangle(name.c_str()) || !demangler.isFunction()) return name;
  char* demangled = demangler.getFunctionName(nullptr, nullptr);
  if (demangled == nullptr) return name;
  name = demangled;
  std::free(demangled);
  return name;
}

// DWARF's word for a function that it cannot name.
bool is_name(const std::string& name) {
  return !name.empty() && name != "<invalid>";
}

// From the symbol table, or the dynamic one of a stripped file; empty when the symbol that LLVM
// finds does not reach as far as the address (one without a size reaches nowhere).
std::string covering(LLVMSymbolizer& from, const std::string& module,
                     llvm::object::SectionedAddress place) {
  auto symbol = from.symbolizeData(module, place);
  if (!symbol) {
    llvm::consumeError(symbol.takeError());
    return {};
  }
  const bool covered =
      place.Address >= symbol->Start && place.Address - symbol->Start < symbol->Size;
  return covered && is_name(symbol->Name) ? short_name(symbol->Name) : std::string();
}

}  // namespace

struct crashreel_symbolizer {
  LLVMSymbolizer llvm{options()};
  LLVMSymbolizer tables{without_debug_files()};

  // From the debug information, innermost first; the last one is the function that was called.
  std::vector<std::string> inlined(const std::string& module,
                                   llvm::object::SectionedAddress place) {
    std::vector<std::string> names;
    auto frames = llvm.symbolizeInlinedCode(module, place);
    if (!frames) {
      llvm::consumeError(frames.takeError());
      return names;
    }
    for (std::uint32_t i = 0; i < frames->getNumberOfFrames(); ++i) {
      const std::string& name = frames->getFrame(i).FunctionName;
      if (is_name(name)) names.push_back(short_name(name));
    }
    return names;
  }
};

#define CRASHREEL_EXPORT extern "C" __attribute__((visibility("default")))

CRASHREEL_EXPORT crashreel_symbolizer* crashreel_symbolizer_open_1() {
  return new crashreel_symbolizer();
}

CRASHREEL_EXPORT void crashreel_symbolizer_close_1(crashreel_symbolizer* symbolizer) {
  delete symbolizer;
}

CRASHREEL_EXPORT void crashreel_symbolizer_tabled_1(crashreel_symbolizer* symbolizer,
                                                    const char* module_path, uint64_t offset,
                                                    void (*each)(void*, const char*),
                                                    void* context) {
  const std::string name = covering(symbolizer->tables, module_path,
                                    {offset, llvm::object::SectionedAddress::UndefSection});
  if (!name.empty()) each(context, name.c_str());
}

CRASHREEL_EXPORT void crashreel_symbolizer_functions_1(crashreel_symbolizer* symbolizer,
                                                       const char* module_path, uint64_t offset,
                                                       void (*each)(void*, const char*),
                                                       void* context) {
  const llvm::object::SectionedAddress place = {offset,
                                                llvm::object::SectionedAddress::UndefSection};
  std::vector<std::string> names = symbolizer->inlined(module_path, place);
  // The symbol table has the last word on who was called: it is there with and without debug
  // information, so that two builds agree.
  const std::string called = covering(symbolizer->llvm, module_path, place);
  if (!called.empty()) {
    if (!names.empty()) names.pop_back();
    names.push_back(called);
  }
  for (const std::string& name : names) each(context, name.c_str());
}
