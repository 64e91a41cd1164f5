#include "capture/reel/salvage.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "capture/reel/ring_end.h"
#include "capture/reel/ring_facts_reader.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/ring_time.h"
#include "capture/reel/salvage_collect.h"
#include "capture/reel/salvage_trim.h"

namespace crashreel {
namespace {

// Stamps become times, threads become small numbers, in the order of the inputs.
class Numbering {
 public:
  explicit Numbering(RingTime time) : time_(std::move(time)) {}

  Input number(Piece piece, std::uint64_t seq) {
    Input input;
    input.seq = seq;
    // Bent by a forged pair, time must still not fall.
    latest_ns_ = std::max(latest_ns_, time_.since_start_ns(piece.stamp));
    input.time_ns = latest_ns_;
    const auto next = static_cast<std::uint32_t>(threads_.size());
    input.thread = threads_.try_emplace({piece.pid, piece.tid}, next).first->second;
    input.session = piece.session;
    input.kind = static_cast<InputKind>(piece.kind);
    input.data = std::move(piece.data);
    return input;
  }

 private:
  RingTime time_;
  std::uint64_t latest_ns_ = 0;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> threads_;
};

// The whole inputs, in the order of their stamps, fall into at most three parts:
//
//   prelude | survivors with gaps among them | tail
//
// and only the first and the last are kept.
struct Parts {
  std::size_t prelude;     // how many of the first are the prelude
  std::size_t tail_begin;  // where the tail begins
};

Parts divide(const Collection& found) {
  const auto stamp_is = [](std::uint64_t stamp, const Piece& input) { return stamp < input.stamp; };
  const auto begin = found.inputs.begin();
  const auto prelude_end =
      std::ranges::lower_bound(found.inputs, found.pool_earliest, {}, &Piece::stamp);
  const auto tail = std::upper_bound(prelude_end, found.inputs.end(), found.horizon, stamp_is);
  return {static_cast<std::size_t>(prelude_end - begin), static_cast<std::size_t>(tail - begin)};
}

Loss loss_of(const RingImage& image, const Collection& found, const Parts& parts) {
  Loss loss;
  loss.overwritten_inputs = found.overwritten_inputs;
  loss.overwritten_bytes = found.overwritten_bytes;
  loss.sparse_inputs = parts.tail_begin - parts.prelude;
  loss.torn_inputs = found.torn_inputs;
  loss.dropped_inputs = image.super().dropped;
  return loss;
}

// A ring does not say what fed the program. If its only sessions are standard input, that is it.
TargetKind guess_kind(const std::vector<Input>& inputs) {
  bool stdin_seen = false;
  for (const Input& input : inputs) {
    if (input.kind != InputKind::kOpen) continue;
    if (!input.data.starts_with("stdin")) return TargetKind::kServer;
    stdin_seen = true;
  }
  return stdin_seen ? TargetKind::kStdin : TargetKind::kServer;
}

void fill_inputs(const RingImage& image, Collection& found, ReadReel& result) {
  const Parts parts = divide(found);
  Loss& loss = result.reel.loss = loss_of(image, found, parts);
  const std::uint64_t gap = loss.overwritten_inputs + loss.sparse_inputs + found.damage.lost_inputs;
  const std::size_t size = found.inputs.size();

  std::vector<Input>& inputs = result.reel.inputs;
  inputs.reserve(parts.prelude + (size - parts.tail_begin));
  Numbering numbering(RingTime(image.super(), std::move(found.clock_pairs)));
  for (std::size_t i = 0; i < size; ++i) {
    if (i >= parts.prelude && i < parts.tail_begin) continue;
    // Before the tail lie the prelude, the survivors that are left out, and what is not there.
    const bool tail = i >= parts.tail_begin;
    const std::uint64_t lost = tail ? gap - loss.sparse_inputs : 0;
    loss.cut_payloads += found.inputs[i].is_cut() ? 1 : 0;
    inputs.push_back(numbering.number(std::move(found.inputs[i]), i + lost));
    inputs.back().place = tail ? Place::kTail : Place::kPrelude;
  }
  if (gap != 0) loss.first_kept_seq = parts.tail_begin + gap - loss.sparse_inputs;
}

Result<ReadReel> salvage(const Result<RingImage>& image) {
  if (!image) return image.error();
  ReadReel result;
  RingFacts facts = read_ring_facts(*image);
  RingEnd end = read_end(*image);
  Collection found = collect(*image);
  fill_inputs(*image, found, result);
  result.damage = std::move(found.damage);
  for (std::string& what : facts.damage) note(result.damage, std::move(what));
  if (!end.damage.empty()) note(result.damage, std::move(end.damage));

  Reel& reel = result.reel;
  reel.program = std::move(facts.program);
  reel.files = std::move(facts.files);
  reel.crash = std::move(end.facts);
  if (!facts.kind_is_known) reel.program.kind = guess_kind(reel.inputs);
  trim_tail(reel, image->super().keep_inputs);
  const Loss& loss = reel.loss;
  const bool chunks_lost = result.damage.lost_frames != 0 || result.damage.lost_inputs != 0;
  reel.loss.reaches_start = loss.overwritten_inputs == 0 && loss.trimmed_inputs == 0 &&
                            loss.sparse_inputs == 0 && loss.cut_payloads == 0 &&
                            loss.dropped_inputs == 0 && !chunks_lost;
  return result;
}

}  // namespace

Result<ReadReel> salvage_ring(const std::string& path) {
  return salvage(RingImage::open(path));
}

Result<ReadReel> salvage_ring_bytes(std::span<const std::byte> bytes, const std::string& name) {
  return salvage(RingImage::over(bytes, name));
}

}  // namespace crashreel
