// crashreel replay --build A --build B: one reel on several builds, as a table of verdicts.
#pragma once

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

class Arguments;
class Console;

// The verb's exit status: 0 when every build gave an answer.
Result<int> replay_on_builds(const Reel& reel, const Arguments& arguments, Console& console);

}  // namespace crashreel
