// The parts of a report's page that are the same in every one: page.css and page.js of this folder,
// put into the program when it is built.
#pragma once

#include <string_view>

namespace crashreel {

extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;

}  // namespace crashreel
