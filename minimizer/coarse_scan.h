// Which of n units are needed, if replaying them is what costs?
//
// For oracles that hold no prefixes and take longer over the whole than over a fresh start. The
// scan of gap_scan.h asks the fewest questions, but each with almost all units that are still
// there; this one drops large blocks first, wherever they are, and pays its few more questions with
// small choices. It is bad where units depend on one another: see too_dense().
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace crashreel {

class CoarseScan {
 public:
  explicit CoarseScan(std::uint32_t units);

  bool done() const { return todo_.empty() && level_.empty(); }
  // The question: is the crash still there with these units? Rising; only while not done.
  std::vector<std::uint32_t> question() const;
  void answer(bool still_there);
  double chance() const;  // that the answer will be yes, roughly

  std::vector<std::uint32_t> kept() const;  // rising: those that were not dropped
  // So many blocks of a level are needed that blocks are of no use: dependent units, or a dense
  // set.
  bool too_dense() const { return too_dense_; }

 private:
  struct Block {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t size() const { return end - begin; }
  };
  // Blocks that are asked for together, to be left out.
  struct Task {
    std::vector<Block> blocks;
    bool has_sibling = false;  // blocks[0] is half of a needed block, sibling the other half
    Block sibling{};
  };

  void needed(const Block& block);
  void next_level();
  void cut_in_parts(const Block& block);
  void next_tasks();

  std::vector<Task> todo_;     // of this level, the next one last
  std::vector<Block> maybe_;   // of this level: probably can go, to be asked for together
  std::vector<Block> level_;   // known to be needed, to be cut in the next level
  std::vector<Block> single_;  // needed, and no longer to be cut
  std::size_t blocks_ = 0;     // of this level
  bool too_dense_ = false;
};

}  // namespace crashreel
