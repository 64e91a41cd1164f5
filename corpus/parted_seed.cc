#include "corpus/parted_seed.h"

#include <algorithm>

#include "corpus/seed_reader.h"
#include "corpus/seed_writer.h"

namespace crashreel {

void PartedSeed::read(std::string_view seed) {
  parts.clear();
  memory_.release();
  SeedReader reader(seed);
  SeedInput input;
  while (reader.next(input)) {
    std::string_view data = input.payload;
    if (input.has_doubled_marks) {
      char* const plain = room(data.size());
      data = {plain, put_plain_payload(plain, input)};
    }
    parts.push_back({input.kind, input.session, input.gap_ns, data});
  }
}

void PartedSeed::write(std::string& seed, std::size_t most) {
  seed.clear();
  numbers_.assign(next_session(), kNoSession);
  std::uint32_t given = 0;
  SeedWriter writer(seed);
  for (const Part& part : parts) {
    std::uint32_t number = kNoSession;
    if (part.session != kNoSession) {
      number = numbers_[part.session];
      if (number == kNoSession) number = numbers_[part.session] = given++;
    }
    const std::size_t before = seed.size();
    writer.add(part.kind, number, part.gap_ns, part.data);
    if (seed.size() <= most) continue;
    seed.resize(before);
    break;
  }
}

char* PartedSeed::room(std::size_t size) {
  return static_cast<char*>(memory_.allocate(std::max<std::size_t>(size, 1), 1));
}

std::string_view PartedSeed::keep(std::string_view bytes) {
  char* const own = room(bytes.size());
  bytes.copy(own, bytes.size());
  return {own, bytes.size()};
}

std::uint32_t PartedSeed::next_session() const {
  std::uint32_t next = 0;
  for (const Part& part : parts)
    if (part.session != kNoSession) next = std::max(next, part.session + 1);
  return next;
}

}  // namespace crashreel
