// What can a recording be told on the command line, and what does that mean?
//
// The table that help shows and the reading of it, side by side: a new option has its entry and its
// reading here. What a recording then does is another's affair (pipeline/record.h).
#pragma once

#include <vector>

#include "capture/base/result.h"
#include "tools/arguments.h"
#include "tools/pipeline/record.h"
#include "tools/verb.h"

namespace crashreel {

std::vector<Option> record_options();

// Errors are of kind kUsage. Rules of redaction come from the environment, too.
Result<RecordOptions> read_record_options(const Arguments& arguments);

}  // namespace crashreel
