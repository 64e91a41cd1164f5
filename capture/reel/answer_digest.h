// What does a digest say that a reel holds?
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crashreel {

struct AnswerDigest {
  std::uint64_t value = 0;  // FORMAT.md, "Digests"
  std::uint64_t bytes = 0;  // that were answered

  bool operator==(const AnswerDigest&) const = default;
};

// Of the data of an input of kind kDigest. Nothing where it is not of that form.
std::optional<AnswerDigest> answer_digest_of(std::string_view data);

}  // namespace crashreel
