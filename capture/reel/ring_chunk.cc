#include "capture/reel/ring_chunk.h"

#include <cstring>
#include <optional>

#include "capture/reel/ring_v1.h"
#include "capture/runtime/ring_sum.h"

namespace crashreel {
namespace {

using ring::ChunkHeader;
using ring::CommitWord;
using ring::Record;
using ring::RecordHeader;

constexpr std::uint32_t kUnknownSlots = 0x80000000;

// What all pieces of a chunk have in common.
struct Owner {
  std::uint32_t slot;
  std::uint32_t pid;
  std::uint32_t tid;
  bool gave_back;
};

bool can_be(const CommitWord& word, std::size_t chunk_bytes) {
  return word.generation != 0 && word.committed >= sizeof(ChunkHeader) &&
         word.committed <= chunk_bytes &&
         word.records <= (word.committed - sizeof(ChunkHeader)) / sizeof(RecordHeader);
}

bool check_fits(const RecordHeader& header, std::uint32_t version) {
  return version == 1 ? ring::v1::check_fits(header) : ring::check_fits(header);
}

bool check_fits(const ring::Bank& bank, std::uint32_t generation, std::uint32_t version) {
  return bank.check ==
         (version == 1 ? ring::v1::check_of(bank, generation) : ring::check_of(bank, generation));
}

// The record that begins at `at`, if a sound one does. `after`: the stamp of the one before.
std::optional<Record> record_at(std::string_view committed, std::size_t at, std::uint64_t after,
                                const ChunkFormat& format) {
  const std::size_t without_payload = ring::record_bytes(format.payload_sum);
  if (committed.size() - at < without_payload) return std::nullopt;
  RecordHeader header;
  std::memcpy(&header, committed.data() + at, sizeof header);
  const Record record = ring::unpack_record(header);
  const bool sound =
      record.len <= committed.size() - at - without_payload && check_fits(header, format.version) &&
      record.kind >= ring::kFirstKind && record.kind <= ring::kLastKind &&
      (record.flags & ~(ring::kFirst | ring::kLast | ring::kCut)) == 0 && record.stamp > after;
  if (!sound) return std::nullopt;
  return record;
}

// The payload at `at` is followed by its sum, and fits it.
bool sum_fits(std::string_view committed, std::size_t at, std::size_t size) {
  const std::size_t sum_at = at + ring::padded(size);
  if (committed.size() - at < ring::padded(size) + ring::kPayloadSumBytes) return false;
  std::uint64_t sum;
  std::memcpy(&sum, committed.data() + sum_at, sizeof sum);
  const auto* payload = reinterpret_cast<const unsigned char*>(committed.data() + at);
  return sum == ring::payload_sum(payload, size);
}

Piece make_piece(const Record& record, const Owner& owner, std::string_view payload) {
  Piece piece;
  piece.stamp = record.stamp;
  piece.slot = owner.slot;
  piece.pid = owner.pid;
  piece.tid = owner.tid;
  piece.given_back = owner.gave_back;
  piece.session = record.session;
  piece.extra = record.extra;
  piece.kind = static_cast<std::uint8_t>(record.kind);
  piece.flags = static_cast<std::uint8_t>(record.flags);
  piece.data = payload;
  return piece;
}

// Walks the committed records. Behind a damaged header the next sound one is searched, at each
// place where one can begin: what lies behind a damaged record is not lost with it.
void walk(std::string_view committed, const CommitWord& word, const Owner& owner,
          const ChunkFormat& format, ChunkContent& content) {
  const bool has_sums = format.payload_sum != ring::PayloadSum::kNone;
  std::size_t hit = 0;  // records with a payload that is not what it was
  std::size_t at = sizeof(ChunkHeader);
  std::size_t searched_from = 0;
  std::uint64_t stamp = 0;
  content.pieces.reserve(word.records);
  while (at < committed.size() && content.pieces.size() + hit < word.records) {
    const auto record = record_at(committed, at, stamp, format);
    if (!record) {
      if (searched_from == 0) searched_from = at;
      at += 8;
      continue;
    }
    if (searched_from != 0) {
      content.damage.push_back("bytes " + std::to_string(searched_from) + " to " +
                               std::to_string(at - 1) + " are no record");
      searched_from = 0;
    }
    const std::size_t payload = at + sizeof(RecordHeader);
    if (has_sums && !sum_fits(committed, payload, record->len)) {
      content.damage.push_back("the payload at byte " + std::to_string(payload) +
                               " does not fit its checksum");
      ++hit;
    } else {
      content.pieces.push_back(make_piece(*record, owner, committed.substr(payload, record->len)));
    }
    stamp = record->stamp;
    at += ring::record_bytes(format.payload_sum) + ring::padded(record->len);
  }
  if (searched_from != 0) {
    content.damage.push_back("bytes " + std::to_string(searched_from) + " to " +
                             std::to_string(committed.size() - 1) + " are no record");
  }
  const bool agrees = at == committed.size() && content.pieces.size() + hit == word.records;
  if (!agrees && content.damage.empty()) {
    content.damage.push_back("has " + std::to_string(content.pieces.size()) + " records in " +
                             std::to_string(at) + " bytes, its commit word says " +
                             std::to_string(word.records) + " in " +
                             std::to_string(committed.size()));
  }
}

// The totals were kept by the writer beside the records: what the walk did not find is missing.
void compare(const ring::Totals& totals, const CommitWord& word, ChunkContent& content) {
  std::uint64_t found = 0;
  for (const Piece& piece : content.pieces) found += piece.is_last() ? 1 : 0;
  if (totals.inputs == found) return;
  if (totals.inputs > word.records || totals.inputs < found) {
    content.damage.push_back("its totals say " + std::to_string(totals.inputs) +
                             " inputs, there are " + std::to_string(found));
    return;
  }
  content.missing_inputs = totals.inputs - found;
}

}  // namespace

ChunkContent parse_chunk(std::string_view bytes, std::uint32_t index, ChunkFormat format) {
  ChunkContent content;
  ChunkHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.commit == 0) return content;
  content.used = true;
  const CommitWord word = ring::unpack(header.commit);
  if (!can_be(word, bytes.size())) {
    content.unusable = true;
    content.damage.push_back("its commit word says generation " + std::to_string(word.generation) +
                             ", " + std::to_string(word.records) + " records, " +
                             std::to_string(word.committed) + " bytes");
    return content;
  }

  const ring::Bank& bank = header.banks[word.generation & 1];
  content.bank_is_sound = check_fits(bank, word.generation, format.version);
  if (content.bank_is_sound) content.bank = bank;
  const bool full = static_cast<std::uint32_t>(header.state) == ring::kFull;
  const Owner owner = content.bank_is_sound ? Owner{bank.slot, bank.pid, bank.tid, full}
                                            : Owner{kUnknownSlots | index, 0, 0, full};
  walk(bytes.substr(0, word.committed), word, owner, format, content);
  if (!format.live) {
    compare(word.records != 0 ? header.totals[word.records & 1] : ring::Totals{}, word, content);
    const CommitWord begun = ring::unpack(header.begun);
    content.torn = begun.generation == word.generation && begun.records == word.records + 1;
  }
  if (!content.bank_is_sound) {
    content.damage.push_back(
        "its bank is damaged: who wrote it, and what it overwrote, is not known");
  }
  return content;
}

}  // namespace crashreel
