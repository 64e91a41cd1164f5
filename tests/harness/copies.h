// A fork server for a scene, and how many of its copies a test looks at.
#pragma once

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "harness/fork_server.h"
#include "harness/target.h"
#include "tests/harness/tries.h"

namespace crashreel {

inline constexpr int kCopies = 5;

inline Result<ForkServer> serve(const Target& target, const Reel& reel) {
  return ForkServer::start(target, whole_layout(reel, target), kImpatient.hang_ms);
}

}  // namespace crashreel
