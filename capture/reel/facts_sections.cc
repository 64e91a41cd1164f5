#include "capture/reel/facts_sections.h"

namespace crashreel {
namespace {

void put_texts(std::string& out, const std::vector<std::string>& texts) {
  put_varint(out, texts.size());
  for (const std::string& text : texts) put_text(out, text);
}

std::vector<std::string> get_rules(WireReader& in) {
  std::vector<std::string> rules;
  const std::uint64_t count = in.varint(kMaxRedactionRules);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) rules.push_back(in.text());
  return rules;
}

std::string encode_redaction(const ReelFacts& facts) {
  const Redaction& redaction = facts.redaction;
  std::string out;
  if (redaction == Redaction()) return out;
  put_varint(out, facts.masked_inputs);
  put_varint(out, redaction.masked_facts);
  put_texts(out, redaction.rules);
  put_texts(out, redaction.salvage_rules);
  return out;
}

void decode_redaction(WireReader& in, ReelFacts& facts) {
  facts.masked_inputs = in.varint(facts.totals.inputs);
  facts.redaction.masked_facts = in.varint();
  facts.redaction.rules = get_rules(in);
  facts.redaction.salvage_rules = get_rules(in);
}

constexpr SectionCodec kCodecs[] = {
    {2, encode_redaction, decode_redaction},
};

}  // namespace

std::span<const SectionCodec> section_codecs() {
  return kCodecs;
}

}  // namespace crashreel
