#include "capture/preload/unseen.h"

#include "capture/preload/line.h"
#include "capture/runtime/crashreel.h"

namespace crashreel {
namespace {

constexpr const char* kTexts[] = {
    "not recorded: bytes of sessions that were taken by splice or tee, so many times: ",
    "forgotten: peers of datagram sockets that were silent for longest, so many: ",
};

std::uint32_t counts[2];

}  // namespace

void note_unseen(Unseen what) {
  const auto which = static_cast<std::uint8_t>(what);
  const std::uint32_t count = __atomic_add_fetch(&counts[which], 1u, __ATOMIC_RELAXED);
  if ((count & (count - 1)) != 0) return;
  char text[128];
  Line line(text, sizeof(text));
  line.add(kTexts[which]);
  line.add_number(count);
  crashreel_note(text, line.size());
}

}  // namespace crashreel
