#include "corpus/seed_changes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

namespace crashreel {
namespace {

using Parts = std::vector<Part>;

// Runs of neighbours are at most so long, and repeated at most so often.
constexpr std::size_t kLongestRun = 8;
constexpr std::size_t kMostRepeats = 64;
// An input's bytes may grow by so much in one step, beyond becoming twice as many.
constexpr std::size_t kGrowth = 64;
constexpr std::uint32_t kData = static_cast<std::uint32_t>(InputKind::kData);

auto at(Parts& parts, std::size_t place) {
  return parts.begin() + static_cast<std::ptrdiff_t>(place);
}

std::size_t place_in(const Parts& parts, Draw& draw) {
  return draw.below(parts.size());
}

// Between two parts, before the first or behind the last.
std::size_t gap_in(const Parts& parts, Draw& draw) {
  return draw.below(parts.size() + 1);
}

// Mostly one that is there, since it has a state already.
std::uint32_t some_session(const PartedSeed& seed, Draw& draw) {
  const std::uint32_t next = seed.next_session();
  if (next == 0 || draw.one_in(8)) return next;
  return static_cast<std::uint32_t>(draw.below(next));
}

// How many neighbours from `place` on.
std::size_t run_from(const Parts& parts, std::size_t place, Draw& draw) {
  const std::size_t most = std::min(parts.size() - place, kLongestRun);
  return draw.one_in(2) ? 1 : 1 + draw.below(most);
}

bool duplicate(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.empty()) return false;
  const Part twice = parts[place_in(parts, scene.draw)];
  parts.insert(at(parts, gap_in(parts, scene.draw)), twice);
  return true;
}

bool drop(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.size() < 2) return false;
  const std::size_t from = place_in(parts, scene.draw);
  const std::size_t count = std::min(run_from(parts, from, scene.draw), parts.size() - 1);
  parts.erase(at(parts, from), at(parts, from + count));
  return true;
}

bool swap(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.size() < 2) return false;
  const std::size_t one = place_in(parts, scene.draw);
  const std::size_t other = (one + 1 + scene.draw.below(parts.size() - 1)) % parts.size();
  std::swap(parts[one], parts[other]);
  return true;
}

bool move(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.size() < 2) return false;
  const std::size_t from = place_in(parts, scene.draw);
  const std::size_t to = (from + 1 + scene.draw.below(parts.size() - 1)) % parts.size();
  if (from < to)
    std::rotate(at(parts, from), at(parts, from + 1), at(parts, to + 1));
  else
    std::rotate(at(parts, to), at(parts, from), at(parts, from + 1));
  return true;
}

bool repeat(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.empty()) return false;
  const std::size_t from = place_in(parts, scene.draw);
  const std::size_t count = run_from(parts, from, scene.draw);
  const Parts run(at(parts, from), at(parts, from + count));
  // Small numbers as often as large ones.
  const std::size_t times = std::size_t{1} << scene.draw.below(std::bit_width(kMostRepeats));
  for (std::size_t i = 0; i < times && parts.size() * 2 <= scene.most + 2 * kLongestRun; ++i)
    parts.insert(at(parts, from + count), run.begin(), run.end());
  return true;
}

bool give(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.empty()) return false;
  Part& part = parts[place_in(parts, scene.draw)];
  const std::uint32_t before = part.session;
  part.session = some_session(scene.seed, scene.draw);
  return part.session != before;
}

bool splice_sessions(ChangeScene& scene) {
  const std::uint32_t next = scene.seed.next_session();
  if (next < 2) return false;
  const auto one = static_cast<std::uint32_t>(scene.draw.below(next));
  const auto other = static_cast<std::uint32_t>((one + 1 + scene.draw.below(next - 1)) % next);
  for (Part& part : scene.seed.parts)
    if (part.session == other) part.session = one;
  return true;
}

bool split_session(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.size() < 2) return false;
  const std::size_t from = 1 + scene.draw.below(parts.size() - 1);
  const std::uint32_t session = parts[from].session;
  if (session == kNoSession) return false;
  const std::uint32_t fresh = scene.seed.next_session();
  for (std::size_t i = from; i < parts.size(); ++i)
    if (parts[i].session == session) parts[i].session = fresh;
  return true;
}

