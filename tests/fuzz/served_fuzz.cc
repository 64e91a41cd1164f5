// Whatever a reel says of how a session began, it is served or told about, and nothing of it
// reaches a terminal.
#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "capture/base/check.h"
#include "capture/reel/reel.h"
#include "harness/opening.h"
#include "harness/player/place.h"
#include "harness/served.h"

using namespace crashreel;

namespace {

bool is_plain(char c) {
  return c >= ' ' && c <= '~';
}

}  // namespace

// The input: openings, one a line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::vector<Input> inputs;
  for (std::size_t at = 0; at <= size; at = std::min(text.find('\n', at), size) + 1) {
    const auto session = static_cast<std::uint32_t>(inputs.size() % 5);
    const std::string line = text.substr(at, text.find('\n', at) - at);
    inputs.push_back(
        {.seq = inputs.size(), .session = session, .kind = InputKind::kOpen, .data = line});
  }
  Sequence sequence;
  std::size_t unserved = 0;
  for (const Input& input : inputs) {
    sequence.push_back(&input);
    const bool served = is_served(input.data);
    unserved += served ? 0 : 1;
    const Opening opening = read_opening(input.data);
    CRASHREEL_CHECK(!(served && opening.is_inherited));
    CRASHREEL_CHECK(opening.way() != Way::kSendsDatagrams || is_for_datagrams(opening.place()) ||
                    opening.place() == kAnyPlace);
  }
  const std::string told = unserved_text(sequence);
  CRASHREEL_CHECK(told.empty() == (unserved == 0));
  CRASHREEL_CHECK(unserved_sessions(sequence).size() <= unserved);
  CRASHREEL_CHECK(std::all_of(told.begin(), told.end(), is_plain));
  return 0;
}
