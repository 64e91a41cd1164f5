#include "tools/pipeline/take_ring.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "harness/core_dump.h"
#include "harness/signature.h"

namespace crashreel {
namespace {

// The player's form, which the harness understands. Some hundred KiB: not for a stack.
std::unique_ptr<ScriptCrash> as_script_crash(const RingCrash& crash) {
  auto script = std::make_unique<ScriptCrash>();
  script->signal = crash.signal;
  script->code = crash.code;
  script->address = crash.address;
  script->stack_pointer = crash.stack_pointer;
  const auto frames = std::min<std::size_t>(crash.frames.size(), kMaxCrashFrames);
  std::copy_n(crash.frames.begin(), frames, script->frames);
  script->frame_count = static_cast<std::uint32_t>(frames);
  const auto maps = std::min<std::size_t>(crash.maps.size(), kMaxCrashMaps);
  std::copy_n(crash.maps.begin(), maps, script->maps);
  script->maps_size = static_cast<std::uint32_t>(maps);
  const auto stack = std::min<std::size_t>(crash.stack.size(), kMaxCrashStack);
  std::copy_n(crash.stack.begin(), stack, script->stack);
  script->stack_size = static_cast<std::uint32_t>(stack);
  return script;
}

void add_frames(const RingCrash& crash, Reel& reel) {
  const Program& program = reel.program;
  const std::string name =
      std::filesystem::path(program.argv.empty() ? program.executable : program.argv.front())
          .filename();
  reel.crash.signature = signature_of(*as_script_crash(crash), program.executable, name);
}

Result<TakenRing> with_frames(Result<SalvagedRing> salvaged, const std::string& path) {
  if (!salvaged) return salvaged.error();
  TakenRing taken{std::move(*salvaged), read_ring_crash(path)};
  Reel& reel = taken.ring.reel;
  if (taken.crash && is_end(*taken.crash, reel.crash)) add_frames(*taken.crash, reel);
  return taken;
}

}  // namespace

Result<TakenRing> take_ring(const std::string& path) {
  return with_frames(scan_ring(path), path);
}

Result<TakenRing> take_live_ring(const std::string& path, const std::string& scratch_folder) {
  return with_frames(scan_live_ring(path, scratch_folder), path);
}

Result<void> add_core_dump(const std::string& path, TakenRing& taken) {
  const Result<CoreDump> dump = read_core_dump(path);
  if (!dump) return dump.error();
  Reel& reel = taken.ring.reel;
  if (dump->pid != reel.program.pid) {
    return Error{Trouble::kUsage, path + ": is of process " + std::to_string(dump->pid) +
                                      ", and the ring of " + std::to_string(reel.program.pid) +
                                      "; name the dump of the same process"};
  }
  if (!is_end(dump->crash, reel.crash)) {
    return Error{Trouble::kUsage, path + ": tells of " + signal_name(dump->crash.signal) +
                                      ", of which the program did not die; name the dump of "
                                      "its end"};
  }
  if (!reel.crash.signature.frames.empty()) return {};
  if (!reel.crash.known) reel.crash.signal = dump->crash.signal;
  if (!reel.crash.code) reel.crash.code = dump->crash.code;
  if (!reel.crash.address && has_address(dump->crash)) reel.crash.address = dump->crash.address;
  add_frames(dump->crash, reel);
  return {};
}

}  // namespace crashreel