bool open_or_close(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  const auto kind = scene.draw.one_in(3) ? InputKind::kOpen : InputKind::kClose;
  const std::uint32_t session = some_session(scene.seed, scene.draw);
  parts.insert(at(parts, gap_in(parts, scene.draw)),
               Part{static_cast<std::uint32_t>(kind), session, 0, {}});
  return true;
}

// From a nanosecond to some hours, all orders of magnitude alike.
bool gap(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.size() < 2) return false;
  std::uint64_t& gap_ns = parts[1 + scene.draw.below(parts.size() - 1)].gap_ns;
  const std::uint64_t before = gap_ns;
  if (gap_ns != 0 && scene.draw.one_in(4)) {
    gap_ns = 0;
  } else {
    const std::uint64_t bits = std::uint64_t{1} << scene.draw.below(44);
    gap_ns = bits + scene.draw.next() % bits;
  }
  return gap_ns != before;
}

void change_a_byte(std::uint8_t* data, std::size_t size, Draw& draw) {
  if (size != 0) data[draw.below(size)] ^= static_cast<std::uint8_t>(1 + draw.below(255));
}

bool bytes(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.empty()) return false;
  Part& part = parts[place_in(parts, scene.draw)];
  if (part.data.empty() && part.kind != kData) return false;
  const std::size_t most =
      std::min(2 * part.data.size() + kGrowth, std::max<std::size_t>(scene.most, 1));
  const std::size_t size = std::min(part.data.size(), most);
  char* const room = scene.seed.room(most);
  part.data.copy(room, size);
  auto* const changed = reinterpret_cast<std::uint8_t*>(room);
  std::size_t new_size = size;
  if (scene.mutate_bytes != nullptr)
    new_size = std::min(scene.mutate_bytes(changed, size, most), most);
  else
    change_a_byte(changed, size, scene.draw);
  const std::string_view data(room, new_size);
  const bool differs = data != part.data;
  part.data = data;
  return differs;
}

bool known_input(ChangeScene& scene) {
  if (scene.known.empty()) return false;
  Parts& parts = scene.seed.parts;
  const KnownInputs::Known& known = scene.known.any(scene.draw);
  const bool has_session = known.kind <= static_cast<std::uint32_t>(InputKind::kClose);
  const std::uint32_t session = has_session ? some_session(scene.seed, scene.draw) : kNoSession;
  parts.insert(at(parts, gap_in(parts, scene.draw)), Part{known.kind, session, 0, known.data});
  return true;
}

bool known_bytes(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (scene.known.empty() || parts.empty()) return false;
  Part& part = parts[place_in(parts, scene.draw)];
  const KnownInputs::Known& known = scene.known.any(scene.draw);
  if (known.kind != part.kind || known.data == part.data) return false;
  part.data = known.data;
  return true;
}

bool cut_in_two(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.empty()) return false;
  const std::size_t place = place_in(parts, scene.draw);
  const std::string_view data = parts[place].data;
  if (parts[place].kind != kData || data.size() < 2) return false;
  const std::size_t first = 1 + scene.draw.below(data.size() - 1);
  parts[place].data = data.substr(0, first);
  const std::uint32_t session = parts[place].session;
  parts.insert(at(parts, place + 1), Part{kData, session, 0, data.substr(first)});
  return true;
}

bool join(ChangeScene& scene) {
  Parts& parts = scene.seed.parts;
  if (parts.empty()) return false;
  const std::size_t place = place_in(parts, scene.draw);
  const auto fits = [&](const Part& part) {
    return part.kind == kData && part.session == parts[place].session;
  };
  const auto next = std::find_if(at(parts, place + 1), parts.end(), fits);
  if (parts[place].kind != kData || next == parts.end()) return false;
  const std::string_view one = parts[place].data;
  char* const both = scene.seed.room(one.size() + next->data.size());
  one.copy(both, one.size());
  next->data.copy(both + one.size(), next->data.size());
  parts[place].data = {both, one.size() + next->data.size()};
  parts.erase(next);
  return true;
}

// In SeedChange's order.
constexpr std::array<bool (*)(ChangeScene&), kSeedChanges> kChanges = {
    duplicate,       drop,          swap,          move, repeat, give,
    splice_sessions, split_session, open_or_close, gap,  bytes,  known_input,
    known_bytes,     cut_in_two,    join};

}  // namespace

bool apply(SeedChange change, ChangeScene& scene) {
  return kChanges[static_cast<std::size_t>(change)](scene);
}

}  // namespace crashreel
