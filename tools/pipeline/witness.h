// What does a build with a sanitizer say of a reel?
//
// It stops at the damage, where the plain program goes on until it stumbles: the input that is in
// flight then is the earliest that is known to do harm.
#pragma once

#include <string>

#include "capture/base/result.h"
#include "capture/reel/reel.h"
#include "tools/pipeline/blame.h"

namespace crashreel {

// The program takes the reel's own arguments. That it can't be started is the witness's obstacle,
// not an error.
Result<Witness> ask_witness(const Reel& reel, const std::string& program, int tries, int jobs);

// The reel's arguments for another program of the same kind.
std::vector<std::string> arguments_for(const Reel& reel, const std::string& program);

}  // namespace crashreel
