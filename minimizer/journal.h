// What was already answered when the minimization was killed?
//
// An append-only file with one line for each run of the oracle, written before its answer is used.
// A search is a function of its answers, so one that is begun anew over the same journal walks the
// same way without asking, up to the place where it was killed, and goes on from there.
//
// The file may end anywhere, and be anything: what follows the last whole line is cut off. It
// survives the death of the process at any moment, not the power.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "capture/base/result.h"
#include "minimizer/cache.h"
#include "minimizer/oracle.h"

namespace crashreel {

// The lines as text: a header that says what is minimized, then the answers.
struct JournalText {
  struct Line {
    ContentKey key;
    Verdict verdict = Verdict::kPasses;

    bool operator==(const Line&) const = default;
  };
  ContentKey identity;
  std::vector<Line> lines;
  std::size_t good_bytes = 0;  // up to the end of the last whole line

  static std::string header(const ContentKey& identity);
  static std::string line(const Line& line);
  // Null when it does not begin with a whole header. Any bytes will do.
  static std::optional<JournalText> parse(std::string_view text);
};

class Journal {
 public:
  // Opens or begins the journal of what `identity` names. An error when the file belongs to
  // another minimization, is in use, or is no journal.
  static Result<Journal> open(const std::string& path, const ContentKey& identity);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();

  // The answer of the next run of this question, if it was given before the process began.
  std::optional<Verdict> recall(const ContentKey& key);
  // Writes down an answer of the oracle.
  void note(const ContentKey& key, Verdict verdict);

  std::uint64_t recalled() const { return recalled_; }
  // What kept an answer from being written down: "out.journal: No space left on device". The
  // minimization is as good without; it can't be resumed beyond that point.
  const std::string& trouble() const { return trouble_; }

 private:
  struct KeyHash {
    std::size_t operator()(const ContentKey& key) const { return key.low; }
  };
  struct Answers {
    std::vector<Verdict> given;  // in the order of the runs
    std::size_t next = 0;
  };
  Journal(int file, std::string path) : file_(file), path_(std::move(path)) {}

  int file_;
  std::string path_;
  std::unordered_map<ContentKey, Answers, KeyHash> answers_;
  std::uint64_t recalled_ = 0;
  std::string trouble_;
};

// An oracle that asks the journal first. Both must outlive it.
class JournalledOracle : public Oracle {
 public:
  using KeyOf = std::function<ContentKey(std::span<const std::uint32_t>)>;
  JournalledOracle(Oracle& inner, Journal& journal, KeyOf key_of)
      : inner_(inner), journal_(journal), key_of_(std::move(key_of)) {}

  Verdict ask(std::span<const std::uint32_t> kept) override;
  std::vector<Verdict> ask_all(std::span<const Choice> choices) override;
  std::vector<std::optional<Verdict>> race(std::span<const Choice> choices, Race& race) override;

 private:
  Oracle& inner_;
  Journal& journal_;
  KeyOf key_of_;
};

}  // namespace crashreel
