#include "tools/pipeline/why_not.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "capture/base/owned_fd.h"
#include "capture/runtime/output_digest.h"
#include "tools/pipeline/redaction.h"
#include "tools/pipeline/tail_edge.h"

namespace crashreel {
namespace {

std::string counted_text(std::size_t number, const std::string& one) {
  const char* const ending = number == 1 ? "" : one.ends_with('s') ? "es" : "s";
  return std::to_string(number) + " " + one + ending;
}

// Null where it can't be read.
std::optional<std::uint64_t> digest_of(const std::string& path) {
  const OwnedFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return std::nullopt;
  OutputDigest digest;
  std::vector<char> piece(64 << 10);
  for (;;) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return digest.value();
    digest.add(piece.data(), static_cast<std::size_t>(got));
  }
}

std::uint64_t modified_ns(const struct stat& file) {
  return static_cast<std::uint64_t>(file.st_mtim.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(file.st_mtim.tv_nsec);
}

// The recorder digests no file of that size; a reel may say anything.
constexpr std::uint64_t kMostDigested = 1 << 30;
constexpr const char* kLayItThere = ": lay it there as it was then, or its state is not the same";

}  // namespace

std::string lost_openings_hint(const Reel& reel) {
  if (reel.loss.reaches_start) return "";
  // A ring that keeps no heads may still have the openings, and nothing of what followed.
  const bool keeps_heads = !reel.keeping.known || reel.keeping.heads != 0;
  std::unordered_set<std::uint32_t> opened;
  std::unordered_map<std::uint32_t, std::uint64_t> lost;  // by session, its first input
  const Input* first = nullptr;
  for (const Input& input : reel.inputs) {
    const bool is_followed = keeps_heads || input.place != Place::kHead;
    if (input.kind == InputKind::kOpen && is_followed) opened.insert(input.session);
    if (input.kind != InputKind::kData || opened.contains(input.session)) continue;
    if (!lost.emplace(input.session, input.seq).second) continue;
    if (first == nullptr) first = &input;
  }
  if (first == nullptr) return "";
  return counted_text(lost.size(), "session") + (lost.size() == 1 ? " has" : " have") +
         " lost the beginning, the first is session " + std::to_string(first->session) +
         " at input " + std::to_string(first->seq) +
         ": what was said there (log-in, choice of a database) is missing; record with room for "
         "heads (--heads), or a larger --ring";
}

std::string changed_program_hint(const Reel& reel, const Target& target) {
  const std::string& then = reel.program.build_id;
  if (target.executable != reel.program.executable || then.empty() || target.build_id.empty() ||
      then == target.build_id) {
    return "";
  }
  return target.executable + " has changed since: its build id was " + then + " and is " +
         target.build_id + "; give the build that crashed: -- PROGRAM ARGS";
}

std::string changed_file_hint(const FileDigest& file) {
  const std::string had = file.path + ", " + counted_text(file.bytes, "byte") +
                          ", which the program had read at its start, ";
  if (!file.path.starts_with('/')) {
    return had + "is not where a try runs: name it by its whole path in the program's arguments";
  }
  struct stat now{};
  if (::stat(file.path.c_str(), &now) != 0) return had + "is not here" + kLayItThere;
  const auto bytes = static_cast<std::uint64_t>(now.st_size);
  if (bytes != file.bytes) {
    return had + "has " + counted_text(bytes, "byte") + " now" + kLayItThere;
  }
  if (!S_ISREG(now.st_mode)) return had + "is no file now" + kLayItThere;
  if (file.digest && bytes <= kMostDigested) {
    const auto digest = digest_of(file.path);
    if (!digest) return had + "can't be read here" + kLayItThere;
    return *digest == *file.digest ? "" : had + "has another content now" + kLayItThere;
  }
  if (modified_ns(now) == file.modified_realtime_ns) return "";
  return had + "was changed at another time and may have another content" + kLayItThere;
}

std::string outside_hint(const Target& target) {
  if (!target.from_outside) return "";
  return target.executable +
         " was fed from outside: its clock was the real one, pauses of the reel were none, and its "
         "random bytes were others than in production; if the crash needs one of these, replay a "
         "dynamically linked build: -- PROGRAM ARGS";
}

std::string no_times_hint(const Reel& reel) {
  const bool has_times =
      std::ranges::any_of(reel.inputs, [](const Input& input) { return input.time_ns != 0; });
  if (has_times || reel.inputs.size() < 2) return "";
  return "the reel does not say when its inputs came, so that no time passes between them and a "
         "try "
         "has some date of ours: where the crash needs a date or a pause, record, or import with "
         "'time_ns' for each input";
}

std::string race_hint(const Reel& reel, const std::vector<const Input*>& answered_otherwise) {
  constexpr const char* kDo =
      "ask for more tries (--tries 100), and of a build with ThreadSanitizer (--build)";
  if (!answered_otherwise.empty()) {
    const Input& first = *answered_otherwise.front();
    return counted_text(answered_otherwise.size(), "input") +
           (answered_otherwise.size() == 1 ? " is" : " are") +
           " answered differently by two tries of the same chance and date, the first is input " +
           std::to_string(first.seq) + " in session " + std::to_string(first.session) +
           ": threads that race decide, or addresses, or what only the processor counts; " + kDo;
  }
  const bool has_crash = reel.crash.signal != 0 || !reel.crash.signature.kind.empty();
  std::unordered_set<std::uint32_t> threads;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kData) threads.insert(input.thread);
  }
  if (!has_crash || threads.size() < 2) return "";
  return counted_text(threads.size(), "thread") +
         " took in what came, and of these only the order of their reading is repeated: if they "
         "race, "
         "the crash is a matter of chance; " +
         kDo;
}

