// Whatever a hostile program writes where its answers are noted, they are put together of no more
// bytes than there are; and whatever both sides say, looking for echoes ends.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/check.h"
#include "harness/echoes.h"
#include "harness/sequence.h"
#include "harness/words_of.h"

using namespace crashreel;

// The input: pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint32_t kSteps = 8;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> answers = put_together(text, kSteps);
  CRASHREEL_CHECK(answers.empty() || answers.size() == kSteps);
  std::size_t bytes = 0;
  for (const std::string& answer : answers) bytes += answer.size();
  CRASHREEL_CHECK(bytes <= size);

  Reel reel;
  for (std::uint64_t seq = 0; seq < answers.size(); ++seq) {
    reel.inputs.push_back({.seq = seq, .session = 1, .data = answers[answers.size() - 1 - seq]});
  }
  std::vector<ReplayedAnswer> replayed, again;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    replayed.push_back({.to = &reel.inputs[i], .digest = {}, .bytes = answers[i]});
    again.push_back({.to = &reel.inputs[i], .digest = {}, .bytes = answers[(i + 1) % kSteps]});
  }
  const auto echo = find_echoes(reel, {}, replayed, again);
  CRASHREEL_CHECK(!echo || (!echo->is_certain && echo->by->seq > echo->issued->seq));
  for (const Alphabet alphabet : {Alphabet::kNarrow, Alphabet::kWide}) {
    std::size_t words = 0;
    for (const FoundWord& word : words_of(text, alphabet, 3)) words += word.text.size();
    CRASHREEL_CHECK(words <= size);
  }
  return 0;
}
