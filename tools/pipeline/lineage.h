// What is a reel made from, if it is made from this file?
#pragma once

#include <string>

#include "capture/reel/reel.h"

namespace crashreel {

// The path and the file's SHA-1; the path alone where the file can't be read, or is so large
// (1 GiB) that its name alone has to say it.
Lineage lineage_of(const std::string& path);

}  // namespace crashreel
