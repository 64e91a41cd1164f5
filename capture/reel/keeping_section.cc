#include "capture/reel/keeping_section.h"

namespace crashreel {
namespace {

// All numbers of the section, in its order.
template <typename KeepingT, typename Visit>
void visit_numbers(KeepingT& keeping, Visit visit) {
  visit(keeping.tail_bytes);
  visit(keeping.most_inputs);
  visit(keeping.most_age_ns);
  visit(keeping.beyond_inputs);
  visit(keeping.beyond_age);
  visit(keeping.prelude_bytes);
  visit(keeping.prelude_full);
  visit(keeping.heads);
  visit(keeping.head_bytes);
  visit(keeping.heads_open);
  visit(keeping.heads_full);
  visit(keeping.heads_gapped);
  visit(keeping.heads_refused);
  visit(keeping.pins);
  visit(keeping.pin_bytes);
  visit(keeping.pins_used);
  visit(keeping.pins_refused);
  visit(keeping.pins_missed);
}

void take(WireReader& content, std::uint64_t& number) {
  number = content.varint();
}
void take(WireReader& content, bool& truth) {
  truth = content.boolean();
}

}  // namespace

std::string encode_keeping_section(const ReelFacts& facts) {
  std::string out;
  if (!facts.keeping.known) return out;
  visit_numbers(facts.keeping, [&out](std::uint64_t number) { put_varint(out, number); });
  return out;
}

void decode_keeping_section(WireReader& content, ReelFacts& facts) {
  facts.keeping.known = true;
  visit_numbers(facts.keeping, [&content](auto& number) { take(content, number); });
}

}  // namespace crashreel
