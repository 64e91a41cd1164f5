// Models that tests of the report look at.
#pragma once

#include <string>

#include "tools/report/model.h"

namespace crashreel::testing {

// What no page, script or terminal must take for its own.
inline const std::string kHostile =
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\x1b[31m\xff";

inline Input data_of(std::uint64_t seq, std::uint32_t session, const std::string& bytes) {
  return {.seq = seq, .time_ns = seq * 1'000'000, .session = session, .data = bytes};
}

// Two sessions, six inputs, of which the second and the last matter, in part.
inline ReadReel original() {
  ReadReel read;
  Reel& reel = read.reel;
  reel.program.argv = {"./server", "80"};
  reel.program.build_id = "0123abcd";
  reel.crash.signature = {"SIGSEGV",
                          {{"server", "0123abcd", 0x10, "fire"}, {"server", "", 0x20, ""}}};
  reel.inputs = {data_of(0, 1, "PING\n"), data_of(1, 2, "ARM trap\n"), data_of(2, 1, "PING\n"),
                 data_of(3, 1, "PING\n"), data_of(4, 1, "PING\n"),     data_of(5, 2, "FIRE\n")};
  return read;
}

inline ReadReel reduced() {
  ReadReel read = original();
  read.reel.inputs = {data_of(1, 2, "ARM a"), data_of(5, 2, "FIRE\n")};
  return read;
}

inline ReportModel whole_model(Evidence evidence = {}) {
  const ReadReel small = reduced();
  const ReadReel large = original();
  return model_of({&small, "small.reel"}, {&large, "night.reel"}, std::move(evidence));
}

// Everywhere where a text of a stranger can stand.
inline ReportModel hostile_model() {
  ReadReel read = original();
  Reel& reel = read.reel;
  reel.program.argv = {kHostile, kHostile};
  reel.program.executable = reel.program.build_id = kHostile;
  reel.crash.signature = {kHostile, {{kHostile, kHostile, 1, kHostile}}};
  Input opening = data_of(6, 2, kHostile);
  opening.kind = InputKind::kOpen;
  reel.inputs.push_back(opening);
  reel.inputs.push_back(data_of(7, 2, kHostile));
  return model_of({&read, kHostile}, {&read, kHostile}, {});
}

inline std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

}  // namespace crashreel::testing
