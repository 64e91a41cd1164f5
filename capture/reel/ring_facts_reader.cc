#include "capture/reel/ring_facts_reader.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "capture/reel/reel_format.h"

namespace crashreel {
namespace {

using ring::Fact;
using ring::FactHeader;

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::optional<ReelFile> decode_file(std::string_view payload) {
  std::uint32_t head[2];
  if (payload.size() < sizeof head) return std::nullopt;
  std::memcpy(head, payload.data(), sizeof head);
  payload.remove_prefix(sizeof head);
  if (head[1] > payload.size() || head[1] > kMaxPathBytes) return std::nullopt;
  return ReelFile{std::string(payload.substr(0, head[1])), head[0],
                  std::string(payload.substr(head[1]))};
}

std::optional<FileDigest> decode_large_file(std::string_view payload) {
  ring::LargeFile head;
  if (payload.size() < sizeof head || payload.size() - sizeof head > kMaxPathBytes) {
    return std::nullopt;
  }
  std::memcpy(&head, payload.data(), sizeof head);
  FileDigest file{.path = std::string(payload.substr(sizeof head)),
                  .bytes = head.bytes,
                  .modified_realtime_ns = head.modified_realtime_ns,
                  .digest = std::nullopt};
  if (head.has_digest == 1) file.digest = head.digest;
  return file;
}

bool decode_kind(std::string_view payload, RingFacts& facts) {
  if (payload.size() != 1) return false;
  const auto kind = static_cast<TargetKind>(payload[0]);
  if (kind != TargetKind::kServer && kind != TargetKind::kStdin) return false;
  // A server may read its standard input, too.
  const bool is_server = facts.kind_is_known && facts.program.kind == TargetKind::kServer;
  facts.program.kind = is_server ? TargetKind::kServer : kind;
  facts.kind_is_known = true;
  return true;
}

// False when there are as many as a reel can hold.
template <typename T>
bool append(std::vector<T>& list, T entry, std::uint64_t most) {
  if (list.size() >= most) return false;
  list.push_back(std::move(entry));
  return true;
}

bool decode_rules(std::string_view payload, RingFacts& facts) {
  while (!payload.empty()) {
    const std::size_t end = std::min(payload.find('\n'), payload.size());
    if (!append(facts.redaction.rules, std::string(payload.substr(0, end)), kMaxRedactionRules)) {
      return false;
    }
    payload.remove_prefix(std::min(end + 1, payload.size()));
  }
  return true;
}

// False: the entry's bytes are sound but no reel can hold what they say.
bool take(Fact kind, std::string_view payload, RingFacts& facts) {
  Program& program = facts.program;
  switch (kind) {
    case Fact::kArgument:
      return append(program.argv, std::string(payload), kMaxListEntries);
    case Fact::kEnvironment:
      return append(program.env, std::string(payload), kMaxListEntries);
    case Fact::kWorkingDirectory:
      program.working_directory = payload;
      return true;
    case Fact::kExecutable:
      program.executable = payload;
      return true;
    case Fact::kBuildId:
      program.build_id = hex(payload);
      return true;
    case Fact::kTargetKind:
      return decode_kind(payload, facts);
    case Fact::kFile:
      if (auto file = decode_file(payload)) return append(facts.files, std::move(*file), kMaxFiles);
      return false;
    case Fact::kRedaction:
      return decode_rules(payload, facts);
    case Fact::kFileDigest:
      if (auto file = decode_large_file(payload)) {
        return append(facts.file_digests, std::move(*file), kMaxFiles);
      }
      return false;
    case Fact::kMaskedFact:
      ++facts.redaction.masked_facts;
      return true;
  }
  return true;  // a kind that a later version added
}

void read_entries(std::string_view region, RingFacts& facts) {
  for (std::size_t at = 0; at < region.size();) {
    const std::string place = "facts, byte " + std::to_string(at) + ": ";
    FactHeader header;
    if (region.size() - at < sizeof header) {
      facts.damage.push_back(place + "no whole entry");
      return;
    }
    std::memcpy(&header, region.data() + at, sizeof header);
    const std::size_t room = region.size() - at - sizeof header;
    if (header.size > room || ring::padded(header.size) > room) {
      facts.damage.push_back(place + "an entry of " + std::to_string(header.size) +
                             " bytes does not fit; it and those behind it are lost");
      return;
    }
    const std::string_view payload = region.substr(at + sizeof header, header.size);
    if (header.crc != ring::crc_of(header, payload.data())) {
      facts.damage.push_back(place + "wrong checksum, entry left out");
    } else if (!take(static_cast<Fact>(header.kind), payload, facts)) {
      facts.damage.push_back(place + "entry of kind " + std::to_string(header.kind) +
                             " fits into no reel, left out");
    }
    at += sizeof header + ring::padded(header.size);
  }
}

}  // namespace

RingFacts read_ring_facts(const RingImage& image) {
  const ring::Superblock& super = image.super();
  RingFacts facts;
  facts.program.pid = super.pid;
  facts.program.start_realtime_ns = super.start_realtime_ns;
  std::string scratch;
  if (const auto region = image.facts(scratch)) {
    read_entries(*region, facts);
  } else {
    facts.damage.push_back("facts: " + std::to_string(super.facts_committed) +
                           " bytes are not in the file; how the program was started is not known");
  }
  if (super.facts_refused != 0) {
    facts.damage.push_back("facts: " + std::to_string(super.facts_refused) +
                           " found no room when they were recorded; a larger ring has more");
  }
  return facts;
}

}  // namespace crashreel
