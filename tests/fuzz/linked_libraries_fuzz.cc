// Whatever the file is, the names that it is said to want are in it, and so is a symbol that it
// has.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "capture/base/check.h"
#include "harness/linked_libraries.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int fd = ::memfd_create("elf", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(fd);
  CRASHREEL_CHECK(::ftruncate(fd, 0) == 0);
  CRASHREEL_CHECK(::pwrite(fd, data, size, 0) == static_cast<ssize_t>(size));
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const std::string& name : linked_libraries(path)) {
    CRASHREEL_CHECK(!name.empty() && bytes.find(name) != std::string_view::npos);
  }
  const std::string symbol = "__sanitizer_set_report_fd";
  if (names_symbol(path, symbol)) CRASHREEL_CHECK(bytes.find(symbol) != std::string_view::npos);
  return 0;
}
