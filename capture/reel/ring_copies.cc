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

struct Copy {
  Piece input;
  Owner owner;
  std::string_view payload;
};

// The copy at the front of `bytes`, if there is a sound one.
std::optional<Copy> parse_copy(std::string_view bytes, ring::PayloadSum sum) {
  if (bytes.size() < sizeof(CopyHeader)) return std::nullopt;
  const auto header = read_at<CopyHeader>(bytes, 0);
  const ring::Record record = ring::unpack_record(header.record);
  const bool sound = ring::check_fits(header.record) && header.check == ring::check_of(header) &&
                     record.kind >= ring::kFirstKind && record.kind <= ring::kLastKind &&
                     record.flags == (ring::kFirst | ring::kLast) && record.extra == record.len &&
                     record.len <= bytes.size() - sizeof header;
  if (!sound) return std::nullopt;
  if (sum == ring::PayloadSum::kCrc32cOfAll && !sum_fits(bytes, record.len)) return std::nullopt;
  Copy copy;
  copy.input.stamp = record.stamp;
  copy.input.session = record.session;
  copy.input.extra = record.extra;
  copy.input.size = record.len;
  copy.input.kind = static_cast<std::uint8_t>(record.kind);
  copy.input.flags = static_cast<std::uint8_t>(record.flags);
  copy.owner = {header.slot, header.pid, header.tid};
  copy.payload = bytes.substr(sizeof header, record.len);
  if (record.kind == static_cast<std::uint32_t>(InputKind::kOpen)) {
    copy.input.opening = opening_of(copy.payload);
  }
  return copy;
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
  void read_head(std::uint32_t index, ring::HeadEntry entry, std::uint64_t offset,
                 std::string_view head);
  void read_pins(const ring::Region& region);
  void read_pin(std::uint32_t index, std::uint64_t offset, std::string_view pin);
  void read_masks_of_pin(const Copy& pinned, std::uint64_t offset, std::string_view copies);

  // `offset`: of the copy in the ring.
  void add(const Copy& copy, std::uint64_t offset, CopyOf what) {
    found_.copies.push_back({copy.input, copy.owner, offset + sizeof(CopyHeader), what});
  }

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
      read_head(i, entry, at, *head);
    } else {
      lose("head " + std::to_string(i) + ": can't be read");
    }
  }
}

void Reader::read_head(std::uint32_t index, ring::HeadEntry entry, std::uint64_t offset,
                       std::string_view head) {
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
    const auto copy = parse_copy(head.substr(at, word.committed - at), sum_);
    sound = copy && (copy->input.session == session);
    if (!sound) break;
    add(*copy, offset + at, open ? CopyOf::kOpenHead : CopyOf::kClosedHead);
    at += ring::copy_bytes(copy->input.size, sum_);
    ++records;
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
      read_pin(i, at, *pin);
    } else {
      lose("pin " + std::to_string(i) + ": can't be read");
    }
  }
}

void Reader::read_pin(std::uint32_t index, std::uint64_t offset, std::string_view pin) {
  const auto header = read_at<ring::PinHeader>(pin, 0);
  found_.missed_pins += header.missed;
  if (header.key_hash == 0 || header.version == 0) return;
  const std::uint32_t each = ring::bytes_per_copy(static_cast<std::uint32_t>(pin.size()));
  const std::uint64_t half_at = sizeof header + (header.version & 1) * each;
  const std::string_view half = pin.substr(half_at, each);
  const auto key = read_at<ring::PinKey>(half, 0);
  const auto copy = parse_copy(half.substr(sizeof key), sum_);
  const bool sound = copy && key.size <= sizeof key.bytes &&
                     ring::hash_of_key(key.bytes, key.size) == header.key_hash &&
                     key.check == static_cast<std::uint32_t>(header.key_hash >> 32);
  if (!sound) {
    found_.damage.push_back("pin " + std::to_string(index) + ": is damaged");
    return;
  }
  ++found_.pins;
  read_masks_of_pin(*copy, offset + half_at + sizeof key, half.substr(sizeof key));
  add(*copy, offset + half_at + sizeof key, CopyOf::kPin);
}

// What says how the pinned input was masked stands behind it. What else may stand there was left by
// an older writer, and by an older input.
void Reader::read_masks_of_pin(const Copy& pinned, std::uint64_t offset, std::string_view copies) {
  const std::uint64_t at = ring::copy_bytes(pinned.input.size, sum_);
  if (at > copies.size()) return;
  const auto says = parse_copy(copies.substr(at), sum_);
  const bool belongs = says && says->input.kind == static_cast<std::uint8_t>(InputKind::kMasked) &&
                       says->input.session == pinned.input.session &&
                       says->owner.slot == pinned.owner.slot &&
                       says->owner.pid == pinned.owner.pid &&
                       says->input.stamp > pinned.input.stamp && parse_masks(says->payload);
  if (belongs) add(*says, offset + at, CopyOf::kPin);
}

}  // namespace

RingCopies read_copies(const RingImage& image) {
  return Reader(image).take();
}

}  // namespace crashreel
