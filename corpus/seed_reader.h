// What are the inputs of a seed, one after the other? (SEED.md)
//
// The seed's bytes as they lie: nothing is copied and nothing allocated, so that a fuzz target can
// hand a million seeds a second to its program. Total: any bytes are inputs. Who wants a reel asks
// seed_codec.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crashreel {

// Where a payload's bytes are not its own, and what separates inputs.
inline constexpr char kSeedMark = '\xc1';

// How a seed says whose input it is.
enum class SessionChoice : unsigned { kSame = 0, kNew = 1, kNamed = 2, kNone = 3 };

// The bits of the tag behind a mark.
inline constexpr unsigned kSeedKindBits = 7;
inline constexpr unsigned kSeedSessionShift = 3;
inline constexpr unsigned kSeedHasGap = 32;
inline constexpr unsigned kSeedLetter = 64;

// The numbers of sessions as a seed gives them out, and the one that "same" means. Reader and
// writer go through the inputs in the same order and so agree.
struct SeedSessions {
  std::uint32_t given = 0;
  std::optional<std::uint32_t> last;

  std::uint32_t use(std::uint32_t session) {
    last = session;
    return session;
  }
  std::uint32_t fresh() { return use(given++); }
};

struct SeedInput {
  std::uint32_t kind = 0;     // InputKind, 1 to 7
  std::uint32_t session = 0;  // from 0 in order of first appearance, or kNoSession
  std::uint64_t gap_ns = 0;   // since the input before; the first one's is 0, and all together fit
  std::string_view payload;   // as it lies in the seed
  bool has_doubled_marks = false;  // then plain_payload() says what it is
};

class SeedReader {
 public:
  // The bytes must outlive the reader and the payloads that it gives.
  explicit SeedReader(std::string_view seed) : rest_(seed) {}

  // False at the end. Amortized linear in the seed's size.
  bool next(SeedInput& input);

 private:
  bool header(SeedInput& input);
  std::uint32_t session(SessionChoice choice, std::uint64_t named);
  bool number(std::uint64_t& value);
  void take_payload(SeedInput& input);

  std::string_view rest_;
  SeedSessions sessions_;
  std::uint64_t time_ns_ = 0;  // of the input before, since the first
  bool begun_ = false;
  bool is_first_ = true;
};

// The payload with its doubled marks made single again, appended.
void append_plain_payload(std::string& out, const SeedInput& input);

// The same into a place of at least payload.size() bytes. Returns how many it is.
std::size_t put_plain_payload(char* out, const SeedInput& input);

}  // namespace crashreel
