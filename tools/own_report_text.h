// What did the program itself say of its crash, by a handler of its own?
#pragma once

#include <string>

namespace crashreel {

// Lines for people, the last of them if there are many; hostile bytes are made visible. Empty where
// there is no report.
std::string own_report_text(const std::string& report);

}  // namespace crashreel
