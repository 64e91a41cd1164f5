#include "tools/pipeline/sources.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>

#include "harness/served.h"
#include "harness/signature.h"

namespace crashreel {
namespace {

std::uint64_t number_at(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string first_words(std::string_view opening) {
  std::size_t end = opening.find(' ');
  if (end != std::string_view::npos) end = opening.find(' ', end + 1);
  return std::string(opening.substr(0, end));
}

// "NANOSECONDS CLOCK".
const char* clock_name(std::string_view data) {
  const std::size_t space = data.find(' ');
  switch (space == std::string_view::npos ? CLOCK_REALTIME : number_at(data.substr(space + 1))) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      return "clock: real time";
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
      return "clock: monotonic";
    default:
      return "clock: processor time";
  }
}

// A place for each name, in the order in which they came.
class Tally {
 public:
  Source& at(const std::string& name, const char* unit) {
    const auto found = std::find_if(sources_.begin(), sources_.end(),
                                    [&](const Source& source) { return source.name == name; });
    if (found != sources_.end()) return *found;
    sources_.push_back({.name = name, .unit = unit});
    return sources_.back();
  }
  std::vector<Source> take() { return std::move(sources_); }

 private:
  std::vector<Source> sources_;
};

void add_sessions(const Reel& reel, Tally& tally) {
  std::unordered_map<std::uint32_t, const std::string*> openings;  // the last says most
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kOpen) openings[input.session] = &input.data;
  }
  std::map<std::string, std::pair<std::uint64_t, bool>> kinds;
  for (const auto& [session, opening] : openings) {
    auto& [count, served] = kinds.try_emplace(first_words(*opening), 0, true).first->second;
    ++count;
    // A replay of a program that reads standard input feeds it.
    const bool is_stdin = reel.program.kind == TargetKind::kStdin && opening->starts_with("stdin");
    served = served && (is_served(*opening) || is_stdin);
  }
  for (const auto& [kind, found] : kinds) {
    Source& source = tally.at(kind.empty() ? "sessions" : kind, "session");
    source.seen = found.first;
    source.replayed = found.second;
    if (!source.replayed) {
      source.remark = kind.ends_with("outbound")
                          ? "in a replay the program calls the real service, if it reaches it"
                          : "a replay passes such sessions over";
    }
  }
}

void add_hidden(const Input& input, Tally& tally) {
  switch (input.kind) {
    case InputKind::kClock: {
      const std::string name = clock_name(input.data);
      Source& source = tally.at(name, "look");
      ++source.seen;
      if (name == "clock: processor time") {
        source.replayed = false;
        source.remark = "how fast the machine is shows in it";
      }
      break;
    }
    case InputKind::kRandom: {
      tally.at("random bytes", "byte").seen += input.data.size();
      break;
    }
    case InputKind::kSignal: {
      const auto number = static_cast<int>(number_at(input.data));
      ++tally.at("signal " + signal_name(number), "signal").seen;
      break;
    }
    case InputKind::kMasked: {
      Source& source = tally.at("masked inputs", "input");
      ++source.seen;
      source.replayed = false;
      source.remark = "a replay gives what is left of them";
      break;
    }
    case InputKind::kNote:
      if (input.data.starts_with("not recorded: ")) {
        Source& source = tally.at("taken by splice or tee", "note");
        ++source.seen;
        source.recorded = source.replayed = false;
        source.remark = input.data;
      }
      break;
    default:
      break;
  }
}

void add_program(const Reel& reel, Tally& tally) {
  if (!reel.files.empty()) tally.at("files that travel", "file").seen = reel.files.size();
  if (!reel.file_digests.empty()) {
    Source& source = tally.at("larger files", "file");
    source.seen = reel.file_digests.size();
    source.replayed = false;
    source.remark = "known by digest: a replay needs them in their places, the first is " +
                    reel.file_digests.front().path;
  }
  if (!reel.program.env.empty()) {
    tally.at("environment", "variable").seen = reel.program.env.size();
  }
}

}  // namespace

std::vector<Source> sources_in(const Reel& reel) {
  Tally tally;
  add_sessions(reel, tally);
  std::set<std::uint32_t> threads;
  std::uint64_t inputs = 0;
  for (const Input& input : reel.inputs) {
    add_hidden(input, tally);
    if (!counts_as_input(input.kind)) continue;
    ++inputs;
    threads.insert(input.thread);
  }
  if (inputs != 0) tally.at("times of delivery", "input").seen = inputs;
  if (threads.size() > 1) {
    Source& source = tally.at("threads that take inputs", "thread");
    source.seen = threads.size();
    source.remark =
        "their order is that of the reads, not of what they do in memory: where they "
        "race, a crash may need many tries";
  }
  add_program(reel, tally);
  return tally.take();
}

std::vector<Source> sources_in(const ProcessLook& look, const Reel& reel) {
  std::vector<Source> sources;
  for (const Unrecorded& found : look.unrecorded) {
    sources.push_back({.name = found.where.empty() ? found.what : found.what + " " + found.where,
                       .seen = found.count,
                       .unit = "place",
                       .recorded = false,
                       .replayed = false,
                       .remark = found.remark});
  }
  if (look.children != 0) {
    sources.push_back({.name = "child processes",
                       .seen = look.children,
                       .unit = "process",
                       .replayed = false,
                       .remark = "what they take in is recorded; a replay follows the first "
                                 "process only"});
  }
  std::set<std::uint32_t> open;  // sessions over TCP
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kOpen && input.data.starts_with("tcp")) open.insert(input.session);
    if (input.kind == InputKind::kClose) open.erase(input.session);
  }
  if (look.connections > open.size() && reel.loss.reaches_start) {
    sources.push_back({.name = "connections that no call told of",
                       .seen = look.connections - open.size(),
                       .unit = "connection",
                       .recorded = false,
                       .replayed = false,
                       .remark = "they were made by raw system calls, or were there before the "
                                 "program was: give it plain calls, or record by crashreel.h"});
  }
  return sources;
}

}  // namespace crashreel
