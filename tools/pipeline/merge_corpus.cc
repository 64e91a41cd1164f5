#include "tools/pipeline/merge_corpus.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "capture/base/exec_words.h"
#include "corpus/publish.h"
#include "corpus/seed_codec.h"
#include "corpus/seed_file.h"
#include "corpus/sha1.h"
#include "tools/pipeline/find_program.h"
#include "tools/pipeline/lineage.h"
#include "tools/pipeline/load.h"
#include "tools/pipeline/mine.h"
#include "tools/pipeline/read_file.h"

extern char** environ;  // NOLINT: POSIX has it so

namespace crashreel {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxLogBytes = std::uint64_t{64} << 20;
constexpr std::size_t kShownLogBytes = 1000;

// Gone with everything in it.
class WorkFolder {
 public:
  static Result<WorkFolder> create() {
    std::error_code error;
    std::string path = fs::temp_directory_path(error) / "crashreel-merge.XXXXXX";
    if (!error && ::mkdtemp(path.data()) != nullptr) return WorkFolder(std::move(path));
    return Error{Trouble::kEnvironment, path + ": can't be made a folder: " + std::strerror(errno) +
                                            "; set TMPDIR to another place"};
  }
  WorkFolder(WorkFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkFolder& operator=(WorkFolder&&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  explicit WorkFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Its exit status, or 128 and more for a signal. Both its outputs go to `log`.
Result<int> run_to_log(const std::vector<std::string>& argv, const std::string& log) {
  const std::vector<char*> words = exec_words(argv);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = 0;
  const int failed = ::posix_spawn(&pid, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0)
    return Error{Trouble::kTarget, argv[0] + ": can't be started: " + std::strerror(failed) +
                                       "; name a fuzz target that is built for this machine"};
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return Error{Trouble::kEnvironment, argv[0] + ": was lost"};
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string last_words(const std::string& log) {
  const Result<std::string> text = read_file(log, kMaxLogBytes);
  if (!text) return "";
  return text->substr(text->size() - std::min(text->size(), kShownLogBytes));
}

using Candidates = std::map<std::string, Store::NewSeed>;  // by name

Result<void> mine_into(const std::string& path, std::uint64_t now_ns, Candidates& candidates) {
  const Result<ReadReel> read = load(path);
  if (!read) return read.error();
  const Lineage reel = lineage_of(path);
  for (MinedSeed& seed : mine(read->reel)) {
    Store::NewSeed fresh;
    fresh.reel = decode_seed(seed.bytes);
    fresh.keeps_reel = false;
    fresh.from = {"session " + std::to_string(seed.session) + " of " + reel.origin, reel.parent,
                  now_ns};
    std::string name = sha1_hex(seed.bytes);
    fresh.bytes = std::move(seed.bytes);
    candidates.emplace(std::move(name), std::move(fresh));
  }
  return {};
}

Result<void> write_candidates(const Candidates& candidates, const std::string& folder) {
  std::vector<NewContent> files;
  for (const auto& [name, seed] : candidates) files.push_back({folder + "/" + name, seed.bytes});
  return publish_all(folder, files);
}

Result<void> run_merge(const MergeOptions& options, const Store& store, const WorkFolder& work) {
  const Result<std::string> target = find_program(options.target, "");
  if (!target) return target.error();
  const std::string log = work / "log";
  const Result<int> status =
      run_to_log({*target, "-merge=1", "-artifact_prefix=" + (work / "artifacts/"), work / "merged",
                  store.folder(), work / "candidates"},
                 log);
  if (!status) return status.error();
  if (*status == 0) return {};
  return Error{Trouble::kTarget,
               *target + ": -merge=1 ended with status " + std::to_string(*status) +
                   "; is it a libFuzzer target? Its last words: " + last_words(log)};
}

std::set<std::string> names_in(const std::string& folder) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    names.insert(at->path().filename());
  return names;
}

// What the fuzzer took and the store has not: candidates, and seeds that went by another name.
Result<std::vector<std::string>> add_taken(Store& store, const std::set<std::string>& taken,
                                           const Candidates& candidates, const std::string& merged,
                                           std::uint64_t now_ns) {
  std::vector<Store::NewSeed> fresh;
  std::vector<std::string> names;
  for (const std::string& name : taken) {
    if (is_file(store.path_of(name))) continue;
    names.push_back(name);
    if (const auto mined = candidates.find(name); mined != candidates.end()) {
      fresh.push_back(mined->second);
      continue;
    }
    Result<std::string> bytes = seed_bytes(merged + "/" + name);
    if (!bytes) return bytes.error();
    Store::NewSeed& seed = fresh.emplace_back();
    seed.reel = decode_seed(*bytes);
    seed.from.now_ns = now_ns;
    seed.keeps_reel = false;
    seed.bytes = *std::move(bytes);
  }
  const auto stored = store.add_all(fresh);
  if (!stored) return stored.error();
  return names;
}

}  // namespace

Result<MergeReport> merge(Store& store, const MergeOptions& options) {
  const Result<WorkFolder> work = WorkFolder::create();
  if (!work) return work.error();
  for (const char* folder : {"candidates", "merged", "artifacts"})
    fs::create_directory(*work / folder);
  Candidates candidates;
  for (const std::string& reel : options.mined)
    if (Result<void> done = mine_into(reel, options.now_ns, candidates); !done) return done.error();
  if (Result<void> done = write_candidates(candidates, *work / "candidates"); !done)
    return done.error();
  const Result<Store::Listing> listing = store.list();
  if (!listing) return listing.error();
  if (Result<void> done = run_merge(options, store, *work); !done) return done.error();

  MergeReport report;
  report.before = listing->seeds.size();
  report.candidates = candidates.size();
  const std::string merged = *work / "merged";
  const std::set<std::string> taken = names_in(merged);
  auto added = add_taken(store, taken, candidates, merged, options.now_ns);
  if (!added) return added.error();
  report.added = *std::move(added);
  std::vector<Store::Entry> needless;
  for (const Store::Entry& entry : listing->seeds) {
    if (!entry.signature.kind.empty() || entry.sidecar != Store::Sidecar::kMissing) {
      ++report.reproducers;
    } else if (!taken.contains(entry.name)) {
      needless.push_back(entry);
      report.removed.push_back(entry.name);
    }
  }
  if (Result<void> done = store.remove(needless, /*remember=*/false); !done) return done.error();
  if (Result<void> done = store.rebuild(); !done) return done.error();
  report.after = report.before + report.added.size() - report.removed.size();
  return report;
}

}  // namespace crashreel
