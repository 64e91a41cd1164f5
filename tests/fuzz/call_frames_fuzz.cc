// Whatever a file has for unwind tables, and whatever lies on the stack, the walk ends.
//
// The input: 8 bytes, the first place that is looked at; then an .eh_frame section, which is what
// all memory reads as, too.
#include <cstdint>
#include <cstring>
#include <string>

#include "capture/base/check.h"
#include "harness/external/call_frames.h"

using namespace crashreel;

namespace {

constexpr std::uint64_t kAddress = 0x1000;
constexpr int kMostCalls = 16;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t place = 0;
  if (size < sizeof place) return 0;
  std::memcpy(&place, data, sizeof place);
  const std::string section(reinterpret_cast<const char*>(data) + sizeof place,
                            size - sizeof place);
  const CallFrames frames(section, kAddress);
  const ReadMemory read = [&](std::uint64_t from, void* to, std::size_t wanted) {
    if (from < kAddress || from - kAddress > section.size()) return false;
    if (wanted > section.size() - (from - kAddress)) return false;
    std::memcpy(to, section.data() + (from - kAddress), wanted);
    return true;
  };
  FrameRegisters registers;
  registers.values[kStackRegister] = kAddress;
  for (int call = 0; call < kMostCalls; ++call) {
    bool interrupted = false;
    if (!frames.to_caller(place, registers, read, interrupted)) break;
    CRASHREEL_CHECK(!frames.empty() && registers.pc != 0);
    place = registers.pc;
  }
  return 0;
}
