// A small language for what came from outside, so that a test shows its scene in one line:
//
//   "1+ 1:GET 2+ 2:SET 1- !11"   session 1 opens, brings GET, 2 opens, brings SET, 1 closes, signal
//   11
//
//   N+  N:bytes  N-     session N opens, brings bytes, closes
//   N-E                 session N closes by the error of that number
//   N>PORT              session N opens, as the program calls that port
//   !text  ~text  %bytes  ?text     signal, clock, random bytes, note, without a session
//   @N  tN  #N     from here on: time N ns, thread N; the next input has seq N
//
// Words are separated by spaces; seq rises by one from 0.
#pragma once

#include <ostream>
#include <sstream>
#include <string>

#include "capture/reel/reel.h"

namespace crashreel {

inline Reel scene(const std::string& text) {
  Reel reel;
  Input next;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    const auto add = [&](InputKind kind, std::uint32_t session, std::string data) {
      next.kind = kind;
      next.session = session;
      next.data = std::move(data);
      reel.inputs.push_back(next);
      ++next.seq;
    };
    const std::string rest = word.substr(1);
    const std::size_t mark = word.find_first_not_of("0123456789");
    const auto session = [&] { return static_cast<std::uint32_t>(std::stoul(word)); };
    switch (word[0]) {
      case '@':
        next.time_ns = std::stoull(rest);
        break;
      case 't':
        next.thread = static_cast<std::uint32_t>(std::stoul(rest));
        break;
      case '#':
        next.seq = std::stoull(rest);
        break;
      case '!':
        add(InputKind::kSignal, kNoSession, rest);
        break;
      case '~':
        add(InputKind::kClock, kNoSession, rest);
        break;
      case '%':
        add(InputKind::kRandom, kNoSession, rest);
        break;
      case '?':
        add(InputKind::kNote, kNoSession, rest);
        break;
      default:
        CRASHREEL_CHECK(mark != 0 && mark != std::string::npos);
        if (word[mark] == '+') add(InputKind::kOpen, session(), "tcp inbound");
        if (word[mark] == '>') {
          add(InputKind::kOpen, session(),
              "tcp outbound 127.0.0.1:1 127.0.0.1:" + word.substr(mark + 1));
        }
        if (word[mark] == ':') add(InputKind::kData, session(), word.substr(mark + 1));
        if (word[mark] == '-') add(InputKind::kClose, session(), word.substr(mark + 1));
    }
  }
  return reel;
}

// How a failing test shows an input.
inline void PrintTo(const Input& input, std::ostream* out) {
  *out << '#' << input.seq << " @" << input.time_ns << " t" << input.thread << ' ' << input.session
       << ' ' << name_of(input.kind) << ':' << input.data.substr(0, 60);
}

inline void mark_prelude(Reel& reel, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) reel.inputs[i].place = Place::kPrelude;
}

// Sections of the facts with something in every field, and something else in the next. They lie in
// a golden file: a field may be added, and none changed.
inline Redaction full_redaction() {
  return {
      .rules = {"1 mask:after", "0 hook"}, .salvage_rules = {"2 drop:regex"}, .masked_facts = 5};
}

inline Keeping full_keeping() {
  return {.known = true,
          .tail_bytes = 1,
          .most_inputs = 2,
          .most_age_ns = 3,
          .beyond_inputs = 4,
          .beyond_age = 5,
          .prelude_bytes = 6,
          .prelude_full = true,
          .heads = 7,
          .head_bytes = 1024,
          .heads_open = 6,
          .heads_full = 5,
          .heads_gapped = 4,
          .heads_refused = 3,
          .pins = 32,
          .pin_bytes = 512,
          .pins_used = 31,
          .pins_refused = 30,
          .pins_missed = 29};
}

inline Lineage full_lineage() {
  return {"session 3 of night.reel", "da39a3ee5e6b4b0d3255bfef95601890afd80709"};
}

// A reel with something in every field.
inline Reel full_reel() {
  Reel reel = scene(
      "#3 @100 1+ 1:hello t2 @90 2+ 2:world #40 @18000000000000000000 t1 1:again ~123 %abc ?note "
      "2- "
      "!11 4294967294:last");
  reel.program = {.kind = TargetKind::kStdin,
                  .executable = "/usr/bin/tool",
                  .argv = {"tool", "", "-x y"},
                  .env = {"LANG=C", "A="},
                  .working_directory = "/tmp",
                  .build_id = "0123abcd",
                  .pid = 4294967295,
                  .start_realtime_ns = 1790000000000000000};
  reel.loss = {.first_kept_seq = 40,
               .overwritten_inputs = 35,
               .overwritten_bytes = 123456,
               .trimmed_inputs = 1,
               .sparse_inputs = 2,
               .cut_payloads = 3,
               .torn_inputs = 4,
               .dropped_inputs = 5,
               .reaches_start = false};
  reel.crash = {.known = true,
                .signal = 11,
                .exit_status = -1,
                .time_ns = 18000000000000000001u,
                .signature = {.kind = "SIGSEGV",
                              .frames = {{"tool", "0123abcd", 0x1234, "parse"},
                                         {"libc.so.6", "", UINT64_MAX, ""}}},
                .signature_from_replay = true};
  reel.files = {{"tool.conf", 0644, "port 1\n"}, {"empty", 0, ""}};
  mark_prelude(reel, 2);
  return reel;
}

// What version 1 could not say.
inline Reel reel_with_places() {
  Reel reel = full_reel();
  reel.inputs[2].place = Place::kHead;
  reel.inputs[3].place = Place::kPinned;
  const std::uint64_t seq = reel.inputs.back().seq;
  reel.inputs.push_back({seq + 1, 8, 1, 3, InputKind::kMasked, "masked"});
  reel.inputs.push_back({seq + 2, 9, 1, 3, InputKind::kDigest, "8 bytes."});
  return reel;
}

}  // namespace crashreel
