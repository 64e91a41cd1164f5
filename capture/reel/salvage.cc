#include "capture/reel/salvage.h"

#include <algorithm>
#include <utility>

#include "capture/reel/chunk_table.h"
#include "capture/reel/kept_inputs.h"
#include "capture/reel/ring_crash_reader.h"
#include "capture/reel/ring_end.h"
#include "capture/reel/ring_facts_reader.h"
#include "capture/reel/ring_image.h"
#include "capture/reel/ring_snapshot.h"
#include "capture/reel/ring_time.h"
#include "capture/reel/salvage_keeping.h"
#include "capture/reel/salvage_select.h"
#include "capture/reel/whole_inputs.h"

namespace crashreel {
namespace {

// What the inputs in the chunks were, and what became of them.
struct Scan {
  ChunkTable table;
  RingCopies copies;
  Selection selection;
  Damage damage;
  Loss loss;  // what the inputs know of it
};

Scan scan_inputs(const RingImage& image, ChunkTable table, RingCopies copies, const RingTime& time,
                 const Bounds& bounds) {
  Scan scan{std::move(table), std::move(copies), {}, {}, {}};
  // A second time only where a damaged or forged chunk has led astray.
  for (;;) {
    NewestFirst inputs(image, scan.table);
    scan.selection = select(inputs, scan.table, scan.copies.copies, time, bounds);
    scan.damage = inputs.damage();
    scan.loss.overwritten_inputs = scan.table.overwritten_inputs;
    scan.loss.overwritten_bytes = scan.table.overwritten_bytes;
    add_bounded(scan.loss.overwritten_inputs, inputs.overwritten_inputs());
    add_bounded(scan.loss.overwritten_bytes, inputs.overwritten_bytes());
    scan.loss.torn_inputs = inputs.torn_inputs();
    if (!inputs.lost_its_way()) break;
    measure_spans(image, scan.table);
  }
  for (const std::string& what : scan.copies.damage) note(scan.damage, what);
  scan.damage.lost_frames += scan.copies.lost_regions;
  return scan;
}

// Where the numbers of the complete part begin, and those of the inputs between it and the prelude.
// Of these only the order is known, so they get the last numbers that they can have.
Numbers numbers_of(const Scan& scan) {
  const Selection& selection = scan.selection;
  const auto middle = static_cast<std::uint64_t>(std::ranges::count_if(
      selection.between, [](const Between& each) { return !each.before_end.has_value(); }));
  const std::uint64_t lost = scan.loss.overwritten_inputs + scan.damage.lost_inputs;
  const std::uint64_t pool = selection.prelude + selection.sparse_part;
  // In a damaged ring there may be more of them than were counted as lost.
  const std::uint64_t complete = std::max(pool + lost, selection.prelude + middle);
  return {complete - middle, complete};
}

Loss loss_of(const RingImage& image, const Scan& scan, const Numbers& numbers) {
  const Selection& selection = scan.selection;
  Loss loss = scan.loss;
  loss.dropped_inputs = image.super().dropped;
  loss.sparse_inputs = selection.sparse;
  loss.trimmed_inputs = selection.trimmed + selection.aged;
  loss.cut_payloads = selection.cut;
  // These were counted when their originals were overwritten.
  loss.overwritten_inputs -= std::min(loss.overwritten_inputs, selection.rescued);
  loss.overwritten_bytes -= std::min(loss.overwritten_bytes, selection.rescued_bytes);
  const std::uint64_t missing =
      loss.overwritten_inputs + loss.sparse_inputs + loss.trimmed_inputs + scan.damage.lost_inputs;
  if (missing != 0) {
    loss.first_kept_seq = numbers.complete + selection.complete - selection.tail;
  }
  const bool chunks_lost = scan.damage.lost_frames != 0 || scan.damage.lost_inputs != 0;
  loss.reaches_start = loss.overwritten_inputs == 0 && loss.trimmed_inputs == 0 &&
                       loss.sparse_inputs == 0 && loss.cut_payloads == 0 &&
                       loss.dropped_inputs == 0 && !chunks_lost;
  return loss;
}

// A ring does not say what fed the program. If its only sessions are standard input, that is it;
// whom the program itself called does not count.
TargetKind guess_kind(const Selection& selection) {
  const bool only_stdin = selection.opens_stdin && !selection.opens_others;
  return only_stdin ? TargetKind::kStdin : TargetKind::kServer;
}

void set_program(const RingImage& image, RingFacts facts, RingEnd end, Reel& reel) {
  reel.program = std::move(facts.program);
  reel.files = std::move(facts.files);
  reel.file_digests = std::move(facts.file_digests);
  reel.redaction = std::move(facts.redaction);
  reel.crash = std::move(end.facts);
  if (const auto crash = read_ring_crash(image)) add_crash(*crash, reel.crash);
}

SalvagedRing scan(std::shared_ptr<const RingImage> image, ChunkTable table, RingCopies copies) {
  RingFacts facts = read_ring_facts(*image);
  RingEnd end = read_end(*image);
  const RingTime time(image->super(), std::move(table.clock_pairs));
  const Bounds bounds{image->super().keep_inputs, image->super().keep_age_ns, end.facts.time_ns};
  Scan found = scan_inputs(*image, std::move(table), std::move(copies), time, bounds);
  const Numbers numbers = numbers_of(found);

  SalvagedRing result;
  Reel& reel = result.reel;
  reel.keeping = keeping_of(*image, found.copies, found.selection);
  reel.loss = loss_of(*image, found, numbers);
  result.damage = std::move(found.damage);
  result.counted_inputs = found.selection.counted;
  for (std::string& what : facts.damage) note(result.damage, std::move(what));
  if (!end.damage.empty()) note(result.damage, std::move(end.damage));
  const bool kind_is_known = facts.kind_is_known;
  set_program(*image, std::move(facts), std::move(end), reel);
  if (!kind_is_known) reel.program.kind = guess_kind(found.selection);
  result.inputs = std::make_unique<KeptInputs>(std::move(image), found.table,
                                               std::move(found.selection), numbers, time);
  return result;
}

Result<SalvagedRing> scan_dead(Result<RingImage> opened) {
  if (!opened) return opened.error();
  const auto image = std::make_shared<const RingImage>(std::move(*opened));
  return scan(image, read_chunk_table(*image, false, UINT64_MAX), read_copies(*image));
}

}  // namespace

Result<SalvagedRing> scan_ring(const std::string& path) {
  return scan_dead(RingImage::open(path));
}

Result<SalvagedRing> scan_ring_bytes(std::span<const std::byte> bytes, const std::string& name) {
  return scan_dead(RingImage::over(bytes, name));
}

Result<SalvagedRing> scan_live_ring(const std::string& path, const std::string& scratch_folder) {
  const auto live = RingImage::open(path);
  if (!live) return live.error();
  Result<RingSnapshot> snapshot = take_snapshot(*live, path, scratch_folder);
  if (!snapshot) return snapshot.error();
  ChunkTable table = read_chunk_table(*snapshot->image, true, snapshot->newest);
  for (auto& [chunk, notes] : snapshot->unreadable) {
    ++table.lost_chunks;
    table.notes[chunk] = std::move(notes);
  }
  return scan(std::move(snapshot->image), std::move(table), std::move(snapshot->copies));
}

}  // namespace crashreel
