// A packet capture may hold anything: what is made of it is a reel's inputs, or refused by name.
// The first two bytes are the port, so that a fuzzer finds it.
#include <cstdint>
#include <string_view>

#include "capture/base/check.h"
#include "corpus/imports/formats.h"
#include "corpus/imports/packets.h"

using namespace crashreel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto port = static_cast<std::uint16_t>(data[0] << 8 | data[1]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  for (const int link : {0, 1, 12, 113, 276}) {
    const auto packet = decode_packet(link, bytes);
    CRASHREEL_CHECK(!packet || packet->payload.size() <= bytes.size());
  }
  const auto imported = import_pcap(bytes, "fuzz", {.port = port});
  if (!imported) {
    CRASHREEL_CHECK(imported.error().message.starts_with("fuzz:"));
    return 0;
  }
  std::uint64_t last = 0;
  for (std::size_t i = 0; i < imported->inputs.size(); ++i) {
    CRASHREEL_CHECK(imported->inputs[i].seq == i && imported->inputs[i].time_ns >= last);
    last = imported->inputs[i].time_ns;
  }
  return 0;
}
