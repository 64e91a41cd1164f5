#include "tools/pipeline/reel_shelf.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "capture/base/owned_fd.h"
#include "capture/reel/reel_format.h"
#include "capture/reel/reel_writer.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;
using std::chrono::system_clock;

constexpr std::string_view kSuffix = ".reel";

Error trouble(const std::string& path, const std::string& what) {
  return {Trouble::kEnvironment, path + ": " + what};
}

std::string folder_of(const std::string& path) {
  const std::string folder = fs::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

bool is_folder(const std::string& path) {
  std::error_code ignored;
  return path.ends_with('/') || fs::is_directory(path, ignored);
}

// Nobody else changes this folder's shelves as long as the lock lives.
Result<OwnedFd> lock_folder(const std::string& folder) {
  OwnedFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) {
    return trouble(folder, std::string("no reel can be put there: ") + std::strerror(errno) +
                               "; make the folder or choose another");
  }
  // Not every file system has locks; there two recorders of one program may count wrongly.
  while (::flock(fd.get(), LOCK_EX) != 0 && errno == EINTR) {
  }
  return fd;
}

enum class There { kNothing, kReel, kSomethingElse };

// An empty file is nothing: that is how a name is reserved.
There look(const std::string& path) {
  struct stat file;
  if (::lstat(path.c_str(), &file) != 0) return There::kNothing;
  if (!S_ISREG(file.st_mode)) return There::kSomethingElse;
  if (file.st_size == 0) return There::kNothing;
  std::string magic(kReelMagic.size(), '\0');
  std::ifstream(path, std::ios::binary)
      .read(magic.data(), static_cast<std::streamsize>(magic.size()));
  return magic == kReelMagic ? There::kReel : There::kSomethingElse;
}

system_clock::time_point written_at(const std::string& path) {
  struct stat file = {};
  ::lstat(path.c_str(), &file);
  return system_clock::time_point(std::chrono::duration_cast<system_clock::duration>(
      std::chrono::seconds(file.st_mtim.tv_sec) + std::chrono::nanoseconds(file.st_mtim.tv_nsec)));
}

// The reels that are there, newest first, in the way that belongs to the shelf's kind.
class Places {
 public:
  virtual ~Places() = default;
  virtual const std::string& folder() const = 0;
  virtual Result<std::vector<std::string>> reels() const = 0;
  // Frees the new reel's name and leaves `keep - 1` others.
  virtual Result<std::string> make_room(std::vector<std::string> reels) const = 0;
};

// FILE.reel, FILE.1.reel, ...
class NumberedPlaces : public Places {
 public:
  explicit NumberedPlaces(const ReelShelf& shelf) : shelf_(shelf), folder_(folder_of(shelf.path)) {}

  const std::string& folder() const override { return folder_; }

  Result<std::vector<std::string>> reels() const override {
    std::vector<std::string> found;
    for (std::uint64_t i = 0; i < shelf_.keep || look(name(i)) == There::kReel; ++i) {
      const There there = look(name(i));
      if (there == There::kSomethingElse) {
        return trouble(name(i), "is in the way and is no reel; move it, or name another file");
      }
      if (there == There::kReel) found.push_back(name(i));
    }
    return found;
  }

  Result<std::string> make_room(std::vector<std::string> reels) const override {
    while (reels.size() >= shelf_.keep) {
      if (::unlink(reels.back().c_str()) != 0) return failed(reels.back(), "removed");
      reels.pop_back();
    }
    for (std::size_t i = reels.size(); i > 0; --i) {
      if (reels[i - 1] == name(i)) continue;
      if (::rename(reels[i - 1].c_str(), name(i).c_str()) != 0) {
        return failed(reels[i - 1], "renamed");
      }
    }
    return shelf_.path;
  }

 private:
  std::string name(std::uint64_t number) const {
    if (number == 0) return shelf_.path;
    std::string stem = shelf_.path;
    const bool has_suffix = stem.ends_with(kSuffix);
    if (has_suffix) stem.resize(stem.size() - kSuffix.size());
    return stem + "." + std::to_string(number) + (has_suffix ? std::string(kSuffix) : "");
  }

  static Error failed(const std::string& path, const char* what) {
    return trouble(path, std::string("an older reel can't be ") + what + ": " +
                             std::strerror(errno) + "; see to its folder's permissions");
  }

  const ReelShelf& shelf_;
  std::string folder_;
};

// FOLDER/PROGRAM-20261125T141500.123Z-PID.reel: the order of the names is that of time.
class DatedPlaces : public Places {
 public:
  DatedPlaces(const ReelShelf& shelf, std::uint32_t pid, system_clock::time_point now)
      : shelf_(shelf), folder_(shelf.path), stem_(stamp(now) + "-" + std::to_string(pid)) {
    while (folder_.size() > 1 && folder_.ends_with('/')) folder_.pop_back();
  }

  const std::string& folder() const override { return folder_; }

