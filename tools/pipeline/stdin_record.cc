#include "tools/pipeline/stdin_record.h"

#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>

#include "capture/runtime/crashreel.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_attach.h"
#include "tools/pipeline/recorded_run.h"

namespace crashreel {
namespace {

ino_t inode_of(const std::string& path) {
  struct stat file;
  return ::stat(path.c_str(), &file) == 0 ? file.st_ino : 0;
}

}  // namespace

StdinRecord::~StdinRecord() {
  ring::detach();
}

int StdinRecord::attach(const std::string& ring_path) {
  attached_to_ = inode_of(ring_path);
  return ring::attach(ring_path.c_str(),
                      {.rules = redact_rules_.c_str(), .key = std::getenv("CRASHREEL_REDACT_KEY")});
}

void StdinRecord::note(InputKind kind, std::string_view bytes) {
  if (kind == InputKind::kOpen) {  // which may be overwritten one day
    const auto fed_by = static_cast<char>(TargetKind::kStdin);
    ring::add_fact(ring::Fact::kTargetKind, {&fed_by, sizeof fed_by, true});
  }
  crashreel_record(static_cast<std::uint32_t>(kind), kStdinSession, bytes.data(), bytes.size());
}

bool StdinRecord::was_left_behind(const std::string& ring_path) const {
  return attached_to_ && *attached_to_ != inode_of(ring_path);
}

}  // namespace crashreel
