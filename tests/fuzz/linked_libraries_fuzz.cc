// Whatever the file is, the names that it is said to want are in it, and so is a symbol that it
// has.
#include <cstdint>
#include <string>
#include <string_view>

#include "capture/base/check.h"
#include "harness/linked_libraries.h"
#include "tests/fuzz/memory_file.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string& path = memory_file(data, size);
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& name : linked_libraries(path)) {
    CRASHREEL_CHECK(!name.empty() && bytes.find(name) != std::string_view::npos);
  }
  const std::string symbol = "__sanitizer_set_report_fd";
  if (names_symbol(path, symbol)) CRASHREEL_CHECK(bytes.find(symbol) != std::string_view::npos);
  return 0;
}
