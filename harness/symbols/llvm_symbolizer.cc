// Names of functions, by LLVM. Compiled as LLVM is, and never sanitized.
#include <llvm/DebugInfo/Symbolize/Symbolize.h>
#include <llvm/Demangle/Demangle.h>
#include <llvm/Support/Error.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "harness/symbols/module_file.h"
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

}  // namespace

struct crashreel_symbolizer {
  ModuleFile& file(const std::string& path) { return files.try_emplace(path, path).first->second; }

  // From the debug information, innermost first; the last one is the function that was called.
  std::vector<std::string> inlined(const std::string& path, std::uint64_t offset) {
    std::vector<std::string> names;
    ModuleFile& module = file(path);
    for (const std::string& name :
         module.has_debug_information() ? module.inlined(offset) : from_elsewhere(path, offset)) {
      if (is_name(name)) names.push_back(short_name(name));
    }
    return names;
  }

  // The symbol table has the last word on who was called: it is there with and without debug
  // information, so that two builds agree.
  std::string covering(const std::string& path, std::uint64_t offset) {
    const std::string name = file(path).covering_symbol(offset);
    return is_name(name) ? short_name(name) : std::string();
  }

 private:
  // Debug information may have been packed apart; LLVM knows where it can lie.
  std::vector<std::string> from_elsewhere(const std::string& path, std::uint64_t offset) {
    std::vector<std::string> names;
    auto frames =
        apart.symbolizeInlinedCode(path, {offset, llvm::object::SectionedAddress::UndefSection});
    if (!frames) {
      llvm::consumeError(frames.takeError());
      return names;
    }
    for (std::uint32_t i = 0; i < frames->getNumberOfFrames(); ++i) {
      names.push_back(frames->getFrame(i).FunctionName);
    }
    return names;
  }

  std::map<std::string, ModuleFile> files;
  LLVMSymbolizer apart{options()};
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
  const std::string name = symbolizer->covering(module_path, offset);
  if (!name.empty()) each(context, name.c_str());
}

CRASHREEL_EXPORT void crashreel_symbolizer_functions_1(crashreel_symbolizer* symbolizer,
                                                       const char* module_path, uint64_t offset,
                                                       void (*each)(void*, const char*),
                                                       void* context) {
  std::vector<std::string> names = symbolizer->inlined(module_path, offset);
  const std::string called = symbolizer->covering(module_path, offset);
  if (!called.empty()) {
    if (!names.empty()) names.pop_back();
    names.push_back(called);
  }
  for (const std::string& name : names) each(context, name.c_str());
}
