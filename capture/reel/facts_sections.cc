#include "capture/reel/facts_sections.h"

namespace crashreel {

std::span<const SectionCodec> section_codecs() {
  return {};
}

}  // namespace crashreel
