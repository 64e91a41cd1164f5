// Which items does the crash need?
//
// Backward group testing with probes by suffix and by group (session): few questions, no proof. The
// result reproduces the crash; that no item of it can go is verify.h's to show. What a question
// costs and who answers is the asker's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "minimizer/asker.h"
#include "minimizer/checkpoints.h"
#include "minimizer/gap_scan.h"
#include "minimizer/oracle.h"
#include "minimizer/progress.h"

namespace crashreel {

struct SearchOptions {
  bool suffix_probes = true;
  bool group_probes = true;
  bool last_first = true;        // ask for the last item alone before anything is grouped with it
  const Votes* votes = nullptr;  // must outlive the search
  std::uint32_t workers = 1;
};

class Search {
 public:
  // All of them must outlive the search.
  Search(std::span<const Item> items, Asker& asker, ProgressLog& log, SearchOptions options)
      : items_(items),
        asker_(asker),
        log_(log),
        options_(options),
        checkpoints_(asker.costs().checkpoints) {}

  // `start` must reproduce the crash. Returns the smallest choice found that does; when the asker
  // was stopped, the best so far.
  Choice run(Choice start);

  // To be called before `start` itself is asked: holds prefixes of it, and with workers enough asks
  // at once what run() will ask first one after the other.
  void open_with(const Choice& start);

 private:
  // Speculation along one way serves up to three workers better.
  static constexpr std::uint32_t kDisjointFrom = 4;
  // So many needed items close together speak for a count. Eight would cost counted crashes 10 to
  // 25 % more questions; three cost no other structure more than 0.3 %.
  static constexpr std::size_t kFirstDenseRun = 3;

  template <typename Scan>
  using Render = std::function<Choice(const Scan&)>;  // the choice that its question is about
  using Groups = std::unordered_set<std::uint32_t>;

  std::optional<Choice> last_group() const;
  std::vector<Choice> suffixes() const;
  void keep_last_group();
  void keep_suffix();
  void settle_last();
  std::uint32_t votes() const { return options_.votes->search(); }
  void scan_items();
  bool doubt_last_no(const GapScan& before, bool still_there, const Render<GapScan>& render);
  bool scan_disjoint();
  bool scan_coarse();
  bool coarse_pays() const;
  void hold_prefixes(std::uint32_t front, std::uint32_t end, double gap);
  bool is_what_a_serial_scan_finds(const std::vector<std::uint32_t>& needed);

  void note_needed(std::uint32_t item);
  void after_needed(std::uint32_t item);
  Groups needed_groups() const;
  void probe_groups(const Groups& hot, double largest_share);
  void scan_groups(const Choice& pool);
  std::vector<std::uint32_t> cold_groups(const Choice& pool) const;
  void restart_with(Choice pool);

  // Asks, and makes the choice the best one if the crash is still there.
  std::optional<bool> ask(Choice choice);
  // The scan's question, and beside it what further workers can ask ahead.
  template <typename Scan>
  std::optional<bool> ask_along(const Scan& scan, const Render<Scan>& render);
  double expected_more() const;

  // An undecided front, followed by what is needed once the scan has come so far.
  Choice with_needed(Choice front, const GapScan& scan) const;
  Choice only(const Choice& of, const Groups& groups) const;

  std::span<const Item> items_;
  Asker& asker_;
  ProgressLog& log_;
  SearchOptions options_;

  Choice best_;       // the last choice that reproduced
  Choice aside_;      // one that did on a way that was given up; empty: none
  Choice undecided_;  // the units of scan_
  Choice later_;      // needed, beyond undecided_, falling
  GapScan scan_{0, GapMemory::fresh(0)};
  CheckpointPlan checkpoints_;
  bool scanning_ = false;
  std::optional<GapScan> doubted_;  // the state whose question was answered no, newest

  std::unordered_map<std::uint32_t, std::uint32_t> needed_in_;  // by group
  std::uint32_t needed_ = 0;
  std::vector<std::uint32_t> dense_run_;  // groups of the newest needed items, no long gap between
  std::size_t due_at_coincidences_ = 1;
  std::size_t due_at_dense_run_ = kFirstDenseRun;
  bool groups_scanned_ = false;
};

}  // namespace crashreel
