// What is in a reel, for machines? The members of the objects that verbs print.
#pragma once

#include "capture/reel/reel.h"
#include "tools/json.h"
#include "tools/reel_summary.h"

namespace crashreel {

Json json_of(const Signature& signature);

// program, crash, kept, lost, redaction, files, large_files, damage; null for what was lost to
// damage.
void add_summary(Json& object, const ReelSummary& summary);

}  // namespace crashreel
