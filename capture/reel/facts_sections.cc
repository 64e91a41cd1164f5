#include "capture/reel/facts_sections.h"

#include "capture/reel/crash_section.h"
#include "capture/reel/keeping_section.h"

namespace crashreel {
namespace {

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

std::string encode_file_digests(const ReelFacts& facts) {
  std::string out;
  if (facts.file_digests.empty()) return out;
  put_varint(out, facts.file_digests.size());
  for (const FileDigest& file : facts.file_digests) {
    put_text(out, file.path);
    put_varint(out, file.bytes);
    put_varint(out, file.modified_realtime_ns);
    put_varint(out, file.digest.has_value());
    if (file.digest) put_fixed(out, *file.digest);
  }
  return out;
}

void decode_file_digests(WireReader& in, ReelFacts& facts) {
  facts.file_digests.clear();
  const std::uint64_t count = in.varint(kMaxFiles);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    FileDigest file;
    file.path = in.take(in.varint(kMaxPathBytes));
    file.bytes = in.varint();
    file.modified_realtime_ns = in.varint();
    if (in.boolean()) file.digest = in.fixed<std::uint64_t>();
    facts.file_digests.push_back(std::move(file));
  }
}

std::string encode_lineage(const ReelFacts& facts) {
  std::string out;
  if (facts.lineage == Lineage()) return out;
  put_text(out, facts.lineage.origin);
  put_text(out, facts.lineage.parent);
  return out;
}

void decode_lineage(WireReader& in, ReelFacts& facts) {
  facts.lineage.origin = in.text();
  facts.lineage.parent = in.text();
}

constexpr SectionCodec kCodecs[] = {
    {1, encode_crash_section, decode_crash_section},
    {2, encode_redaction, decode_redaction},
    {4, encode_keeping_section, decode_keeping_section},
    {5, encode_file_digests, decode_file_digests},
    {6, encode_lineage, decode_lineage},
};

}  // namespace

std::span<const SectionCodec> section_codecs() {
  return kCodecs;
}

}  // namespace crashreel
