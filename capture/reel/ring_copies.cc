#include "capture/reel/ring_copies.h"

#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "capture/reel/masks.h"
#include "capture/reel/reel.h"
#include "capture/runtime/ring_kept.h"
#include "capture/runtime/ring_sum.h"

namespace crashreel {
namespace {

using ring::CopyHeader;

template <typename T>
T read_at(std::string_view bytes, std::uint64_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// Is there a sum behind the payload, and is it the payload's?
bool sum_fits(std::string_view bytes, std::size_t payload_bytes) {
  const std::size_t at = sizeof(CopyHeader) + ring::padded(payload_bytes);
  if (at > bytes.size() || bytes.size() - at < ring::kPayloadSumBytes) return false;
  const auto* payload = reinterpret_cast<const unsigned char*>(bytes.data()) + sizeof(CopyHeader);
  return read_at<std::uint64_t>(bytes, at) == ring::payload_sum(payload, payload_bytes);
}

// The copy at the front of `bytes`, if there is a sound one.
std::optional<Piece> parse_copy(std::string_view bytes, ring::PayloadSum sum) {
  if (bytes.size() < sizeof(CopyHeader)) return std::nullopt;
  const auto copy = read_at<CopyHeader>(bytes, 0);
  const ring::Record record = ring::unpack_record(copy.record);
  const bool sound = ring::check_fits(copy.record) && copy.check == ring::check_of(copy) &&
                     record.kind >= ring::kFirstKind && record.kind <= ring::kLastKind &&
                     record.flags == (ring::kFirst | ring::kLast) && record.extra == record.len &&
                     record.len <= bytes.size() - sizeof copy;
  if (!sound) return std::nullopt;
  if (sum == ring::PayloadSum::kCrc32cOfAll && !sum_fits(bytes, record.len)) return std::nullopt;
  Piece piece;
  piece.stamp = record.stamp;
  piece.slot = copy.slot;
  piece.pid = copy.pid;
  piece.tid = copy.tid;
  piece.session = record.session;
  piece.extra = record.extra;
  piece.kind = static_cast<std::uint8_t>(record.kind);
  piece.flags = static_cast<std::uint8_t>(record.flags);
  piece.data = bytes.substr(sizeof copy, record.len);
  return piece;
}

class Reader {
 public:
  explicit Reader(const RingImage& image) : image_(image), sum_(image.super().payload_sum) {}

  RingCopies take() {
    if (image_.super().heads.count != 0) read_heads(image_.super().heads);
    if (image_.super().pins.count != 0) read_pins(image_.super().pins);
    return std::move(found_);
  }

 private:
  void read_heads(const ring::Region& region);
  void read_head(std::uint32_t index, ring::HeadEntry entry, std::string_view head);
  void read_pins(const ring::Region& region);
  void read_pin(std::uint32_t index, std::string_view pin);
  void read_masks_of_pin(const Piece& pinned, std::string_view copies);

  void lose(std::string what) {
    ++found_.lost_regions;
    found_.damage.push_back(std::move(what));
  }

  const RingImage& image_;
  const ring::PayloadSum sum_;
  RingCopies found_;
};

void Reader::read_heads(const ring::Region& region) {
  const std::uint64_t first = ring::first_head_at(region.count);
  if (region.stride < sizeof(ring::HeadHeader) || region.stride > ring::kMaxHeadBytes ||
      region.count > ring::kMostHeads ||
      first + std::uint64_t{region.stride} * region.count > region.bytes) {
    return lose("heads: " + std::to_string(region.count) + " of " + std::to_string(region.stride) +
                " bytes do not fit into their region");
  }
  std::string scratch, head_scratch;
  const auto front = image_.bytes(region.offset, first, scratch);
  if (!front) return lose("heads: can't be read");
  const auto header = read_at<ring::HeadsHeader>(*front, 0);
  found_.refused_heads = header.refused + header.given_away;
  const std::uint64_t entries = ring::head_entries_at(region.count);
  for (std::uint32_t i = 0; i < region.count; ++i) {
    const auto entry = read_at<ring::HeadEntry>(*front, entries + i * sizeof(ring::HeadEntry));
    if ((ring::state_of(entry) & ring::kHeadUsed) == 0) continue;
    const std::uint64_t at = region.offset + first + std::uint64_t{i} * region.stride;
    const auto head = image_.bytes(at, region.stride, head_scratch);
    if (head) {
      read_head(i, entry, *head);
    } else {
      lose("head " + std::to_string(i) + ": can't be read");
    }
  }
}

void Reader::read_head(std::uint32_t index, ring::HeadEntry entry, std::string_view head) {
  const auto header = read_at<ring::HeadHeader>(head, 0);
  const ring::CommitWord word = ring::unpack(header.commit);
  if (word.generation == 0 || word.records == 0) return;
  const std::uint32_t session = ring::session_of(entry);
  const std::uint32_t state = ring::state_of(entry);
  const bool open = (state & ring::kHeadClosed) == 0;
  std::uint64_t at = sizeof header;
  std::uint32_t records = 0;
  bool sound = word.committed >= at && word.committed <= head.size();
  while (sound && records < word.records) {
    auto copy = parse_copy(head.substr(at, word.committed - at), sum_);
    sound = copy && (copy->session == session);
    if (!sound) break;
    at += ring::copy_bytes(copy->data.size(), sum_);
    ++records;
    found_.copies.push_back({std::move(*copy), open ? CopyOf::kOpenHead : CopyOf::kClosedHead});
  }
  if (!sound || at != word.committed) {
    found_.damage.push_back("head " + std::to_string(index) + ", of session " +
                            std::to_string(session) + ": is damaged behind its first " +
                            std::to_string(records) + " inputs");
  }
  if (!open) return;
  ++found_.heads;
  found_.full_heads += (state & ring::kHeadFull) != 0 ? 1 : 0;
  found_.heads_with_gaps += header.gaps != 0 || (state & ring::kHeadLocked) != 0 ? 1 : 0;
}

void Reader::read_pins(const ring::Region& region) {
  const bool fits =
      region.stride >= ring::kMinPinBytes && region.stride <= ring::kMaxPinBytes &&
      region.count <= ring::kMostPins && region.bytes >= sizeof(ring::PinsHeader) &&
      std::uint64_t{region.stride} * region.count <= region.bytes - sizeof(ring::PinsHeader);
  if (!fits) {
    return lose("pins: " + std::to_string(region.count) + " of " + std::to_string(region.stride) +
                " bytes do not fit into their region");
  }
  std::string scratch;
  const auto front = image_.bytes(region.offset, sizeof(ring::PinsHeader), scratch);
  if (!front) return lose("pins: can't be read");
  found_.refused_pins = read_at<ring::PinsHeader>(*front, 0).refused;
  for (std::uint32_t i = 0; i < region.count; ++i) {
    const std::uint64_t at =
        region.offset + sizeof(ring::PinsHeader) + std::uint64_t{i} * region.stride;
    const auto pin = image_.bytes(at, region.stride, scratch);
    if (pin) {
      read_pin(i, *pin);
    } else {
      lose("pin " + std::to_string(i) + ": can't be read");
    }
  }
}

void Reader::read_pin(std::uint32_t index, std::string_view pin) {
  const auto header = read_at<ring::PinHeader>(pin, 0);
  found_.missed_pins += header.missed;
  if (header.key_hash == 0 || header.version == 0) return;
  const std::uint32_t each = ring::bytes_per_copy(static_cast<std::uint32_t>(pin.size()));
  const std::string_view half = pin.substr(sizeof header + (header.version & 1) * each, each);
  const auto key = read_at<ring::PinKey>(half, 0);
  auto copy = parse_copy(half.substr(sizeof key), sum_);
  const bool sound = copy && key.size <= sizeof key.bytes &&
                     ring::hash_of_key(key.bytes, key.size) == header.key_hash &&
                     key.check == static_cast<std::uint32_t>(header.key_hash >> 32);
  if (!sound) {
    found_.damage.push_back("pin " + std::to_string(index) + ": is damaged");
    return;
  }
  ++found_.pins;
  read_masks_of_pin(*copy, half.substr(sizeof key));
  found_.copies.push_back({std::move(*copy), CopyOf::kPin});
}

// What says how the pinned input was masked stands behind it. What else may stand there was left by
// an older writer, and by an older input.
void Reader::read_masks_of_pin(const Piece& pinned, std::string_view copies) {
  const std::uint64_t at = ring::copy_bytes(pinned.data.size(), sum_);
  if (at > copies.size()) return;
  auto says = parse_copy(copies.substr(at), sum_);
  const bool belongs = says && says->kind == static_cast<std::uint8_t>(InputKind::kMasked) &&
                       says->session == pinned.session && says->slot == pinned.slot &&
                       says->pid == pinned.pid && says->stamp > pinned.stamp &&
                       parse_masks(says->data);
  if (belongs) found_.copies.push_back({std::move(*says), CopyOf::kPin});
}

}  // namespace

RingCopies read_copies(const RingImage& image) {
  return Reader(image).take();
}

}  // namespace crashreel