  Result<std::vector<std::string>> reels() const override {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
      const std::string name = entry.path().filename();
      if (is_ours(name) && look(folder_ + "/" + name) == There::kReel) {
        found.push_back(folder_ + "/" + name);
      }
    }
    if (error) return trouble(folder_, "can't be listed: " + error.message());
    std::sort(found.rbegin(), found.rend());
    return found;
  }

  Result<std::string> make_room(std::vector<std::string> reels) const override {
    while (reels.size() >= shelf_.keep) {
      if (::unlink(reels.back().c_str()) != 0) {
        return trouble(reels.back(), std::string("an older reel can't be removed: ") +
                                         std::strerror(errno) +
                                         "; see to its folder's permissions");
      }
      reels.pop_back();
    }
    std::string path = prefix() + stem_;
    for (int i = 1; look(path + std::string(kSuffix)) != There::kNothing; ++i) {
      path = prefix() + stem_ + "-" + std::to_string(i);
    }
    return path + std::string(kSuffix);
  }

 private:
  static constexpr std::string_view kPattern = "00000000T000000.000Z-";

  static std::string stamp(system_clock::time_point now) {
    const std::time_t seconds =
        system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(now));
    const auto rest = now - std::chrono::floor<std::chrono::seconds>(now);
    std::tm date = {};
    ::gmtime_r(&seconds, &date);
    char day[32];
    std::strftime(day, sizeof day, "%Y%m%dT%H%M%S", &date);
    char text[48];
    std::snprintf(text, sizeof text, "%s.%03dZ", day,
                  static_cast<int>(std::chrono::floor<std::chrono::milliseconds>(rest).count()));
    return text;
  }

  std::string prefix() const { return folder_ + "/" + shelf_.program + "-"; }

  // PROGRAM-, digits where the pattern has some, and behind it only what we append.
  bool is_ours(std::string_view name) const {
    if (!name.starts_with(shelf_.program + "-") || !name.ends_with(kSuffix)) return false;
    name.remove_prefix(shelf_.program.size() + 1);
    name.remove_suffix(kSuffix.size());
    if (name.size() <= kPattern.size()) return false;
    for (std::size_t i = 0; i < kPattern.size(); ++i) {
      const bool digit = name[i] >= '0' && name[i] <= '9';
      if (kPattern[i] == '0' ? !digit : name[i] != kPattern[i]) return false;
    }
    return name.substr(kPattern.size()).find_first_not_of("0123456789-") == std::string_view::npos;
  }

  const ReelShelf& shelf_;
  std::string folder_;
  std::string stem_;
};

// Why this would be one reel too many.
std::optional<std::string> loop_text(const ReelShelf& shelf, const std::vector<std::string>& reels,
                                     system_clock::time_point now) {
  if (shelf.loop_time.count() == 0 || reels.size() < shelf.keep) return std::nullopt;
  const auto young = std::count_if(reels.begin(), reels.end(), [&](const std::string& path) {
    return written_at(path) > now - shelf.loop_time;
  });
  if (static_cast<std::uint64_t>(young) < shelf.keep) return std::nullopt;
  return "it crashes in a loop: " + std::to_string(young) + " reels were written within the last " +
         std::to_string(std::chrono::ceil<std::chrono::seconds>(shelf.loop_time).count()) +
         " s, the newest is " + reels.front();
}

Result<Shelved> shelve_in(const Places& places, const Reel& rest, InputSource& inputs,
                          const ReelShelf& shelf, system_clock::time_point now) {
  const Result<OwnedFd> lock = lock_folder(places.folder());
  if (!lock) return lock.error();
  const auto reels = places.reels();
  if (!reels) return reels.error();
  if (auto loop = loop_text(shelf, *reels, now)) return Shelved{"", std::move(*loop)};
  // Under the lock nobody else uses this name.
  const std::string aside = places.folder() + "/." + shelf.program + ".new" + std::string(kSuffix);
  if (const auto written = write_reel(rest, inputs, aside); !written) return written.error();
  Result<std::string> path = places.make_room(*reels);
  if (path && ::rename(aside.c_str(), path->c_str()) != 0) {
    path = trouble(*path, std::string("can't get its name: ") + std::strerror(errno));
  }
  if (!path) {
    ::unlink(aside.c_str());
    return path.error();
  }
  ::fsync(lock->get());
  return Shelved{std::move(*path), ""};
}

}  // namespace

Result<Shelved> shelve(const Reel& rest, InputSource& inputs, const ReelShelf& shelf,
                       std::uint32_t pid, system_clock::time_point now) {
  if (is_folder(shelf.path)) {
    return shelve_in(DatedPlaces(shelf, pid, now), rest, inputs, shelf, now);
  }
  return shelve_in(NumberedPlaces(shelf), rest, inputs, shelf, now);
}

std::string folder_of_shelf(const std::string& path) {
  return is_folder(path) ? path : folder_of(path);
}

}  // namespace crashreel
