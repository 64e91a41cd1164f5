// What should a person know of a reel before looking into it? Which program, how it ended, what is
// kept and, just as loud, what is not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "capture/reel/facts_codec.h"
#include "capture/reel/input_source.h"
#include "capture/reel/reel_reader.h"

namespace crashreel {

class Console;

// Known of a file in the reel without its content.
struct FileSummary {
  std::string path;
  std::uint32_t mode = 0;
  std::uint64_t bytes = 0;
};

// How many records there are of each kind, by the kind's number.
using KindCounts = std::array<std::uint64_t, static_cast<std::size_t>(kLastInputKind) + 1>;

// First and last seq of the inputs of each Place; nothing where there are none.
using PlaceSpans = std::array<std::optional<std::pair<std::uint64_t, std::uint64_t>>,
                              static_cast<std::size_t>(kLastPlace) + 1>;

struct ReelSummary {
  ReelFacts facts;
  bool facts_known = true;  // false: lost to damage, but for totals that were counted again
  std::vector<FileSummary> files{};
  Damage damage{};
  // Of the inputs that were looked at.
  KindCounts kinds{};
  PlaceSpans spans{};
};

// Takes more inputs into account, in the order of the reel.
void take_in(ReelSummary& summary, std::span<const Input> inputs);

ReelSummary summary_of(const ReadReel& read);

// Inputs that pass by on their way to somebody else, and what they come to.
class SummarizedInputs : public InputSource {
 public:
  explicit SummarizedInputs(InputSource& inputs) : inputs_(inputs) {}

  void rewind() override;
  const Input* next() override;

  // Once they have passed for the first time. `rest` is the reel without them.
  ReelSummary summary(const Reel& rest, const Damage& damage) const;

 private:
  InputSource& inputs_;
  int passes_ = 0;
  TotalsCounter totals_;
  ReelSummary summary_;
};

// The whole summary, many lines, for a terminal: nothing of the reel reaches it unescaped.
std::string summary_text(const ReelSummary& summary, const Console& console);

// How the program ended, in half a sentence: "killed by SIGSEGV after 12.000345 s".
std::string ending_text(const CrashFacts& crash);

// "server+0x1234 free_client": where, and what is there. Escaped.
std::string frame_text(const Frame& frame);

// What salvage, import and others say of the reel they wrote: a line, or the JSON object.
void report_written(Console& console, const std::string& verb, const std::string& path,
                    const ReelSummary& written);

// What was damaged in the file, on stderr. Says nothing of a whole one.
void report_damage(Console& console, const std::string& path, const Damage& damage);

}  // namespace crashreel
