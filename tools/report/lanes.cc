#include "tools/report/lanes.h"

#include <algorithm>
#include <unordered_map>

#include "capture/reel/wire.h"
#include "tools/quantity.h"

namespace crashreel {
namespace {

// Occupied columns of a lane as boxes, neighbours in one.
class Boxes {
 public:
  Boxes(int top, int height, std::uint32_t least) : top_(top), height_(height), least_(least) {}

  void add(std::uint32_t column) { columns_[column] = true; }

  std::string path() const {
    std::string path;
    for (std::uint32_t begin = 0; begin < kLaneColumns; ++begin) {
      if (!columns_[begin]) continue;
      std::uint32_t end = begin + 1;
      while (end < kLaneColumns && columns_[end]) ++end;
      const std::string width = std::to_string(std::max(end - begin, least_));
      path += "M" + std::to_string(begin) + " " + std::to_string(top_) + "h" + width + "v" +
              std::to_string(height_) + "h-" + width + "z";
      begin = end;
    }
    return path;
  }

 private:
  int top_;
  int height_;
  std::uint32_t least_;
  std::vector<bool> columns_ = std::vector<bool>(kLaneColumns);
};

std::string lane_name(const ReportSession& session) {
  return session.session == kNoSession ? "signals" : "session " + std::to_string(session.session);
}

class PageDrawing {
 public:
  explicit PageDrawing(const ReportModel& model) : model_(model) {
    if (model.inputs.empty()) return;
    const auto [first, last] = std::ranges::minmax_element(model.inputs, {}, &ReportInput::time_ns);
    lanes_.from_ns = first->time_ns;
    lanes_.to_ns = last->time_ns;
    lanes_.by_order = lanes_.from_ns == lanes_.to_ns;
  }

  Lanes draw() {
    choose();
    fill();
    mark();
    return std::move(lanes_);
  }

 private:
  // Sessions of what is left come first, then the busiest; drawn in the order of their beginnings.
  void choose() {
    std::vector<std::size_t> order(model_.sessions.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const bool all = order.size() <= kMostLanes;
    if (!all) {
      const bool reduced = model_.original_path.has_value();
      std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) {
        const ReportSession& one = model_.sessions[a];
        const ReportSession& other = model_.sessions[b];
        if (reduced && one.kept != other.kept) return one.kept > other.kept;
        return one.inputs > other.inputs;
      });
      order.resize(kMostLanes - 1);
      std::ranges::sort(order);
    }
    for (const std::size_t i : order) {
      const ReportSession& session = model_.sessions[i];
      lane_of_[session.session] = lanes_.lanes.size();
      lanes_.lanes.push_back({.name = lane_name(session), .opening = session.opening});
    }
    if (!all) {
      lanes_.lanes.push_back(
          {.name = counted(model_.sessions.size() - order.size(), "other session")});
    }
  }

  std::size_t lane_of(const ReportInput& input) const {
    const auto found = lane_of_.find(input.session);
    return found == lane_of_.end() ? lanes_.lanes.size() - 1 : found->second;
  }

  std::uint32_t column_of(std::size_t input) const {
    constexpr double kLast = kLaneColumns - 1;
    const double part = lanes_.by_order
                            ? static_cast<double>(input) / static_cast<double>(model_.inputs.size())
                            : static_cast<double>(model_.inputs[input].time_ns - lanes_.from_ns) /
                                  static_cast<double>(lanes_.to_ns - lanes_.from_ns);
    return static_cast<std::uint32_t>(part * kLast);
  }

  void fill() {
    std::vector<Boxes> dropped(lanes_.lanes.size(), Boxes(4, 8, 1));
    std::vector<Boxes> kept(lanes_.lanes.size(), Boxes(1, 14, 3));
    std::uint64_t next_seq = 0, last_us = 0;
    for (std::size_t i = 0; i < model_.inputs.size(); ++i) {
      const ReportInput& input = model_.inputs[i];
      const std::size_t lane = lane_of(input);
      ++lanes_.lanes[lane].inputs;
      lanes_.lanes[lane].kept += input.is_kept;
      (input.is_kept ? kept : dropped)[lane].add(column_of(i));
      const std::uint64_t now_us = input.time_ns / 1000 - lanes_.from_ns / 1000;
      put_varint(lanes_.columns, input.seq - next_seq);
      put_varint(lanes_.columns, zigzag(now_us - last_us));
      put_varint(lanes_.columns, lane);
      put_varint(lanes_.columns, (input.session + 1) & 0xffffffffU);
      put_varint(lanes_.columns, input.bytes);
      put_varint(lanes_.columns, (input.is_kept ? 1U : 0U) | (input.is_signal ? 2U : 0U));
      next_seq = input.seq + 1;
      last_us = now_us;
    }
    for (std::size_t i = 0; i < lanes_.lanes.size(); ++i) {
      lanes_.lanes[i].dropped_path = dropped[i].path();
      lanes_.lanes[i].kept_path = kept[i].path();
    }
  }

  void mark() {
    const Evidence& evidence = model_.evidence;
    if (evidence.reach) mark("reach", evidence.reach->oldest_seq);
    if (evidence.divergence) mark("divergence", evidence.divergence->seq);
    if (!evidence.blame) return;
    mark("poison", evidence.blame->poison_seq);
    mark("trigger", evidence.blame->trigger_seq);
  }

  void mark(const char* what, std::uint64_t seq) {
    const auto found = std::ranges::lower_bound(model_.inputs, seq, {}, &ReportInput::seq);
    if (found == model_.inputs.end() || found->seq != seq) return;
    const auto place = static_cast<std::size_t>(found - model_.inputs.begin());
    lanes_.marks.push_back({.what = what, .seq = seq, .column = column_of(place)});
  }

  const ReportModel& model_;
  Lanes lanes_;
  std::unordered_map<std::uint32_t, std::size_t> lane_of_;
};

}  // namespace

Lanes lanes_of(const ReportModel& model) {
  return PageDrawing(model).draw();
}

}  // namespace crashreel
