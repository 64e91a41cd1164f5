// How does libFuzzer change seeds of a fuzz target? By inputs and sessions (mutator.h), and the
// bytes within an input by its own ways. Knows of the corpus what libFuzzer shows it.
#include <cstdint>
#include <string_view>

#include "corpus/mutator.h"

extern "C" {
// libFuzzer's own.
std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);
// What it looks for.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                    unsigned number);
std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t one_size,
                                      const std::uint8_t* other, std::size_t other_size,
                                      std::uint8_t* out, std::size_t most, unsigned number);
}

namespace {

crashreel::SeedMutator& mutator() {
  static crashreel::SeedMutator only(LLVMFuzzerMutate);
  return only;
}

std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

// What is to be changed may be a mutant that nobody has kept: there is nothing to learn from it.
std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most,
                                    unsigned number) {
  return mutator().mutate(data, size, most, number);
}

std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* one, std::size_t one_size,
                                      const std::uint8_t* other, std::size_t other_size,
                                      std::uint8_t* out, std::size_t most, unsigned number) {
  mutator().learn(text(other, other_size));  // that is one of the corpus
  return mutator().cross(text(one, one_size), text(other, other_size), out, most, number);
}
