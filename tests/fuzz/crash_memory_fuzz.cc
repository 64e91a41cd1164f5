// What a dead program left in the memory that it shared with us makes some signature, whatever it
// is: sizes out of range, maps that are no maps, a stack of anything.
//
// The input: signal, number of frames, size of the maps, size of the stack (32 bits each, little-
// endian, believed by nobody); then 8 frames of 64 bits; then the maps' text up to a zero byte;
// then the stack.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>

#include "capture/base/check.h"
#include "harness/likeness.h"
#include "harness/signature.h"

using namespace crashreel;

namespace {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}

  std::size_t take(void* to, std::size_t most) {
    const std::size_t size = std::min(most, left_);
    if (size != 0) std::memcpy(to, data_, size);
    data_ += size;
    left_ -= size;
    return size;
  }

  std::uint32_t number() {
    std::uint32_t value = 0;
    take(&value, sizeof value);
    return value;
  }

  std::size_t text_size() const {
    return static_cast<std::size_t>(std::find(data_, data_ + left_, 0) - data_);
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto crash = std::make_unique<ScriptCrash>();
  std::memset(static_cast<void*>(crash.get()), 0, sizeof *crash);
  Bytes bytes(data, size);
  crash->signal = static_cast<std::int32_t>(bytes.number());
  crash->frame_count = bytes.number();
  crash->maps_size = bytes.number();
  crash->stack_size = bytes.number();
  bytes.take(crash->frames, 8 * sizeof crash->frames[0]);
  bytes.take(crash->maps, std::min<std::size_t>(bytes.text_size(), kMaxCrashMaps));
  char end = 0;
  bytes.take(&end, 1);
  bytes.take(crash->stack, kMaxCrashStack);
  const Signature signature = signature_of(*crash, "/usr/bin/program", "program");
  CRASHREEL_CHECK(!signature.kind.empty());
  CRASHREEL_CHECK(signature.frames.size() <= kMaxCrashStack / 8);
  CRASHREEL_CHECK(compare(signature, signature).same());
  return 0;
}
