#include "harness/keeper/words.h"

#include <stdlib.h>

namespace crashreel::keeper {
namespace {

constexpr int kFixedWords = 9;  // the keeper's own name and all up to the count

}  // namespace

bool take_words(int argc, char** argv, Order* order) {
  if (argc < kFixedWords + 2) return false;
  order->control = ::atoi(argv[1]);
  order->parts = static_cast<std::uint32_t>(::strtoul(argv[2], nullptr, 10));
  order->directory = argv[3];
  order->file_bytes = ::strtoull(argv[4], nullptr, 10);
  order->cpu_seconds = ::strtoull(argv[5], nullptr, 10);
  order->processes = ::strtoull(argv[6], nullptr, 10);
  order->data_bytes = ::strtoull(argv[7], nullptr, 10);
  order->writable_count = ::atoi(argv[8]);
  order->writable = argv + kFixedWords;
  if (order->writable_count < 0 || order->writable_count > argc - kFixedWords - 2) return false;
  char** program = order->writable + order->writable_count;
  order->executable = program[0];
  order->argv = program + 1;
  return true;
}

}  // namespace crashreel::keeper
