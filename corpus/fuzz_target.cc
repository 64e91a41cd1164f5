// What does a fuzzer call? LLVMFuzzerTestOneInput over an adapter (capture/runtime/adapter.h): the
// seed's inputs go to the program straight from the fuzzer's bytes, and nothing is allocated here.
// Under AddressSanitizer each payload lies in a block of just its size, so that a read past its end
// is seen although the seed goes on behind it.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "capture/runtime/adapter.h"
#include "corpus/seed_reader.h"

extern "C" {
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
__attribute__((weak)) void __asan_init(void);  // there where the program is sanitized
}

namespace {

using crashreel::SeedInput;

// Where a payload has to be copied, because it has doubled marks. Grows to the largest.
class Room {
 public:
  char* of(std::size_t bytes) {
    if (bytes > size_) {
      memory_ = std::make_unique_for_overwrite<char[]>(bytes);
      size_ = bytes;
    }
    return memory_.get();
  }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t size_ = 0;
};

void give_exact(void* instance, const SeedInput& input) {
  const auto plain = std::make_unique_for_overwrite<char[]>(input.payload.size());
  const std::size_t size = crashreel::put_plain_payload(plain.get(), input);
  char* const exact = static_cast<char*>(std::malloc(size));
  if (exact == nullptr && size != 0) std::abort();
  std::string_view(plain.get(), size).copy(exact, size);
  crashreel_adapter_input(instance, input.session, input.kind, exact, size);
  std::free(exact);
}

void give(void* instance, const SeedInput& input, Room& room) {
  const char* bytes = input.payload.data();
  std::size_t size = input.payload.size();
  if (input.has_doubled_marks) {
    char* const plain = room.of(size);
    size = crashreel::put_plain_payload(plain, input);
    bytes = plain;
  }
  crashreel_adapter_input(instance, input.session, input.kind, bytes, size);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Room room;
  const bool is_sanitized = __asan_init != nullptr;
  crashreel::SeedReader reader({reinterpret_cast<const char*>(data), size});
  void* const instance = crashreel_adapter_start();
  SeedInput input;
  while (reader.next(input)) {
    if (input.gap_ns != 0) crashreel_adapter_idle(instance, input.gap_ns);
    if (is_sanitized)
      give_exact(instance, input);
    else
      give(instance, input, room);
  }
  crashreel_adapter_idle(instance, UINT64_MAX);
  crashreel_adapter_stop(instance);
  return 0;
}
