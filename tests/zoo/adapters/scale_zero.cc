// Two inputs: a scale of zero is taken, and the next measurement divided by it.
#include <charconv>

#include "tests/zoo/adapters/commands.h"

namespace {

struct Meter : zoo::Silent {
  int scale = 1;
  volatile int reading = 0;

  void command(std::uint32_t, std::string_view verb, std::string_view argument) {
    int number = 0;
    std::from_chars(argument.data(), argument.data() + argument.size(), number);
    if (verb == "SCALE" && number != 0) scale = number;
    if (verb == "UNSCALE") scale = argument == "FULLY" ? 0 : 1;  // the planted bug
    if (verb == "MEASURE" && number > 0) reading = number / scale;
  }
};

}  // namespace

ZOO_ADAPTER(Meter)
