#include "harness/keeper/words.h"

#include "harness/keeper/text.h"

namespace crashreel::keeper {
namespace {

constexpr int kFixedWords = 9;  // the keeper's own name and all up to the count

}  // namespace

bool take_words(int argc, char** argv, Order* order) {
  if (argc < kFixedWords + 2) return false;
  order->control = static_cast<int>(number_in(argv[1]));
  order->parts = static_cast<std::uint32_t>(number_in(argv[2]));
  order->directory = argv[3];
  order->file_bytes = number_in(argv[4]);
  order->cpu_seconds = number_in(argv[5]);
  order->processes = number_in(argv[6]);
  order->data_bytes = number_in(argv[7]);
  order->writable_count = static_cast<int>(number_in(argv[8]));
  order->writable = argv + kFixedWords;
  if (order->writable_count < 0 || order->writable_count > argc - kFixedWords - 2) return false;
  char** program = order->writable + order->writable_count;
  order->executable = program[0];
  order->argv = program + 1;
  order->env = argv + argc + 1;
  return true;
}

}  // namespace crashreel::keeper
