// What does an executable want of others, and offer them?
//
// By the names in its dynamic segment, as the loader looks for them. The file may be hostile; what
// can't be read is not there.
#pragma once

#include <string>
#include <vector>

namespace crashreel {

// "libc.so.6", ...
std::vector<std::string> linked_libraries(const std::string& path);

// Does its table of dynamic symbols have this name, wanted or offered?
bool names_symbol(const std::string& path, const std::string& name);

}  // namespace crashreel
