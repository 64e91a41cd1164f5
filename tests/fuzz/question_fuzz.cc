// Whoever got hold of gdb's end of the socket may write anything there: what is understood of it is
// what it says, written again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tools/debug/question.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(bytes), size);
  const auto question = crashreel::parse_question(message);
  if (question && crashreel::parse_question(crashreel::text_of(*question)) != question)
    std::abort();
  return 0;
}
