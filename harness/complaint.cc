#include "harness/complaint.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace crashreel {
namespace {

constexpr std::size_t kLongestComplaint = 200;

// How lines begin that the C and the C++ library print before they call abort().
constexpr std::array<std::string_view, 12> kBegins = {"terminate called ",
                                                      "*** ",
                                                      "free(): ",
                                                      "malloc(): ",
                                                      "realloc(): ",
                                                      "calloc(): ",
                                                      "munmap_chunk(): ",
                                                      "malloc_consolidate(): ",
                                                      "double free or corruption",
                                                      "corrupted ",
                                                      "pure virtual method called",
                                                      "Fatal glibc error: "};

// "server: a.cc:3: void f(): Assertion `x > 0' failed."; the libraries' own begin the line.
std::string_view complaint_of(std::string_view line) {
  const std::size_t assertion = line.find("Assertion `");
  const std::size_t failed = line.rfind("' failed");
  if (assertion != std::string_view::npos && failed != std::string_view::npos &&
      failed > assertion) {
    return line.substr(assertion, failed + std::string_view("' failed").size() - assertion);
  }
  const bool is_librarys = std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view begin) {
    return line.starts_with(begin);
  });
  return is_librarys ? line : std::string_view();
}

}  // namespace

std::string complaint_in(std::string_view output) {
  while (!output.empty()) {
    const std::size_t before = output.rfind('\n');
    const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view complaint = complaint_of(output.substr(begin));
    if (!complaint.empty()) return std::string(complaint.substr(0, kLongestComplaint));
    output = output.substr(0, before == std::string_view::npos ? 0 : before);
  }
  return {};
}

}  // namespace crashreel
