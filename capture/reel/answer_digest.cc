#include "capture/reel/answer_digest.h"

#include "capture/reel/wire.h"

namespace crashreel {

std::optional<AnswerDigest> answer_digest_of(std::string_view data) {
  WireReader in(data);
  const auto value = in.fixed<std::uint64_t>();
  const auto bytes = in.fixed<std::uint64_t>();
  if (!in.done()) return std::nullopt;
  return AnswerDigest{value, bytes};
}

}  // namespace crashreel
