// What does 'crashreel minimize' tell people of a reel?
#pragma once

#include <string>

#include "tools/pipeline/shrink.h"

namespace crashreel {

class Console;

// What is left, whether that is proven minimal, what it cost, and where it is.
std::string minimize_text(const ShrinkReport& report, const std::string& output,
                          const Console& console);

// Nothing to minimize: what the whole reel did instead.
std::string no_crash_text(const ShrinkReport& report, const std::string& path);

}  // namespace crashreel
