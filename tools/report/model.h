// What does a report tell of a reel?
//
// Everything that any of its forms shows, as plain values: the writers (html.h, json.h, sarif.h,
// trace.h) lay it out and look nothing up. It comes from the reel; from the reel that this one was
// minimized from, if that is given; and from what other verbs answered of it (evidence.h). What
// none of these knows is left out, and said. All text is bytes of strangers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "capture/reel/reel_reader.h"
#include "tools/report/diff.h"
#include "tools/report/evidence.h"

namespace crashreel {

// One input in the narrow sense.
struct ReportInput {
  std::uint64_t seq = 0;
  std::uint64_t time_ns = 0;  // since the program's start
  std::uint32_t session = kNoSession;
  std::uint32_t bytes = 0;  // of its payload, in the reel that the lanes are of
  bool is_kept = true;      // is in the reel that the report is of
  bool is_signal = false;
};

struct ReportSession {
  std::uint32_t session = kNoSession;  // kNoSession: signals
  std::string opening;                 // "tcp inbound ..."; may be empty
  std::uint64_t inputs = 0;
  std::uint64_t kept = 0;
};

// What is left of an input, beside what it was.
struct ReportPayload {
  std::size_t input = 0;  // in ReportModel::inputs
  std::uint64_t bytes = 0;
  std::vector<DiffRun> runs;  // at most kShownPayload bytes
  bool is_cut = false;
};

inline constexpr std::size_t kShownPayloads = 200;
inline constexpr std::size_t kShownPayload = 4096;
inline constexpr std::size_t kShownBytes = 96 << 10;  // of all together

struct ReportModel {
  std::string reel_path;
  std::optional<std::string> original_path;
  Program program;
  CrashFacts crash;
  Loss loss;
  Evidence evidence;

  std::vector<ReportInput> inputs;      // by seq; of the original where there is one
  std::vector<ReportSession> sessions;  // in the order of their first inputs
  std::vector<ReportPayload> payloads;  // of the inputs that are left, from the end backwards as
                                        // far as they are shown, by seq
  std::uint64_t kept_inputs = 0;
  std::uint64_t kept_bytes = 0;
  std::uint64_t all_bytes = 0;
  std::uint64_t damaged_inputs = 0;
  std::vector<std::string> not_known;  // sentences: what is missing and what would tell it
  std::string reproduce;               // commands, one a line; escaped for a shell
};

struct ReportSource {
  const ReadReel* read = nullptr;
  std::string path;
};

// `original.read` may be null.
ReportModel model_of(const ReportSource& reel, const ReportSource& original, Evidence evidence);

}  // namespace crashreel
