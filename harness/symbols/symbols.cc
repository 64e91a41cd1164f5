#include "harness/symbols/symbols.h"

#include <dlfcn.h>

#include "harness/symbols/symbols_abi.h"

namespace crashreel {

struct Symbols::Library {
  decltype(&crashreel_symbolizer_close_1) close = nullptr;
  decltype(&crashreel_symbolizer_functions_1) functions = nullptr;
  decltype(&crashreel_symbolizer_tabled_1) tabled = nullptr;
  crashreel_symbolizer* symbolizer = nullptr;

  Library() = default;
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library() {
    if (symbolizer != nullptr) close(symbolizer);
  }
};

namespace {

template <typename Function>
bool find(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(handle, name));
  return function != nullptr;
}

// What the dynamic loader says begins with the path already, or not at all with it.
std::string load_failure(const std::string& path) {
  const char* reason = dlerror();
  std::string message = path + ": no names for addresses";
  if (reason != nullptr) message += std::string(" (") + reason + ")";
  return message + ": build with llvm-19-dev installed, or go on with module and offset";
}

}  // namespace

Result<Symbols> Symbols::load(const std::string& library_path) {
  // RTLD_LOCAL: LLVM's thousands of symbols are nobody else's business.
  void* handle = dlopen(library_path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return Error{Trouble::kEnvironment, load_failure(library_path)};

  decltype(&crashreel_symbolizer_open_1) open = nullptr;
  auto library = std::make_shared<Library>();
  if (!find(handle, "crashreel_symbolizer_open_1", open) ||
      !find(handle, "crashreel_symbolizer_close_1", library->close) ||
      !find(handle, "crashreel_symbolizer_functions_1", library->functions) ||
      !find(handle, "crashreel_symbolizer_tabled_1", library->tabled)) {
    return Error{Trouble::kEnvironment, load_failure(library_path)};
  }
  library->symbolizer = open();
  return Symbols(std::move(library));
}

const std::vector<std::string>& Symbols::functions(const std::string& module_path,
                                                   std::uint64_t offset) {
  const auto [place, is_new] = known_.try_emplace({module_path, offset});
  std::vector<std::string>& names = place->second;
  if (is_new) {
    const auto append = [](void* context, const char* name) {
      static_cast<std::vector<std::string>*>(context)->emplace_back(name);
    };
    library_->functions(library_->symbolizer, module_path.c_str(), offset, append, &names);
  }
  return names;
}

std::string Symbols::function_name(const std::string& module_path, std::uint64_t offset) {
  const auto& names = functions(module_path, offset);
  return names.empty() ? std::string() : names.back();
}

const std::string& Symbols::table_name(const std::string& module_path, std::uint64_t offset) {
  const auto [place, is_new] = tabled_.try_emplace({module_path, offset});
  std::string& name = place->second;
  if (is_new) {
    const auto keep = [](void* context, const char* told) {
      *static_cast<std::string*>(context) = told;
    };
    library_->tabled(library_->symbolizer, module_path.c_str(), offset, keep, &name);
  }
  return name;
}

}  // namespace crashreel
