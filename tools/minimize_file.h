// crashreel minimize --test: the least of any file for which a user's command still says yes.
#pragma once

#include "capture/base/result.h"
#include "tools/arguments.h"
#include "tools/console.h"
#include "tools/verb.h"

namespace crashreel {

// Options that have a meaning with --test alone.
const std::vector<Option>& file_options();

Result<int> minimize_file(const Arguments& arguments, Console& console);

}  // namespace crashreel
