#include "harness/working_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>

#include "capture/base/errno_error.h"
#include "harness/folder_lock.h"

namespace crashreel {
namespace {

namespace fs = std::filesystem;

// What a fork server remembers of its folder; with more the program is started afresh each time.
constexpr std::uint64_t kMostBytes = 16u << 20;
constexpr std::size_t kMostEntries = 1000;
constexpr char kTryPrefix[] = "crashreel-try-";
constexpr int kMostLockAttempts = 3;

// Under its own relative path where it stays within the directory, else under its base name.
fs::path relative_place(const ReelFile& file) {
  const fs::path named = fs::path(file.path).lexically_normal();
  const bool inside = named.is_relative() && !named.empty() && *named.begin() != "..";
  return inside ? named : named.filename();
}

std::optional<std::string> read_whole(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// In place: whoever has the file open sees the old bytes again.
bool write_whole(const std::string& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  return static_cast<bool>(out);
}

std::uint64_t changed_ns(const struct stat& status) {
  return static_cast<std::uint64_t>(status.st_ctim.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(status.st_ctim.tv_nsec);
}

// Everything below a folder, itself not. Sockets are made again by whoever listens on them.
template <typename Each>
bool walk(const std::string& folder, Each&& each) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!entry->is_socket(error) && !each(entry->path().string())) return false;
  }
  return !error;
}

}  // namespace

Result<WorkingDirectory> WorkingDirectory::create(const std::vector<ReelFile>& files) {
  std::error_code error;
  const fs::path temporary = fs::temp_directory_path(error);
  const fs::path base = fs::absolute(error ? fs::path("/tmp") : temporary, error);
  static std::once_flag swept;
  std::call_once(swept, [&] { remove_abandoned(base, kTryPrefix); });
  WorkingDirectory directory;
  // Before it is locked somebody may take it for abandoned; and some file systems have no locks,
  // where nobody takes any for abandoned.
  for (int i = 0; i < kMostLockAttempts && !directory.lock_; ++i) {
    if (!directory.path_.empty()) fs::remove(directory.path_, error);
    std::string path = base / (std::string(kTryPrefix) + "XXXXXX");
    if (::mkdtemp(path.data()) == nullptr) {
      return errno_error(path + ": no directory for a try can be made there",
                         "name a place that can be written in TMPDIR");
    }
    directory.path_ = path;
    directory.lock_ = lock_folder(path);
  }
  for (const ReelFile& file : files) {
    const fs::path place = directory.place_of(file);
    fs::create_directories(place.parent_path(), error);
    if (!write_whole(place, file.bytes)) return errno_error(place.string());
    fs::permissions(place, static_cast<fs::perms>(file.mode & 0777) | fs::perms::owner_read, error);
  }
  return directory;
}

WorkingDirectory::WorkingDirectory(WorkingDirectory&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

WorkingDirectory::~WorkingDirectory() {
  std::error_code error;
  if (!path_.empty()) fs::remove_all(path_, error);
}

std::string WorkingDirectory::place_of(const ReelFile& file) const {
  return path_ + "/" + relative_place(file).string();
}

std::optional<WorkingDirectory::Content> WorkingDirectory::remember() const {
  std::uint64_t bytes = 0;
  Content content;
  const bool all = walk(path_, [&](const std::string& path) {
    struct stat status;
    if (content.size() == kMostEntries || ::lstat(path.c_str(), &status) != 0) return false;
    Entry entry{S_ISDIR(status.st_mode), status.st_ino, changed_ns(status), {}};
    if (!entry.is_folder) {
      bytes += static_cast<std::uint64_t>(status.st_size);
      if (!S_ISREG(status.st_mode) || bytes > kMostBytes) return false;
      auto read = read_whole(path);
      if (!read) return false;
      entry.bytes = std::move(*read);
    }
    content.emplace(path, std::move(entry));
    return true;
  });
  if (!all) return std::nullopt;
  return content;
}

bool WorkingDirectory::restore(Content& content) {
  std::vector<std::string> added;
  std::size_t seen = 0;
  const bool same = walk(path_, [&](const std::string& path) {
    const auto known = content.find(path);
    if (known == content.end()) {
      added.push_back(path);
      return true;
    }
    Entry& entry = known->second;
    ++seen;
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0 || status.st_ino != entry.inode) return false;
    if (entry.is_folder || changed_ns(status) == entry.changed_ns) return true;
    if (!write_whole(path, entry.bytes) || ::lstat(path.c_str(), &status) != 0) return false;
    entry.changed_ns = changed_ns(status);
    return true;
  });
  std::error_code error;
  for (const std::string& path : added) fs::remove_all(path, error);
  return same && seen == content.size();
}

}  // namespace crashreel
