// Which libraries does an executable say that it needs?
//
// By the names in its dynamic segment, as the loader looks for them: "libc.so.6". The file may be
// hostile; what can't be read is not there.
#pragma once

#include <string>
#include <vector>

namespace crashreel {

std::vector<std::string> linked_libraries(const std::string& path);

}  // namespace crashreel
