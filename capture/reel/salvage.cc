#include "capture/reel/salvage.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "capture/reel/ring_crash_reader.h"
#include "capture/reel/ring_end.h"
#include "capture/reel/ring_facts_reader.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/ring_time.h"
#include "capture/reel/salvage_collect.h"
#include "capture/reel/salvage_keeping.h"
#include "capture/reel/salvage_select.h"

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

Loss loss_of(const RingImage& image, const Collection& found) {
  Loss loss;
  loss.overwritten_inputs = found.overwritten_inputs;
  loss.overwritten_bytes = found.overwritten_bytes;
  loss.torn_inputs = found.torn_inputs;
  loss.dropped_inputs = image.super().dropped;
  return loss;
}

// A ring does not say what fed the program. If its only sessions are standard input, that is it;
// whom the program itself called does not count.
TargetKind guess_kind(const std::vector<Input>& inputs) {
  bool stdin_seen = false;
  for (const Input& input : inputs) {
    if (input.kind != InputKind::kOpen) continue;
    if (input.data.find(" outbound") != std::string::npos) continue;
    if (!input.data.starts_with("stdin")) return TargetKind::kServer;
    stdin_seen = true;
  }
  return stdin_seen ? TargetKind::kStdin : TargetKind::kServer;
}

Place place_of(Fate fate) {
  switch (fate) {
    case Fate::kPrelude:
      return Place::kPrelude;
    case Fate::kHead:
      return Place::kHead;
    case Fate::kPinned:
      return Place::kPinned;
    default:
      return Place::kTail;
  }
}

bool is_kept(Fate fate) {
  return fate <= Fate::kTail;
}

// Those that are left out and those that are there after all.
void count(const Selection& selection, Reel& reel) {
  Loss& loss = reel.loss;
  for (std::size_t i = 0; i < selection.inputs.size(); ++i) {
    const Found& found = selection.inputs[i];
    loss.sparse_inputs += selection.fates[i] == Fate::kSparse ? 1 : 0;
    const bool bounded = selection.fates[i] == Fate::kTrimmed || selection.fates[i] == Fate::kAged;
    loss.trimmed_inputs += bounded ? 1 : 0;
    if (!is_kept(selection.fates[i])) continue;
    loss.cut_payloads += found.input.is_cut() ? 1 : 0;
    if (found.in_pool) continue;
    // It was counted when its original was overwritten.
    const std::uint64_t bytes = found.input.data.size();
    loss.overwritten_inputs -= std::min<std::uint64_t>(loss.overwritten_inputs, 1);
    loss.overwritten_bytes -= std::min(loss.overwritten_bytes, bytes);
  }
}

// Where the numbers of the complete part begin, and those of the inputs between it and the prelude.
// Of these only the order is known, so they get the last numbers that they can have.
struct Numbers {
  std::uint64_t complete;
  std::uint64_t middle;
};

Numbers numbers_of(const Selection& selection, std::uint64_t lost) {
  std::uint64_t pool = 0, prelude = 0, middle = 0;
  for (std::size_t i = 0; i < selection.complete_begin; ++i) {
    const bool first = selection.fates[i] == Fate::kPrelude;
    pool += selection.inputs[i].in_pool ? 1 : 0;
    prelude += first ? 1 : 0;
    middle += !first && is_kept(selection.fates[i]) ? 1 : 0;
  }
  // In a damaged ring there may be more of them than were counted as lost.
  const std::uint64_t complete = std::max(pool + lost, prelude + middle);
  return {complete, complete - middle};
}

void fill_inputs(const RingImage& image, Selection selection, Numbering numbering,
                 const Collection& found, ReadReel& result) {
  Reel& reel = result.reel;
  const std::uint64_t lost = found.overwritten_inputs + found.damage.lost_inputs;
  const Numbers numbers = numbers_of(selection, lost);
  reel.loss = loss_of(image, found);
  count(selection, reel);
  std::uint64_t next_middle = numbers.middle;
  for (std::size_t i = 0; i < selection.inputs.size(); ++i) {
    const Fate fate = selection.fates[i];
    if (!is_kept(fate)) continue;
    const std::uint64_t seq = fate == Fate::kPrelude ? i
                              : i < selection.complete_begin
                                  ? next_middle++
                                  : numbers.complete + (i - selection.complete_begin);
    reel.inputs.push_back(numbering.number(std::move(selection.inputs[i].input), seq));
    reel.inputs.back().place = place_of(fate);
  }
  const Loss& loss = reel.loss;
  const std::uint64_t missing =
      loss.overwritten_inputs + loss.sparse_inputs + loss.trimmed_inputs + found.damage.lost_inputs;
  if (missing == 0) return;
  reel.loss.first_kept_seq = numbers.complete + (selection.tail_begin - selection.complete_begin);
}

// Of a ring that is being written a copy may be read while it changes hands, and look damaged.
RingCopies settled_copies(const RingImage& image, bool live) {
  constexpr int kTries = 20;
  RingCopies copies = read_copies(image);
  for (int i = 1; live && i < kTries && !copies.damage.empty(); ++i) copies = read_copies(image);
  return copies;
}

Result<ReadReel> salvage(const Result<RingImage>& image,
                         Collection (*collect_chunks)(const RingImage&) = collect) {
  if (!image) return image.error();
  ReadReel result;
  RingFacts facts = read_ring_facts(*image);
  RingEnd end = read_end(*image);
  Collection found = collect_chunks(*image);
  RingCopies copies = settled_copies(*image, found.live);
  std::erase_if(copies.copies,
                [&](const RingCopy& copy) { return copy.input.stamp > found.newest; });
  for (std::string& what : copies.damage) note(found.damage, std::move(what));
  found.damage.lost_frames += copies.lost_regions;

  const RingTime time(image->super(), std::move(found.clock_pairs));
  const Bounds bounds{image->super().keep_inputs, image->super().keep_age_ns, end.facts.time_ns};
  Selection selection = select(found, std::move(copies.copies), time, bounds);
  result.reel.keeping = keeping_of(*image, copies, selection);
  fill_inputs(*image, std::move(selection), Numbering(time), found, result);
  result.damage = std::move(found.damage);
  for (std::string& what : facts.damage) note(result.damage, std::move(what));
  if (!end.damage.empty()) note(result.damage, std::move(end.damage));

  Reel& reel = result.reel;
  reel.program = std::move(facts.program);
  reel.files = std::move(facts.files);
  reel.file_digests = std::move(facts.file_digests);
  reel.redaction = std::move(facts.redaction);
  reel.crash = std::move(end.facts);
  if (const auto crash = read_ring_crash(*image)) add_crash(*crash, reel.crash);
  if (!facts.kind_is_known) reel.program.kind = guess_kind(reel.inputs);
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

Result<ReadReel> salvage_live_ring(const std::string& path) {
  return salvage(RingImage::open(path), collect_live);
}

Result<ReadReel> salvage_ring_bytes(std::span<const std::byte> bytes, const std::string& name) {
  return salvage(RingImage::over(bytes, name));
}

}  // namespace crashreel
