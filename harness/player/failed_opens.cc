#include "harness/player/failed_opens.h"

#include <errno.h>
#include <string.h>

#include <atomic>

namespace crashreel::player {
namespace {

std::atomic<ScriptHeader*> script{nullptr};

bool is_known(const ScriptHeader& header, std::uint32_t count, const char* path) {
  for (std::uint32_t i = 0; i < count && i < kMostFailedOpens; ++i) {
    if (::strcmp(header.failed_open[i].path, path) == 0) return true;
  }
  return false;
}

}  // namespace

void note_failed_opens_in(ScriptHeader* given) {
  script.store(given, std::memory_order_release);
}

void note_failed_open(const char* path) {
  ScriptHeader* const header = script.load(std::memory_order_acquire);
  const bool is_meant = errno == ENOENT || errno == EACCES || errno == EROFS;
  if (header == nullptr || path == nullptr || !is_meant) return;
  const std::size_t size = ::strnlen(path, kMaxFailedPath);
  const std::uint32_t before = header->failed_opens.load(std::memory_order_relaxed);
  if (size == kMaxFailedPath || before >= kMostFailedOpens || is_known(*header, before, path)) {
    return;
  }
  const std::uint32_t mine = header->failed_opens.fetch_add(1, std::memory_order_relaxed);
  if (mine >= kMostFailedOpens) return;
  header->failed_open[mine].error = errno;
  ::memcpy(header->failed_open[mine].path, path, size + 1);
}

}  // namespace crashreel::player
