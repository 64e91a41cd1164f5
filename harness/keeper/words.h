// The keeper's words (order.h), taken apart.
#pragma once

#include <cstdint>

namespace crashreel::keeper {

struct Order {
  int control;
  std::uint32_t parts;
  const char* directory;
  std::uint64_t file_bytes;
  std::uint64_t cpu_seconds;  // of these 0 is no limit
  std::uint64_t processes;
  std::uint64_t data_bytes;
  char** writable;
  int writable_count;
  const char* executable;
  char** argv;
  char** env;
};

// As the kernel gives them to a program, the environment behind them. False: these are not a
// keeper's words.
bool take_words(int argc, char** argv, Order* order);

}  // namespace crashreel::keeper