std::string missed_file_hint(const Reel& reel, const Outcome& outcome) {
  const std::filesystem::path folder = reel.program.working_directory;
  const auto place = [&](const std::string& path) { return (folder / path).lexically_normal(); };
  std::set<std::filesystem::path> had;
  for (const ReelFile& file : reel.files) had.insert(place(file.path));
  for (const FileDigest& file : reel.file_digests) had.insert(place(file.path));
  const MissedFile* first = nullptr;
  std::size_t count = 0;
  for (const MissedFile& file : outcome.missed_files) {
    if (!had.contains(place(file.path))) continue;
    if (count++ == 0) first = &file;
  }
  if (first == nullptr) return "";
  return counted_text(count, "file") + " that the program had read in production could not be " +
         "opened in the try, the first is " + first->path + " (" + std::strerror(first->error) +
         "): lay it there as it was then; of /tmp, /var/tmp, /run and /dev/shm a try sees nothing "
         "of yours, but where it is an argument of its own of the program it has the reel's";
}

std::string undelivered_hint(const Outcome& outcome) {
  if (outcome.undelivered == 0) return "";
  std::string first;
  if (outcome.first_undelivered != nullptr) {
    first = ", the first is input " + std::to_string(outcome.first_undelivered->seq) +
            " in session " + std::to_string(outcome.first_undelivered->session);
  }
  return counted_text(outcome.undelivered, "input") + " found nobody to read " +
         (outcome.undelivered == 1 ? "it" : "them") + first +
         ": the program had ended the session, which in production it had not; see where its "
         "answers first differ, and what came before";
}

std::string unanswered_hint(const Outcome& outcome) {
  if (outcome.unanswered == 0) return "";
  return counted_text(outcome.unanswered, "connection") + " that the program opened " +
         (outcome.unanswered == 1 ? "was" : "were") + " refused, the first to " +
         outcome.first_unanswered +
         ": the reel has no answer for it; record with the recorder, or with a ring (--ring) that "
         "reaches back to where the program was connected";
}

std::string unwatched_hint(const Outcome& outcome) {
  if (outcome.unwatched == 0) return "";
  return counted_text(outcome.unwatched, "process") +
         " that the program forked, beyond 64 at a time or beside threads of its own," +
         (outcome.unwatched == 1 ? " was" : " were") +
         " not waited for, and inputs may have come too early for them: let the program serve in "
         "fewer processes, if it can be told to";
}

std::string made_random_hint(const Outcome& outcome) {
  if (outcome.made_random == 0) return "";
  return counted_text(static_cast<std::size_t>(outcome.made_random), "random byte") +
         " that the program drew " + (outcome.made_random == 1 ? "is" : "are") +
         " not in the reel and came of a seed: what clients repeat of them (tokens, names of "
         "sessions) fits nothing; record with the recorder, or look at what they are used for";
}

std::string real_times_hint(const Outcome& outcome) {
  if (outcome.real_times == 0) return "";
  return "the program asked " +
         (outcome.real_times == 1 ? "once" : counted_text(outcome.real_times, "time")) +
         " for processor time, or for a timer by it, which no replay has as it was: if the crash "
         "may depend on what was measured, set the limits that it was held against wide or narrow";
}

std::string unread_hint(const Outcome& outcome) {
  if (outcome.unread.empty()) return "";
  const Input& first = *outcome.unread.front();
  return counted_text(outcome.unread.size(), "input") +
         (outcome.unread.size() == 1 ? " was" : " were") +
         " given and never read, the first is input " + std::to_string(first.seq) + " in session " +
         std::to_string(first.session) +
         ": the program waits for something else, which production had: another session, a signal, "
         "a service that it calls";
}

std::string echo_hint(const std::optional<Echo>& echo) {
  if (!echo) return "";
  const std::string others =
      echo->words > 1 ? " (and there are " + std::to_string(echo->words - 1) + " more)" : "";
  return "input " + std::to_string(echo->by->seq) + " in session " +
         std::to_string(echo->by->session) + " repeats " + std::to_string(echo->word.size()) +
         " characters that this replay never issued" + others + ": production " +
         (echo->is_certain ? "answered" : "seems to have answered") + " input " +
         std::to_string(echo->issued->seq) +
         " with them, the replay with others, which chance or the clock makes; record the random "
         "bytes (crashreel record), or have the input say what the replay issues (crashreel show "
         "--jsonl, then import)";
}

std::vector<std::string> why_not(const Reel& reel, const Target& target) {
  std::vector<std::string> hints = {masked_hint(reel), lost_openings_hint(reel),
                                    tail_edge_hint(reel), changed_program_hint(reel, target),
                                    outside_hint(target)};
  for (const FileDigest& file : reel.file_digests) hints.push_back(changed_file_hint(file));
  std::erase(hints, "");
  return hints;
}

}  // namespace crashreel
